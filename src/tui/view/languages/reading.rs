//! The language under the cursor: the protocol on it, how finely BM25's analyzer and the model cut it, and
//! how the analyzer reads a sample of it.

use ratatui::layout::Rect;

use crate::corpus::Collection;
use crate::domain::Language;
use crate::engine::Snapshot;
use crate::text::{Chain, Recipe, visible};

use super::super::super::actions::ActionId;
use super::super::super::state::State;
use super::super::super::tables::languages::LanguageLine;
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};
use super::super::passage::{flow, no_text};
use super::{empty_state, lines, protocol};

/// Characters of the sample: enough to see how words are cut, and little enough to read anew in a frame.
const SAMPLE: usize = 80;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, key_of_tab: &str) {
    let snapshot = state.snapshot.as_deref();
    let key = state.tables.languages.table.cursor;
    let all = snapshot.map(lines).unwrap_or_default();
    let (Some(snapshot), Some(collection), Some(line)) =
        (snapshot, state.collection.as_deref(), key.and_then(|key| all.get(key)))
    else {
        let inner = pen.frame(area, &[piece("Under the cursor", Tone::Strong)], &[], false);
        return empty_state(pen, inner, &[("A language's text is looked at here.".to_owned(), Tone::Quiet)]);
    };
    let title =
        [piece(line.language.as_str(), Tone::Strong), piece(key_of_tab, Tone::Key).does(ActionId::OtherTab)];
    let inner = pen.frame(
        area,
        &title,
        &[piece(format!("{} its queries", state.key(ActionId::OpenRow)), Tone::Quiet)
            .does(ActionId::OpenRow)],
        false,
    );
    let room = inner.width.saturating_sub(2);
    let mut shown = protocol::lines(line, snapshot, state, usize::from(room));
    // In a low room what follows is worth more than air.
    let airy = inner.height >= 18;
    shown.extend(airy.then(Vec::new));
    if collection.has_texts {
        shown.extend(numbers(line, state, usize::from(room)));
        shown.extend(airy.then(Vec::new));
        shown.extend(sample(line.language, collection, snapshot, usize::from(room)));
    } else {
        shown.extend(no_text(usize::from(room), 3));
    }
    for (y, line) in (inner.top()..inner.bottom()).zip(&shown) {
        pen.line(inner.x + 1, y, room, line);
    }
}

/// Counts and shares.
fn numbers(line: &LanguageLine<'_>, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let waiting = || state.look.signs().waiting.to_owned();
    let value = |value: Option<f64>| value.map_or_else(waiting, cells::share);
    let percent = |share: Option<f64>| share.map_or_else(waiting, |share| format!("{:.1} %", share * 100.0));
    let part = |name: &str, value: String, tone: Tone| {
        vec![piece(format!("{name} "), Tone::Quiet), piece(value, tone)]
    };
    let bad = |share: Option<f64>, from: f64| {
        if share.is_some_and(|share| share >= from) { Tone::Lost } else { Tone::Text }
    };
    let text = line.text;
    let model = text.and_then(|text| text.model);
    let unknown_terms = text.and_then(|text| text.unknown_terms);
    let mut parts =
        vec![part("passages", text.map_or_else(waiting, |text| text.passages.to_string()), Tone::Strong)];
    if let Some(text) = text.filter(|text| text.passages > 0) {
        parts.push(part("BM25 terms per character", value(text.terms_per_char), Tone::Text));
        parts.push(part("model tokens per character", value(model.map(|m| m.tokens_per_char)), Tone::Text));
        let truncated = model.map(|model| model.truncated);
        parts.push(part("passages truncated", percent(truncated), bad(truncated, 0.01)));
        let unknown = model.map(|model| model.unknown);
        parts.push(part("characters unknown to the model", percent(unknown), bad(unknown, 0.01)));
    }
    if unknown_terms.is_some() {
        parts.push(part("query terms in no passage", percent(unknown_terms), bad(unknown_terms, 0.25)));
    }
    flow(parts, " · ", room)
}

/// The sample as it stands, as it is cut, and as it is looked up.
fn sample(language: &Language, collection: &Collection, snapshot: &Snapshot, room: usize) -> Vec<Vec<Piece>> {
    let of_queries = collection.queries.iter().find(|query| query.language == *language);
    let of_passages = || collection.passages.iter().find(|passage| passage.language == *language);
    let text = match of_queries {
        Some(query) => &query.text,
        None => match of_passages() {
            Some(passage) => &passage.text,
            None => return Vec::new(),
        },
    };
    let text: String = text.chars().take(SAMPLE).collect();
    let chain = Chain::new(Recipe::of(snapshot.settings.analysis, language), language);
    let trace = chain.trace(&text);
    let mut shown = vec![vec![piece("sample  ", Tone::Quiet), piece(text.as_str(), Tone::Text)]];
    let words = trace.steps.first().map(|step| step.terms.clone()).unwrap_or_default();
    let terms: Vec<String> = trace.tokens.iter().map(|token| token.term.clone()).collect();
    let mut step = |name: &str, terms: &[String], tone: Tone| {
        let parts = terms.iter().map(|term| vec![piece(visible(term).into_owned(), tone)]).collect();
        for (nth, mut line) in flow(parts, " │ ", room.saturating_sub(8)).into_iter().enumerate() {
            let name = if nth == 0 { name } else { "" };
            let padding = " ".repeat(8usize.saturating_sub(cells::width(name)));
            line.insert(0, piece(format!("{name}{padding}"), Tone::Quiet));
            shown.push(line);
        }
    };
    step("words", &words, Tone::Text);
    step("terms", &terms, Tone::Accent);
    // What every language goes through needs no saying.
    let names: Vec<String> = chain.names().into_iter().skip(2).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    shown.extend(
        flow(
            names.split(", ").map(|name| vec![piece(name.to_owned(), Tone::Quiet)]).collect(),
            " → ",
            room.saturating_sub(8),
        )
        .into_iter()
        .enumerate()
        .map(|(nth, mut line)| {
            line.insert(0, piece(if nth == 0 { "steps   " } else { "        " }, Tone::Quiet));
            line
        }),
    );
    shown
}
