//! recall@N over all judged queries, by leg and fused, with its values at the sizes that people try.

use ratatui::layout::Rect;

use crate::engine::{RecallCurve, Snapshot};

use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};
use super::super::{curve, empty_state, rejudging};

const STOPS: [usize; 9] = [1, 5, 10, 20, 50, 100, 200, 500, 1000];
const NAME: u16 = 9;
const COLUMN: u16 = 6;

pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &[Piece], state: &State) {
    let Some(snapshot) = state.snapshot.as_deref().filter(|snapshot| !snapshot.curve.fused.is_empty()) else {
        let inner = pen.frame(area, title, &[], false);
        let judged = state.snapshot.as_ref().map_or(1, |snapshot| snapshot.status.judged.1);
        let words = if judged == 0 {
            "No judgments in this collection: recall needs golds. A qrels file beside the queries says which \
             passages are gold."
        } else {
            "recall@N over all judged queries stands here when the first of them is searched."
        };
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let n = state.settings.candidates;
    let mut right = vec![piece(format!("N {n}"), Tone::Knob)];
    if let Some(words) = rejudging(snapshot) {
        right.insert(0, piece(format!("{} {words} · ", pen.signs().stale), Tone::Knob));
    }
    let inner = pen.frame(area, title, &right, false);
    let lines = lines(&snapshot.curve, snapshot);
    let table = lines.len() as u16 + 1;
    let height = if inner.height >= table + 6 { inner.height - table } else { inner.height };
    let labels = if inner.width >= 50 { NAME } else { 0 };
    let room = Rect::new(inner.x, inner.y, inner.width.saturating_sub(labels), height);
    if room.height < 3 || room.width < 12 {
        return;
    }
    let plot = curve::plot(pen, room, &snapshot.curve, n);
    pen.hits.add(
        Rect { height: plot.height + 1, ..plot },
        Target::SizeAxis { from: 1, to: snapshot.curve.fused.len().max(n) },
    );
    let ends = lines.iter().filter_map(|(name, values, tone)| {
        values.last().map(|&value| (f64::from(value), name.clone(), *tone))
    });
    super::end_labels(pen, plot, labels.saturating_sub(1), ends.collect());
    if height < inner.height {
        let below = Rect::new(inner.x + 1, inner.y + height, inner.width.saturating_sub(2), table);
        draw_table(pen, below, &lines, n);
    }
}

/// The lines by name; fused first.
fn lines<'a>(recall: &'a RecallCurve, snapshot: &Snapshot) -> Vec<(String, &'a [f32], Tone)> {
    let tones = curve::LEG_TONES.into_iter().cycle();
    let legs =
        recall.legs.iter().zip(snapshot.legs.iter()).zip(tones).filter(|((values, _), _)| !values.is_empty());
    let legs = legs.map(|((values, leg), tone)| (leg.name.to_string(), values.as_slice(), tone));
    std::iter::once(("fused".to_owned(), recall.fused.as_slice(), Tone::Accent)).chain(legs).collect()
}

fn draw_table(pen: &mut Pen<'_>, area: Rect, lines: &[(String, &[f32], Tone)], n: usize) {
    let longest = lines.iter().map(|(_, values, _)| values.len()).max().unwrap_or(0);
    let mut stops: Vec<usize> = STOPS.into_iter().filter(|&stop| stop <= longest.max(1)).collect();
    if !stops.contains(&n) {
        stops.push(n);
        stops.sort_unstable();
    }
    // The present N stays where not all have room.
    let fit = usize::from(area.width.saturating_sub(NAME) / COLUMN);
    while stops.len() > fit.max(1) {
        let Some(last) = stops.iter().rposition(|&stop| stop != n) else { break };
        stops.remove(last);
    }
    let x_of = |column: usize| area.x + NAME + COLUMN * column as u16;
    let tone_at = |stop: usize, tone: Tone| if stop == n { Tone::Knob } else { tone };
    pen.say(area.x, area.y, NAME, "at N", Tone::Quiet);
    for (column, &stop) in stops.iter().enumerate() {
        pen.say_right(x_of(column), area.y, COLUMN - 1, &stop.to_string(), tone_at(stop, Tone::Quiet));
    }
    for (y, (name, values, tone)) in (area.y + 1..area.bottom()).zip(lines) {
        pen.say(area.x, y, NAME - 1, name, *tone);
        for (column, &stop) in stops.iter().enumerate() {
            let last = values.len().saturating_sub(1);
            let Some(&value) = values.get(stop.saturating_sub(1).min(last)) else { continue };
            let shown = cells::share(f64::from(value));
            pen.say_right(x_of(column), y, COLUMN - 1, &shown, tone_at(stop, Tone::Text));
        }
    }
}
