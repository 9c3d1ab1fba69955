//! How long the passages are that the table shows, in characters; and what the model does not see. A click
//! on a bar, or on a count, shows the passages that it counts.

use ratatui::layout::Rect;

use crate::engine::StageState;
use crate::validate::Severity;

use super::super::super::filter::has;
use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::tables::passages::{LENGTHS, PassageCounts, length_span, lengths};
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::piece;
use super::super::super::widgets::{Pen, bar, wrap};
use super::super::passage::NO_TEXT;
use super::empty_state;

/// Cells of the names of the bins.
const NAME: u16 = 6;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let title = [piece("Characters", Tone::Strong), piece(key, Tone::Key)];
    let inner = pen.frame(area, &title, &super::clicks(state), false);
    let shown = &state.tables.passages;
    if state.collection.as_ref().is_some_and(|collection| !collection.has_texts) {
        return empty_state(pen, inner, &[(NO_TEXT.to_owned(), Tone::Quiet)]);
    }
    let search = shown.search.value();
    // Where the click that hid all passages can be taken back by another one, the bars stay.
    let there = |_: &&PassageCounts| !(shown.table.rows.is_empty() && search.is_empty());
    let Some(counts) = shown.counts.as_deref().filter(there) else {
        return empty_state(pen, inner, &[("How long passages are stands here.".to_owned(), Tone::Quiet)]);
    };
    let bins = lengths(counts, &shown.table.rows);
    let most = bins.iter().copied().max().unwrap_or(1).max(1);
    let room = inner.width.saturating_sub(2);
    let mut y = inner.y;
    for (nth, &count) in bins.iter().enumerate() {
        if y >= inner.bottom() {
            return;
        }
        let name = match LENGTHS.get(nth) {
            Some(edge) => format!("≤{edge}"),
            None => format!(">{}", LENGTHS[LENGTHS.len() - 1]),
        };
        let tone = if has(search, "chars", &length_span(nth)) { Tone::Chosen } else { Tone::Quiet };
        pen.say_right(inner.x + 1, y, NAME, &name, tone);
        pen.hits.add(Rect::new(inner.x, y, inner.width, 1), Target::LengthBin(nth));
        let bars = room.saturating_sub(NAME + 8);
        let bar = bar::text(pen.look, count as f64 / most as f64, bars);
        let used = pen.say(inner.x + 1 + NAME + 1, y, bars, &bar, Tone::Accent);
        let x = inner.x + NAME + 3 + used;
        let words = super::super::header::thousands(count);
        pen.say(x, y, (inner.right() - 1).saturating_sub(x), &words, Tone::Quiet);
        y += 1;
    }
    y += 1;
    for (words, tone, flag) in summary(state) {
        let tone = if flag.is_some_and(|flag| has(search, "is", flag)) { Tone::Chosen } else { tone };
        for line in wrap::lines(&words, &[], usize::from(room), 3) {
            if y < inner.bottom() {
                if let Some(flag) = flag {
                    pen.hits.add(Rect::new(inner.x, y, inner.width, 1), Target::Flag(flag));
                }
                let words: String = line.into_iter().map(|stretch| stretch.text).collect();
                pen.say(inner.x + 1, y, room, &words, tone);
                y += 1;
            }
        }
    }
}

/// Truncated, duplicates, golds among the shown, and the word by which the search finds them.
fn summary(state: &State) -> Vec<(String, Tone, Option<&'static str>)> {
    let shown = &state.tables.passages;
    let rows = &shown.table.rows;
    let thousands = super::super::header::thousands;
    let mut lines = Vec::new();
    let readings = state.snapshot.as_ref().and_then(|snapshot| snapshot.readings.as_deref());
    match readings {
        None => {
            let signs = state.look.signs();
            let (sign, why) = match state.snapshot.as_ref().map(|shown| &shown.status.dense) {
                Some(StageState::Failed(_)) => (signs.failed, "the model is not available"),
                Some(StageState::Off) => (signs.none, "no leg uses the model"),
                _ => (signs.waiting, "passages are being embedded"),
            };
            lines.push((format!("{sign} model tokens: {why}"), Tone::Quiet, None));
        }
        Some(readings) => {
            let cut = rows.iter().filter_map(|doc| readings.get(doc.index())).filter(|r| r.truncated).count();
            let tone = if cut > 0 { Tone::Lost } else { Tone::Quiet };
            lines.push((format!("{} truncated by the model", thousands(cut)), tone, Some("truncated")));
        }
    }
    if let Some(counts) = &shown.counts {
        let same = rows.iter().filter(|doc| counts.repeats(**doc).is_some()).count();
        let tone = if same > 0 { Tone::Knob } else { Tone::Quiet };
        lines.push((format!("{} repeat an earlier one", thousands(same)), tone, Some("duplicate")));
        let golds = rows.iter().filter(|doc| counts.golds(**doc) > 0).count();
        lines.push((format!("{} gold for some query", thousands(golds)), Tone::Quiet, Some("gold")));
        for check in &counts.validation.checks {
            let tone = match check.kind.severity() {
                Severity::Wrong => Tone::Lost,
                _ => Tone::Quiet,
            };
            lines.push((format!("{} {}", thousands(check.count), check.kind.words(check.count)), tone, None));
        }
    }
    lines
}
