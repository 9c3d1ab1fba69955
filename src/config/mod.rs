//! Settings and where they come from: flag, then environment, then what was turned the last time, then the
//! collection's `rankscope.toml`, then the default. Flags and environment are read by `cli::args`; here
//! are the files and the order.
//!
//! - `spelling`: settings as keys and values, for a file, and as flags; `written`: read from one line.
//! - `user`, `presets`: the user's own configuration, and the presets that the program comes with.
//! - `session`: where a collection was left.
//! - `folders`: where the user's files are.

mod check;
mod described;
pub mod folders;
pub mod presets;
pub mod session;
mod size;
pub mod spelling;
pub mod user;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::{AnalyzerChoice, Ann, FirstStage, FusionMethod, Grade, LegId, SecondStage, Settings};
use crate::durable;
use crate::error::{Error, Result};

pub use described::Described;
pub use size::size;

/// Some of the settings, to be laid over others. The file has the same names as the flags.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    /// The legs: `bm25`, `dense` or `NAME=RUNFILE`.
    pub legs: Option<Vec<String>>,
    /// `hybrid`, or the name of a leg.
    pub first: Option<String>,
    pub fusion: Option<FusionMethod>,
    pub alpha: Option<f64>,
    /// By the leg's name.
    pub weights: BTreeMap<String, f64>,
    pub rrf_k: Option<f64>,
    pub depth: Option<usize>,
    pub window: Option<usize>,
    pub n: Option<usize>,
    pub k: Option<usize>,
    pub rerank: Option<SecondStage>,
    pub blend: Option<f64>,
    pub threshold: Option<f64>,
    pub rel_level: Option<Grade>,
    pub ann: Option<bool>,
    pub ann_ef: Option<usize>,
    pub bm25_k1: Option<f64>,
    pub bm25_b: Option<f64>,
    pub title_boost: Option<f64>,
    pub analyzer: Option<AnalyzerChoice>,
    pub fold_han: Option<bool>,
    /// In the file alone.
    pub collection: Described,
}

impl Patch {
    /// Lays it over settings, for a first stage of the legs named.
    ///
    /// # Errors
    /// A sentence, where a value makes no sense; the settings may be half changed then.
    pub fn apply(&self, settings: &mut Settings, legs: &[String]) -> Result<(), String> {
        check::values(self)?;
        self.lay_over(settings);
        self.lay_over_legs(settings, legs)?;
        check::together(settings, legs.len())
    }

    /// Whether every value by itself is one that the setting can have.
    ///
    /// # Errors
    /// The first that is not, in words.
    pub fn check(&self) -> Result<(), String> {
        check::values(self)
    }

    fn lay_over(&self, settings: &mut Settings) {
        fn set<T: Copy>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut settings.fusion, self.fusion);
        set(&mut settings.alpha, self.alpha);
        set(&mut settings.depth, self.depth);
        set(&mut settings.candidates, self.n);
        set(&mut settings.deliver, self.k);
        if let Some(plan) = &self.rerank {
            settings.reranker = plan.clone();
        }
        set(&mut settings.blend, self.blend);
        set(&mut settings.rel_level, self.rel_level);
        set(&mut settings.bm25.k1, self.bm25_k1);
        set(&mut settings.bm25.b, self.bm25_b);
        set(&mut settings.bm25.title_boost, self.title_boost);
        set(&mut settings.analysis.analyzer, self.analyzer);
        set(&mut settings.analysis.fold_han, self.fold_han);
        settings.rrf_k = self.rrf_k.or(settings.rrf_k);
        settings.window = self.window.or(settings.window);
        settings.threshold = self.threshold.or(settings.threshold);
        match self.ann {
            Some(true) => settings.ann = settings.ann.or(Some(Ann::default())),
            Some(false) => settings.ann = None,
            None => {}
        }
        if let (Some(ann), Some(ef)) = (settings.ann.as_mut(), self.ann_ef) {
            ann.ef = ef;
        }
    }

    /// The settings that name legs, once it is known which there are.
    fn lay_over_legs(&self, settings: &mut Settings, legs: &[String]) -> Result<(), String> {
        let place = |name: &str| legs.iter().position(|leg| leg == name);
        let known = || legs.join(", ");
        if let Some(first) = &self.first {
            settings.first = match place(first) {
                _ if first == "hybrid" => FirstStage::Hybrid,
                Some(leg) => FirstStage::Only(LegId(leg)),
                None => return Err(format!("first = {first:?}: there are hybrid, {}", known())),
            };
        }
        for (name, &weight) in &self.weights {
            let leg = place(name)
                .ok_or_else(|| format!("weight of {name:?}: there is no such leg; there are {}", known()))?;
            if settings.weights.len() <= leg {
                settings.weights.resize(leg + 1, None);
            }
            settings.weights[leg] = Some(weight);
        }
        Ok(())
    }
}

