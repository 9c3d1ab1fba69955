//! The fetch against a hub that speaks the real protocol over loopback, and misbehaves when asked to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;
use crate::models::digest;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY: &str = "maker/model";

/// How the hub treats the large file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Fine,
    /// Closes the connection after so many bytes of each answer.
    Cuts(usize),
    /// Sends the whole file whatever range was asked for.
    IgnoresRange,
    /// Sends other bytes than the checksum is of.
    Lies,
    /// Answers with this status.
    Refuses(u16),
    /// Answers 503 so many times first.
    Busy(usize),
    /// Takes the connection and never answers.
    Silent,
}

/// What was asked: path, range, whether a token came along.
type Asked = (String, Option<String>, bool);

struct FakeHub {
    endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

fn large() -> Vec<u8> {
    (0..200_000u32).flat_map(|n| n.to_le_bytes()).collect()
}

fn files() -> BTreeMap<&'static str, Vec<u8>> {
    BTreeMap::from([
        ("onnx/model.onnx", large()),
        ("tokenizer.json", b"{\"model\": 1}".to_vec()),
        ("config.json", b"{}".to_vec()),
        ("onnx/model_quantized.onnx", b"small".to_vec()),
    ])
}

impl FakeHub {
    fn start(mood: Mood) -> Self {
        // The files lie on another address, as the hub's do.
        let storage = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let endpoint = format!("http://{}", hub.local_addr().unwrap());
        let at = format!("http://{}", storage.local_addr().unwrap());
        for (listener, is_storage) in [(hub, false), (storage, true)] {
            let (asked, at) = (Arc::clone(&asked), at.clone());
            std::thread::spawn(move || {
                let mut served = 0;
                for stream in listener.incoming().flatten() {
                    served += 1;
                    serve(stream, is_storage, &at, mood, served, &asked);
                }
            });
        }
        Self { endpoint, asked }
    }

    fn hub(&self) -> Hub {
        Hub::new(&self.endpoint, Some("hf_secret".to_owned()), Patience::default())
    }

    fn asked(&self, part: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(path, ..)| path.contains(part)).cloned().collect()
    }
}

fn serve(
    stream: TcpStream,
    is_storage: bool,
    at: &str,
    mood: Mood,
    served: usize,
    asked: &Mutex<Vec<Asked>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut range, mut token) = (None, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("range: ") {
            range = Some(value.to_owned());
        }
        token |= header.starts_with("authorization: bearer hf_secret");
    }
    asked.lock().unwrap().push((path.clone(), range.clone(), token));
    if mood == Mood::Silent && is_storage {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(60));
            drop(stream);
        });
        return;
    }
    let mut out = stream;
    let mut say = |head: &str, body: &[u8]| {
        let _ = write!(out, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = out.write_all(body);
    };
    let files = files();
    if path == format!("/api/models/{REPOSITORY}/revision/main") {
        let siblings: Vec<_> = files.keys().map(|name| serde_json::json!({"rfilename": name})).collect();
        let answer = serde_json::json!({"id": REPOSITORY, "sha": COMMIT, "siblings": siblings});
        return say("200 OK", answer.to_string().as_bytes());
    }
    if path == format!("/api/models/{REPOSITORY}/tree/{COMMIT}?recursive=true") {
        let entry = |(name, bytes): (&&str, &Vec<u8>)| match bytes.len() > 100 {
            true => serde_json::json!({"type": "file", "path": name, "size": bytes.len(), "oid": "11",
                "lfs": {"oid": digest::of_reader(&bytes[..]).unwrap(), "size": bytes.len(), "pointerSize": 130}}),
            false => serde_json::json!({"type": "file", "path": name, "size": bytes.len(), "oid": "22"}),
        };
        let folder = serde_json::json!({"type": "directory", "path": "onnx", "size": 0, "oid": "33"});
        let entries: Vec<_> = files.iter().map(entry).chain([folder]).collect();
        return say("200 OK", serde_json::json!(entries).to_string().as_bytes());
    }
    let name = path.strip_prefix(&format!("/{REPOSITORY}/resolve/{COMMIT}/"));
    let stored = path.strip_prefix("/storage/");
    let Some(bytes) = name.or(stored).and_then(|name| files.get(name)) else {
        return say("404 Not Found", b"Entry not found");
    };
    if let (Some(name), false) = (name, is_storage)
        && bytes.len() > 100
    {
        let sha = digest::of_reader(&bytes[..]).unwrap();
        let head = format!(
            "302 Found\r\nLocation: {at}/storage/{name}\r\nX-Repo-Commit: {COMMIT}\r\nX-Linked-Etag: \"{sha}\"\r\n\
             X-Linked-Size: {}\r\nETag: \"{sha}\"",
            bytes.len()
        );
        return say(&head, b"");
    }
    if !is_storage {
        return say("200 OK", bytes);
    }
    let from = match (&range, mood) {
        (_, Mood::IgnoresRange) | (None, _) => 0,
        (Some(range), _) => {
            range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap()
        }
    };
    let mut rest = bytes.get(from..).unwrap_or_default().to_vec();
    match mood {
        Mood::Refuses(status) => return say(&format!("{status} No"), b""),
        Mood::Busy(times) if served <= times => return say("503 Service Unavailable", b""),
        Mood::Lies => rest.iter_mut().for_each(|byte| *byte ^= 1),
        _ => {}
    }
    let head = match from {
        0 => "200 OK".to_owned(),
        from => {
            format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len())
        }
    };
    match mood {
        Mood::Cuts(after) if rest.len() > after => {
            let _ = write!(out, "HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", rest.len());
            let _ = out.write_all(&rest[..after]);
        }
        _ => say(&head, &rest),
    }
}

