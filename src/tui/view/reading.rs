//! How the analyzer reads the query and a passage: the steps of the chain and the terms that come out.
//!
//! The query is read by the chain of the passage's language, as it is when the two are matched.

use crate::domain::{Analysis, Passage};
use crate::text::{Chain, Evidence, Recipe, Token, detection, visible};

use super::super::theme::{Look, Tone};
use super::super::widgets::pen::{Piece, piece};
use super::passage::flow;

/// Characters of a passage that are read for this.
const MOST_CHARS: usize = 400;

pub fn lines(passage: &Passage, query: &str, analysis: Analysis, look: Look, room: usize) -> Vec<Vec<Piece>> {
    let language = &passage.language;
    let chain = Chain::new(Recipe::of(analysis, language), language);
    let (text, whole) = beginning(passage);
    let arrow = look.signs().arrow;
    let mut head = vec![vec![
        piece("read as ", Tone::Strong),
        piece(format!("{language}"), Tone::Text),
        piece(doubt(passage, &text), Tone::Quiet),
    ]];
    for (nth, step) in chain.names().into_iter().enumerate() {
        let before = if nth == 0 { String::new() } else { format!("{arrow} ") };
        head.push(vec![piece(format!("{before}{step}"), Tone::Quiet)]);
    }
    let mut lines = flow(head, " ", room);
    let asked = chain.terms(query);
    let read = chain.terms(&text);
    lines.extend(terms("query", &asked, &read, "", room));
    lines.extend(terms("passage", &read, &asked, if whole { "" } else { look.signs().ellipsis }, room));
    lines
}

/// The text as it is indexed, as far as it is read here, and whether that is all of it.
fn beginning(passage: &Passage) -> (String, bool) {
    let between = if passage.title.is_empty() { "" } else { " " };
    let mut chars = passage.title.chars().chain(between.chars()).chain(passage.text.chars());
    let text = chars.by_ref().take(MOST_CHARS).collect();
    (text, chars.next().is_none())
}

/// Whether the text itself looks like another language than it is read as.
fn doubt(passage: &Passage, text: &str) -> String {
    let found = detection(text);
    if found.evidence == Evidence::Nothing || found.language == passage.language {
        return String::new();
    }
    format!(
        " (the text looks like {} by {}, confidence {:.2})",
        found.language,
        found.evidence.name(),
        found.confidence
    )
}

/// The terms of one text; those that the other one has too are marked.
fn terms(name: &str, of: &[Token], other: &[Token], end: &str, room: usize) -> Vec<Vec<Piece>> {
    let met = |token: &Token| other.iter().any(|theirs| theirs.term == token.term);
    let shown = of.iter().map(|token| {
        let tone = if met(token) { Tone::Highlight } else { Tone::Text };
        vec![piece(visible(&token.term).into_owned(), tone)]
    });
    let none = of.is_empty().then(|| vec![piece("no terms", Tone::Quiet)]);
    let end = (!end.is_empty()).then(|| vec![piece(end, Tone::Quiet)]);
    let indent = 10;
    let flowed = flow(shown.chain(none).chain(end).collect(), "  ", room.saturating_sub(indent));
    let label = |nth: usize| if nth == 0 { format!("  {name:<8}") } else { " ".repeat(indent) };
    (flowed.into_iter().enumerate())
        .map(|(nth, line)| {
            let mut whole = vec![piece(label(nth), Tone::Quiet)];
            whole.extend(line);
            whole
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use crate::tui::tests::fixture::RICH;

    fn passage(language: &str, text: &str) -> Passage {
        let language = Language::new(language);
        Passage { id: "p".into(), title: String::new(), text: text.into(), language }
    }

    fn text_of(lines: &[Vec<Piece>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|piece| piece.text.as_str()).collect()).collect()
    }

    /// Trap: read by the query's own language, `환불을` and `환불` would not be seen to meet.
    #[test]
    fn the_query_is_read_as_the_passage_is_and_what_they_share_is_marked() {
        let lines = lines(&passage("ko", "기차표를 환불"), "환불을 hello", Analysis::default(), RICH, 200);
        let text = text_of(&lines);
        assert!(text[0].starts_with("read as ko") && text[0].contains("Korean particles"), "{text:?}");
        assert!(text[1].contains("환불") && text[1].contains("hello"), "{text:?}");
        let marked = |line: &[Piece]| -> Vec<String> {
            line.iter().filter(|p| p.tone == Tone::Highlight).map(|p| p.text.to_string()).collect()
        };
        assert_eq!(marked(&lines[2]), ["환불"]);
        assert!(marked(&lines[1]).contains(&"환불".to_owned()));
    }

    #[test]
    fn a_language_that_the_text_does_not_look_like_is_doubted() {
        let lines = lines(&passage("fr", "予約の取り消し"), "", Analysis::default(), RICH, 200);
        let text = text_of(&lines);
        assert!(text[0].contains("looks like ja by script"), "{text:?}");
        assert!(text.iter().any(|line| line.contains("query") && line.contains("no terms")), "{text:?}");
    }

    /// Trap: a book of a passage would be read anew with every frame.
    #[test]
    fn of_a_long_passage_the_beginning_is_read() {
        let lines = lines(&passage("en", &"word ".repeat(5000)), "", Analysis::default(), RICH, 200);
        let text = text_of(&lines).concat();
        assert!(text.matches("word").count() < 100 && text.trim_end().ends_with('…'), "{text}");
    }
}
