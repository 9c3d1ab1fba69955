//! Which model it will be: the folder, whether its files are whole, and the card.
//!
//! In: [`ModelOptions`] and the places where a model may be. Out: [`ModelFiles`], whose fingerprint keys
//! every vector. Files are hashed (0.1 s for the bundled model), not loaded; ONNX Runtime is not touched
//! and nothing is fetched.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::thread;

use super::fastembed::Known;
use super::recipe::Recipe;
use super::{ModelCard, ModelOptions, digest};
use crate::error::{Error, ErrorKind, Result};

/// The folder of the model that comes with the program.
pub(super) const BUNDLED: &str = "multilingual-e5-small-q4";
/// Name and bytes of its large files: a download or a checkout that stopped half way shows here.
const BUNDLED_SIZES: [(&str, u64); 2] = [(MODEL, 68_332_655), (TOKENIZER, 8_780_914)];

pub(super) const MODEL: &str = "model.onnx";
/// The cross-encoder beside the bundled model, and its size.
pub(super) const RERANKER: &str = "reranker.onnx";
pub(super) const RERANKER_BYTES: u64 = 12_571_744;
pub(super) const TOKENIZER: &str = "tokenizer.json";
/// Where exporters put weights beyond protobuf's 2 GB.
pub(super) const EXTERNAL: [&str; 2] = ["model.onnx_data", "model.onnx.data"];

/// The variable that names a folder of models.
const VARIABLE: &str = "RANKSCOPE_MODELS";

/// A model that was found, not loaded yet.
#[derive(Debug, Clone)]
pub struct ModelFiles {
    pub card: ModelCard,
    pub(super) source: Source,
}

/// What will run it.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Folder(Recipe),
    FolderByFastembed(Recipe),
    FastembedName(Known),
}

/// Finds the model: `options.model_dir`, the folder in `RANKSCOPE_MODELS`, `../share/rankscope/models`
/// beside the program, the source folder, the cache folder; each may be the model's own folder or contain
/// `multilingual-e5-small-q4`. The first that holds one is taken; a folder that was asked for (the first
/// two) must hold one.
///
/// # Errors
/// `Unavailable` where there is no model or its files are not whole, naming the folder; `Usage` for an
/// unknown `options.model`.
pub fn locate(options: &ModelOptions) -> Result<ModelFiles> {
    let by_fastembed = match options.model.as_deref() {
        None => false,
        Some("fastembed") => true,
        Some(name) => match name.strip_prefix("fastembed:") {
            Some(name) => return super::fastembed::locate_named(name, options),
            None => {
                return Err(Error::usage(format!("unknown model {name:?}")).advise(
                    "choose a folder with --model-dir, or fastembed:NAME for a model that fastembed knows",
                ));
            }
        },
    };
    let folder = Places::of_this_process(options).find()?;
    let (card, recipe) = read(&folder)?;
    let source = if by_fastembed { Source::FolderByFastembed(recipe) } else { Source::Folder(recipe) };
    Ok(ModelFiles { card, source })
}

/// Where a model may be.
struct Places {
    /// The folder asked for, and by what.
    asked: Option<(PathBuf, &'static str)>,
    usual: Vec<PathBuf>,
}

impl Places {
    fn of_this_process(options: &ModelOptions) -> Self {
        let by_variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let asked = match &options.model_dir {
            Some(folder) => Some((folder.clone(), "--model-dir")),
            None => by_variable.map(|folder| (folder, VARIABLE)),
        };
        let beside = env::current_exe().ok().and_then(|program| {
            Some(program.parent()?.parent()?.join("share").join("rankscope").join("models"))
        });
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let cache = cache_folders(options).into_iter().map(|cache| cache.join("models"));
        Self { asked, usual: beside.into_iter().chain([source]).chain(cache).collect() }
    }

    fn find(&self) -> Result<PathBuf> {
        if let Some((root, by)) = &self.asked {
            return holding(root).ok_or_else(|| {
                Error::unavailable(format!(
                    "no model is here: neither {MODEL} nor {BUNDLED}/{MODEL} ({by} names this folder)"
                ))
                .in_file(root)
                .advise(format!("give {by} a folder with {MODEL} and {TOKENIZER}, or leave it out"))
            });
        }
        self.usual.iter().find_map(|root| holding(root)).ok_or_else(|| {
            let looked: Vec<String> = self.usual.iter().map(|root| root.display().to_string()).collect();
            Error::unavailable(format!("no embedding model was found; looked in {}", looked.join(", ")))
                .advise(format!(
                    "give the folder of one ({MODEL}, {TOKENIZER}) with --model-dir or {VARIABLE}"
                ))
        })
    }
}

/// The folder of the model that comes with the program, whatever other model was asked for.
///
/// # Errors
/// `Unavailable` where it is in none of the usual places.
pub(super) fn bundled_folder(options: &ModelOptions) -> Result<PathBuf> {
    let places = Places::of_this_process(options);
    let asked = places.asked.iter().map(|(root, _)| root);
    let folder = asked.chain(&places.usual).flat_map(|root| [root.clone(), root.join(BUNDLED)]);
    let is_bundled = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name == BUNDLED) && folder.join(TOKENIZER).is_file()
    };
    folder.into_iter().find(is_bundled).ok_or_else(|| {
        Error::unavailable(format!("the bundled model {BUNDLED} was not found"))
            .advise(format!("put its folder into one that {VARIABLE} names"))
    })
}

