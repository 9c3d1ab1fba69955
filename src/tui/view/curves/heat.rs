//! The metric over α x N under one method: a digit or two in each cell, a ground by size, the present
//! cell and the best one marked.

use ratatui::layout::Rect;

use crate::engine::{HeatMap, Snapshot, StageState, Tuning};
use crate::tune::CellMean;

use super::super::super::actions::ActionId;
use super::super::super::hit::Target;
use super::super::super::knobs;
use super::super::super::layout::Plot;
use super::super::super::state::{Spot, State};
use super::super::super::theme::{HEAT_LEVELS, Tone};
use super::super::super::update::best_cell;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};
use super::super::empty_state;

/// For the values of N.
const AXIS: u16 = 6;
/// The least that the map itself needs: one N, and the line of α.
const LEAST: u16 = 2;

pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &[Piece], state: &State) {
    let there = super::tuning(state);
    let (snapshot, tuning) = match there {
        Ok(there) => there,
        Err(sentences) => {
            let inner = pen.frame(area, title, &[], false);
            return empty_state(pen, inner, &sentences);
        }
    };
    let Some(heat) = &tuning.heat else {
        let inner = pen.frame(area, title, &[], false);
        let words = "The map of α x N is tried after the curves over α …";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let shown = Shown::of(heat, tuning, state);
    let what = piece(shown.what(tuning), Tone::Quiet);
    // Behind the tabs of all plots the title has no room for it.
    let has_tabs = title.len() > 1;
    let mut title = title.to_vec();
    if !has_tabs {
        title.extend([piece(" · ", Tone::Frame), what.clone()]);
    }
    let inner =
        pen.frame(area, &title, &right(pen, state, snapshot, tuning), super::is_read(state, Plot::Heat));
    let room = inner.width.saturating_sub(2);
    let mut sentences = if has_tabs { vec![vec![what]] } else { Vec::new() };
    sentences.push(match state.read_cell() {
        Some((alpha, n)) => shown.read(pen, alpha, n),
        None => shown.now(pen),
    });
    sentences.extend(best(pen, heat, state, usize::from(room)));
    sentences.truncate(usize::from(inner.height.saturating_sub(LEAST)));
    let text = sentences.len() as u16;
    if inner.width < AXIS + 8 || inner.height < LEAST {
        return;
    }
    draw_cells(pen, Rect { height: inner.height - text, ..inner }, &shown, state);
    for (y, sentence) in (inner.bottom() - text..inner.bottom()).zip(&sentences) {
        pen.line(inner.x + 1, y, room, sentence);
    }
}

fn right(pen: &Pen<'_>, state: &State, snapshot: &Snapshot, tuning: &Tuning) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if super::is_old(state, snapshot, tuning) {
        pieces.push(piece(pen.signs().stale, Tone::Knob));
    } else if let StageState::Working { done, total, .. } = &snapshot.status.tuning
        && *total > 0
    {
        pieces.push(piece(format!("{} {done} of {total}", pen.signs().waiting), Tone::Knob));
    }
    pieces
}

/// The map of one method and one list.
struct Shown<'a> {
    heat: &'a HeatMap,
    method: usize,
    cells: &'a [CellMean],
    is_reranked: bool,
    /// Places of the present α and N, where the map has them.
    now: (Option<usize>, Option<usize>),
    is_present_method: bool,
    /// Cells of fewer queries are not comparable with it.
    queries: usize,
    /// The least and the greatest mean of what is comparable.
    range: (f64, f64),
}

