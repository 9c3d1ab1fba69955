//! The golds of the query: where each was, where it went, what became of it, what brings it back.

use ratatui::layout::Rect;

use crate::domain::{DocIdx, Rank};
use crate::engine::{Focus, FocusView, GoldRow, ProbablePositive};
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::lines::known_fate;
use super::super::state::State;
use super::super::theme::{Look, Tone};
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, wrap};
use super::{empty_state, fate_words, signals};

const WIDEST_ID: usize = 14;

pub fn draw(pen: &mut Pen<'_>, area: Rect, tabs: Vec<Piece>, state: &State) {
    let title = if tabs.is_empty() { vec![piece("Golds", Tone::Strong)] } else { tabs };
    let view = state.snapshot.as_ref().map(|snapshot| &snapshot.focus);
    let inner = pen.frame(area, &title, &summary(view), false);
    let Some(view) = view else { return };
    if view.golds.is_empty() {
        return without_golds(pen, inner, view, state);
    }
    let widest = view.golds.iter().map(|gold| cells::width(&visible(&gold.id))).max().unwrap_or(0);
    let columns = Columns {
        id: widest.min(WIDEST_ID) as u16,
        fused: digits(view.golds.iter().map(|gold| gold.fused)).max(1),
        after: widest_after(view, pen.signs().none),
    };
    let room = inner.width.saturating_sub(2);
    let remedies = remedies(view, state.look, usize::from(room.saturating_sub(4)), usize::from(inner.height));
    pen.hits.add(area, Target::Golds);
    let above = first_in_sight(view, &remedies, usize::from(inner.height), state);
    let mut y = inner.y;
    for (nth, (gold, remedy)) in view.golds.iter().zip(&remedies).enumerate().skip(above) {
        if y + 1 >= inner.bottom() && nth + 1 < view.golds.len() {
            let words = format!("… {} more", view.golds.len() - nth);
            pen.say(inner.x + 1, y, room, &words, Tone::Quiet);
            return;
        }
        if y >= inner.bottom() {
            return;
        }
        draw_gold(pen, Rect::new(inner.x + 1, y, room, 1), &columns, gold, state);
        y += 1;
        for line in remedy.iter().take(usize::from(inner.bottom() - y)) {
            pen.say(inner.x + 5, y, room.saturating_sub(4), line, Tone::Quiet);
            y += 1;
        }
    }
    for positive in probable_positives(view, state) {
        if y >= inner.bottom() {
            return;
        }
        draw_positive(pen, Rect::new(inner.x + 1, y, room, 1), positive, state);
        y += 1;
    }
}

/// The first gold in sight: where the wheel left it, else such that the gold under the cursor is there.
fn first_in_sight(view: &FocusView, remedies: &[Vec<String>], height: usize, state: &State) -> usize {
    let lines = |from: usize| -> usize { remedies.iter().skip(from).map(|remedy| 1 + remedy.len()).sum() };
    // No further than to where the last is in sight.
    let last = (0..view.golds.len()).find(|&from| lines(from) <= height).unwrap_or(0);
    let chosen = view.golds.iter().position(|gold| gold.doc == state.cursor.doc && gold.doc.is_some());
    // Above the last line of the pane, which says how many more there are.
    let at_cursor =
        chosen.map_or(0, |at| (0..=at).find(|&from| lines(from) - lines(at + 1) < height).unwrap_or(at));
    state.golds_above().unwrap_or(at_cursor).min(last)
}

/// What to do, and what the lists say without judgments.
fn without_golds(pen: &mut Pen<'_>, inner: Rect, view: &FocusView, state: &State) {
    let Some(snapshot) = state.snapshot.as_deref().filter(|_| view.signals.is_some() && inner.height >= 5)
    else {
        return empty_state(pen, inner, &[(no_golds(view, state), Tone::Quiet)]);
    };
    let room = inner.width.saturating_sub(2);
    let lines = wrap::lines(&no_golds(view, state), &[], usize::from(room), 2);
    let mut y = inner.y;
    for line in &lines {
        let text: String = line.iter().map(|stretch| stretch.text.as_str()).collect();
        pen.say(inner.x + 1, y, room, &text, Tone::Quiet);
        y += 1;
    }
    signals::table(pen, Rect::new(inner.x + 1, y, room, inner.bottom().saturating_sub(y)), snapshot);
}

/// The unjudged passages of the query on the screen that are nearly a gold.
fn probable_positives<'a>(view: &FocusView, state: &'a State) -> &'a [ProbablePositive] {
    let of = || {
        let Focus::Listed(query) = view.focus else { return None };
        let snapshot = state.snapshot.as_deref()?;
        let at = snapshot.queries.binary_search_by_key(&query, |row| row.query).ok()?;
        snapshot.study.as_ref()?.probable_positives.get(at).map(Vec::as_slice)
    };
    of().unwrap_or_default()
}

/// `≈ en-014  1 → 2  unjudged, 92 % as ja-031`
fn draw_positive(pen: &mut Pen<'_>, row: Rect, positive: &ProbablePositive, state: &State) {
    let name = |doc: DocIdx| {
        let passage = state.collection.as_ref().and_then(|collection| collection.passages.get(doc.index()));
        passage.map_or_else(String::new, |passage| passage.id.clone())
    };
    let signs = pen.signs();
    let rank = |rank: Option<Rank>| rank.map_or(signs.none.to_owned(), |rank| rank.to_string());
    let after = positive.reranked.map_or_else(String::new, |to| format!(" {} {to}", signs.arrow));
    let how = match positive.contained {
        true => format!("unjudged, one text within the other: {}", name(positive.gold)),
        false => format!("unjudged, {:.0} % as {}", positive.similarity * 100.0, name(positive.gold)),
    };
    let pieces = [
        piece("≈  ", Tone::Knob),
        piece(format!("{}  ", name(positive.doc)), Tone::Knob),
        piece(format!("{}{after}  ", rank(positive.first)), Tone::Text),
        piece(how, Tone::Quiet),
    ];
    pen.line(row.x, row.y, row.width, &pieces);
    pen.hits.add(row, Target::Gold(positive.doc));
}

