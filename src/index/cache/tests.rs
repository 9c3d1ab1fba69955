//! What is kept comes back, up to a size, whatever happens to the process.

use half::f16;

use super::facts::BYTES_PER_SCORE;
use super::*;
use crate::domain::Score;
use crate::models::TokenVectors;

fn kept(score: Score) -> KeptScore {
    KeptScore { score, truncated: false }
}

fn key(number: u64) -> Key {
    Key::of(&[&number.to_string()])
}

/// Trap: a cap that lets the newest go, or counts a score twice that was written twice.
#[test]
fn beyond_the_cap_the_oldest_go() {
    let mut cache = FactCache::in_memory().unwrap().with_scores_max(4 * BYTES_PER_SCORE);
    cache.put_scores(&[(key(0), kept(0.0)), (key(1), kept(1.0)), (key(2), kept(2.0))]);
    cache.put_scores(&[(key(0), kept(0.5))]);
    cache.put_scores(&[(key(3), kept(3.0)), (key(4), kept(4.0))]);
    let known = cache.scores(&(0..5).map(key).collect::<Vec<_>>());
    let scores: Vec<Option<Score>> = known.into_iter().map(|kept| kept.map(|kept| kept.score)).collect();
    assert_eq!(scores, [Some(0.5), None, Some(2.0), Some(3.0), Some(4.0)]);
    cache.put_query_vectors(&[(key(7), vec![1])]);
    assert_eq!(cache.count().unwrap(), FactCount { scores: 4, query_vectors: 1, most_scores: 4 });
    cache.clear().unwrap();
    assert_eq!(cache.count().unwrap(), FactCount { scores: 0, query_vectors: 0, most_scores: 4 });
    cache.put_scores(&[(key(9), kept(9.0))]);
    assert_eq!(cache.scores(&[key(9)]), [Some(kept(9.0))]);
}

/// The child of the test below: writes batches until it is killed, and says which are committed.
#[test]
#[ignore = "a child process of the test below"]
fn write_until_killed() {
    let Some(file) = std::env::var_os("RANKSCOPE_TEST_FACTS") else { return };
    let (cache, _) = FactCache::open(Path::new(&file)).unwrap();
    let cache = cache.with_scores_max(700 * BYTES_PER_SCORE);
    let (store, _) = TokenStore::open(&Path::new(&file).with_extension("tokens"), 1 << 20).unwrap();
    let first: u64 = std::env::var("RANKSCOPE_TEST_FIRST").unwrap().parse().unwrap();
    for batch in first.. {
        let rows: Vec<_> = (batch * 16..(batch + 1) * 16).map(|n| (key(n), kept(n as f32))).collect();
        cache.put_scores(&rows);
        store.put(&rows.iter().map(|(key, _)| (*key, tokens(batch as u8, 20))).collect::<Vec<_>>());
        println!("\ncommitted {batch}");
    }
}

/// Trap: a cache that loses committed batches, is damaged, or stays locked after kill -9.
#[cfg(unix)]
#[test]
fn what_was_committed_survives_kill_9_at_any_moment() {
    use std::io::BufRead as _;
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.redb");
    let mut first = 0;
    for round in 0..8u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "index::cache::tests::write_until_killed", "--ignored", "--nocapture"])
            .env("RANKSCOPE_TEST_FACTS", &file)
            .env("RANKSCOPE_TEST_FIRST", first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("committed ").map(|batch| batch.parse::<u64>().unwrap()));
        // Another number of batches each time; then somewhere within the next one.
        let mut last = lines.by_ref().nth(2 + round as usize * 3).expect("the child writes");
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        child.kill().unwrap();
        child.wait().unwrap();
        last = lines.last().unwrap_or(last);

        let (cache, note) = FactCache::open(&file).unwrap();
        assert_eq!(note, None, "the file is whole");
        // 700 are kept, the batch that was being written among them.
        let from = (last + 1).saturating_sub(42) * 16;
        for number in from.max(first * 16)..(last + 1) * 16 {
            assert_eq!(cache.scores(&[key(number)]), [Some(kept(number as f32))], "{number} of {last}");
        }
        // The batch that was being written is there whole or not at all.
        let torn: Vec<bool> =
            ((last + 1) * 16..(last + 2) * 16).map(|n| cache.scores(&[key(n)])[0].is_some()).collect();
        assert!(torn.iter().all(|there| *there == torn[0]), "{torn:?}");
        let (store, note) = TokenStore::open(&file.with_extension("tokens"), 1 << 20).unwrap();
        assert_eq!(note, None, "the token vectors are whole");
        let of = |batch: u64| store.get(&(batch * 16..(batch + 1) * 16).map(key).collect::<Vec<_>>());
        assert_eq!(of(last), vec![Some(tokens(last as u8, 20)); 16]);
        let torn = of(last + 1);
        assert!(torn.iter().all(|there| there.is_some() == torn[0].is_some()), "{torn:?}");
        first = last + 2;
    }
}