impl<'a> Shown<'a> {
    fn of(heat: &'a HeatMap, tuning: &Tuning, state: &State) -> Self {
        let method = state.heat_method.min(heat.methods.len().saturating_sub(1));
        let is_reranked = tuning.reranked.is_some() && !state.heat_first;
        let cells: &[CellMean] = if is_reranked { &heat.reranked } else { &heat.first };
        let alpha = heat.alphas.iter().position(|alpha| (alpha - state.share()).abs() < 1e-6);
        let n = heat.candidates.iter().position(|&n| n == state.settings.candidates);
        let queries = cells.iter().map(|cell| cell.queries).max().unwrap_or(0);
        let comparable = cells.iter().filter(|cell| cell.queries > 0 && cell.queries == queries);
        let range = comparable
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), cell| (a.min(cell.mean), b.max(cell.mean)));
        let is_present_method = heat.methods.get(method) == Some(&state.settings.fusion);
        Self { heat, method, cells, is_reranked, now: (alpha, n), is_present_method, queries, range }
    }

    fn cell(&self, alpha: usize, n: usize) -> Option<CellMean> {
        self.cells.get(self.heat.index(self.method, alpha, n)).copied().filter(|cell| cell.queries > 0)
    }

    fn is_comparable(&self, cell: CellMean) -> bool {
        cell.queries == self.queries
    }

    fn share(&self, value: f64) -> f64 {
        let (low, high) = self.range;
        if high - low > 1e-12 { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 1.0 }
    }

    fn what(&self, tuning: &Tuning) -> String {
        let method = self.heat.methods.get(self.method).map_or("", |method| method.name());
        let list = if self.is_reranked { "reranked" } else { "first stage" };
        let of = self.heat.methods.len();
        format!("{} · {list} · {method} ({} of {of})", tuning.metric, self.method + 1)
    }

    /// The present cell, where the map has it.
    fn present(&self) -> Option<CellMean> {
        match self.now {
            (Some(alpha), Some(n)) if self.is_present_method => self.cell(alpha, n),
            _ => None,
        }
    }

    /// What is read off a cell, and how it compares with the present one.
    fn read(&self, pen: &Pen<'_>, alpha: usize, n: usize) -> Vec<Piece> {
        let (Some(&share), Some(size)) = (self.heat.alphas.get(alpha), self.heat.candidates.get(n)) else {
            return self.now(pen);
        };
        let mut pieces = vec![piece(format!("α {}, N {size}: ", knobs::share(share)), Tone::Text)];
        let Some(cell) = self.cell(alpha, n) else {
            pieces.push(piece("not tried yet", Tone::Quiet));
            return pieces;
        };
        pieces.push(piece(cells::thousandths(cell.mean), Tone::Strong));
        if !self.is_comparable(cell) {
            pieces.push(piece(
                format!("  on {} of {} queries: not all is scored", cell.queries, self.queries),
                Tone::Quiet,
            ));
        } else if let Some(present) = self.present() {
            let by = cell.mean - present.mean;
            let tone = match by {
                by if by > 5e-4 => Tone::Gained,
                by if by < -5e-4 => Tone::Lost,
                _ => Tone::Text,
            };
            pieces.push(piece(format!(" {}", cells::difference(by)), tone));
            pieces.push(piece(format!(" against {} now", cells::thousandths(present.mean)), Tone::Quiet));
        }
        pieces
    }

    fn now(&self, pen: &Pen<'_>) -> Vec<Piece> {
        let signs = pen.signs();
        let cell = self.present();
        let mut pieces = match cell {
            Some(cell) => vec![
                piece(format!("{} now ", signs.thumb), Tone::Knob),
                piece(cells::thousandths(cell.mean), Tone::Knob),
            ],
            None if !self.is_present_method => vec![piece("not the present method", Tone::Quiet)],
            None => vec![piece("the present setting is between the cells", Tone::Quiet)],
        };
        if self.range.0 <= self.range.1 {
            let (low, high) = (cells::thousandths(self.range.0), cells::thousandths(self.range.1));
            pieces.push(piece(format!("  from {low} to {high} over all methods"), Tone::Quiet));
        }
        if self.cells.iter().any(|cell| cell.queries > 0 && cell.queries < self.queries) {
            pieces.push(piece(format!("  {} on fewer queries: not all is scored", signs.none), Tone::Quiet));
        }
        pieces
    }
}

