//! Actions: settings kept, copied and chosen whole; what is open, looked into.

use crossterm::event::KeyCode;

use super::super::Group::{Move, Screen, Search, Turn};
use super::super::chord::{ch, key};
use super::super::{Action, ActionId as Id};
use super::{OVERLAY, STAYS, TEXTS, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(Id::Presets, &[ch('O')], "", "choose a preset: settings with a name", Turn, TURN),
    act(Id::SavePreset, &[ch('W')], "", "keep these settings as a preset, under a name", Turn, TURN),
    act(
        Id::WriteSettings,
        &[ch('w')],
        "",
        "write these settings into the collection's rankscope.toml",
        Turn,
        TURN,
    ),
    act(
        Id::CommandLine,
        &[ch('y')],
        "",
        "show and copy the command line that gives this screen",
        Screen,
        TURN,
    ),
    act(Id::CopyText, &[ch('Y')], "", "copy the passage's text", Screen, TEXTS),
    act(Id::CopyId, &[ch('I')], "", "copy the passage's id", Screen, TEXTS),
    act(Id::OpenSource, &[ch('o')], "", "open the passage in its file, in $VISUAL or $EDITOR", Screen, TEXTS),
    act(
        Id::Palette,
        &[ch(':')],
        "commands",
        "every command by its name, and knobs: n 80, alpha .3",
        Screen,
        STAYS,
    ),
    act(Id::Find, &[ch('/')], "find", "find in what is open", Search, OVERLAY),
    act(Id::NextMatch, &[ch('n')], "match", "next match in what is open", Search, OVERLAY),
    act(Id::PreviousMatch, &[ch('N')], "match", "match before", Search, OVERLAY),
    act(
        Id::Wrap,
        &[ch('w')],
        "wrap",
        "wrap long lines in the open passage, or leave them long",
        Screen,
        OVERLAY,
    ),
    act(Id::ScrollLeft, &[key(KeyCode::Left)], "", "long lines: to the left", Move, OVERLAY),
    act(Id::ScrollRight, &[key(KeyCode::Right)], "", "long lines: to the right", Move, OVERLAY),
];
