//! The question before the first request that costs money: what would be sent where, and what it may cost.

use crate::engine::{Question, dollars};

use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::wrap;

const NAME: usize = 10;

pub fn title(state: &State) -> String {
    let asked = state.snapshot.as_ref().and_then(|shown| shown.question.as_ref());
    asked.map_or_else(String::new, |asked| format!("{} costs money", asked.service))
}

pub fn lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    let Some(question) = state.snapshot.as_ref().and_then(|shown| shown.question.clone()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (name, words, tone) in said(&question) {
        let wrapped = wrap::lines(&words, &[], room.saturating_sub(NAME), 4);
        for (at, line) in wrapped.into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let mut pieces = vec![piece(format!("{name:NAME$}"), Tone::Quiet)];
            pieces.extend(line.into_iter().map(|stretch| piece(stretch.text, tone)));
            lines.push(pieces);
        }
    }
    lines.push(Vec::new());
    lines.push(vec![
        piece("y", Tone::Key),
        piece(" send and pay     ", Tone::Text),
        piece("n", Tone::Key),
        piece(" send nothing", Tone::Text),
    ]);
    lines
}

fn said(question: &Question) -> Vec<(&'static str, String, Tone)> {
    let plural = |number: usize, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", super::header::thousands(number)),
    };
    let (queries, passages) =
        (plural(question.queries, "query", "queries"), plural(question.passages, "passage", "passages"));
    let cost = question.usd_estimate.map_or("not known".to_owned(), |usd| format!("about {}", dollars(usd)));
    let limit = question.limit_usd.map_or("none; --max-cost sets one".to_owned(), |usd| {
        format!("{} for all services in this run", dollars(usd))
    });
    vec![
        (
            "send",
            format!("the texts of {queries} and at most {passages}, without those that are in the cache"),
            Tone::Text,
        ),
        ("to", question.place.clone(), Tone::Strong),
        ("cost", cost, Tone::Strong),
        ("price", question.price_note.clone(), Tone::Quiet),
        ("limit", limit, Tone::Text),
    ]
}
