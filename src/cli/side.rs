//! The sides of a comparison as they are written: settings, a file of settings, a run, or a saved report.
//! Out: their judged queries, ready to be compared.

use std::path::{Path, PathBuf};

use super::progress::Progress;
use super::saved;
use crate::config::{self, Described, Patch};
use crate::corpus::run;
use crate::domain::{FirstStage, LegId, SecondStage, Settings};
use crate::engine::compare::{Side, Which};
use crate::engine::{Ask, EngineOptions, LegSource, LegSpec, Session, Snapshot, StageState};
use crate::error::{Error, Result};
use crate::export::text::setting_line;

/// What a side is.
#[derive(Debug, Clone, PartialEq)]
pub enum SideSpec {
    /// Changes to the settings of the flags; none is these settings.
    Changed(Box<Patch>),
    /// Another engine's lists, as a TREC run.
    Run(PathBuf),
    /// A report of `eval --json`.
    Saved(PathBuf),
}

impl SideSpec {
    /// The file of a side that is a run.
    pub fn run(&self) -> Option<&PathBuf> {
        match self {
            Self::Run(file) => Some(file),
            Self::Changed(_) | Self::Saved(_) => None,
        }
    }

    /// `now`, `name=value,…`, FILE.toml, FILE.json, or a run file.
    ///
    /// # Errors
    /// When a setting is wrong or a file cannot be read.
    pub fn read(written: &str) -> Result<Self> {
        let file = Path::new(written);
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension {
            _ if written.is_empty() || written == NOW => Ok(Self::Changed(Box::default())),
            "json" => Ok(Self::Saved(file.to_path_buf())),
            "toml" => {
                if !file.is_file() {
                    return Err(Error::input("no such file").in_file(file));
                }
                let patch = config::file(file)?;
                let sent_to =
                    patch.rerank.iter().flat_map(SecondStage::rerankers).find(|name| name.contains("://"));
                match sent_to {
                    // A file that somebody sent must not decide where texts go.
                    Some(name) => Err(Error::input(format!("the settings file sends texts to {name}"))
                        .in_file(file)
                        .advise("name the URL on the command line if that is what you want")),
                    None => Ok(Self::Changed(Box::new(patch))),
                }
            }
            _ if file.is_file() => Ok(Self::Run(file.to_path_buf())),
            _ if written.contains('=') => Ok(Self::Changed(Box::new(Patch::written(written)?))),
            _ => Err(Error::usage(format!("{written:?} is no setting and no file")).advise(SIDES)),
        }
    }
}

/// What `compare` is asked about.
#[derive(Debug, PartialEq)]
pub struct Asked {
    pub sides: [SideSpec; 2],
    pub collection: Option<PathBuf>,
}

impl Asked {
    /// Two sides and a collection from the words of a command line, in any order; `a` and `b` are sides said
    /// by flags. One side alone is held against the settings as they are.
    ///
    /// # Errors
    /// When there are too few or too many, or a word is neither.
    pub fn read(words: &[String], a: Option<&str>, b: Option<&str>) -> Result<Self> {
        let (collections, sides): (Vec<&str>, Vec<&str>) =
            words.iter().map(String::as_str).partition(|word| is_collection(word));
        if let [first, second, ..] = collections.as_slice() {
            return Err(Error::usage(format!("two collections: {first} and {second}")).advise(
                "settings, runs and reports are compared over one collection; two collections are two reports: \
                 rankscope eval COLLECTION --json > REPORT.json, then rankscope compare A.json B.json",
            ));
        }
        let (a, b) = match (sides.as_slice(), a, b) {
            ([], a, Some(b)) => (a.unwrap_or(NOW), b),
            ([a], None, Some(b)) => (*a, b),
            ([b], a, None) => (a.unwrap_or(NOW), *b),
            ([a, b], None, None) => (*a, *b),
            ([], _, None) => {
                return Err(Error::usage("there is nothing to compare with").advise(SIDES));
            }
            _ => {
                let all: Vec<&str> = a.into_iter().chain(b).chain(sides).collect();
                return Err(Error::usage(format!("more than two sides: {}", all.join(", "))).advise(SIDES));
            }
        };
        let sides = [SideSpec::read(a)?, SideSpec::read(b)?];
        match sides[0] == sides[1] {
            true => Err(Error::usage(format!("{b} is compared with itself")).advise(SIDES)),
            false => Ok(Self { sides, collection: collections.first().map(PathBuf::from) }),
        }
    }
}

