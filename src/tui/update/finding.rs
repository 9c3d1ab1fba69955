//! Looking for words in what is open: the help, a passage in full.

use super::super::actions::ActionId;
use super::super::message::Effect;
use super::super::state::{Mode, State};
use super::super::view;

/// Cells that long lines are scrolled by.
const ASIDE: usize = 16;

pub fn open(state: &mut State) -> Vec<Effect> {
    state.finding = true;
    state.find.reset();
    Vec::new()
}

/// What is typed has changed: to the first match from where one is.
pub fn typed(state: &mut State) -> Vec<Effect> {
    go(state, |lines, now| lines.iter().find(|&&line| line >= now).or(lines.first()).copied())
}

pub fn next(state: &mut State) -> Vec<Effect> {
    go(state, |lines, now| lines.iter().find(|&&line| line > now).or(lines.first()).copied())
}

pub fn previous(state: &mut State) -> Vec<Effect> {
    go(state, |lines, now| lines.iter().rev().find(|&&line| line < now).or(lines.last()).copied())
}

fn go(state: &mut State, to: impl Fn(&[usize], usize) -> Option<usize>) -> Vec<Effect> {
    let wanted = state.find.value().trim().to_lowercase();
    if wanted.is_empty() {
        if !state.finding {
            let key = state.key(ActionId::Find);
            state.say(format!("nothing was looked for: {key} finds"));
        }
        return Vec::new();
    }
    let lines = view::overlay_text(state);
    let matching: Vec<usize> = (0..lines.len())
        .filter(|&at| lines.get(at).is_some_and(|line| line.to_lowercase().contains(&wanted)))
        .collect();
    match to(&matching, state.found_at.unwrap_or(state.overlay_scroll)) {
        Some(line) => {
            let nth = matching.iter().position(|&other| other == line).map_or(0, |at| at + 1);
            state.found_at = Some(line);
            // Two lines above it stay in sight.
            state.overlay_scroll = line.saturating_sub(2);
            let (next, before) = (state.key(ActionId::NextMatch), state.key(ActionId::PreviousMatch));
            let found = matching.len();
            state.say(format!("{nth} of {found} lines with \"{wanted}\" · {next} next, {before} before"));
        }
        None => {
            state.found_at = None;
            state.say(format!("\"{wanted}\" is not in it"));
        }
    }
    Vec::new()
}

/// Ends the typing; `keep`: what was found stays marked.
pub fn close(state: &mut State, keep: bool) -> Vec<Effect> {
    state.finding = false;
    if !keep {
        state.overlay_left = 0;
        state.find.reset();
        state.found_at = None;
    }
    Vec::new()
}

/// Whether what is open has lines that can be left long.
fn has_long_lines(state: &State) -> bool {
    matches!(state.mode, Mode::Explaining | Mode::Reading | Mode::Messages | Mode::CommandLine)
}

pub fn wrap(state: &mut State) -> Vec<Effect> {
    if !has_long_lines(state) {
        state.say("what is open here is always wrapped");
        return Vec::new();
    }
    state.wrap = !state.wrap;
    state.overlay_left = 0;
    state.say(if state.wrap {
        "long lines are wrapped".to_owned()
    } else {
        let (left, right) = (state.key(ActionId::ScrollLeft), state.key(ActionId::ScrollRight));
        format!("long lines are left long: {left} {right} scrolls them")
    });
    Vec::new()
}

pub fn aside(state: &mut State, right: bool) -> Vec<Effect> {
    if !has_long_lines(state) {
        return wrap(state);
    }
    if state.wrap {
        let key = state.key(ActionId::Wrap);
        state.say(format!("long lines are wrapped: {key} leaves them long"));
    } else if right {
        state.overlay_left = state.overlay_left.saturating_add(ASIDE).min(view::LONGEST_LINE);
    } else {
        state.overlay_left = state.overlay_left.saturating_sub(ASIDE);
    }
    Vec::new()
}
