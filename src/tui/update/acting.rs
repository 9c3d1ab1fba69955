//! What an action does, whichever way it was called for: by key, from the palette, by a click, or by the
//! script of a tour. Each goes to the part of the screen that it is of.

use crate::export::engines::Engine;

use super::super::actions::ActionId;
use super::super::demo::tour;
use super::super::layout::Detail;
use super::super::message::Effect;
use super::super::picker::Pick;
use super::super::state::{Mode, Pane, State, View};
use super::super::view;
use super::{
    accept, agreeing, back, choosing, curves, finding, focus, history, judging, keep_in_sight, keeping,
    lists, open, pictures, pool, queries, request, show, spot, tables, turning, typing, walk,
};

/// Does what a key of this action does.
pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    // A list that is open is one gesture, also where it is left for what was before.
    if !turning::is_a_turn(action) && !matches!(state.mode, Mode::Picking(_)) {
        state.history.end_run();
    }
    if pool::hides(state, action) {
        pool::refuse(state);
        return Vec::new();
    }
    match action {
        Id::QuitAlways => vec![Effect::Quit],
        Id::Suspend => vec![Effect::Suspend],
        Id::Repaint => vec![Effect::Repaint],
        Id::Accept => accept(state),
        Id::Tour => tour::start(state),
        Id::TourNext => tour::next(state),
        Id::TourBack => tour::back(state),
        Id::TourLeave => tour::leave(state),
        Id::Presenter => {
            state.presenter = !state.presenter;
            state.say(if state.presenter { "presenter: fewer columns, larger marks" } else { "all columns" });
            keep_in_sight(state);
            Vec::new()
        }
        Id::Back if state.picturing => pictures::leave(state),
        Id::Picture
        | Id::PictureSvg
        | Id::PictureHtml
        | Id::PictureAnsi
        | Id::PictureText
        | Id::PicturePlots => pictures::on_action(state, action),
        Id::Back => back(state),
        Id::Quit if state.mode.is_overlay() => back(state),
        Id::Quit => vec![Effect::Quit],
        Id::Help => {
            state.mode = if state.mode == Mode::Help { Mode::Browse } else { Mode::Help };
            (state.overlay_scroll, state.overlay_left) = (0, 0);
            Vec::new()
        }
        Id::Snippet => {
            state.mode = match state.mode {
                Mode::Snippet(engine) => Mode::Snippet(engine.next()),
                Mode::Browse => {
                    Mode::Snippet(Engine::of(state.settings.fusion).unwrap_or(Engine::OpenSearch))
                }
                other => other,
            };
            state.overlay_scroll = 0;
            Vec::new()
        }
        Id::Down | Id::Up | Id::PageDown | Id::PageUp | Id::Top | Id::Bottom => walk(state, action),
        Id::NextQuery => queries::step(state, 1),
        Id::PreviousQuery => queries::step(state, -1),
        Id::NextGold => lists::to_gold(state, true),
        Id::PreviousGold => lists::to_gold(state, false),
        Id::NextPane | Id::PreviousPane if state.blind => {
            focus(state, if state.pane == Pane::First { Pane::Queries } else { Pane::First })
        }
        Id::NextPane => focus(state, state.pane.step(1)),
        Id::PreviousPane => focus(state, state.pane.step(-1)),
        Id::Open => open(state),
        Id::Ask => typing::open_ask(state),
        Id::Filter => {
            state.mode = Mode::Filtering;
            if state.view == View::Query && state.layout().queries.is_none() {
                focus(state, Pane::Queries);
            }
            Vec::new()
        }
        Id::Detail => {
            state.detail = state.detail.next();
            Vec::new()
        }
        Id::Link => {
            state.linked = !state.linked;
            state.say(if state.linked {
                "the lists scroll together"
            } else {
                "each list follows its own row"
            });
            keep_in_sight(state);
            Vec::new()
        }
        Id::Messages if state.messages && shows_only_some_messages(state) => {
            state.mode = Mode::Messages;
            state.overlay_scroll = 0;
            Vec::new()
        }
        Id::Messages => {
            // They stand among the details of the query view.
            state.messages = !state.messages || state.panel || state.view != View::Query;
            state.panel = false;
            if state.messages {
                state.detail = Detail::Passage;
                show(state, View::Query);
            }
            Vec::new()
        }
        Id::Mouse => {
            state.mouse = !state.mouse;
            state.say(if state.mouse {
                "the mouse is ours"
            } else {
                "the mouse is the terminal's: select text"
            });
            vec![Effect::CaptureMouse(state.mouse)]
        }
        Id::Mark => judging::mark(state),
        Id::UndoJudgment => judging::undo(state),
        Id::RedoJudgment => judging::redo(state),
        Id::Undo => history::undo(state),
        Id::Redo => history::redo(state),
        Id::Presets => choosing::open(state, Pick::Preset),
        Id::Palette => choosing::open(state, Pick::Command),
        Id::Theme => choosing::open(state, Pick::Theme),
        Id::SavePreset => keeping::name_preset(state),
        Id::WriteSettings => keeping::write_settings(state),
        Id::CommandLine => keeping::show_command_line(state),
        Id::CopyText => keeping::copy(state, "the text", |passage| passage.indexed_text()),
        Id::CopyId => keeping::copy(state, "the id", |passage| passage.id.clone()),
        Id::OpenSource => keeping::open_source(state),
        Id::Pool => pool::open(state),
        Id::Blind => pool::toggle_blind(state),
        Id::PoolGrade => Vec::new(),
        Id::PoolSkip => pool::step(state, true),
        Id::PoolBack => pool::step(state, false),
        Id::PoolUnjudge => pool::unjudge(state),
        Id::PoolDeeper => pool::deepen(state, true),
        Id::PoolShallower => pool::deepen(state, false),
        Id::Find => finding::open(state),
        Id::NextMatch => finding::next(state),
        Id::PreviousMatch => finding::previous(state),
        Id::Wrap => finding::wrap(state),
        Id::ScrollLeft => finding::aside(state, false),
        Id::ScrollRight => finding::aside(state, true),
        Id::QueryView => show(state, View::Query),
        Id::CollectionView => show(state, View::Collection),
        Id::LanguagesView => show(state, View::Languages),
        Id::CompareView => show(state, View::Compare),
        Id::PassagesView => show(state, View::Passages),
        Id::NextLost => lists::to_lost(state, true),
        Id::PreviousLost => lists::to_lost(state, false),
        Id::Against => lists::against(state),
        Id::Whole => {
            state.whole = !state.whole;
            state.say(if state.whole { "everything below the cut" } else { "only golds below the cut" });
            vec![request(state)]
        }
        Id::SortNext
        | Id::SortPrevious
        | Id::SortReverse
        | Id::OpenRow
        | Id::OtherTab
        | Id::NextFate
        | Id::MarkQuery
        | Id::MatrixLeg
        | Id::Pin
        | Id::Unpin
        | Id::TakePinned
        | Id::CompareMetric => tables::on_action(state, action),
        Id::CurvesView => show(state, View::Curves),
        Id::Fusion => choosing::open(state, Pick::Fusion),
        Id::Reranker => choosing::open(state, Pick::Reranker),
        Id::Compare => choosing::open(state, Pick::Rivals),
        Id::Agree => agreeing::answer(state, true),
        Id::Refuse => agreeing::answer(state, false),
        Id::NextPlot
        | Id::PreviousPlot
        | Id::NextGoal
        | Id::PreviousGoal
        | Id::SizeMore
        | Id::SizeLess
        | Id::HeatMethod
        | Id::HeatStage
        | Id::TakeAlpha
        | Id::TakeBest => curves::on_action(state, action),
        Id::Crosshair
        | Id::CrosshairLess
        | Id::CrosshairMore
        | Id::CrosshairDown
        | Id::CrosshairUp
        | Id::CrosshairTake => spot::on_action(state, action),
        _ => turning::on_action(state, action),
    }
}

/// Whether the messages are in sight, and their pane has no room for all of them.
fn shows_only_some_messages(state: &State) -> bool {
    state.view == View::Query && !state.panel && view::has_more_messages(state)
}