/// The settings file of a collection: `rankscope.toml` in its folder, or the file that was named itself.
pub fn settings_file(collection: &Path) -> PathBuf {
    match collection.extension().is_some_and(|end| end == "toml") {
        true => collection.to_path_buf(),
        false => collection.join("rankscope.toml"),
    }
}

/// What the settings file says; nothing where there is none.
///
/// # Errors
/// When it cannot be read or a value is wrong; with the line.
pub fn file(file: &Path) -> Result<Patch> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(Patch::default());
        }
        Err(error) => return Err(Error::io("cannot read", file, &error)),
    };
    parse(&text).map_err(|(line, fault)| match line {
        Some(line) => Error::input(fault).at_line(file, line),
        None => Error::input(fault).in_file(file),
    })
}

/// Everything that is wrong with a settings file, each with its line.
///
/// # Errors
/// When it cannot be read.
pub fn faults_of_file(file: &Path) -> Result<Vec<Error>> {
    let text =
        String::from_utf8(durable::read(file)?).map_err(|_| Error::input("not valid UTF-8").in_file(file))?;
    let of_line = |(line, fault): (Option<usize>, String)| match line {
        Some(line) => Error::input(fault).at_line(file, line),
        None => Error::input(fault).in_file(file),
    };
    Ok(faults(&text).into_iter().map(of_line).collect())
}

/// Everything that is wrong with the lines of a settings file: where a line is, the others are read
/// without it.
fn faults(text: &str) -> Vec<(Option<usize>, String)> {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut faults = Vec::new();
    loop {
        let left = lines.join("\n");
        let Err((line, fault)) = parse(&left) else { break };
        // Of a text that is no TOML, or is none without the line, the rest says nothing.
        let is_toml = left.parse::<toml::Table>().is_ok();
        if !is_toml && !faults.is_empty() {
            break;
        }
        faults.push((line, fault));
        let wrong = line.and_then(|line| lines.get_mut(line.saturating_sub(1)));
        match wrong {
            Some(wrong) if is_toml && !wrong.is_empty() => *wrong = "",
            _ => break,
        }
    }
    faults.sort_by_key(|(line, _)| *line);
    faults
}

/// Reads the lines of a settings file; the fault comes with its line, where it has one.
fn parse(text: &str) -> Result<Patch, (Option<usize>, String)> {
    let patch: Patch = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        (Some(line), named(error.message(), text, line))
    })?;
    check::values(&patch).map_err(|fault| (line_of(&fault, text), fault))?;
    Ok(patch)
}

/// A fault that says what is wrong, but not of which key: that of its line goes before it.
fn named(fault: &str, text: &str, line: usize) -> String {
    let of_line = text.lines().nth(line.saturating_sub(1)).and_then(|line| line.split_once('='));
    let says_no_key =
        ["invalid type", "invalid value", "duplicate key"].iter().any(|kind| fault.starts_with(kind));
    match of_line.filter(|_| says_no_key) {
        Some((key, _)) => format!("{}: {fault}", key.trim()),
        None => fault.to_owned(),
    }
}

/// A value that is wrong, with the line of its key where that is found.
fn wrong_value(fault: String, file: &Path, text: &str) -> Error {
    match line_of(&fault, text) {
        Some(line) => Error::input(fault).at_line(file, line),
        None => Error::input(fault).in_file(file),
    }
}

/// The line of the key that a fault begins with.
fn line_of(fault: &str, text: &str) -> Option<usize> {
    let key = fault.strip_prefix("weight of ").map_or(fault, |_| "weights");
    let key = key.split([' ', ':']).next().unwrap_or_default();
    let sets = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    (1..).zip(text.lines()).find(|(_, line)| sets(line)).map(|(number, _)| number)
}