/// The settings of the flags.
const NOW: &str = "now";

/// What to do about sides that are none.
const SIDES: &str = "rankscope compare A B COLLECTION; a side is: now, alpha=.3,n=100, FILE.toml with settings, \
                     FILE.json from eval --json, or a TREC run";

/// Whether a word names a collection: a folder, a file of passages, a description of one.
fn is_collection(word: &str) -> bool {
    let path = Path::new(word);
    if word == "-" || path.is_dir() {
        return true;
    }
    if !path.is_file() {
        return false;
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => false,
        // A faulty one is told of as the side that it may be.
        Some("toml") => config::file(path).is_ok_and(|file| file.collection != Described::default()),
        _ => !run::is_run(path),
    }
}

/// Both sides of one collection, opened once where they can share it.
pub struct Sides<'a> {
    pub options: &'a EngineOptions,
    pub which: Which,
    pub quiet: bool,
    /// The engine of the sides that are settings.
    pub session: Option<Session>,
}

impl Sides<'_> {
    /// The settings of a side; `None`: it is none of this engine's.
    ///
    /// # Errors
    /// When they make no sense for these legs.
    pub fn settings(&self, spec: &SideSpec) -> Result<Option<Settings>> {
        let legs: Vec<String> = self.options.legs.iter().map(|leg| leg.name.clone()).collect();
        match spec {
            SideSpec::Changed(patch) => patch.over(&self.options.settings, &legs).map(Some),
            _ => Ok(None),
        }
    }

    /// The judged queries of a side, called `name` in front of what it is.
    ///
    /// # Errors
    /// When it cannot be read, or a stage that it asks for did not run.
    pub fn judged(&mut self, name: &str, spec: &SideSpec) -> Result<Side> {
        if let SideSpec::Saved(file) = spec {
            return saved::side(file, self.which);
        }
        match self.settings(spec)? {
            Some(settings) => {
                let mut session = match self.session.take() {
                    Some(session) => session,
                    None => super::open_session(self.options.clone(), self.quiet)?,
                };
                let side = self.ask(name, settings, &mut session);
                self.session = Some(session);
                side
            }
            None => {
                let SideSpec::Run(file) = spec else { return Err(Error::bug("a side of no kind")) };
                let run = LegSpec { name: leg_name(file), source: LegSource::Run(file.clone()) };
                let settings = Settings {
                    first: FirstStage::Only(LegId(0)),
                    reranker: SecondStage::none(),
                    weights: Vec::new(),
                    ..self.options.settings.clone()
                };
                let options = EngineOptions {
                    legs: vec![run],
                    use_model: false,
                    settings: settings.clone(),
                    ..self.options.clone()
                };
                self.ask(name, settings, &mut super::open_session(options, self.quiet)?)
            }
        }
    }

    fn ask(&self, name: &str, settings: Settings, session: &mut Session) -> Result<Side> {
        let mut progress = Progress::new(self.quiet);
        let snapshot = session.ask(Ask::of(settings), |snapshot| progress.show(snapshot))?;
        if session.collection.judged_queries().next().is_none() {
            return Err(Error::input("no query of this collection is judged, so nothing can be compared")
                .in_file(&session.collection.folder));
        }
        ran(name, &snapshot)?;
        Ok(Side::of(&setting_line(&snapshot), &snapshot, &session.collection, self.which))
    }
}

/// That all that the settings ask for did run: numbers of less would be compared as if they were of it.
pub fn ran(name: &str, snapshot: &Snapshot) -> Result<()> {
    for state in [&snapshot.status.dense, &snapshot.status.rerank] {
        if let StageState::Failed(why) = state {
            return Err(Error::unavailable(format!("{name} did not run: {why}")));
        }
    }
    Ok(())
}