/// The program's cache folders: the user's own, then the one chosen for this run.
pub(super) fn cache_folders(options: &ModelOptions) -> Vec<PathBuf> {
    use etcetera::BaseStrategy as _;
    let user = etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("rankscope"));
    user.into_iter().chain(options.cache_dir.clone()).collect()
}

/// The model's folder under a root: the root itself, or the bundled model's folder in it.
fn holding(root: &Path) -> Option<PathBuf> {
    [root.to_path_buf(), root.join(BUNDLED)]
        .into_iter()
        .find(|folder| folder.join(MODEL).is_file() || folder.join(TOKENIZER).is_file())
}

/// Checks and hashes a model's folder.
fn read(folder: &Path) -> Result<(ModelCard, Recipe)> {
    // A relative folder must mean the same later, whatever the current folder is then.
    let folder =
        fs::canonicalize(folder).map_err(|e| unavailable(Error::io("cannot open the folder", folder, &e)))?;
    let id =
        folder.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned());
    for name in [MODEL, TOKENIZER] {
        check(&folder.join(name), shipped_size(&id, name))?;
    }
    let recipe = Recipe::read(&folder, &id).map_err(unavailable)?;
    let card = ModelCard {
        fingerprint: fingerprint(&folder, &recipe)?,
        dim: recipe.dim,
        max_tokens: recipe.max_tokens,
        licence: licence(&folder, &id),
        id,
        folder,
    };
    Ok((card, recipe))
}

fn shipped_size(id: &str, name: &str) -> Option<u64> {
    if id != BUNDLED {
        return None;
    }
    BUNDLED_SIZES.iter().find(|(file, _)| *file == name).map(|(_, bytes)| *bytes)
}

/// Whether a large file is there and whole, as far as its size and its first bytes say.
pub(super) fn check(path: &Path, shipped: Option<u64>) -> Result<()> {
    let open = |e| unavailable(Error::io("cannot read this file of the model", path, &e));
    let mut file = File::open(path).map_err(open)?;
    let bytes = file.metadata().map_err(open)?.len();
    let mut head = [0; 24];
    let read = file.read(&mut head).map_err(open)?;
    let again = "copy the model's folder again";
    if head.get(..read).is_some_and(|head| head.starts_with(b"version https://git-lfs")) {
        return Err(Error::unavailable("this is a Git LFS pointer, not the file that it points to")
            .in_file(path)
            .advise("run `git lfs pull` in the checkout"));
    }
    if bytes == 0 {
        return Err(Error::unavailable("this file of the model is empty").in_file(path).advise(again));
    }
    match shipped {
        Some(shipped) if shipped != bytes => Err(Error::unavailable(format!(
            "this file has {bytes} bytes, the one that comes with rankscope {shipped}: it is cut short or changed"
        ))
        .in_file(path)
        .advise(format!("{again}; a model of your own needs a folder of another name"))),
        _ => Ok(()),
    }
}