fn wanted() -> Wanted {
    Wanted { repository: REPOSITORY.into(), revision: "main".into(), graph: None, needed: Vec::new() }
}

fn fetched(mood: Mood) -> (FakeHub, tempfile::TempDir, Result<Manifest>) {
    let fake = FakeHub::start(mood);
    let folder = tempfile::tempdir().unwrap();
    let outcome = fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {});
    (fake, folder, outcome)
}

#[test]
fn a_model_comes_whole_and_checked_at_one_commit() {
    let fake = FakeHub::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let mut last = None;
    let got =
        fetch(&fake.hub(), &wanted(), folder.path(), &mut |progress| last = Some(progress.clone())).unwrap();
    assert_eq!((got.commit.as_str(), got.files.len()), (COMMIT, 3));
    assert_eq!(
        fs::read(folder.path().join("model.onnx")).unwrap(),
        large(),
        "the graph alone lies at the top"
    );
    assert!(folder.path().join("tokenizer.json").is_file() && folder.path().join("config.json").is_file());
    let checked: Vec<bool> = got.files.iter().map(|file| file.checked).collect();
    assert_eq!(checked, [true, false, false], "the hub names no sha256 of small files");
    assert!(last.is_some_and(|last| last.bytes == last.total && last.total > 800_000));
    assert_eq!(manifest(folder.path()), Some(got.clone()));

    // Again: nothing but the question which commit it is.
    let before = fake.asked("").len();
    assert_eq!(fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {}).unwrap(), got);
    assert_eq!(fake.asked("").len(), before + 1);
    fs::write(folder.path().join("config.json"), "damaged").unwrap();
    assert_eq!(manifest(folder.path()), None);
    fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {}).unwrap();
    assert_eq!(fs::read(folder.path().join("config.json")).unwrap(), b"{}");
    assert_eq!(fake.asked("/storage/").len(), 1, "what is whole is not fetched again");
}

/// Trap: a client that hands the hub's token on to wherever it is redirected.
#[test]
fn the_token_goes_to_the_hub_alone() {
    let (fake, _folder, outcome) = fetched(Mood::Fine);
    outcome.unwrap();
    assert!(fake.asked("/api/").iter().all(|(.., token)| *token));
    assert!(fake.asked("/storage/").iter().all(|(.., token)| !*token));
}

/// Trap: starting from zero after each cut, or gluing a second copy behind the first.
#[test]
fn a_cut_connection_goes_on_where_it_was() {
    let (fake, folder, outcome) = fetched(Mood::Cuts(300_000));
    outcome.unwrap();
    assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), large());
    let ranges: Vec<Option<String>> =
        fake.asked("/storage/").into_iter().map(|(_, range, _)| range).collect();
    assert_eq!(ranges.len(), 3);
    assert_eq!(ranges[0], None);
    assert!(
        ranges[1..].iter().all(|range| range.as_ref().is_some_and(|range| range != "bytes=0-")),
        "{ranges:?}"
    );
    assert!(
        !fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .any(|e| e.path().extension() == Some("part".as_ref()))
    );
}

#[test]
fn a_part_from_an_earlier_start_is_gone_on_with() {
    let fake = FakeHub::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let sha = digest::of_reader(&large()[..]).unwrap();
    fs::write(folder.path().join(format!("model.onnx.{}.part", &sha[..12])), &large()[..500_000]).unwrap();
    fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {}).unwrap();
    assert_eq!(fake.asked("/storage/")[0].1.as_deref(), Some("bytes=500000-"));
    assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), large());
}

