//! The models that were fetched: where they are, how one is added and removed.
//!
//! In: a card of [`crate::domain::rerankers`] or the name of a repository. Out: a folder below `models` in
//! the program's cache folder. What is in a folder is `hub`'s business.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::hub::{self, FetchProgress, HUB, Hub, Manifest, Patience, Wanted};
use super::{ModelOptions, locate};
use crate::domain::rerankers::{self, Origin, RerankerCard};
use crate::error::{Error, Result};

/// The variables of every program that uses the hub.
const ENDPOINT_VARIABLE: &str = "HF_ENDPOINT";
const TOKEN_VARIABLE: &str = "HF_TOKEN";

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    pub folder: PathBuf,
    /// `None`: put there by hand, or not whole.
    pub manifest: Option<Manifest>,
    pub bytes: u64,
}

/// Where the model with this name may lie: the cache folder that was chosen, then the user's own. It is
/// fetched into the first.
pub fn store_folders(options: &ModelOptions, name: &str) -> Vec<PathBuf> {
    let caches = locate::cache_folders(options).into_iter().rev();
    caches.map(|cache| cache.join("models").join(name)).collect()
}

/// The model with this name, if it is here.
pub fn find(options: &ModelOptions, name: &str) -> Option<Stored> {
    store_folders(options, name).into_iter().find_map(|folder| read(&folder))
}

/// Every model that is here, by name.
pub fn list(options: &ModelOptions) -> Vec<Stored> {
    let roots = locate::cache_folders(options).into_iter().map(|cache| cache.join("models"));
    let folders = roots.flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let mut found: Vec<Stored> = folders.filter_map(|entry| read(&entry.path())).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn read(folder: &Path) -> Option<Stored> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let bytes = super::size_of(folder);
    (folder.is_dir() && bytes > 0).then(|| Stored {
        name,
        folder: folder.to_path_buf(),
        manifest: hub::manifest(folder),
        bytes,
    })
}

/// What to ask the hub for: a name of the table, or `OWNER/NAME` with an ONNX export. With it the name
/// under which the model is kept.
///
/// # Errors
/// `Usage` for what is neither, and for what comes with the program or is a service.
pub fn wanted(name: &str, revision: Option<&str>, graph: Option<&str>) -> Result<(String, Wanted)> {
    let revision = revision.unwrap_or("main").to_owned();
    let graph = graph.map(str::to_owned);
    // A file of one's choice is taken from the very repository that was named.
    let named = |card: &RerankerCard| card.name == name || graph.is_none();
    match rerankers::card(name).filter(|card| named(card)).map(|card| (card, card.origin)) {
        Some((card, Origin::Hub { repository, graph: usual, weights })) => Ok((
            card.name.to_owned(),
            Wanted {
                repository: repository.to_owned(),
                revision,
                graph: Some(graph.unwrap_or_else(|| usual.to_owned())),
                needed: weights.iter().map(|&file| file.to_owned()).collect(),
            },
        )),
        Some((_, Origin::Bundled)) => {
            Err(Error::usage(format!("{name} comes with the program: there is nothing to fetch")))
        }
        Some((_, Origin::Fastembed)) => {
            Err(Error::usage(format!("{name} is fetched by fastembed itself when it is first used"))
                .advise("`rankscope models pull NAME` fetches the same model at one commit, checked"))
        }
        Some((card, Origin::Remote)) => {
            Err(Error::usage(format!("{name} is no model that can be fetched: it is {}", card.of)))
        }
        None => match name.split('/').collect::<Vec<_>>().as_slice() {
            [owner, model] if !owner.is_empty() && is_plain(owner) && is_plain(model) => Ok((
                (*model).to_owned(),
                Wanted { repository: name.to_owned(), revision, graph, needed: Vec::new() },
            )),
            _ => Err(Error::usage(format!("no model is called {name:?}"))
                .advise("`rankscope models list` tells the names; OWNER/NAME takes a repository of the hub")),
        },
    }
}

fn is_plain(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !part.is_empty() && part.chars().all(plain) && !part.starts_with('.')
}

