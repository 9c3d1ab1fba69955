//! The frame: state in, cells and hit map out. One file per pane; no pane changes anything or knows
//! what another draws, but for the gutter, which asks the two lists where a row stands.

mod blind;
mod collection;
mod columns;
mod compare;
mod curve;
mod curves;
mod explain;
mod first;
pub mod footer;
mod golds;
mod gutter;
mod header;
mod help;
mod knob_bar;
mod languages;
mod metrics;
mod panel;
mod passage;
mod passages;
mod picker;
mod pool;
mod queries;
mod question;
mod reading;
mod reranked;
mod rivals;
mod side_by_side;
mod signals;
mod snippet;
mod table;
mod verdict;

use ratatui::Frame;
use ratatui::layout::Rect;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::domain::Fate;
use crate::engine::Snapshot;
use crate::text::visible;

pub use passage::has_more_messages;
pub use rivals::page as rivals_page;

use super::actions::ActionId;
use super::demo::caption;
use super::hit::{HitMap, Target};
use super::layout::{Detail, Fit, Layout, MIN_HEIGHT, MIN_WIDTH};
use super::state::{Mode, Pane, State, View};
use super::theme::{Look, Tone};
use super::update::command_line;
use super::widgets::pen::{Piece, piece};
use super::widgets::{Pen, cells, field, wrap};

/// Draws the whole screen; returns what lies where.
pub fn draw(frame: &mut Frame<'_>, state: &State) -> HitMap {
    let area = frame.area();
    let mut pen = Pen::new(frame, state.look);
    let rows = state.tour.as_ref().map_or(0, |tour| tour.rows).min(area.height);
    let (area, below) =
        (Rect { height: area.height - rows, ..area }, Rect { y: area.bottom() - rows, height: rows, ..area });
    caption::draw(&mut pen, below, state);
    let layout = Layout::of(area.width, area.height, state.wants());
    if layout.fit == Fit::TooSmall {
        too_small(&mut pen, area);
    } else {
        panes(&mut pen, &layout, state);
        overlay(&mut pen, area, state);
        // Above what an overlay covers for the mouse: its own keys stand there.
        footer::draw(&mut pen, layout.footer, state);
    }
    let (cursor, hits) = (pen.cursor, pen.hits);
    if let Some(cursor) = cursor.filter(|cursor| area.contains(*cursor)) {
        frame.set_cursor_position(cursor);
    }
    hits
}

fn too_small(pen: &mut Pen<'_>, area: Rect) {
    let words = format!("too small: {}x{}, needs {MIN_WIDTH}x{MIN_HEIGHT}", area.width, area.height);
    pen.say(0, area.height / 2, area.width, &words, Tone::Strong);
}

fn panes(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    header::draw(pen, layout.header, state);
    if let Some(area) = layout.queries {
        queries::draw(pen, area, state);
    }
    if state.is_blind() {
        blind::draw(pen, layout, state);
    } else {
        lists(pen, layout, state);
    }
    if layout.fit == Fit::Narrow {
        switch_hits(pen, layout, state);
    }
    curves::draw(pen, layout, state);
    if let Some(rooms) = &layout.table {
        match state.view {
            View::Query | View::Curves => {}
            View::Collection => collection::draw(pen, rooms, state),
            View::Languages => languages::draw(pen, rooms, state),
            View::Compare => compare::draw(pen, rooms, state),
            View::Passages => passages::draw(pen, rooms, state),
        }
    }
    if let Some(area) = layout.dock {
        match state.mode {
            Mode::Picking(pick) => picker::draw(pen, area, pick, state),
            _ => panel::draw(pen, area, state),
        }
    }
    if state.is_blind() {
        blind::draw_below(pen, layout.metrics.union(layout.knobs).union(layout.verdict), state);
    } else {
        metrics::draw(pen, layout.metrics, state);
        knob_bar::draw(pen, layout.knobs, state);
        verdict::draw(pen, layout.verdict, state);
    }
}

