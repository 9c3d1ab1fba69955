//! Signals: what the lists say without judgments. They are no metrics, and the words say so.

use ratatui::layout::Rect;

use crate::engine::Snapshot;
use crate::judge::Signals;

use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells};
use super::empty_state;

/// Cells of a value.
const VALUE: u16 = 5;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let right = [piece("no metrics: they need no judgments", Tone::Quiet)];
    let inner = pen.frame(area, &[piece("Signals", Tone::Strong)], &right, false);
    let Some(snapshot) = state.snapshot.as_deref() else { return };
    if snapshot.focus.signals.is_none() && mean(snapshot).is_none() {
        let words = "Signals are there once the lists are.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    }
    table(pen, Rect::new(inner.x + 1, inner.y, inner.width.saturating_sub(2), inner.height), snapshot);
}

/// Signal by signal: of the query on the screen, and the mean over all.
pub fn table(pen: &mut Pen<'_>, area: Rect, snapshot: &Snapshot) {
    let (of_query, of_all) = (snapshot.focus.signals.as_ref(), mean(snapshot));
    let room = area.width.saturating_sub(2 * (VALUE + 1));
    let x = area.x + room;
    if area.height == 0 {
        return;
    }
    pen.say_right(x, area.y, VALUE, "query", Tone::Quiet);
    if of_all.is_some() {
        pen.say_right(x + VALUE + 1, area.y, VALUE, "all", Tone::Quiet);
    }
    let names = of_query.or(of_all).map(|signals| lines(signals, snapshot)).unwrap_or_default();
    let values = |signals: Option<&Signals>| -> Vec<String> {
        let lines = signals.map(|signals| lines(signals, snapshot)).unwrap_or_default();
        lines.into_iter().map(|(_, value)| value).collect()
    };
    let (query, all) = (values(of_query), values(of_all));
    for (nth, (y, (name, _))) in (area.y + 1..area.bottom()).zip(names).enumerate() {
        pen.say(area.x, y, room, &name, Tone::Quiet);
        pen.say_right(x, y, VALUE, query.get(nth).map_or("", |value| value), Tone::Text);
        pen.say_right(x + VALUE + 1, y, VALUE, all.get(nth).map_or("", |value| value), Tone::Quiet);
    }
}

fn mean(snapshot: &Snapshot) -> Option<&Signals> {
    snapshot.study.as_ref()?.mean_signals.as_ref()
}

/// Names and values, the same names for every query.
fn lines(signals: &Signals, snapshot: &Snapshot) -> Vec<(String, String)> {
    let none = || "–".to_owned();
    let share = |value: Option<f64>| value.map_or_else(none, cells::share);
    let mut lines = Vec::new();
    let legs = snapshot.study.as_ref().map(|study| study.signal_legs.clone());
    let legs = legs.filter(|legs| !legs.is_empty()).unwrap_or_else(|| snapshot.ran.iter().collect());
    let name = |at: usize| legs.get(at).map_or("", |&leg| snapshot.leg_name(leg));
    for pair in &signals.legs {
        let both = format!("{}, {}", name(pair.a), name(pair.b));
        lines.push((format!("{both}: N in common"), share(pair.jaccard_n)));
        lines.push((format!("{both}: RBO"), share(pair.rbo)));
    }
    lines.push(("step at the cut".to_owned(), share(signals.cut.gap)));
    lines.push(("fall over by N / 2".to_owned(), share(signals.cut.flatness)));
    if signals.origins.is_some() || signals.rerank_tau.is_some() {
        lines.push(("k from the last fifth".to_owned(), share(signals.from_last_part())));
        lines.push(("k brought by the reranker".to_owned(), share(signals.replaced)));
        lines.push(("order kept (Kendall)".to_owned(), share(signals.rerank_tau)));
        let moved = signals.mean_movement.map_or_else(none, |ranks| format!("{ranks:.1}"));
        lines.push(("ranks moved each".to_owned(), moved));
    }
    lines
}

/// The signals that ask for something to be done, in a few words.
pub fn summary(signals: &Signals) -> impl Iterator<Item = String> + use<> {
    let alike = signals.legs.first().and_then(|pair| pair.jaccard_n);
    let last = signals.from_last_part();
    [
        alike.map(|share| format!("legs share {} of N", cells::share(share))),
        last.map(|share| format!("{} of k from the last fifth of N", cells::share(share))),
    ]
    .into_iter()
    .flatten()
}