/// Hashes on two threads: the tokenizer's 9 MB behind the model's 68.
fn fingerprint(folder: &Path, recipe: &Recipe) -> Result<String> {
    let hash = |name: &str| {
        let path = folder.join(name);
        digest::of_file(&path)
            .map_err(|e| unavailable(Error::io("cannot read this file of the model", &path, &e)))
    };
    let (model, tokenizer) = thread::scope(|scope| {
        let tokenizer = scope.spawn(|| hash(TOKENIZER));
        let model = hash(MODEL);
        let died = |_| Err(Error::bug("hashing the tokenizer panicked"));
        (model, tokenizer.join().unwrap_or_else(died))
    });
    let mut parts = vec![model?, tokenizer?, recipe.describe()];
    for name in EXTERNAL {
        if folder.join(name).is_file() {
            parts.push(hash(name)?);
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Ok(digest::of_parts(&parts))
}

/// The licence: known for the bundled model, else what the front matter of the folder's README says.
fn licence(folder: &Path, id: &str) -> String {
    if id == BUNDLED {
        return "MIT".to_owned();
    }
    let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let mut front = readme.lines();
    if front.next() == Some("---") {
        for line in front.take_while(|line| *line != "---") {
            if let Some(licence) = line.strip_prefix("license:") {
                return licence.trim().to_owned();
            }
        }
    }
    "unknown".to_owned()
}

pub(super) fn unavailable(error: Error) -> Error {
    Error { kind: ErrorKind::Unavailable, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::recipe::Pooling;

    fn bundled() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
    }

    fn asked(root: &Path) -> Result<PathBuf> {
        Places { asked: Some((root.to_path_buf(), "--model-dir")), usual: vec![bundled()] }.find()
    }

    fn small_model(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(MODEL), "onnx").unwrap();
        fs::write(folder.join(TOKENIZER), "{}").unwrap();
        fs::write(folder.join("config.json"), r#"{"hidden_size": 8}"#).unwrap();
    }

    #[test]
    fn the_bundled_model_is_found_and_whole() {
        let options = ModelOptions { model_dir: Some(bundled()), ..ModelOptions::default() };
        let files = locate(&options).unwrap();
        assert_eq!(files.card.id, BUNDLED);
        assert_eq!((files.card.dim, files.card.max_tokens), (super::super::DIM, 512));
        assert_eq!(files.card.licence, "MIT");
        assert_eq!(files.card.fingerprint.len(), 64);
        let Source::Folder(recipe) = &files.source else { unreachable!("no fastembed was asked for") };
        assert_eq!((recipe.query_prefix.as_str(), recipe.passage_prefix.as_str()), ("query: ", "passage: "));
        assert_eq!((recipe.pooling, recipe.pad_id), (Pooling::Mean, 1));
        // The model's own folder means the same.
        let own = ModelOptions { model_dir: Some(bundled().join(BUNDLED)), ..ModelOptions::default() };
        assert_eq!(locate(&own).unwrap().card, files.card);
    }

    #[test]
    fn a_folder_that_was_asked_for_must_hold_a_model() {
        let empty = tempfile::tempdir().unwrap();
        let error = asked(empty.path()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.to_string().contains("--model-dir"), "{error}");
        assert!(asked(&empty.path().join("nowhere")).is_err());
    }

    #[test]
    fn without_any_model_the_places_are_named() {
        let error = Places { asked: None, usual: vec![PathBuf::from("/a"), PathBuf::from("/b")] }.find();
        let error = error.unwrap_err().to_string();
        assert!(error.contains("/a, /b") && error.contains(VARIABLE), "{error}");
    }

    #[test]
    fn the_first_usual_place_wins() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        small_model(&two.path().join(BUNDLED));
        let places = Places { asked: None, usual: vec![one.path().into(), two.path().into(), bundled()] };
        assert_eq!(places.find().unwrap(), two.path().join(BUNDLED));
    }

    #[test]
    fn a_pointer_of_git_lfs_a_short_file_and_a_missing_one_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(BUNDLED);
        small_model(&folder);
        let short = read(&folder).unwrap_err();
        assert!(short.to_string().contains("4 bytes") && short.to_string().contains("68332655"), "{short}");

        fs::write(folder.join(MODEL), "version https://git-lfs.github.com/spec/v1\noid sha256:0\n").unwrap();
        let pointer = read(&folder).unwrap_err();
        assert!(pointer.to_string().contains("git lfs pull"), "{pointer}");
        assert!(pointer.to_string().contains(MODEL), "{pointer}");

        let own = root.path().join("own");
        small_model(&own);
        assert_eq!(read(&own).unwrap().0.id, "own");
        fs::remove_file(own.join(TOKENIZER)).unwrap();
        let missing = read(&own).unwrap_err();
        assert_eq!(missing.kind, ErrorKind::Unavailable);
        assert!(missing.to_string().contains(TOKENIZER), "{missing}");
    }

    #[test]
    fn the_fingerprint_covers_weights_tokenizer_and_recipe() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("own");
        small_model(&folder);
        let mut seen = vec![read(&folder).unwrap().0.fingerprint];
        for (name, text) in [
            (MODEL, "onnx2"),
            (TOKENIZER, "[]"),
            ("config.json", r#"{"hidden_size": 8, "max_position_embeddings": 64}"#),
            ("model.onnx_data", "weights"),
        ] {
            fs::write(folder.join(name), text).unwrap();
            let next = read(&folder).unwrap().0.fingerprint;
            assert!(!seen.contains(&next), "{name} does not count");
            seen.push(next);
        }
    }

    #[test]
    fn an_unknown_model_name_is_wrong_use() {
        let options = ModelOptions { model: Some("gpt".to_owned()), ..ModelOptions::default() };
        assert_eq!(locate(&options).unwrap_err().kind, ErrorKind::Usage);
    }
}
