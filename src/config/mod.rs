//! Settings and where they come from: flag, then environment, then the collection's `rankscope.toml`,
//! then the default. Flags and environment are read by `cli::args`; here is the file and the order.

use std::path::Path;

use serde::Deserialize;

use crate::domain::{Ann, FirstStage, FusionMethod, Grade, SecondStage, Settings};
use crate::error::{Error, Result};

/// Some of the settings, to be laid over others. The file has the same names as the flags.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    pub first: Option<FirstStage>,
    pub fusion: Option<FusionMethod>,
    pub alpha: Option<f64>,
    pub rrf_k: Option<f64>,
    pub depth: Option<usize>,
    pub window: Option<usize>,
    pub n: Option<usize>,
    pub k: Option<usize>,
    pub rerank: Option<SecondStage>,
    pub rel_level: Option<Grade>,
    pub ann: Option<bool>,
    pub ann_ef: Option<usize>,
}

impl Patch {
    fn lay_over(&self, settings: &mut Settings) {
        fn set<T: Copy>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut settings.first, self.first);
        set(&mut settings.fusion, self.fusion);
        set(&mut settings.alpha, self.alpha);
        set(&mut settings.rrf_k, self.rrf_k);
        set(&mut settings.depth, self.depth);
        set(&mut settings.candidates, self.n);
        set(&mut settings.deliver, self.k);
        set(&mut settings.rel_level, self.rel_level);
        if let Some(plan) = &self.rerank {
            settings.reranker = plan.clone();
        }
        if self.window.is_some() {
            settings.window = self.window;
        }
        match self.ann {
            Some(true) => settings.ann = settings.ann.or(Some(Ann::default())),
            Some(false) => settings.ann = None,
            None => {}
        }
        if let (Some(ann), Some(ef)) = (settings.ann.as_mut(), self.ann_ef) {
            ann.ef = ef;
        }
    }

    fn check(&self) -> Result<(), String> {
        if let Some(alpha) = self.alpha.filter(|alpha| !(0.0..=1.0).contains(alpha)) {
            return Err(format!("alpha = {alpha}: the share of the dense leg is from 0 to 1"));
        }
        if let Some(k) = self.rrf_k.filter(|k| !(k.is_finite() && *k >= 0.0)) {
            return Err(format!("rrf-k = {k}: a number from 0"));
        }
        let counts = [
            ("depth", self.depth),
            ("window", self.window),
            ("n", self.n),
            ("k", self.k),
            ("ann-ef", self.ann_ef),
        ];
        match counts.iter().find(|(_, value)| *value == Some(0)) {
            Some((name, _)) => Err(format!("{name} = 0: at least 1 is needed")),
            None => Ok(()),
        }
    }
}

/// The settings for a collection: `flags` over the collection's file over the defaults.
///
/// # Errors
/// When the file or a value is wrong.
pub fn resolve(collection: &Path, flags: &Patch) -> Result<Settings> {
    let mut settings = Settings::default();
    read_file(&collection.join("rankscope.toml"))?.lay_over(&mut settings);
    flags.check().map_err(|fault| Error::usage(fault).advise("see rankscope --help"))?;
    flags.lay_over(&mut settings);
    Ok(settings)
}

fn read_file(file: &Path) -> Result<Patch> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(Patch::default());
        }
        Err(error) => return Err(Error::io("cannot read", file, &error)),
    };
    let patch: Patch = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Error::input(error.message().to_owned()).at_line(file, line)
    })?;
    patch.check().map_err(|fault| Error::input(fault).in_file(file))?;
    Ok(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, flags: &Patch) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rankscope.toml"), text).unwrap();
        resolve(folder.path(), flags)
    }

    #[test]
    fn a_flag_beats_the_file_beats_the_default() {
        let flags = Patch { n: Some(20), ..Patch::default() };
        let settings =
            with_file("depth = 100\nn = 30\nfusion = \"convex\"\nann = true\nann-ef = 10\n", &flags).unwrap();
        assert_eq!((settings.depth, settings.candidates, settings.deliver), (100, 20, 10));
        assert_eq!(settings.fusion, FusionMethod::Convex);
        assert_eq!(settings.ann, Some(Ann { ef: 10 }));
        assert_eq!(resolve(Path::new("/no/such/folder"), &Patch::default()).unwrap(), Settings::default());
    }

    #[test]
    fn mistakes_name_the_line() {
        let error = with_file("depth = 100\ndepht = 3\n", &Patch::default()).unwrap_err().to_string();
        assert!(error.contains("rankscope.toml:2") && error.contains("depht"), "{error}");
        let error = with_file("alpha = 1.5\n", &Patch::default()).unwrap_err();
        assert_eq!(error.kind.exit_code(), 3);
        let flags = Patch { alpha: Some(f64::NAN), ..Patch::default() };
        assert_eq!(with_file("", &flags).unwrap_err().kind.exit_code(), 2);
    }
}
