//! Files of millions of lines: what the collection does not keep takes no room, packed or not.
//!
//! The program reads from a pipe that is fed as fast as it takes it, so between two moments it has read what
//! was written between them; how much memory it has had at most is what the system says of it.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};

use crate::common::{rankscope, small, text};

/// Rows that are read before the first look, and before the last one.
const WARM: usize = 100_000;
const ALL: usize = 700_000;
/// What the peak may grow in between. To keep these rows as two ids and a number takes more than 50 MiB.
const GROWTH: u64 = 8 << 20;

/// The most memory that a process has had so far, in bytes.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() << 10
}

/// Writes rows into the program as they come, packed as the name says, and gives back how the peak has grown.
fn growth(args: &[&str], packing: &str, row: impl Fn(usize) -> String) -> (u64, String) {
    let folder = small();
    let args = [&["eval", folder.path().to_str().unwrap(), "--rerank", "none", "--json"], args].concat();
    let mut child =
        rankscope(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = Pipe::new(child.stdin.take().unwrap(), packing);
    // What the small collection is judged by, and found by.
    pipe.write(format!("{}\n", row(0).replace("query0000000", "q1").replace("doc0000000", "a")).as_bytes());
    let mut warm = 0;
    for number in 0..ALL {
        if number == WARM {
            pipe.flush();
            warm = peak(&child);
        }
        pipe.write(row(number).as_bytes());
        pipe.write(b"\n");
    }
    pipe.flush();
    let grown = peak(&child).saturating_sub(warm);
    pipe.end();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (grown, text(&output.stdout))
}

/// A pipe that packs. Parts are packed one by one: gzip and zstd data may be strung together.
struct Pipe {
    into: ChildStdin,
    packing: String,
    part: Vec<u8>,
}

impl Pipe {
    const PART: usize = 1 << 18;

    fn new(into: ChildStdin, packing: &str) -> Self {
        Self { into, packing: packing.to_owned(), part: Vec::new() }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= Self::PART {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let part = std::mem::take(&mut self.part);
        let packed = match self.packing.as_str() {
            "gzip" => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(&part).unwrap();
                encoder.finish().unwrap()
            }
            "zstd" => ruzstd::encoding::compress_to_vec(&*part, ruzstd::encoding::CompressionLevel::Fastest),
            _ => part,
        };
        self.into.write_all(&packed).unwrap();
        self.into.flush().unwrap();
    }

    fn end(mut self) {
        self.flush();
    }
}

fn judgment(number: usize) -> String {
    format!("query{number:07} 0 doc{:07} 1", number * 7 % 1_000_003)
}

#[test]
fn judgments_of_other_queries_take_no_room() {
    for packing in ["plain", "gzip", "zstd"] {
        let (grown, report) = growth(&["--leg", "bm25", "--qrels", "-"], packing, judgment);
        assert!(grown < GROWTH, "{packing}: the peak has grown by {} MiB", grown >> 20);
        assert!(
            report.contains(&format!("{ALL} judgments are of queries that are not")),
            "{packing}: {report}"
        );
    }
}

#[test]
fn lists_of_other_queries_take_no_room() {
    let row =
        |number: usize| format!("query{number:07} Q0 doc{:07} 1 {}.5 x", number * 7 % 1_000_003, number % 90);
    let (grown, report) = growth(&["--leg", "x=-"], "plain", row);
    assert!(grown < GROWTH, "the peak has grown by {} MiB", grown >> 20);
    assert!(report.contains(&format!("{ALL} rows of the run are of queries that are not")), "{report}");
}

/// Rows that cannot be read are counted; the first are kept to be told.
#[test]
fn bad_rows_that_are_left_out_take_no_room() {
    let row = |number: usize| match number {
        0 => judgment(0),
        _ => format!("query{number:07} 0 doc{number:07} not-a-grade"),
    };
    let (grown, report) = growth(&["--leg", "bm25", "--qrels", "-", "--skip-bad-rows"], "plain", row);
    assert!(grown < GROWTH, "the peak has grown by {} MiB", grown >> 20);
    assert!(report.contains(&format!("{} bad rows of", ALL - 1)), "{report}");
}
