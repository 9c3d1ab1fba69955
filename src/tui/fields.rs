//! Text fields: which key edits how, and what a paste becomes. The field itself is `tui-input`'s.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// The edit that a key stands for, as in a shell's line; `None` for keys that edit nothing.
pub fn edit_for(event: &KeyEvent) -> Option<InputRequest> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let word = control || event.modifiers.contains(KeyModifiers::ALT);
    // AltGr reports Control and Alt together and makes characters.
    let alt_gr = event.modifiers.contains(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match event.code {
        KeyCode::Char(c) if !word || alt_gr => InputRequest::InsertChar(c),
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('b') if control => InputRequest::GoToPrevChar,
        KeyCode::Char('f') if control => InputRequest::GoToNextChar,
        KeyCode::Char('h') if control => InputRequest::DeletePrevChar,
        KeyCode::Char('d') if control => InputRequest::DeleteNextChar,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('y') if control => InputRequest::Yank,
        KeyCode::Char('b') => InputRequest::GoToPrevWord,
        KeyCode::Char('f') => InputRequest::GoToNextWord,
        KeyCode::Backspace if word => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete if word => InputRequest::DeleteNextWord,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if word => InputRequest::GoToPrevWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right if word => InputRequest::GoToNextWord,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// A query longer than this is a paste gone wrong; models see far less of it.
const LONGEST_PASTE: usize = 4096;

/// Puts pasted text at the cursor; line ends and other controls become spaces.
pub fn paste(field: &mut Input, text: &str) {
    for c in text.chars().take(LONGEST_PASTE) {
        field.handle(InputRequest::InsertChar(if c.is_control() { ' ' } else { c }));
    }
}