/// The best cell, and what it is worth on queries that the choice has not seen, on a line of its own where
/// both have no room on one.
fn best(pen: &Pen<'_>, heat: &HeatMap, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let sign = pen.signs().best;
    let Some(best) = best_cell(heat, state.heat_first) else {
        return vec![vec![piece(
            format!("{sign} the best cell is known when the map is complete"),
            Tone::Quiet,
        )]];
    };
    let alpha = knobs::share(best.alpha);
    let mut fitted = vec![
        piece(format!("{sign} best {}, α {alpha}, N {}: ", best.method.name(), best.candidates), Tone::Text),
        piece(cells::thousandths(best.mean.mean), Tone::Strong),
        piece(format!(" (now {})", cells::thousandths(best.current)), Tone::Quiet),
    ];
    let mut held = super::held_out(best.held_out.as_ref());
    held.extend([
        piece(format!("  {}", state.key(ActionId::TakeBest)), Tone::Key).does(ActionId::TakeBest),
        piece(" takes it", Tone::Quiet).does(ActionId::TakeBest),
    ]);
    if pen.width(&fitted) + pen.width(&held) <= room {
        fitted.extend(held);
        vec![fitted]
    } else {
        vec![fitted, held]
    }
}

/// The first row in sight of the map whose row `at` is to be about in the middle.
fn first_in_sight(at: usize, rows: usize, height: usize) -> usize {
    at.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn draw_cells(pen: &mut Pen<'_>, area: Rect, shown: &Shown<'_>, state: &State) {
    let heat = shown.heat;
    let best =
        best_cell(heat, state.heat_first).filter(|best| heat.methods.get(shown.method) == Some(&best.method));
    let best = best.and_then(|best| {
        let alpha = heat.alphas.iter().position(|&alpha| alpha == best.alpha)?;
        Some((alpha, heat.candidates.iter().position(|&n| n == best.candidates)?))
    });
    let room = area.width - AXIS - 1;
    let columns = heat.alphas.len() as u16;
    let width = [4, 3, 2].into_iter().find(|width| columns.saturating_mul(*width) <= room).unwrap_or(2);
    let read = state.read_cell();
    let kept = [shown.now.0, best.map(|best| best.0), read.map(|read| read.0)];
    let alphas = thinned(heat.alphas.len(), usize::from(room / width), &kept);
    let rows = usize::from(area.height - 1).min(heat.candidates.len());
    // Rows stay where they are under the mouse; the crosshair is kept in sight.
    let middle = match state.crosshair {
        Some(Spot::Cell { candidates, .. }) => Some(candidates),
        _ => shown.now.1,
    };
    let middle = middle.unwrap_or(0);
    let first = first_in_sight(middle, heat.candidates.len(), rows);
    let bottom = area.y + rows as u16;
    for (nth, (place, n)) in heat.candidates.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = bottom - 1 - nth as u16;
        let tone = match Some(place) {
            place if place == shown.now.1 => Tone::Knob,
            place if place == read.map(|read| read.1) => Tone::Strong,
            _ => Tone::Quiet,
        };
        pen.say_right(area.x, y, AXIS - 1, &n.to_string(), tone);
        for (x, &alpha) in (area.x + AXIS..).step_by(usize::from(width)).zip(&alphas) {
            let mark = Mark {
                now: shown.is_present_method && (Some(alpha), Some(place)) == shown.now,
                best: Some((alpha, place)) == best,
                read: Some((alpha, place)) == read,
            };
            let cell = Rect::new(x, y, width, 1);
            draw_cell(pen, cell, shown, shown.cell(alpha, place), mark);
            pen.hits.add(cell, Target::Cell { alpha, candidates: place });
        }
    }
    pen.say_right(area.x, bottom, AXIS - 1, "N", Tone::Quiet);
    let mut free = area.x;
    for (x, &alpha) in (area.x + AXIS..).step_by(usize::from(width)).zip(&alphas) {
        let Some(&value) = heat.alphas.get(alpha) else { continue };
        let is_now = Some(alpha) == shown.now.0;
        let is_read = Some(alpha) == read.map(|read| read.0);
        // The present α has its label, whatever stands beside it.
        let round = (value * 10.0).fract().abs() < 1e-9;
        if x >= free && (round || is_now || is_read) {
            let label = cells::share(value);
            pen.say(
                x,
                bottom,
                area.right().saturating_sub(x),
                &label,
                match (is_now, is_read) {
                    (true, _) => Tone::Knob,
                    (_, true) => Tone::Strong,
                    _ => Tone::Quiet,
                },
            );
            free = x + label.len() as u16 + 1;
        }
    }
}