/// The settings of a collection whose first stage has the legs named: `flags` over what `settings_file`
/// says, which is `file`, over the defaults.
///
/// # Errors
/// When a value is wrong.
pub fn resolve(settings_file: &Path, file: &Patch, flags: &Patch, legs: &[String]) -> Result<Settings> {
    let mut settings = Settings::default();
    let wrong_flag = |fault| Error::usage(fault).advise("see rankscope --help");
    check::values(flags).map_err(wrong_flag)?;
    file.lay_over(&mut settings);
    file.lay_over_legs(&mut settings, legs).map_err(|fault| {
        let text = std::fs::read_to_string(settings_file).unwrap_or_default();
        wrong_value(fault, settings_file, &text)
    })?;
    flags.lay_over(&mut settings);
    flags.lay_over_legs(&mut settings, legs).map_err(wrong_flag)?;
    check::together(&settings, legs.len()).map_err(wrong_flag)?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legs() -> Vec<String> {
        ["bm25", "dense"].map(str::to_owned).to_vec()
    }

    fn with_file(text: &str, flags: &Patch) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rankscope.toml"), text).unwrap();
        resolve(&settings_file(folder.path()), &file(&settings_file(folder.path()))?, flags, &legs())
    }

    #[test]
    fn a_flag_beats_the_file_beats_the_default() {
        let flags = Patch { alpha: Some(0.3), ..Patch::default() };
        let settings =
            with_file("depth = 100\nalpha = 0.9\nfusion = \"opensearch-l2\"\nbm25-k1 = 0.9\n", &flags)
                .unwrap();
        assert_eq!((settings.depth, settings.alpha, settings.candidates), (100, 0.3, 50));
        assert_eq!((settings.fusion, settings.bm25.k1), (FusionMethod::OpenSearchL2, 0.9));
        let none = tempfile::tempdir().unwrap();
        let nothing = file(&settings_file(none.path())).unwrap();
        let settings = resolve(none.path(), &nothing, &Patch::default(), &legs()).unwrap();
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn legs_are_set_by_their_names() {
        let text = "first = \"dense\"\nweights = { bm25 = 0.5, dense = 2 }\n";
        let settings = with_file(text, &Patch::default()).unwrap();
        assert_eq!(settings.first, FirstStage::Only(LegId(1)));
        assert_eq!(settings.weights, [Some(0.5), Some(2.0)]);
        let hybrid = Patch { first: Some("hybrid".into()), ..Patch::default() };
        assert_eq!(with_file(text, &hybrid).unwrap().first, FirstStage::Hybrid);
    }

    #[test]
    fn every_line_that_is_wrong_is_named() {
        let lines = |text: &str| -> Vec<Option<usize>> { faults(text).into_iter().map(|of| of.0).collect() };
        let text = "alpha = 7\ncolour = 1\nn = 20\ndepth = \"deep\"\n[collection]\nsplit = 3\nqrel = \"x\"\n";
        assert_eq!(lines(text), [1, 2, 4, 6, 7].map(Some));
        assert_eq!(lines("n = 20\n"), []);
        assert_eq!(lines("n = 20\nalpha = \ncolour = 1\n"), [Some(2)], "no TOML: no line behind it is sure");
        assert_eq!(lines("legs = [\n  1,\n]\ncolour = 1\n"), [2, 4].map(Some), "a value of several lines");
    }

    #[test]
    fn a_wrong_file_names_its_line_and_a_wrong_value_its_setting() {
        let nothing = Patch::default();
        let error = with_file("depth = 100\nalpha = \"much\"\n", &nothing).unwrap_err().to_string();
        assert!(error.contains("rankscope.toml:2"), "{error}");
        for (text, part) in [
            ("alpha = 1.5", "alpha = 1.5"),
            ("colour = 1", "colour"),
            ("first = \"splade\"", "there are hybrid, bm25, dense"),
            ("weights = { splade = 1 }", "no such leg"),
            ("weights = { dense = -1 }", "weight of dense"),
            ("weights = { dense = 0, bm25 = 0 }", "every weight is 0"),
            ("blend = 2", "blend = 2"),
            ("bm25-b = 1.2", "bm25-b = 1.2"),
            ("threshold = nan", "threshold"),
        ] {
            let error = with_file(text, &nothing).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
