//! The user's own settings of the program: `config.toml`, `presets.toml` and `themes/NAME.toml` in their
//! configuration folder. Read here; what a key or a colour means is for the screen to say.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, DocumentMut, Item, TableLike};

use super::{Patch, spelling};
use crate::domain::Settings;
use crate::durable;
use crate::error::{Error, Result};

/// A value with the line that it stands in, for whoever finds it wrong later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    pub value: T,
    pub line: usize,
}

/// `config.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserConfig {
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    pub theme: Option<Placed<String>>,
    pub ascii: Option<bool>,
    pub mouse: Option<bool>,
    /// Whether the last query and settings come back at the next start.
    pub restore: Option<bool>,
    /// Bytes of reranker scores that are kept.
    pub score_cache_max: Option<u64>,
    /// By the name of an action: its keys, as people write them.
    pub keys: Vec<(Placed<String>, Vec<String>)>,
}

/// Settings with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    pub name: String,
    pub words: String,
    pub patch: Patch,
    /// Whether every knob that it does not name goes back to what the program comes with.
    pub whole: bool,
}

impl Preset {
    /// The settings under this preset, for a first stage of the legs named.
    ///
    /// # Errors
    /// A sentence, where it makes no sense for these legs.
    pub fn applied(&self, now: &Settings, legs: &[String]) -> Result<Settings, String> {
        let at_first = Settings::default();
        self.patch.over(if self.whole { &at_first } else { now }, legs).map_err(|wrong| wrong.message)
    }
}

/// A theme of the user's: styles by meaning, as texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemeFile {
    pub file: PathBuf,
    pub entries: Vec<(Placed<String>, BTreeMap<String, String>)>,
}

const KEYS: [&str; 6] = ["theme", "ascii", "mouse", "restore", "score-cache-max", "keys"];

/// Reads `config.toml` in the folder; the defaults where there is none. With it come all mistakes, each
/// with its line; what is wrong is left out.
pub fn config(folder: &Path) -> (UserConfig, Vec<Error>) {
    let file = folder.join("config.toml");
    let (text, document) = match document(&file) {
        Ok(Some(read)) => read,
        Ok(None) => return (UserConfig::default(), Vec::new()),
        Err(error) => return (UserConfig::default(), vec![error]),
    };
    let mut faults = Vec::new();
    let mut wrong = |span: Option<Range<usize>>, fault: &str| {
        faults.push(at(&file, &text, span, fault.to_owned()));
    };
    let mut config = UserConfig { file: Some(file.clone()), ..UserConfig::default() };
    for (key, item) in document.iter() {
        match key {
            "theme" => match item.as_str() {
                Some(name) => {
                    config.theme = Some(Placed { value: name.to_owned(), line: line(&text, item.span()) });
                }
                None => wrong(item.span(), "theme is a name in quotes, such as \"dark\" or \"auto\""),
            },
            "ascii" | "mouse" | "restore" => match (key, item.as_bool()) {
                (_, None) => wrong(item.span(), &format!("{key} is true or false")),
                ("ascii", on) => config.ascii = on,
                ("mouse", on) => config.mouse = on,
                (_, on) => config.restore = on,
            },
            "score-cache-max" => {
                let written =
                    item.as_str().map(str::to_owned).or_else(|| Some(item.as_integer()?.to_string()));
                let bytes = written.ok_or_else(|| "score-cache-max is a size such as \"512M\"".to_owned());
                match bytes.and_then(|written| super::size(&written)) {
                    Ok(bytes) => config.score_cache_max = Some(bytes),
                    Err(fault) => wrong(item.span(), &fault),
                }
            }
            "keys" => match item.as_table_like() {
                Some(table) => bindings(&text, table, &mut config.keys, &mut wrong),
                None => wrong(item.span(), "keys is a table: [keys], then action = \"key\" lines"),
            },
            other => {
                let span = document.as_table().key(key).and_then(toml_edit::Key::span);
                wrong(span, &format!("there is no setting {other}; there are {}", KEYS.join(", ")));
            }
        }
    }
    (config, faults)
}

