//! Message in, effects out: the only place that changes the [`State`]. Pure: no terminal, no engine, no
//! clock. Keys go through the action table, text goes to the open field, and whatever changes what is
//! asked ends in one request.

mod agreeing;
mod choosing;
mod compare;
mod curves;
mod finding;
mod history;
mod judging;
mod keeping;
mod lists;
mod news;
mod passages;
mod pictures;
mod pointer;
mod pool;
pub(super) mod queries;
mod snapshot;
mod tables;
pub(super) mod turning;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::engine::{Focus, Request};
use crate::export::engines::Engine;

use super::actions::{self, ActionId, Place};
use super::behind::Outcome;
use super::demo::tour;
use super::fields;
use super::knobs;
use super::message::{Effect, Message};
use super::picker::Pick;
use super::state::{Mode, Pane, State, View};

pub use curves::{best_cell, recommended};
pub use keeping::command_line;
pub use lists::keep_in_sight;
pub use pool::progress as pool_progress;

/// Takes one message; returns what is to be done outside.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = take(state, message);
    agreeing::settle(state);
    effects
}

fn take(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => on_key(state, event),
        Message::Paste(text) => on_paste(state, &text),
        Message::Pointer(pointer) => pointer::on_pointer(state, pointer),
        Message::Resize(width, height) => {
            state.resize(width, height);
            keep_in_sight(state);
            tables::keep_in_sight(state);
            Vec::new()
        }
        Message::Reading(reading) => {
            state.reading = Some(reading);
            Vec::new()
        }
        Message::Opened(collection) => {
            let mut effects = snapshot::on_opened(state, collection);
            effects.extend(tour::begin(state));
            effects
        }
        Message::Snapshot(snapshot) => {
            let mut effects = snapshot::on_snapshot(state, snapshot);
            if state.tour.as_ref().is_some_and(|tour| !tour.by_deed) {
                effects.extend(tour::go_on(state));
            }
            effects
        }
        Message::Done(outcome) => on_done(state, outcome),
        Message::EngineFailed(error) if state.collection.is_none() => vec![Effect::Fail(error)],
        Message::EngineFailed(error) => {
            state.complain(error.to_string().replace('\n', " "));
            Vec::new()
        }
        Message::News(news) => news::on_news(state, news),
        Message::Kept(kept) => keeping::on_kept(state, kept),
        Message::AmbiguousIsWide => {
            state.look.ascii = true;
            Vec::new()
        }
        Message::Pictured(outcome) => pictures::on_pictured(state, outcome),
        Message::Terminate => vec![Effect::Quit],
    }
}

fn on_done(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Compared(number, comparison) => compare::compared(state, number, comparison),
        Outcome::Counted(counts) => passages::counted(state, counts),
        Outcome::Arranged(number, rows) => passages::arranged(state, number, rows),
    }
}

fn on_key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    state.notice = None;
    state.history.next_key(matches!(state.mode, Mode::Picking(_)));
    if let Some(doc) = state.grading.take()
        && let KeyCode::Char(digit @ '0'..='3') = event.code
        && event.modifiers.is_empty()
    {
        return judging::grade(state, doc, digit as i32 - '0' as i32);
    }
    let place = actions::place(state);
    let touring = state.tour.is_some() && !matches!(place, Place::Field | Place::Picture);
    let of_tour = touring.then(|| actions::action_for(&event, Place::Tour, &state.shelf.keys)).flatten();
    match of_tour.or_else(|| actions::action_for(&event, place, &state.shelf.keys)) {
        Some(ActionId::PoolGrade) => {
            let nth = actions::nth_key(&event, ActionId::PoolGrade, &state.shelf.keys);
            // The keys stand for grades in the table's order: 1, 2, 3, 0.
            pool::grade(state, nth.map_or(0, |nth| (nth as i32 + 1) % 4))
        }
        Some(action) => on_action(state, action),
        None if state.picturing => pictures::on_other_key(state),
        None if state.mode.is_typing() || state.finding => on_typed_key(state, &event),
        None => {
            if let KeyCode::Char(c) = event.code
                && event.modifiers.difference(KeyModifiers::SHIFT).is_empty()
            {
                let why = if place == Place::Blind { " while you judge blind" } else { " here" };
                state.say(format!("{c} does nothing{why}: ? lists the keys"));
            }
            Vec::new()
        }
    }
}