#[test]
fn a_server_without_ranges_sends_it_again_from_the_start() {
    let fake = FakeHub::start(Mood::IgnoresRange);
    let folder = tempfile::tempdir().unwrap();
    let sha = digest::of_reader(&large()[..]).unwrap();
    let part = folder.path().join(format!("model.onnx.{}.part", &sha[..12]));
    fs::write(&part, &large()[..500_000]).unwrap();
    fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {}).unwrap();
    assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), large());
}

/// Trap: a model of the right length and the wrong content that is loaded for ever after.
#[test]
fn a_wrong_checksum_is_an_error_and_leaves_nothing() {
    let (_fake, folder, outcome) = fetched(Mood::Lies);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
    assert!(error.to_string().contains("is not what the hub says"), "{error}");
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, [".lock"]);
}

#[test]
fn a_refusal_is_told_with_the_folder_for_files_by_hand_and_not_asked_again() {
    for (status, said) in [(404, "no such model"), (401, "HF_TOKEN"), (403, "HF_TOKEN")] {
        let (fake, folder, outcome) = fetched(Mood::Refuses(status));
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("by hand"), "{error}");
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(!error.contains("hf_secret"), "{error}");
        assert_eq!(fake.asked("/storage/").len(), 1);
    }
    let fake = FakeHub::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let other = Wanted { repository: "maker/other".into(), ..wanted() };
    let error = fetch(&fake.hub(), &other, folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("maker/other") && error.contains("404"), "{error}");
}

#[test]
fn a_busy_hub_is_asked_again_and_a_dead_one_given_up() {
    let (fake, folder, outcome) = fetched(Mood::Busy(2));
    outcome.unwrap();
    assert_eq!(fake.asked("/storage/").len(), 3);
    assert_eq!(fs::read(folder.path().join("model.onnx")).unwrap(), large());
    let (fake, _folder, outcome) = fetched(Mood::Busy(99));
    assert!(outcome.unwrap_err().to_string().contains("503"));
    assert_eq!(fake.asked("/storage/").len(), TRIES as usize);
}

#[test]
fn without_a_network_the_folder_is_named() {
    // A port that nothing listens on.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hub = Hub::new(&format!("http://{free}"), None, Patience::default());
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&hub, &wanted(), folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("cannot be reached") && error.contains("by hand"), "{error}");
}

/// Trap: a server that takes the connection and never answers holds the program for ever.
#[test]
fn a_server_that_falls_silent_is_given_up() {
    let fake = FakeHub::start(Mood::Silent);
    let folder = tempfile::tempdir().unwrap();
    let start = std::time::Instant::now();
    let hub = Hub::new(
        &fake.endpoint,
        None,
        Patience { answer: Duration::from_millis(200), ..Patience::default() },
    );
    let outcome = fetch(&hub, &wanted(), folder.path(), &mut |_| {});
    assert!(outcome.unwrap_err().to_string().contains("cannot be reached"));
    assert!(start.elapsed() < Duration::from_secs(10), "the server is silent for a minute");
}

#[test]
fn two_fetches_at_once_take_turns() {
    let fake = FakeHub::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| fetch(&fake.hub(), &wanted(), folder.path(), &mut |_| {})))
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
    assert_eq!(fake.asked("/storage/").len(), 1);
}

#[test]
fn a_graph_with_weights_beside_it_keeps_its_path() {
    let there: Vec<RemoteFile> =
        ["onnx/model.onnx", "onnx/model.onnx_data", "tokenizer.json", "onnx/other.onnx_data"]
            .map(|path| RemoteFile { path: path.into(), bytes: 1, sha256: None })
            .into();
    let places: Vec<String> = plan(&wanted(), &there).unwrap().into_iter().map(|(_, place)| place).collect();
    assert_eq!(places, ["onnx/model.onnx", "tokenizer.json", "onnx/model.onnx_data"]);
    let named = Wanted { graph: Some("onnx/int8.onnx".into()), ..wanted() };
    assert!(plan(&named, &there).unwrap_err().to_string().contains("onnx/int8.onnx"));
}

/// Trap: a repository that writes outside of its folder.
#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    let there = |path: &str| -> Vec<RemoteFile> {
        ["model.onnx", "tokenizer.json", path]
            .map(|path| RemoteFile { path: path.into(), bytes: 1, sha256: None })
            .into()
    };
    for path in ["../model.onnx_data", "/etc/passwd", "a/../../b"] {
        let wanted = Wanted { needed: vec![path.to_owned()], ..wanted() };
        assert!(plan(&wanted, &there(path)).is_err(), "{path}");
    }
}