#[test]
fn facts_survive_and_two_handles_share_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.redb");
    let (first, note) = FactCache::open(&file).unwrap();
    assert_eq!(note, None);
    let (second, note) = FactCache::open(&file).unwrap();
    assert_eq!(note, None, "a second process works on the same file");
    let (one, two) = (Key::of(&["a", "bc"]), Key::of(&["ab", "c"]));
    assert_ne!(one, two, "parts do not run into each other");
    first.put_scores(&[(one, kept(0.5))]);
    second.put_scores(&[(two, KeptScore { score: f32::NAN, truncated: true })]);
    drop((first, second));
    let (again, _) = FactCache::open(&file).unwrap();
    let scores = again.scores(&[two, one, Key::of(&["x"])]);
    assert!(scores[0].is_some_and(|kept| kept.score.is_nan() && kept.truncated));
    assert_eq!(scores[1..], [Some(kept(0.5)), None]);
}

#[test]
fn a_damaged_file_starts_anew_and_a_folder_falls_back_to_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.redb");
    std::fs::write(&file, b"this is no database, and it is long enough to look like one".repeat(99)).unwrap();
    let (cache, note) = FactCache::open(&file).unwrap();
    assert!(note.unwrap().contains("anew"));
    cache.put_scores(&[(Key::of(&["a"]), kept(1.0))]);
    assert_eq!(cache.scores(&[Key::of(&["a"])]), [Some(kept(1.0))]);

    let (cache, note) = FactCache::open(folder.path()).unwrap();
    assert!(note.unwrap().contains("for this run only"));
    cache.put_query_vectors(&[(Key::of(&["q"]), vec![1, 2])]);
    assert_eq!(cache.query_vectors(&[Key::of(&["q"])]), [Some(vec![1, 2])]);
}

fn tokens(number: u8, rows: usize) -> KeptTokens {
    let vectors = (0..rows * 4).map(|at| f16::from_f32(f32::from(number) + at as f32)).collect();
    let mut vectors = TokenVectors { dim: 4, vectors, spans: vec![(0, 0); rows] };
    crate::models::late::through_8_bits(&mut vectors);
    KeptTokens { vectors, truncated: number % 2 == 1 }
}

/// Traps: a cut that is forgotten, a passage without a token taken for one that is not known, two models
/// that share a passage.
#[test]
fn token_vectors_come_back_as_they_were_and_two_handles_share_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.redb");
    let (first, note) = TokenStore::open(&file, 1 << 20).unwrap();
    assert_eq!(note, None);
    let (second, _) = TokenStore::open(&file, 1 << 20).unwrap();
    let keys = [TokenStore::key("m", "a"), TokenStore::key("m", "b"), TokenStore::key("n", "a")];
    first.put(&[(keys[0], tokens(1, 3))]);
    second.put(&[(keys[1], tokens(2, 0))]);
    drop((first, second));
    let (again, _) = TokenStore::open(&file, 1 << 20).unwrap();
    assert_eq!(again.get(&keys), [Some(tokens(1, 3)), Some(tokens(2, 0)), None]);
    assert_eq!(again.count().unwrap().passages, 2);
}

/// Trap: a size that counts a passage twice that was written twice, and then lets all go.
#[test]
fn beyond_their_size_the_oldest_token_vectors_go() {
    let folder = tempfile::tempdir().unwrap();
    // Three of 5 + 10 * 8 bytes with what they take beside.
    let (store, _) = TokenStore::open(&folder.path().join("tokens.redb"), 3 * 181 + 1).unwrap();
    let keys: Vec<Key> = (0..5).map(key).collect();
    for _ in 0..4 {
        store.put(&[(keys[0], tokens(0, 10)), (keys[1], tokens(1, 10)), (keys[2], tokens(2, 10))]);
    }
    assert!(store.get(&keys[..3]).iter().all(Option::is_some));
    store.put(&[(keys[0], tokens(0, 10))]);
    store.put(&[(keys[3], tokens(3, 10))]);
    let there: Vec<bool> = store.get(&keys).iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true, true, false], "the one that was written last again is no old one");
}