/// The two lists, what joins them, and the details.
fn lists(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    if let Some(area) = layout.first {
        first::draw(pen, area, state);
    }
    if let Some(area) = layout.reranked {
        reranked::draw(pen, area, state);
    }
    if let (Some(first), Some(gutter), Some(reranked)) = (layout.first, layout.gutter, layout.reranked) {
        gutter::draw(pen, first, gutter, reranked, state);
    }
    for &(detail, area) in &layout.details {
        let title = if layout.tabs { tabs(pen, area, detail, state) } else { Vec::new() };
        match detail {
            Detail::Passage => passage::draw(pen, area, title, state),
            Detail::Golds => golds::draw(pen, area, title, state),
            Detail::Curve => curve::draw(pen, area, title, state),
        }
    }
}

/// Where one pane at a time has room: all of them by name before the words of the one that is shown.
fn switched(state: &State, shown: Pane, words: Vec<Piece>) -> Vec<Piece> {
    if state.layout().fit != Fit::Narrow {
        return words;
    }
    let mut pieces = Vec::new();
    for (pane, name) in SWITCH {
        if !pieces.is_empty() {
            pieces.push(piece(" · ", Tone::Frame));
        }
        pieces.push(piece(name, if pane == shown { Tone::Strong } else { Tone::Quiet }));
    }
    pieces.push(piece(format!(" {}", state.key(ActionId::NextPane)), Tone::Key));
    // The first of the words is the pane's name.
    pieces.extend(words.into_iter().skip(1));
    pieces
}

const SWITCH: [(Pane, &str); 3] =
    [(Pane::Queries, "Queries"), (Pane::First, "First"), (Pane::Reranked, "Reranked")];

/// The names of [`switched`] answer to the mouse.
fn switch_hits(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    let Some(area) = layout.queries.or(layout.first).or(layout.reranked) else { return };
    let mut x = area.x + 3;
    for (pane, name) in SWITCH {
        let width = name.len() as u16;
        pen.hits.add(Rect::new(x, area.y, width, 1), Target::Pane(pane));
        x += width + 3;
    }
    // The key stands a space behind the last name.
    let key = cells::width(&state.key(ActionId::NextPane)) as u16;
    pen.hits.add(Rect::new(x - 2, area.y, key, 1), Target::Act(ActionId::NextPane));
}

/// The titles of the three details as tabs, the open one first in the eye.
fn tabs(pen: &mut Pen<'_>, area: Rect, open: Detail, state: &State) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut x = area.x + 3;
    for detail in Detail::ALL {
        let name = match detail {
            Detail::Passage if state.messages => "Messages",
            Detail::Passage => "Passage",
            Detail::Golds => "Golds",
            Detail::Curve => "recall@N",
        };
        if !pieces.is_empty() {
            pieces.push(piece(" · ", Tone::Frame));
            x += 3;
        }
        let width = name.len() as u16;
        pen.hits.add(Rect::new(x, area.y, width, 1), Target::Tab(detail));
        x += width;
        pieces.push(piece(name, if detail == open { Tone::Strong } else { Tone::Quiet }));
    }
    pieces.push(piece(format!("  {}", state.key(ActionId::Detail)), Tone::Key).does(ActionId::Detail));
    pieces
}

