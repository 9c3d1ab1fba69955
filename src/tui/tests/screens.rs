//! Frames as they must look.

use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::CellWidth as _;

use crate::domain::QueryIdx;
use crate::engine::Focus;
use crate::tui::state::State;
use crate::tui::theme::Look;
use crate::tui::view;

use super::fixture::{self, PLAIN, RICH, answer, blank, press, showing};

/// The frame as text, line by line.
pub fn screen(state: &State) -> String {
    let (width, height) = state.terminal_size();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test backend cannot fail");
    terminal.draw(|frame| drop(view::draw(frame, state))).expect("a test backend cannot fail");
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let (mut line, mut x) = (String::new(), 0);
        while let Some(cell) = buffer.cell((x, y)) {
            line.push_str(cell.symbol());
            x += cell.symbol().cell_width().max(1); // a wide sign hides the cell behind it
        }
        line.trim_end().to_owned() + "\n"
    };
    (0..height).map(line).collect()
}

pub fn check(name: &str, state: &State) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(name, screen(state)));
}

fn complete(look: Look, width: u16, height: u16) -> State {
    showing(fixture::snapshot(), look, width, height)
}

#[test]
fn the_query_view_at_every_size() {
    for (width, height) in [(120, 36), (120, 40), (200, 60), (80, 24), (100, 24), (60, 20), (40, 12)] {
        check(&format!("query_{width}x{height}"), &complete(RICH, width, height));
    }
}

#[test]
fn too_small_says_what_is_needed() {
    check("too_small", &complete(RICH, 38, 10));
    assert!(screen(&complete(RICH, 38, 10)).contains("38x10, needs 40x12"));
}

#[test]
fn ascii_without_colour() {
    let state = complete(PLAIN, 120, 36);
    check("ascii_120x36", &state);
}

/// Trap: one sign that is not ASCII, somewhere on the way, would be drawn two cells wide.
#[test]
fn our_own_signs_are_all_ascii_where_they_must_be() {
    let mut state = complete(PLAIN, 120, 36);
    answer(&mut state, fixture::tuned());
    for script in [
        "",
        "?",
        "<Esc><Tab><Enter>",
        "<Esc>!",
        "!/",
        "<Esc>0a",
        "<Esc>b<Right>",
        "0v",
        "f",
        "<Esc>",
        "<Esc>3",
        "c<Left>",
        "<Tab><Left>",
        "<Tab><Left>",
    ] {
        press(&mut state, script);
        let shown = screen(&state);
        // Letters of the fixture may be of any script; signs may not.
        let sign =
            |c: &char| matches!(c, '\u{b0}'..='\u{bf}' | '\u{d7}' | '\u{2010}'..='\u{2b4f}') || *c == 'α';
        let found: String = shown.chars().filter(sign).collect();
        assert_eq!(found, "", "after {script:?}\n{shown}");
    }
}

#[test]
fn overlays() {
    let mut state = complete(RICH, 120, 36);
    press(&mut state, "?");
    check("help_120x36", &state);
    press(&mut state, "<Esc><Tab><Enter>");
    check("explanation_120x36", &state);
    let mut small = complete(RICH, 80, 24);
    press(&mut small, "<Tab><Enter>");
    check("explanation_80x24", &small);
}

#[test]
fn while_the_reranker_works_and_when_it_cannot() {
    check("reranking", &showing(fixture::reranking(), RICH, 120, 36));
    check("rerank_failed", &showing(fixture::rerank_failed(), RICH, 120, 36));
    check("rerank_off", &showing(fixture::without_second_stage(), RICH, 120, 36));
    let mut failed = showing(fixture::rerank_failed(), RICH, 120, 36);
    press(&mut failed, "!");
    check("messages", &failed);
}

#[test]
fn without_judgments() {
    check("no_judgments", &showing(fixture::unjudged(), RICH, 120, 36));
}

#[test]
fn before_the_engine_has_spoken() {
    check("opening", &blank(RICH, 120, 36));
}

#[test]
fn a_typed_query() {
    let mut state = complete(RICH, 120, 36);
    press(&mut state, "/返金 refund");
    let mut snapshot = fixture::unjudged();
    snapshot.focus.focus = Focus::Typed("返金 refund".into());
    snapshot.queries = fixture::snapshot().queries;
    answer(&mut state, snapshot);
    check("asking", &state);
    press(&mut state, "<Enter>");
    check("typed_query", &state);
}

#[test]
fn the_filter() {
    let mut state = complete(RICH, 80, 24);
    press(&mut state, "Fzh");
    check("filtering_80x24", &state);
    press(&mut state, "zz");
    assert!(screen(&state).contains("No query passes"));
}

#[test]
fn lists_under_way() {
    let mut state = complete(RICH, 120, 36);
    press(&mut state, "]");
    assert!(screen(&state).contains("N 50 ⟳"), "the lists still answer N = 50");
    let mut snapshot = fixture::snapshot();
    snapshot.focus.stale = true;
    answer(&mut state, snapshot);
    assert!(screen(&state).contains('⟳'));
}

#[test]
fn the_gutter_points_at_a_twin_out_of_sight_and_at_a_lost_gold() {
    let mut state = complete(RICH, 120, 36);
    press(&mut state, "<Tab>n");
    assert_eq!(state.cursor.doc, Some(crate::domain::DocIdx(3)));
    check("gutter_lost", &state);
    press(&mut state, "g<PgDn><PgDn><PgDn>");
    check("scrolled", &state);
}

/// Trap: an escape sequence in an identifier, or a title, that reaches the terminal.
#[test]
fn hostile_text_is_shown_never_obeyed() {
    let mut state = complete(RICH, 120, 36);
    press(&mut state, "<Tab>g<Down><Down><Down><Down><Down><Down><Down><Down><Down>");
    let shown = screen(&state);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains('\u{7}'));
    assert!(shown.contains("bad␛[31m-9") && shown.contains("⟨U+202E⟩gpj.exe"), "{shown}");
}

#[test]
fn every_frame_line_is_as_wide_as_the_screen() {
    use crate::tui::widgets::cells;
    for (width, height) in [(120, 36), (80, 24), (60, 20)] {
        let mut state = complete(RICH, width, height);
        state.query = Some(QueryIdx(3));
        for line in screen(&state).lines().filter(|line| line.ends_with(['│', '╮', '╯'])) {
            assert_eq!(cells::width(line), usize::from(width), "{line}");
        }
    }
}
