//! How deep the golds stand: a histogram of their ranks in the first stage's list and in the reranked one.
//! A click on a bar lets through only the queries that have a gold there.

use ratatui::layout::Rect;

use super::super::super::filter::{Filter, Span};
use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::tables::queries::{Sum, bin_name, bin_span};
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::piece;
use super::super::super::widgets::{Pen, bar};
use super::empty_state;

/// Cells of the names of the bins.
const NAME: u16 = 9;

pub fn draw(pen: &mut Pen<'_>, area: Rect, sum: &Sum, state: &State) {
    let inner = pen.frame(area, &[piece("Ranks of golds", Tone::Strong)], &super::clicks(state), false);
    let filter = Filter::of(state.filter.value());
    // Where the click that hid all golds can be taken back by another one, the bars stay.
    if sum.golds == 0 && filter.first.is_none() && filter.reranked.is_none() {
        let words = "Golds stand here by their rank. None of these queries has one.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    }
    let reranked = filter.reranked.is_some() || sum.reranked_ranks.iter().any(|&count| count > 0);
    let most = sum.first_ranks.iter().chain(&sum.reranked_ranks).copied().max().unwrap_or(1).max(1);
    let bins = sum.first_ranks.len() as u16;
    // Both lists on a line each, with a line between bins where there is room.
    let lines = if reranked { 2 } else { 1 };
    let (lines, gap) = match inner.height.saturating_sub(1) / bins {
        0 | 1 => (1, 0),
        room if room > lines => (lines, 1),
        _ => (lines, 0),
    };
    let n = state.snapshot.as_ref().map_or(state.settings.candidates, |shown| shown.settings.candidates);
    let is_chosen = |ranks: &Option<Span>, bin: usize| *ranks == Some(Span::of(&bin_span(bin)));
    let mut y = inner.y + 1;
    let heads = if reranked && lines == 2 { "first stage, then reranked" } else { "first stage" };
    pen.say(inner.x + 1, inner.y, inner.width.saturating_sub(2), heads, Tone::Quiet);
    for (nth, (&first, &after)) in sum.first_ranks.iter().zip(&sum.reranked_ranks).enumerate() {
        if y >= inner.bottom() {
            return;
        }
        let chosen = is_chosen(&filter.first, nth) || is_chosen(&filter.reranked, nth);
        let tone = if chosen { Tone::Chosen } else { Tone::Quiet };
        pen.say_right(inner.x + 1, y, NAME, &bin_name(nth), tone);
        let line = |y| Rect::new(inner.x, y, inner.width, 1);
        pen.hits.add(line(y), Target::RankBin { bin: nth, reranked: false });
        let within =
            super::super::super::tables::queries::BINS.get(nth).is_some_and(|&edge| edge as usize <= n);
        row(pen, inner, y, first, most, if within { Tone::Gold } else { Tone::Lost });
        y += 1;
        if lines == 2 && y < inner.bottom() {
            pen.hits.add(line(y), Target::RankBin { bin: nth, reranked: true });
            row(pen, inner, y, after, most, Tone::Gained);
            y += 1;
        }
        y += gap;
    }
}

fn row(pen: &mut Pen<'_>, inner: Rect, y: u16, count: usize, most: usize, tone: Tone) {
    let x = inner.x + 1 + NAME + 1;
    let room = inner.right().saturating_sub(x + 1);
    let bars = room.saturating_sub(5);
    let bar = bar::text(pen.look, count as f64 / most as f64, bars);
    let used = pen.say(x, y, bars, &bar, tone);
    let words = if count == 0 { pen.signs().dot.to_owned() } else { count.to_string() };
    let gap = u16::from(used > 0);
    pen.say(x + used + gap, y, room.saturating_sub(used + gap), &words, Tone::Quiet);
}
