//! Pictures of the screen: asked for by key, and exactly what is on it.

use crate::export::frame::Format;
use crate::tui::actions::{Place, place};
use crate::tui::message::{Effect, Message, Picture};
use crate::tui::picture;
use crate::tui::update::update;

use super::fixture::{self, RICH, answer, blank, press, showing};
use super::screens::screen;

#[test]
fn e_asks_for_the_format_and_a_key_gives_it() {
    let formats = [
        ("s", Picture::Frame(Format::Svg)),
        ("<Enter>", Picture::Frame(Format::Svg)),
        ("h", Picture::Frame(Format::Html)),
        ("a", Picture::Frame(Format::Ansi)),
        ("t", Picture::Frame(Format::Text)),
        ("p", Picture::Plots),
    ];
    for (key, wanted) in formats {
        let mut state = showing(fixture::snapshot(), RICH, 120, 36);
        assert_eq!(press(&mut state, "e"), []);
        assert_eq!(place(&state), Place::Picture);
        assert!(screen(&state).contains("Write a picture as s SVG  h HTML  a ANSI  t text  p plots as SVG"));
        assert_eq!(press(&mut state, key), [Effect::Picture(wanted)], "{key}");
        assert!(!state.picturing);
    }
}

/// Trap: a key that means a format here turns a knob or leaves the program elsewhere.
#[test]
fn leaving_the_question_does_nothing_else() {
    for key in ["<Esc>", "q", "x", "]"] {
        let mut state = showing(fixture::snapshot(), RICH, 120, 36);
        let before = state.settings.clone();
        assert_eq!(press(&mut state, "e"), []);
        assert_eq!(press(&mut state, key), [], "{key}");
        assert!(!state.picturing && state.settings == before);
    }
}

#[test]
fn the_picture_is_the_screen_without_the_question() {
    let mut state = showing(fixture::snapshot(), RICH, 120, 36);
    press(&mut state, "<Tab>n");
    for open in ["", "<Enter>"] {
        press(&mut state, open);
        let shown = screen(&state);
        press(&mut state, "e");
        assert_ne!(screen(&state), shown);
        state.say("wrote another picture before");
        let contents = picture::contents(&state, Picture::Frame(Format::Text)).unwrap();
        assert_eq!(contents[0].text, shown);
        assert_eq!((contents[0].name.as_str(), contents[0].extension), ("rankscope-query-q01", "txt"));
        press(&mut state, "<Esc>");
    }
}

#[test]
fn plots_are_those_of_the_curves_view() {
    let mut state = blank(RICH, 120, 36);
    let error = picture::contents(&state, Picture::Plots).unwrap_err();
    assert!(error.message.contains("no plot yet"));
    update(&mut state, Message::Pictured(Err(error)));
    assert!(state.notice.as_ref().is_some_and(|notice| notice.is_error));
    let mut state = showing(fixture::snapshot(), RICH, 120, 36);
    answer(&mut state, fixture::tuned());
    let names: Vec<String> =
        picture::contents(&state, Picture::Plots).unwrap().into_iter().map(|content| content.name).collect();
    assert_eq!(
        names,
        ["rankscope-recall-at-n", "rankscope-nDCG-10-over-alpha", "rankscope-nDCG-10-alpha-by-n-rrf"]
    );
}