/// What a cell is beside its value.
#[derive(Clone, Copy)]
struct Mark {
    now: bool,
    best: bool,
    read: bool,
}

fn draw_cell(pen: &mut Pen<'_>, area: Rect, shown: &Shown<'_>, cell: Option<CellMean>, mark: Mark) {
    let signs = pen.signs();
    let sign = if mark.now {
        signs.thumb
    } else if mark.best {
        signs.best
    } else {
        " "
    };
    let digits = usize::from(area.width - 1).min(2);
    let (text, tone) = match cell {
        None => (signs.dot.to_owned(), Tone::Frame),
        Some(cell) if !shown.is_comparable(cell) => (signs.none.to_owned(), Tone::Quiet),
        Some(cell) => {
            let share = shown.share(cell.mean);
            let level = (share * f64::from(HEAT_LEVELS - 1)).round() as u8;
            (digits_of(cell.mean, share, digits), Tone::Heat(level))
        }
    };
    let right = usize::from(area.width - 1);
    pen.say(area.x, area.y, area.width, &format!("{sign}{text:<right$}"), tone);
    if mark.read {
        let signs = ["[", "]"].map(|sign| (sign, pen.style(Tone::Strong)));
        for ((sign, style), x) in signs.into_iter().zip([area.x, area.right() - 1]) {
            // In few cells a digit is worth more than the second bracket.
            if area.width > 3 || x == area.x {
                pen.text(x, area.y, 1, sign, style);
            }
        }
    } else if mark.now || mark.best {
        let style =
            pen.style(tone).add_modifier(ratatui::style::Modifier::BOLD | ratatui::style::Modifier::REVERSED);
        pen.tint(area, style);
    }
}

/// The value in hundredths; with one digit its place between the least and the greatest, 0 to 9.
fn digits_of(value: f64, share: f64, digits: usize) -> String {
    match digits {
        0 | 1 => format!("{:.0}", share * 9.0),
        _ if value >= 0.995 => "1.".to_owned(),
        _ => format!("{:02.0}", value * 100.0),
    }
}

/// Every so many of `columns` so that about `most` are left, with those of `kept` in any case.
fn thinned(columns: usize, most: usize, kept: &[Option<usize>]) -> Vec<usize> {
    let step = columns.div_ceil(most.max(1)).max(1);
    (0..columns)
        .filter(|column| column % step == 0 || kept.contains(&Some(*column)))
        .take(most.max(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_map_keeps_the_present_column() {
        assert_eq!(thinned(5, 9, &[None]), [0, 1, 2, 3, 4]);
        let thin = thinned(21, 12, &[Some(7), None]);
        assert!(thin.contains(&7) && thin.contains(&8) && !thin.contains(&9), "{thin:?}");
    }

    #[test]
    fn cells_are_hundredths_or_a_place_between_least_and_greatest() {
        assert_eq!(
            [digits_of(0.712, 0.5, 2), digits_of(0.05, 0.0, 2), digits_of(1.0, 1.0, 2)],
            ["71", "05", "1."]
        );
        assert_eq!([digits_of(0.712, 0.0, 1), digits_of(0.712, 1.0, 1)], ["0", "9"]);
    }
}
