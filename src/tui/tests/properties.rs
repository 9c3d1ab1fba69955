//! No size and no text may break a frame.

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::corpus::Collection;
use crate::domain::Passage;
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::update::update;
use crate::tui::view;

use super::fixture::{self, PLAIN, RICH, answer, blank, press};
use super::tables::{self, settle};

fn draw(state: &State, width: u16, height: u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test backend cannot fail");
    terminal.draw(|frame| drop(view::draw(frame, state))).expect("a test backend cannot fail");
    for cell in terminal.backend().buffer().content() {
        assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
    }
}

/// The fixture with other text in every passage and query.
fn collection_of(texts: &[String]) -> Arc<Collection> {
    let mut collection = (*fixture::collection()).clone();
    let passages = collection.passages.iter().zip(texts.iter().cycle()).map(|(passage, text)| Passage {
        id: text.clone(),
        title: text.chars().rev().collect(),
        text: text.repeat(3),
        ..passage.clone()
    });
    collection.passages = passages.collect();
    for (query, text) in collection.queries.iter_mut().zip(texts.iter().cycle()) {
        query.text.clone_from(text);
    }
    Arc::new(collection)
}

fn scripts() -> impl Strategy<Value = String> {
    let keys = "2456LHcEPSRh.jkJKnpgGsftbr[]{}<>-=aNd0/F!?\t  xqvlhAB13mUuR02";
    let key = prop::sample::select(keys.chars().collect::<Vec<_>>()).prop_map(|c| c.to_string());
    let named = prop::sample::select(vec![
        "<Tab>", "<Enter>", "<Esc>", "<PgDn>", "<PgUp>", "<End>", "<Left>", "<Right>", "<Down>", "<Up>",
    ]);
    prop::collection::vec(prop_oneof![key, named.prop_map(str::to_owned)], 0..24)
        .prop_map(|keys| keys.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_size_any_text_any_keys(
        (width, height) in (0u16..=220, 0u16..=70),
        texts in prop::collection::vec(any::<String>(), 1..5),
        script in scripts(),
        picture in 0usize..8,
        ascii in any::<bool>(),
    ) {
        let mut state = blank(if ascii { PLAIN } else { RICH }, width, height);
        update(&mut state, Message::Opened(collection_of(&texts)));
        let mut snapshot = match picture {
            0 => fixture::snapshot(),
            1 => fixture::reranking(),
            2 => fixture::rerank_failed(),
            3 => fixture::without_second_stage(),
            4 => fixture::tuned(),
            5 => fixture::rejudging(),
            6 => tables::full(0.02),
            _ => fixture::unjudged(),
        };
        snapshot.verdict.clone_from(&texts[0]);
        for gold in &mut snapshot.focus.golds {
            gold.remedy.clone_from(&texts[0]);
            gold.id = texts[0].as_str().into();
        }
        answer(&mut state, snapshot);
        let effects = press(&mut state, &script);
        settle(&mut state, effects);
        draw(&state, width, height);
        // The frame may come before the message that the size has changed.
        draw(&state, height, width);
    }
}

/// Sizes across the range, with the ordinary fixture.
#[test]
fn sizes_across_the_range_are_drawn() {
    for width in (0..=220).step_by(9) {
        for height in (0..=70).step_by(5) {
            let mut state = fixture::showing(tables::full(0.02), RICH, width, height);
            draw(&state, width, height);
            for script in ["v", "f", "<Esc>3", "<Esc>3", "<Tab>", "<Tab>", "2", "4", "<Tab>", "6", "P5]"] {
                let effects = press(&mut state, script);
                settle(&mut state, effects);
                draw(&state, width, height);
            }
        }
    }
}