/// Fetches a model; its folder and what is in it.
///
/// # Errors
/// As [`hub::fetch`]; `Unavailable` under `--offline`.
pub fn pull(
    options: &ModelOptions,
    name: &str,
    wanted: &Wanted,
    progress: &mut dyn FnMut(&FetchProgress),
) -> Result<(PathBuf, Manifest)> {
    let folder = store_folders(options, name).into_iter().next().ok_or_else(|| {
        Error::input("no home folder is known").advise("choose a cache folder with --cache-dir DIR")
    })?;
    if options.offline {
        return Err(Error::unavailable(format!("{name} is not fetched: --offline")).advise(format!(
            "leave --offline out, or put the model's files by hand into {}",
            folder.display()
        )));
    }
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = variable(ENDPOINT_VARIABLE).unwrap_or_else(|| HUB.to_owned());
    let hub = Hub::new(&endpoint, variable(TOKEN_VARIABLE), Patience::default());
    let manifest = hub::fetch(&hub, wanted, &folder, progress)?;
    Ok((folder, manifest))
}

/// Removes a model; the bytes that it took.
///
/// # Errors
/// `Usage` where there is none of that name; `Input` where it cannot be removed.
pub fn remove(options: &ModelOptions, name: &str) -> Result<u64> {
    let name = rerankers::own_name(name);
    if rerankers::card(name).is_some_and(|card| card.origin == Origin::Bundled) {
        return Err(Error::usage(format!("{name} comes with the program: it stays")));
    }
    let stored = is_plain(name).then(|| find(options, name)).flatten().ok_or_else(|| {
        Error::usage(format!("no model called {name:?} is on this machine"))
            .advise("`rankscope models list` tells which are")
    })?;
    fs::remove_dir_all(&stored.folder).map_err(|e| Error::io("cannot remove", &stored.folder, &e))?;
    Ok(stored.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(cache: &Path) -> ModelOptions {
        ModelOptions { cache_dir: Some(cache.to_path_buf()), offline: true, ..ModelOptions::default() }
    }

    #[test]
    fn a_name_of_the_table_a_repository_or_wrong_use() {
        let (name, wanted_of) = wanted("bge-reranker-v2-m3", None, None).unwrap();
        assert_eq!(
            (name.as_str(), wanted_of.repository.as_str()),
            ("bge-reranker-v2-m3", "rozgo/bge-reranker-v2-m3")
        );
        assert_eq!(wanted_of.needed, ["model.onnx.data"]);
        assert_eq!(wanted("BAAI/bge-reranker-v2-m3", None, None).unwrap(), (name, wanted_of));
        let (_, wanted_of) = wanted("BAAI/bge-reranker-v2-m3", None, Some("onnx/int8.onnx")).unwrap();
        assert_eq!(wanted_of.repository, "BAAI/bge-reranker-v2-m3");
        let (name, wanted_of) = wanted("maker/my-model", Some("v2"), Some("onnx/int8.onnx")).unwrap();
        assert_eq!((name.as_str(), wanted_of.revision.as_str()), ("my-model", "v2"));
        for wrong in ["cross-encoder", "cohere:x", "nothing", "a/b/c", "../x", "a/..", "/x", "maker/"] {
            assert_eq!(wanted(wrong, None, None).unwrap_err().kind.exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn what_is_put_by_hand_is_found_listed_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let options = options(cache.path());
        let folder = &store_folders(&options, "mine")[0];
        assert!(folder.starts_with(cache.path()), "the chosen cache folder comes first");
        assert_eq!(find(&options, "mine"), None);
        fs::create_dir_all(folder).unwrap();
        assert_eq!(find(&options, "mine"), None, "an empty folder is no model");
        fs::write(folder.join("model.onnx"), "12345").unwrap();
        let stored = find(&options, "mine").unwrap();
        assert_eq!((stored.bytes, stored.manifest), (5, None));
        assert!(list(&options).iter().any(|stored| stored.name == "mine"));
        assert_eq!(remove(&options, "mine").unwrap(), 5);
        assert!(!folder.exists());
        assert_eq!(remove(&options, "mine").unwrap_err().kind.exit_code(), 2);
        // Trap: a name that leads out of the folder.
        assert!(remove(&options, "../mine").is_err() && remove(&options, "..").is_err());
    }

    #[test]
    fn offline_the_folder_for_files_by_hand_is_named() {
        let cache = tempfile::tempdir().unwrap();
        let options = options(cache.path());
        let (name, wanted) = wanted("bge-reranker-base", None, None).unwrap();
        let error = pull(&options, &name, &wanted, &mut |_| {}).unwrap_err().to_string();
        assert!(
            error.contains(&cache.path().join("models/bge-reranker-base").display().to_string()),
            "{error}"
        );
    }
}