/// The file's name as a leg may be called.
fn leg_name(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String =
        stem.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    if plain.is_empty() { "run".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_told_by_how_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| -> String {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let settings = file("b.toml", "alpha = 0.25\n");
        let run = file("alpha=1.run", "q Q0 d 1 1.0 x\n");
        let patch = |line: &str| SideSpec::Changed(Box::new(Patch::written(line).unwrap()));
        assert_eq!(SideSpec::read("now").unwrap(), SideSpec::Changed(Box::default()));
        assert_eq!(SideSpec::read("alpha=.25").unwrap(), patch("alpha=0.25"));
        assert_eq!(SideSpec::read(&settings).unwrap(), patch("alpha=0.25"));
        // A file that is there is a file, whatever its name looks like.
        assert_eq!(SideSpec::read(&run).unwrap(), SideSpec::Run(run.clone().into()));
        assert_eq!(SideSpec::read("x.json").unwrap(), SideSpec::Saved("x.json".into()));
        assert!(SideSpec::read("nothing").unwrap_err().to_string().contains("no setting and no file"));
    }

    #[test]
    fn words_are_sides_or_the_collection_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| -> String {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let run = file("a", "q1 Q0 d1 1 0.5 x\n");
        let passages = file("p.tsv", "1\tone\n2\ttwo\n");
        let described = file("c.toml", "[collection]\ncorpus = [\"p.tsv\"]\n");
        let settings = file("s.toml", "alpha = 0.25\n");
        let here = folder.path().display().to_string();
        let side = |written: &str| SideSpec::read(written).unwrap();
        let asked = |words: &[&str], a, b| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            Asked::read(&words, a, b).map(|asked| (asked.sides, asked.collection))
        };
        let of = |path: &str| Some(PathBuf::from(path));
        for (words, a, b, collection) in [
            (&["alpha=.3", "n=5"][..], "alpha=.3", "n=5", None),
            (&["alpha=.3", "n=5", &here], "alpha=.3", "n=5", of(&here)),
            (&[&here, &run, "now"], &run, "now", of(&here)),
            (&[&passages, &settings], "now", &settings, of(&passages)),
            (&["x.json", &described, &run], "x.json", &run, of(&described)),
            (&["x.json", "y.json"], "x.json", "y.json", None),
        ] {
            assert_eq!(asked(words, None, None).unwrap(), ([side(a), side(b)], collection), "{words:?}");
        }
        let flagged = asked(&[&here], Some("alpha=.3"), Some("n=5")).unwrap();
        assert_eq!(flagged, ([side("alpha=.3"), side("n=5")], of(&here)));
        assert_eq!(asked(&["n=5"], Some("alpha=.3"), None).unwrap().0, [side("alpha=.3"), side("n=5")]);
        for (words, a, b, says) in [
            (&[][..], None, None, "nothing to compare with"),
            (&[&*here], None, None, "nothing to compare with"),
            (&[&here, &passages], None, None, "two collections"),
            (&["n=5", "n=6"], None, Some("n=7"), "more than two sides"),
            (&["n=5", "n=5"], None, None, "compared with itself"),
            (&["now", "nowhere"], None, None, "no setting and no file"),
        ] {
            let error = asked(words, a, b).unwrap_err().to_string();
            assert!(error.contains(says), "{words:?}: {error}");
        }
    }

    #[test]
    fn a_settings_file_cannot_send_texts_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.toml");
        std::fs::write(&file, "rerank = \"cohere:http://example.org\"\n").unwrap();
        let error = SideSpec::read(file.to_str().unwrap()).unwrap_err();
        assert!(error.to_string().contains("sends texts to"), "{error}");
    }

    #[test]
    fn a_runs_name_is_one_that_a_leg_may_have() {
        assert_eq!(leg_name(Path::new("/x/my run (2).trec")), "my-run--2-");
        assert!(LegSpec::parse(&format!("{}=x", leg_name(Path::new("a b.txt")))).is_ok());
    }
}