fn bindings(
    text: &str,
    table: &dyn TableLike,
    into: &mut Vec<(Placed<String>, Vec<String>)>,
    mut wrong: impl FnMut(Option<Range<usize>>, &str),
) {
    for (action, item) in table.iter() {
        let span = table.key(action).and_then(toml_edit::Key::span);
        let keys: Option<Vec<String>> = match (item.as_str(), item.as_array()) {
            (Some(key), _) => Some(vec![key.to_owned()]),
            (_, Some(keys)) => keys.iter().map(|key| key.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        match keys {
            Some(keys) => into.push((Placed { value: action.to_owned(), line: line(text, span) }, keys)),
            None => wrong(item.span(), &format!("{action} takes a key or a list of keys, in quotes")),
        }
    }
}

/// The user's presets, in the order of `presets.toml`; with them all mistakes, each with its line. A
/// preset that is wrong is left out.
pub fn presets(folder: &Path) -> (Vec<Preset>, Vec<Error>) {
    let file = folder.join("presets.toml");
    let (text, document) = match document(&file) {
        Ok(Some(read)) => read,
        Ok(None) => return (Vec::new(), Vec::new()),
        Err(error) => return (Vec::new(), vec![error]),
    };
    let (mut presets, mut faults) = (Vec::new(), Vec::new());
    for (name, item) in document.iter() {
        let span = document.as_table().key(name).and_then(toml_edit::Key::span);
        let Some(table) = item.as_table_like() else {
            faults.push(at(&file, &text, span, format!("{name} is no preset: [\"name\"], then settings")));
            continue;
        };
        let mut lines = String::new();
        for (key, item) in table.iter() {
            lines.push_str(&format!("{key} = {}\n", item.to_string().trim()));
        }
        let wrong = super::faults(&lines);
        faults.extend(wrong.into_iter().map(|(nth, fault)| {
            let key = nth.and_then(|nth| table.iter().nth(nth.saturating_sub(1))).map(|(key, _)| key);
            let place = key.and_then(|key| table.key(key)).and_then(toml_edit::Key::span).or(span.clone());
            at(&file, &text, place, format!("preset {name}: {fault}"))
        }));
        if let Ok(patch) = super::parse(&lines) {
            presets.push(Preset { name: name.to_owned(), words: "your own".to_owned(), patch, whole: true });
        }
    }
    (presets, faults)
}

/// Keeps settings under a name among the user's presets; one of that name is replaced, others stay as
/// they are.
///
/// # Errors
/// When the file cannot be read or written.
pub fn save_preset(folder: &Path, name: &str, settings: &Settings, legs: &[String]) -> Result<PathBuf> {
    let file = folder.join("presets.toml");
    let text = String::from_utf8(durable::read(&file)?)
        .map_err(|_| Error::input("not valid UTF-8").in_file(&file))?;
    let mut document: DocumentMut = text.parse().map_err(|error| broken(&file, &text, &error))?;
    let mut table = toml_edit::Table::new();
    for written in spelling::all(settings, legs) {
        if let Some(value) = written.value {
            table.insert(written.key, Item::Value(value));
        }
    }
    document.insert(name, Item::Table(table));
    durable::write(&file, document.to_string().as_bytes())?;
    Ok(file)
}

/// Makes a theme the one of the next start; whatever else `config.toml` says stays as it is.
///
/// # Errors
/// When the file cannot be read or written.
pub fn save_theme(folder: &Path, name: &str) -> Result<PathBuf> {
    let file = folder.join("config.toml");
    let text = String::from_utf8(durable::read(&file)?)
        .map_err(|_| Error::input("not valid UTF-8").in_file(&file))?;
    let mut document: DocumentMut = text.parse().map_err(|error| broken(&file, &text, &error))?;
    match document.get_mut("theme").and_then(Item::as_value_mut) {
        Some(written) => {
            let decor = written.decor().clone();
            *written = name.into();
            *written.decor_mut() = decor;
        }
        None => drop(document.insert("theme", toml_edit::value(name))),
    }
    durable::write(&file, document.to_string().as_bytes())?;
    Ok(file)
}

/// A theme of the user's by its name; `None` where there is no such file. With it all mistakes of the file
/// as TOML, each with its line; what is wrong is left out.
pub fn theme(folder: &Path, name: &str) -> (Option<ThemeFile>, Vec<Error>) {
    let file = folder.join("themes").join(format!("{name}.toml"));
    let (text, document) = match document(&file) {
        Ok(Some(read)) => read,
        Ok(None) => return (None, Vec::new()),
        Err(error) => return (None, vec![error]),
    };
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for (key, item) in document.iter() {
        let place = Placed {
            value: key.to_owned(),
            line: line(&text, document.as_table().key(key).and_then(toml_edit::Key::span)),
        };
        let mut style = BTreeMap::new();
        let mut wrong = |span, fault| faults.push(at(&file, &text, span, fault));
        match (item.as_str(), item.as_table_like()) {
            (Some(colour), _) => drop(style.insert("fg".to_owned(), colour.to_owned())),
            (_, Some(table)) => {
                for (part, value) in table.iter() {
                    let written = value.as_str().map(str::to_owned);
                    match written.or_else(|| value.as_bool().map(|on| on.to_string())) {
                        Some(written) => drop(style.insert(part.to_owned(), written)),
                        None => wrong(value.span(), format!("{key}.{part} is a text, or true")),
                    }
                }
            }
            _ => {
                let fault = format!("{key} is a colour, or {{ fg, bg, bold, dim, underlined, reversed }}");
                wrong(item.span(), fault);
            }
        }
        entries.push((place, style));
    }
    (Some(ThemeFile { file, entries }), faults)
}

/// The names of the user's themes.
pub fn theme_names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("themes")).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| file.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn document(file: &Path) -> Result<Option<(String, Document<String>)>> {
    let text =
        String::from_utf8(durable::read(file)?).map_err(|_| Error::input("not valid UTF-8").in_file(file))?;
    if text.is_empty() {
        return Ok(None);
    }
    let document = Document::parse(text.clone()).map_err(|error| broken(file, &text, &error))?;
    Ok(Some((text, document)))
}

fn broken(file: &Path, text: &str, error: &toml_edit::TomlError) -> Error {
    at(file, text, error.span(), super::named(error.message(), text, line(text, error.span())))
}

fn at(file: &Path, text: &str, span: Option<Range<usize>>, fault: String) -> Error {
    Error::input(fault).at_line(file, line(text, span))
}

fn line(text: &str, span: Option<Range<usize>>) -> usize {
    span.map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        folder
    }

    #[test]
    fn a_config_is_read_with_the_lines_of_what_others_must_judge() {
        let text = "theme = \"light\"\nmouse = false\n\n[keys]\nquit = [\"q\", \"ctrl-q\"]\nask = \"s\"\n";
        let (config, faults) = config(folder("config.toml", text).path());
        assert_eq!(faults, []);
        assert_eq!(config.theme, Some(Placed { value: "light".into(), line: 1 }));
        assert_eq!((config.mouse, config.ascii), (Some(false), None));
        assert_eq!(
            config.keys[0],
            (Placed { value: "quit".into(), line: 5 }, vec!["q".into(), "ctrl-q".into()])
        );
        assert_eq!(config.keys[1].0.line, 6);
        let sized = |text| super::config(folder("config.toml", text).path()).0.score_cache_max;
        assert_eq!(sized("score-cache-max = \"64M\""), Some(64 << 20));
        assert_eq!(sized("score-cache-max = 1000"), Some(1000));
        let nothing = super::config(tempfile::tempdir().unwrap().path());
        assert_eq!(nothing, (UserConfig::default(), Vec::new()));
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, line, part) in [
            ("theme = \"dark\"\ncolour = 1\n", 2, "no setting colour; there are theme"),
            ("\nmouse = 1\n", 2, "true or false"),
            ("mouse = true\n[keys]\nquit = 3\n", 3, "quit takes a key"),
            ("mouse = true\n\ntheme = \n", 3, ""),
            ("theme = 7", 1, "in quotes"),
            ("\nscore-cache-max = \"much\"\n", 2, "is no size"),
            ("score-cache-max = -1", 1, "is no size"),
            ("[keys]\nmark = \"a\"\nmark = \"b\"\n", 3, "mark: duplicate key"),
        ] {
            let error = config(folder("config.toml", text).path()).1[0].to_string();
            assert!(
                error.contains(&format!("config.toml:{line}: ")) && error.contains(part),
                "{text}: {error}"
            );
        }
        let text = "[\"fast\"]\nn = 20\n\n[slow]\nn = 20\nalpha = 3\n";
        let error = presets(folder("presets.toml", text).path()).1[0].to_string();
        assert!(error.contains("presets.toml:6: preset slow: alpha = 3"), "{error}");
        let text = "[fast]\nn = \"x\"\n";
        let error = presets(folder("presets.toml", text).path()).1[0].to_string();
        assert!(error.contains("presets.toml:2"), "{error}");
    }

    /// Trap: whoever mends the first mistake meets the second at the next start.
    #[test]
    fn all_mistakes_are_found_and_the_rest_is_read() {
        let lines = |faults: &[Error]| -> Vec<usize> {
            faults.iter().filter_map(|fault| fault.place.as_ref()?.line).collect()
        };
        let text = "theme = 7\ncolour = 1\nmouse = \"no\"\nascii = true\n[keys]\nquit = 3\nask = \"s\"\n";
        let (config, faults) = config(folder("config.toml", text).path());
        assert_eq!(lines(&faults), [1, 2, 3, 6]);
        assert_eq!((config.ascii, config.keys.len()), (Some(true), 1));
        let text = "[fast]\nn = 0\nalpha = \"x\"\nspeed = 9\nk = 0\n\n[slow]\nn = 200\n\n[odd]\nblend = 7\n";
        let (presets, faults) = presets(folder("presets.toml", text).path());
        assert_eq!(lines(&faults), [2, 3, 4, 5, 11]);
        assert_eq!(presets.iter().map(|preset| &*preset.name).collect::<Vec<_>>(), ["slow"]);
        let text = "gold = 7\nlost = { fg = 1, bold = true, bg = 2 }\n";
        assert_eq!(lines(&theme(folder("themes/mine.toml", text).path(), "mine").1), [1, 2, 2]);
    }

    #[test]
    fn a_preset_is_kept_beside_the_others() {
        let folder = folder("presets.toml", "# mine\n[fast]\nn = 20 # small\n");
        let settings = Settings { candidates: 77, ..Settings::default() };
        let legs = ["bm25".to_owned(), "dense".to_owned()];
        save_preset(folder.path(), "my best", &settings, &legs).unwrap();
        save_preset(folder.path(), "my best", &settings, &legs).unwrap();
        let (all, _) = presets(folder.path());
        assert_eq!(all.iter().map(|preset| &*preset.name).collect::<Vec<_>>(), ["fast", "my best"]);
        assert_eq!((all[0].patch.n, all[1].patch.n), (Some(20), Some(77)));
        let text = std::fs::read_to_string(folder.path().join("presets.toml")).unwrap();
        assert!(text.starts_with("# mine\n[fast]\nn = 20 # small\n"), "{text}");
    }

    #[test]
    fn a_theme_is_kept_and_the_rest_of_the_file_stays() {
        let old = "# mine\nascii = true # always\n\n[keys]\nquit = \"Q\"\n";
        let folder = folder("config.toml", old);
        let text = || std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
        save_theme(folder.path(), "light").unwrap();
        let (read, faults) = config(folder.path());
        assert_eq!(faults, []);
        assert_eq!(read.theme.map(|theme| theme.value).as_deref(), Some("light"));
        assert_eq!((read.ascii, read.keys.len()), (Some(true), 1));
        assert!(text().starts_with("# mine\nascii = true # always\n"), "{}", text());
        std::fs::write(folder.path().join("config.toml"), "theme = \"dark\" # at night\n").unwrap();
        save_theme(folder.path(), "high-contrast").unwrap();
        assert_eq!(text(), "theme = \"high-contrast\" # at night\n");
        let none = tempfile::tempdir().unwrap();
        save_theme(&none.path().join("new"), "dark").unwrap();
        assert_eq!(config(&none.path().join("new")).0.theme.unwrap().value, "dark");
    }

    #[test]
    fn a_theme_is_texts_by_meaning() {
        let folder =
            folder("themes/mine.toml", "gold = \"#d7af00\"\n\nlost = { fg = \"red\", bold = true }\n");
        let (theme, faults) = theme(folder.path(), "mine");
        let theme = theme.filter(|_| faults.is_empty()).unwrap();
        assert_eq!(theme.entries[0].1["fg"], "#d7af00");
        assert_eq!((theme.entries[1].0.line, &*theme.entries[1].1["bold"]), (3, "true"));
        assert_eq!(super::theme(folder.path(), "other"), (None, Vec::new()));
        assert_eq!(theme_names(folder.path()), ["mine"]);
    }
}
