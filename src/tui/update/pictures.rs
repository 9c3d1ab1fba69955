//! Pictures of the screen: which one is to be written, and what became of it.

use crate::error::Error;
use crate::export::frame::Format;

use super::super::actions::ActionId;
use super::super::message::{Effect, Picture};
use super::super::state::State;

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    state.picturing = action == ActionId::Picture;
    let picture = match action {
        ActionId::PictureHtml => Picture::Frame(Format::Html),
        ActionId::PictureAnsi => Picture::Frame(Format::Ansi),
        ActionId::PictureText => Picture::Frame(Format::Text),
        ActionId::PicturePlots => Picture::Plots,
        ActionId::PictureSvg => Picture::Frame(Format::Svg),
        _ => return Vec::new(),
    };
    vec![Effect::Picture(picture)]
}

/// A key that names no format.
pub fn on_other_key(state: &mut State) -> Vec<Effect> {
    state.say("no picture: that key names no format");
    leave(state)
}

pub fn leave(state: &mut State) -> Vec<Effect> {
    state.picturing = false;
    Vec::new()
}

pub fn on_pictured(state: &mut State, outcome: Result<String, Error>) -> Vec<Effect> {
    match outcome {
        Ok(words) => state.say(words),
        Err(error) => state.complain(error.to_string().replace('\n', ": ")),
    }
    Vec::new()
}
