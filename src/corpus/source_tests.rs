use std::io::Write as _;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.txt");
    std::fs::write(&file, content).unwrap();
    (folder, file)
}

fn lines(content: &[u8]) -> Result<Vec<String>> {
    let (_folder, file) = file(content);
    let tell = |_| ControlFlow::Continue(());
    let meter = Meter::new(&tell);
    let mut lines = Vec::new();
    Source::open(&file, &meter)?.for_each_line(|number, line| {
        assert_eq!(number, lines.len() + 1);
        lines.push(match line {
            Line::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Line::TooLong => "TOO LONG".to_owned(),
        });
    })?;
    Ok(lines)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn packed_files_are_read_as_what_is_in_them() {
    for content in [gzip(b"a\nb\n"), zstd(b"a\nb\n"), b"a\r\nb".to_vec()] {
        assert_eq!(lines(&content).unwrap(), ["a", "b"]);
    }
}

/// Trap: `cat a.gz b.gz` is a gzip file, and so is it with zstd; a reader of one frame loses the rest.
#[test]
fn files_packed_one_after_the_other_are_read_to_the_end() {
    assert_eq!(lines(&[gzip(b"a\n"), gzip(b"b\n")].concat()).unwrap(), ["a", "b"]);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    assert_eq!(lines(&[zstd(b"a\n"), skippable, zstd(b"b\n")].concat()).unwrap(), ["a", "b"]);
}

#[test]
fn a_packed_file_that_is_cut_short_names_how_far_it_could_be_read() {
    let many: String = (0..50_000).map(|i| format!("{}\n", i * 7919 % 50_021)).collect();
    for (packed, name) in [(gzip(many.as_bytes()), "gzip"), (zstd(many.as_bytes()), "zstd")] {
        let error = lines(&packed[..packed.len() / 2]).unwrap_err();
        let message = error.to_string();
        assert_eq!(error.kind.exit_code(), 3);
        assert!(message.contains(&format!("the {name} data")) && message.contains("ends early"), "{message}");
        let line: usize =
            message.split("rows.txt:").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
        assert!(line < 50_000, "{message}");
    }
}

#[test]
fn byte_order_marks_are_obeyed() {
    assert_eq!(lines(b"\xef\xbb\xbfa\n").unwrap(), ["a"]);
    let utf16: Vec<u8> = "\u{feff}é\r\nb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(lines(&utf16).unwrap(), ["é", "b"]);
    let utf16: Vec<u8> = "\u{feff}é\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(lines(&gzip(&utf16)).unwrap(), ["é"]);
    let without: Vec<u8> = "a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(lines(&without).unwrap_err().to_string().contains("UTF-16 without a byte order mark"));
}

/// Trap: a line without an end that fills the memory.
#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let mut content = vec![b'x'; MAX_LINE + 10];
    content.extend(b"\nb\n");
    assert_eq!(lines(&content).unwrap(), ["TOO LONG", "b"]);
}

#[test]
fn reading_stops_when_nobody_waits_for_it() {
    let (_folder, file) = file(&vec![b'\n'; 3 << 20]);
    let tell = |_| ControlFlow::Break(());
    let meter = Meter::new(&tell);
    let error = Source::open(&file, &meter).unwrap().for_each_line(|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}
