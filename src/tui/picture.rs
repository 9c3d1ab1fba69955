//! The screen as pictures: a state in, named contents out, and those written to new files. What is drawn is
//! drawn by the same view as on the terminal; how it is written is `export`'s.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::engine::Focus;
use crate::error::{Error, Result};
use crate::export::frame::{self, Format};
use crate::export::plot::{self, HeatView};

use super::message::Picture;
use super::state::{State, View};
use super::view;

/// Names are numbered up to here when they are taken.
const MOST_OF_A_NAME: usize = 999;

/// The cells of the frame that shows this state.
pub fn cells(state: &State) -> Buffer {
    let (width, height) = state.terminal_size();
    // Drawing into memory cannot fail: the backend's error is `Infallible`.
    match Terminal::new(TestBackend::new(width, height)) {
        Ok(mut terminal) => {
            let Ok(_) = terminal.draw(|frame| drop(view::draw(frame, state)));
            terminal.backend().buffer().clone()
        }
    }
}

/// A file to be written: what its name says, its extension, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub name: String,
    pub extension: &'static str,
    pub text: String,
}

/// What a picture of this state consists of. Neither the question after `e` nor its answer is in it.
///
/// # Errors
/// When there is no plot yet.
pub fn contents(state: &State, picture: Picture) -> Result<Vec<Content>> {
    match picture {
        Picture::Frame(format) => Ok(vec![frame(state, format)]),
        Picture::Plots => plots(state),
    }
}

fn frame(state: &State, format: Format) -> Content {
    let mut shown = state.clone();
    (shown.picturing, shown.notice) = (false, None);
    let (view, query) = (view_name(state.view), query_name(state));
    let title = format!(
        "rankscope: {}, {view} view{}",
        state.title,
        query.as_ref().map_or_else(String::new, |query| format!(", {query}"))
    );
    let query = query.filter(|_| state.view == View::Query);
    Content {
        name: file_name(&["rankscope", view, query.as_deref().unwrap_or_default()]),
        extension: format.extension(),
        text: frame::picture(&cells(&shown), format, &title, state.paper()),
    }
}

fn view_name(view: View) -> &'static str {
    match view {
        View::Query => "query",
        View::Collection => "collection",
        View::Curves => "curves",
        View::Languages => "languages",
        View::Compare => "compare",
        View::Passages => "passages",
    }
}

/// The query whose lists are shown; one that was typed has no name but its text.
fn query_name(state: &State) -> Option<String> {
    match state.snapshot.as_ref()?.focus.focus.clone() {
        Focus::Typed(text) => Some(text),
        Focus::Listed(query) => Some(state.collection.as_ref()?.query(query).id.clone()),
    }
}

/// Parts joined by hyphens, without anything that a file system or a shell takes amiss.
fn file_name(parts: &[&str]) -> String {
    let kept = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = parts.join("-").chars().map(kept).collect();
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(60).collect()
}

fn plots(state: &State) -> Result<Vec<Content>> {
    let nothing = || Error::input("there is no plot yet: plots need judged queries");
    let snapshot = state.snapshot.as_deref().ok_or_else(nothing)?;
    let queries = snapshot.means.as_ref().map_or(0, |means| means.queries);
    let recall = plot::recall_at_n(&snapshot.curve, &snapshot.legs, snapshot.settings.candidates, queries);
    let mut found = vec![("recall-at-n".to_owned(), recall)];
    if let Some(tuning) = snapshot.tuning.as_deref() {
        let over = plot::over_alpha(tuning, &snapshot.legs, state.share());
        found.push((format!("{}-over-alpha", tuning.metric), over));
        let method = tuning.heat.as_ref().and_then(|heat| heat.methods.get(state.heat_method).copied());
        let now = (method == Some(state.settings.fusion)).then(|| (state.share(), state.settings.candidates));
        let map =
            plot::heat_map(tuning, HeatView { method: state.heat_method, first: state.heat_first, now });
        let method = method.map_or("", |method| method.name());
        found.push((format!("{}-alpha-by-n-{method}", tuning.metric), map));
    }
    let contents: Vec<Content> = found
        .into_iter()
        .filter_map(|(name, text)| {
            Some(Content { name: file_name(&["rankscope", &name]), extension: "svg", text: text? })
        })
        .collect();
    if contents.is_empty() { Err(nothing()) } else { Ok(contents) }
}

/// Writes files into a folder, under names that were not taken, and says in words which they are.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, contents: &[Content]) -> Result<String> {
    let names: Vec<String> =
        contents.iter().map(|content| write_new(folder, content)).collect::<Result<_>>()?;
    Ok(format!("wrote {} in {}", names.join(", "), folder.display()))
}

fn write_new(folder: &Path, content: &Content) -> Result<String> {
    for nth in 1..=MOST_OF_A_NAME {
        let number = if nth == 1 { String::new() } else { format!("-{nth}") };
        let name = format!("{}{number}.{}", content.name, content.extension);
        let file = folder.join(&name);
        let written = File::create_new(&file).and_then(|mut to| to.write_all(content.text.as_bytes()));
        match written {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("cannot write the picture", &file, &error)),
        }
    }
    let message = format!("{} pictures are named {} already", MOST_OF_A_NAME, content.name);
    Err(Error::input(message).in_file(folder).advise("move some of them away"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_numbered_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let content =
            |text: &str| Content { name: "rankscope-query-q02".into(), extension: "svg", text: text.into() };
        for text in ["one", "two", "three"] {
            write(folder.path(), &[content(text)]).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("rankscope-query-q02.svg"), "one");
        assert_eq!(read("rankscope-query-q02-3.svg"), "three");
        let error = write(&folder.path().join("gone"), &[content("four")]).unwrap_err().to_string();
        assert!(error.contains("gone") && error.contains("cannot write the picture"), "{error}");
    }

    #[test]
    fn a_name_keeps_letters_of_any_script_and_nothing_of_a_path() {
        assert_eq!(file_name(&["rankscope", "query", "../返金 & refund?"]), "rankscope-query-返金-refund");
        assert_eq!(file_name(&["rankscope", "query", ""]), "rankscope-query");
    }
}
