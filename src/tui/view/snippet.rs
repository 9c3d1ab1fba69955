//! The setting as a search engine's own query, over the screen. What it says is the export's; here it is
//! only laid out: remarks wrapped, the request as it is.

use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::wrap;
use crate::export::engines::Engine;
use crate::text::visible;

/// Lines of one remark at most.
const REMARK: usize = 6;

/// The engine, and how to come to the next one.
pub fn title(engine: Engine) -> String {
    format!("{} · x {}", engine.title(), engine.next().title())
}

/// The lines of the overlay.
pub fn lines(engine: Engine, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let snippet = engine.snippet(&state.settings, &state.legs);
    let text = snippet.text();
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for line in text.lines() {
        let remark = line.strip_prefix(engine.comment()).map(str::trim_start);
        match remark {
            Some(remark) => {
                let tone = match (lines.is_empty(), &snippet.unlike) {
                    (true, Some(_)) => Tone::Lost,
                    (true, None) => Tone::Gained,
                    _ => Tone::Quiet,
                };
                for wrapped in wrap::lines(remark, &[], room, REMARK) {
                    let words = wrapped.into_iter().map(|stretch| stretch.text).collect::<String>();
                    lines.push(vec![piece(words, tone)]);
                }
            }
            None => lines.push(vec![piece(visible(line).into_owned(), Tone::Text)]),
        }
    }
    let place = "rankscope export --to NAME writes it to a file";
    lines.push(Vec::new());
    lines.push(vec![piece(place.replace("NAME", engine.name()), Tone::Quiet)]);
    lines
}