/// Widths of the columns.
struct Columns {
    id: u16,
    fused: u16,
    /// 0: no gold has a rank there.
    after: u16,
}

/// ` → 3 → 8`: the rank after each stage, the last one's in the delivered list; empty where it has none.
fn after(gold: &GoldRow, none: &str) -> String {
    let ranks = gold.earlier.iter().copied().chain([gold.reranked]);
    let told = |rank: Option<Rank>| rank.map_or_else(|| none.to_owned(), |rank| rank.to_string());
    match gold.reranked {
        Some(_) => ranks.map(|rank| format!(" → {}", told(rank))).collect(),
        None => String::new(),
    }
}

/// In cells, with one for an arrow that takes two.
fn widest_after(view: &FocusView, none: &str) -> u16 {
    let width = |gold: &GoldRow| cells::width(&after(gold, none));
    let widest = view.golds.iter().map(width).max().unwrap_or(0) as u16;
    if widest > 0 { widest + 1 } else { 0 }
}

fn digits(ranks: impl Iterator<Item = Option<Rank>>) -> u16 {
    ranks.flatten().max().map_or(0, |rank| rank.to_string().len() as u16)
}

fn summary(view: Option<&FocusView>) -> Vec<Piece> {
    let golds = view.map_or(&[][..], |view| &view.golds);
    let lost =
        golds.iter().filter(|gold| known_fate(gold).is_some_and(|fate| fate.is_lost_before_rerank())).count();
    match (golds.len(), lost) {
        (0, _) => Vec::new(),
        (all, 0) => vec![piece(format!("{all}"), Tone::Quiet)],
        (all, lost) => vec![piece(format!("{lost} of {all} lost"), Tone::Lost)],
    }
}

fn no_golds(view: &FocusView, state: &State) -> String {
    let mark = state.key(ActionId::Mark);
    match (&view.focus, view.judged) {
        (Focus::Typed(_), _) => {
            format!(
                "A query of your own has no judgments yet: {mark} marks a passage as gold, and keeps the query."
            )
        }
        (_, false) => {
            format!(
                "No judgments for this query: {mark} marks a passage as gold, as a line in the qrels file does."
            )
        }
        (_, true) => "Judged, but no passage was judged relevant.".to_owned(),
    }
}

/// Remedies in lines, as many as there is room for when every gold has its own line.
fn remedies(view: &FocusView, look: Look, room: usize, height: usize) -> Vec<Vec<String>> {
    let mut free = height.saturating_sub(view.golds.len());
    let lines = |gold: &GoldRow| {
        let lines = wrap::lines(&look.words(&gold.remedy), &[], room, free.min(2));
        free -= lines.len().min(free);
        lines.into_iter().map(|line| line.into_iter().map(|stretch| stretch.text).collect()).collect()
    };
    view.golds.iter().map(lines).collect()
}

fn draw_gold(pen: &mut Pen<'_>, row: Rect, columns: &Columns, gold: &GoldRow, state: &State) {
    let sign = pen.signs().gold;
    pen.say(row.x, row.y, 1, sign, Tone::Gold);
    if (2..=9).contains(&gold.grade) {
        pen.say(row.x + 1, row.y, 1, &gold.grade.to_string(), Tone::Gold);
    }
    let style = pen.style(Tone::Gold);
    pen.text(row.x + 3, row.y, columns.id.min(row.width.saturating_sub(3)), &gold.id, style);
    let mut x = row.x + 3 + columns.id + 2;
    let none = pen.signs().none;
    let rank = |rank: Option<Rank>| rank.map_or(none.to_owned(), |rank| rank.to_string());
    let room = row.right().saturating_sub(x);
    pen.say_right(x, row.y, columns.fused.min(room), &rank(gold.fused), Tone::Text);
    x += columns.fused;
    pen.say(x, row.y, row.right().saturating_sub(x), &after(gold, none), Tone::Text);
    x += columns.after + 1;
    let room = row.right().saturating_sub(x);
    if let Some(fate) = known_fate(gold) {
        let plan = state.snapshot.as_ref().map(|snapshot| &snapshot.settings.reranker.stages);
        let by = gold.decided_by.filter(|_| plan.is_some_and(|stages| stages.len() > 1));
        let by = by.and_then(|by| Some(by.words(&plan?.get(by.stage)?.to_string())));
        let by = by.map_or(String::new(), |by| format!(" {by}"));
        pen.line(x, row.y, room, &[fate_words(state.look, fate, room), piece(by, Tone::Quiet)]);
    } else {
        let sign = pen.signs().waiting;
        pen.say(x, row.y, room, sign, Tone::Quiet);
    }
    if let Some(doc) = gold.doc {
        pen.hits.add(row, Target::Gold(doc));
        if state.cursor.doc == Some(doc) {
            pen.mark_row(Rect::new(row.x + 3, row.y, columns.id, 1), Tone::Chosen);
        }
    }
}