fn overlay(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let room = overlay_room(area);
    let Some((title, lines)) = opened(state, usize::from(room.width)) else { return };
    // While one judges, the frame does not jump with the length of the passage.
    let least = if state.mode == Mode::Pooling { usize::from(room.height) } else { 0 };
    let height = (lines.len().max(least) as u16).saturating_add(2).min(room.height + 2);
    let width = room.width + 4;
    let frame = Rect::new((area.width - width) / 2, (area.height - height) / 2, width, height);
    // A margin, so that what shines through at the sides does not run into the frame.
    pen.clear(Rect::new(frame.x.saturating_sub(1), frame.y, frame.width + 2, frame.height));
    pen.hits.add(area, Target::Status);
    pen.hits.add(frame, Target::Overlay);
    let hidden = lines.len().saturating_sub(usize::from(height.saturating_sub(2)));
    let closes = format!("{} closes", state.key(ActionId::Back));
    let more = match hidden {
        0 => closes,
        _ => format!("{} {} scroll · {closes}", state.key(ActionId::Down), state.key(ActionId::Up)),
    };
    pen.frame(frame, &[piece(title, Tone::Strong)], &[piece(more, Tone::Quiet)], true);
    let skip = state.overlay_scroll.min(hidden);
    let wanted = state.find.value().trim().to_lowercase();
    for (y, line) in (frame.y + 1..frame.bottom().saturating_sub(1)).zip(lines.iter().skip(skip)) {
        let shown = if state.overlay_left == 0 { line.clone() } else { shifted(line, state.overlay_left) };
        pen.line(frame.x + 2, y, room.width, &shown);
        mark_matches(pen, Rect::new(frame.x + 2, y, room.width, 1), &shown, &wanted);
    }
    if state.finding {
        let y = frame.bottom().saturating_sub(1);
        pen.say(frame.x + 2, y, 3, " / ", Tone::Key);
        let room = room.width.saturating_sub(4).min(40);
        pen.rule(frame.x + 5, y, room, " ", Tone::Text);
        field::draw(pen, frame.x + 5, y, room, &state.find);
    }
}

/// Title and lines of what is open.
fn opened(state: &State, room: usize) -> Option<(String, Vec<Vec<Piece>>)> {
    let long = if state.wrap { room } else { LONGEST_LINE };
    Some(match state.mode {
        Mode::Help => ("Keys".to_owned(), help::lines(state.look, &state.shelf.keys, room)),
        Mode::Explaining => (explain::title(state), explain::lines(state, long)),
        Mode::Messages => ("Messages".to_owned(), passage::message_lines(state, long)),
        Mode::CommandLine => {
            let mut lines: Vec<Vec<Piece>> = wrap::lines(&command_line(state), &[], long, 50)
                .into_iter()
                .map(|line| line.into_iter().map(|stretch| piece(stretch.text, Tone::Strong)).collect())
                .collect();
            lines.push(Vec::new());
            lines.push(vec![piece("Copied, if the terminal allows it (OSC 52).", Tone::Quiet)]);
            ("Command line".to_owned(), lines)
        }
        Mode::Agreeing => (question::title(state), question::lines(state, room)),
        Mode::Snippet(engine) => (snippet::title(engine), snippet::lines(engine, state, room)),
        Mode::Pooling => (pool::title(state), pool::lines(state, room)),
        Mode::Reading => (passages::title(state), passages::lines(state, long)),
        Mode::SideBySide => ("Side by side".to_owned(), side_by_side::lines(state, room)),
        _ => return None,
    })
}

/// Cells of a line that is not wrapped.
pub const LONGEST_LINE: usize = 4000;

/// A line without its first cells.
fn shifted(line: &[Piece], by: usize) -> Vec<Piece> {
    let mut left = by;
    let mut rest = Vec::new();
    for one in line {
        let mut kept = String::new();
        for sign in one.text.graphemes(true) {
            match left {
                0 => kept.push_str(sign),
                _ => left = left.saturating_sub(cells::width(sign)),
            }
        }
        if !kept.is_empty() {
            rest.push(piece(kept, one.tone));
        }
    }
    rest
}

/// Marks what was looked for in a line that is drawn already.
fn mark_matches(pen: &mut Pen<'_>, row: Rect, line: &[Piece], wanted: &str) {
    if wanted.is_empty() {
        return;
    }
    let look = pen.look;
    let text: String = line.iter().map(|piece| look.words(&visible(&piece.text)).into_owned()).collect();
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        // Of letters whose small form is longer or shorter, the places would be others.
        return;
    }
    let style = pen.style(Tone::Cursor);
    for (at, found) in lower.match_indices(wanted) {
        let (Some(before), Some(found)) = (text.get(..at), text.get(at..at + found.len())) else { continue };
        let x = u16::try_from(cells::width(before)).unwrap_or(u16::MAX);
        let width = u16::try_from(cells::width(found)).unwrap_or(0).min(row.width.saturating_sub(x));
        pen.tint(Rect::new(row.x.saturating_add(x), row.y, width, 1), style);
    }
}