/// Does what a key of this action does.
pub(super) fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
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
            state.overlay_scroll = 0;
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
        Id::Ask => open_ask(state),
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
        Id::Messages => {
            // They stand among the details of the query view.
            state.messages = !state.messages || state.panel || state.view != View::Query;
            state.panel = false;
            if state.messages {
                state.detail = super::layout::Detail::Passage;
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
        _ => turning::on_action(state, action),
    }
}

/// Goes to a view. What was chosen in the other stays.
fn show(state: &mut State, view: View) -> Vec<Effect> {
    state.view = view;
    keep_in_sight(state);
    let mut effects = tables::refresh(state);
    if state.wanted_trace() != state.traced && state.wanted_trace().is_some() {
        effects.push(request(state));
    }
    effects
}

fn walk(state: &mut State, action: ActionId) -> Vec<Effect> {
    if state.mode.is_overlay() {
        let page = usize::from(state.size.1.saturating_sub(6)).max(1);
        let now = state.overlay_scroll;
        state.overlay_scroll = match action {
            ActionId::Down => now.saturating_add(1),
            ActionId::Up => now.saturating_sub(1),
            ActionId::PageDown => now.saturating_add(page),
            ActionId::PageUp => now.saturating_sub(page),
            ActionId::Top => 0,
            _ => usize::MAX,
        };
        state.overlay_scroll =
            state.overlay_scroll.min(super::view::overlay_lines(state).saturating_sub(page));
        return Vec::new();
    }
    if state.panel {
        turning::step(state, if action == ActionId::Down { 1 } else { -1 });
        return Vec::new();
    }
    if state.tables.of(state.view).is_some() {
        return tables::walk(state, action);
    }
    match state.pane {
        Pane::Queries => queries::walk(state, action),
        Pane::First | Pane::Reranked => lists::walk(state, action),
        Pane::Knobs => {
            let bar = state.bar();
            let by = if action == ActionId::Down { 1 } else { -1 };
            state.knob = knobs::step(&bar, state.knob, by).unwrap_or(state.knob);
            Vec::new()
        }
    }
}

fn focus(state: &mut State, pane: Pane) -> Vec<Effect> {
    state.pane = pane;
    if pane != Pane::Knobs {
        state.list = pane;
    }
    keep_in_sight(state);
    Vec::new()
}

fn open(state: &mut State) -> Vec<Effect> {
    match state.pane {
        Pane::Queries => focus(state, Pane::First),
        Pane::First | Pane::Reranked if state.cursor.doc.is_some() => {
            state.mode = Mode::Explaining;
            state.overlay_scroll = 0;
            Vec::new()
        }
        Pane::First | Pane::Reranked => Vec::new(),
        Pane::Knobs => turning::open(state, state.knob),
    }
}

fn open_ask(state: &mut State) -> Vec<Effect> {
    if state.collection.is_none() {
        state.say("the collection is still being opened");
    } else {
        state.mode = Mode::Asking;
    }
    Vec::new()
}

fn accept(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::close(state, true);
    }
    match state.mode {
        Mode::Naming => keeping::save_preset(state),
        Mode::Number(knob) => turning::accept(state, knob),
        Mode::Picking(pick) => choosing::accept(state, pick),
        Mode::Asking if state.typed.is_some() => {
            state.mode = Mode::Browse;
            let effects = show(state, View::Query);
            focus(state, Pane::First);
            effects
        }
        _ => {
            state.mode = Mode::Browse;
            Vec::new()
        }
    }
}

