//! What the tests share: one ONNX Runtime, one cache, small collections.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// A folder that outlives the run: facts in it are content-addressed, so an old one is never wrong.
pub fn shared(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program, with the shared runtime and cache, and none of the user's settings.
pub fn rankscope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rankscope"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RANKSCOPE_")) {
        command.env_remove(name);
    }
    command
        .args(args)
        .env("RANKSCOPE_RUNTIME_DIR", shared("runtime"))
        .env("RANKSCOPE_CACHE_DIR", shared("cache"))
        .env("RANKSCOPE_CONFIG_DIR", shared("no-config"))
        .env("RANKSCOPE_DATA_DIR", shared("no-data"))
        .stdin(std::process::Stdio::null());
    command
}

pub fn run(args: &[&str]) -> Output {
    rankscope(args).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn sample() -> String {
    format!("{}/sample_corpus", env!("CARGO_MANIFEST_DIR"))
}

/// `eval` on a collection, as JSON; it must succeed.
pub fn eval_json(collection: &str, args: &[&str]) -> Value {
    ready();
    let output = run(&[&["eval", collection, "--format", "json"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Has ONNX Runtime fetched and the sample embedded, once, before tests that need them run side by side.
pub fn ready() {
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| {
        let output = run(&["eval", &sample()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    });
}

/// A collection of a few files in a folder of its own.
pub fn collection(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// Three passages, two judged queries.
pub fn small() -> tempfile::TempDir {
    collection(&[
        (
            "corpus.jsonl",
            "{\"_id\": \"a\", \"title\": \"Refunds\", \"text\": \"A cancelled ferry ticket is refunded in five days.\"}\n\
             {\"_id\": \"b\", \"title\": \"Luggage\", \"text\": \"Two pieces travel free of charge.\"}\n\
             {\"_id\": \"c\", \"title\": \"犬\", \"text\": \"小型犬はキャリーに入れて乗船できます。\"}\n"
                .as_bytes(),
        ),
        (
            "queries.jsonl",
            "{\"_id\": \"q1\", \"text\": \"when is my ferry ticket refunded\"}\n\
             {\"_id\": \"q2\", \"text\": \"犬と一緒に乗れますか\"}\n"
                .as_bytes(),
        ),
        ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\ta\t2\nq2\tc\t1\n"),
    ])
}