/// The text of what is open, by line.
pub fn overlay_text(state: &State) -> Vec<String> {
    let room = overlay_room(Rect::new(0, 0, state.size.0, state.size.1));
    let lines = opened(state, usize::from(room.width)).map_or_else(Vec::new, |(_, lines)| lines);
    lines.into_iter().map(|line| line.into_iter().map(|piece| piece.text).collect()).collect()
}

/// The room that an overlay has for text.
fn overlay_room(area: Rect) -> Rect {
    let width = area.width.saturating_sub(8).clamp(20, 124);
    Rect::new(0, 0, width.min(area.width.saturating_sub(4)), area.height.saturating_sub(4))
}

/// How many lines the open overlay has.
pub fn overlay_lines(state: &State) -> usize {
    let room = overlay_room(Rect::new(0, 0, state.size.0, state.size.1));
    opened(state, usize::from(room.width)).map_or(0, |(_, lines)| lines.len())
}

/// What became of a gold with its sign, in fewer words where there is not the room.
fn fate_words(look: Look, fate: Fate, room: u16) -> Piece {
    let (sign, tone) = look.fate(fate);
    let long = format!("{sign} {}", fate.words());
    let fits = cells::width(&look.words(&long)) <= usize::from(room);
    piece(if fits { long } else { format!("{sign} {}", shortly(fate)) }, tone)
}

/// A fate in one word, where its sign says the rest.
fn shortly(fate: Fate) -> &'static str {
    match fate {
        Fate::MissingFromCorpus => "missing",
        Fate::NeverRetrieved => "never",
        Fate::LostByApproximation => "approx.",
        Fate::LostInFusion => "fusion",
        Fate::CutAtN => "cut",
        Fate::Demoted | Fate::NotLifted | Fate::Rescued | Fate::Kept => fate.words(),
    }
}

/// What a click on a bar or a cell does, where there is a mouse to click with.
fn clicks(state: &State) -> Vec<Piece> {
    if state.mouse { vec![piece("click filters", Tone::Quiet)] } else { Vec::new() }
}

/// The key that brings the other tab of a room, to stand behind its title.
fn tab_key(state: &State) -> String {
    format!("  {}", state.key(ActionId::OtherTab))
}

/// Sentences in an otherwise empty pane.
fn empty_state(pen: &mut Pen<'_>, inner: Rect, sentences: &[(String, Tone)]) {
    let room = inner.width.saturating_sub(4);
    let mut y = inner.y + inner.height.min(6) / 3;
    for (sentence, tone) in sentences {
        for line in wrap::lines(sentence, &[], usize::from(room), usize::from(inner.height)) {
            if y >= inner.bottom() {
                return;
            }
            let pieces: Vec<Piece> = line.into_iter().map(|stretch| piece(stretch.text, *tone)).collect();
            pen.line(inner.x + 2, y, room, &pieces);
            y += 1;
        }
    }
}

/// How far judging anew is, in words; `None` where rows, means and curve are of the settings shown.
fn rejudging(snapshot: &Snapshot) -> Option<String> {
    let (done, all) = snapshot.status.rejudging?;
    Some(format!("judging {} of {}", header::thousands(done), header::thousands(all)))
}

/// Whether the pane has the keys.
fn has_focus(state: &State, pane: Pane) -> bool {
    state.pane == pane && !state.mode.is_typing() && !state.panel
}

/// Signs in the right frame of a scrolled list: there is more above, or below.
fn scroll_signs(pen: &mut Pen<'_>, area: Rect, above: bool, below: bool) {
    if area.height < 4 || area.width < 2 {
        return;
    }
    let (signs, x) = (pen.signs(), area.right() - 1);
    if above {
        pen.sign(x, area.y + 1, signs.above, Tone::Key);
    }
    if below {
        pen.sign(x, area.bottom() - 2, signs.below, Tone::Key);
    }
}