/// Backs out of one thing: field, overlay, panel, view, messages, typed query, filter, then to the query
/// list.
fn back(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::close(state, false);
    }
    match state.mode {
        Mode::Asking => {
            state.mode = Mode::Browse;
            state.ask.reset();
            queries::leave_typed(state)
        }
        Mode::Filtering => {
            state.mode = Mode::Browse;
            field_of_filter(state).reset();
            after_filtering(state)
        }
        Mode::Picking(pick) => choosing::back(state, pick),
        Mode::Agreeing => agreeing::answer(state, false),
        Mode::Number(_)
        | Mode::Help
        | Mode::Explaining
        | Mode::Reading
        | Mode::SideBySide
        | Mode::CommandLine
        | Mode::Pooling
        | Mode::Naming
        | Mode::Snippet(_) => {
            state.mode = Mode::Browse;
            finding::close(state, false);
            keep_in_sight(state);
            Vec::new()
        }
        Mode::Browse if state.panel => turning::close_panel(state),
        Mode::Browse if state.view == View::Passages && !state.tables.passages.search.value().is_empty() => {
            state.tables.passages.search.reset();
            tables::refresh(state)
        }
        Mode::Browse if state.view == View::Collection && !state.filter.value().is_empty() => {
            queries::filter_by(state, "")
        }
        Mode::Browse if state.view != View::Query => show(state, View::Query),
        Mode::Browse if state.messages => {
            state.messages = false;
            Vec::new()
        }
        Mode::Browse if state.typed.is_some() => {
            state.ask.reset();
            queries::leave_typed(state)
        }
        Mode::Browse if !state.filter.value().is_empty() => {
            state.filter.reset();
            queries::refilter(state)
        }
        Mode::Browse => focus(state, Pane::Queries),
    }
}

fn on_typed_key(state: &mut State, event: &KeyEvent) -> Vec<Effect> {
    let step = match event.code {
        KeyCode::Down => Some(ActionId::Down),
        KeyCode::Up => Some(ActionId::Up),
        KeyCode::PageDown => Some(ActionId::PageDown),
        KeyCode::PageUp => Some(ActionId::PageUp),
        _ => None,
    };
    match (step, state.mode) {
        (Some(step), Mode::Asking) => lists::walk(state, step),
        (Some(step), Mode::Filtering) if state.view != View::Query => tables::walk(state, step),
        (Some(step), Mode::Filtering) => queries::walk(state, step),
        (Some(step), Mode::Picking(pick)) => choosing::walk(state, pick, step),
        (Some(_), _) => Vec::new(),
        (None, _) => {
            let Some(edit) = fields::edit_for(event) else { return Vec::new() };
            let before = field(state).value().to_owned();
            field(state).handle(edit);
            if field(state).value() == before { Vec::new() } else { after_typing(state) }
        }
    }
}

/// Pasted text is text: it goes into the open field, or opens the ask field, and is never read as keys.
fn on_paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.notice = None;
    state.picturing = false;
    if !state.mode.is_typing() && !state.finding {
        open_ask(state);
        if state.mode != Mode::Asking {
            return Vec::new();
        }
        state.ask.reset();
    }
    fields::paste(field(state), text);
    after_typing(state)
}

fn field(state: &mut State) -> &mut tui_input::Input {
    if state.finding {
        return &mut state.find;
    }
    match state.mode {
        Mode::Filtering => field_of_filter(state),
        Mode::Naming => &mut state.name,
        Mode::Picking(_) => &mut state.picker.filter,
        Mode::Number(_) => &mut state.number,
        _ => &mut state.ask,
    }
}

/// What narrows the list of the view: the passages have a search of their own.
fn field_of_filter(state: &mut State) -> &mut tui_input::Input {
    if state.view == View::Passages { &mut state.tables.passages.search } else { &mut state.filter }
}

fn after_filtering(state: &mut State) -> Vec<Effect> {
    if state.view == View::Passages { tables::refresh(state) } else { queries::refilter(state) }
}

fn after_typing(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::typed(state);
    }
    match state.mode {
        Mode::Asking => queries::ask(state),
        Mode::Filtering => after_filtering(state),
        Mode::Picking(pick) => choosing::refilter(state, pick),
        _ => Vec::new(),
    }
}

/// The request for what the state now wants.
pub(super) fn request(state: &mut State) -> Effect {
    state.generation += 1;
    state.inspected = state.cursor.doc;
    state.traced = state.wanted_trace();
    let focus = state.wanted_focus().unwrap_or(Focus::Typed(String::new()));
    Effect::Request(Request {
        generation: state.generation,
        settings: state.settings.clone(),
        focus,
        inspect: state.inspected,
        tune: Some(state.goal),
        trace: state.traced,
        whole: state.whole,
    })
}
