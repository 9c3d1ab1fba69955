//! Passage embeddings on disk: dense vectors, and token vectors for late interaction.
//!
//! Three append-only files in one folder: `tokens.bin` (a block per passage: for each token its vector in
//! 8 bits a value with a scale, then the byte range of each token), `vectors.bin` (`[passages, dim]` f32) and `entries.bin` (where the block is, and
//! a checksum of the vector). A passage counts when its entry is complete, so embedding that was stopped
//! half way goes on where it was, and a damaged tail is cut off and made again. One process writes, under
//! a lock.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

use super::{VectorMatrix, token_block};
use crate::domain::DocIdx;
use crate::error::{Error, Result};
use crate::models::{Encoded, Reading, TokenVectors};

const ENTRY_BYTES: usize = 28;
/// Stands for "token vectors not kept" in an entry.
const NOT_KEPT: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    offset: u64,
    /// Token vectors in the block, or [`NOT_KEPT`].
    kept: u32,
    reading: Reading,
    checksum: u64,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.kept.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.reading.n_tokens.to_le_bytes());
        // The lowest bit says whether the end was cut off; a count that does not fit beside it is kept at
        // the greatest that does.
        let unknown = self.reading.unknown_chars.min(u32::MAX >> 1);
        let packed = unknown << 1 | u32::from(self.reading.truncated);
        bytes[16..20].copy_from_slice(&packed.to_le_bytes());
        bytes[20..].copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        Self {
            offset: u64_at(0),
            kept: u32_at(8),
            reading: Reading {
                n_tokens: u32_at(12),
                truncated: u32_at(16) & 1 != 0,
                unknown_chars: u32_at(16) >> 1,
            },
            checksum: u64_at(20),
        }
    }

    fn block_bytes(self, dim: usize) -> u64 {
        match self.kept {
            NOT_KEPT => 0,
            kept => u64::from(kept) * (token_block::row_bytes(dim) as u64 + 8),
        }
    }
}

/// The files of one collection and one model, open for appending.
pub struct EmbeddingStore {
    folder: PathBuf,
    dim: usize,
    vectors: File,
    tokens: File,
    entries: File,
    known: Vec<Entry>,
    values: Vec<f32>,
    tokens_len: u64,
    tokens_max: u64,
    /// Held for as long as this process may append.
    _lock: File,
}

impl EmbeddingStore {
    /// Opens the files in `folder`, creates them where they are missing, and cuts off what is not whole.
    /// Waits while another process writes them; `waiting` is called once before. `tokens_max`: bytes of
    /// token vectors to keep; passages beyond keep none.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path, dim: usize, tokens_max: u64, waiting: &mut dyn FnMut()) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("cannot create", folder, &e))?;
        let lock = open_file(&folder.join("lock"))?;
        if lock.try_lock().is_err() {
            waiting();
            if let Err(error) = lock.lock() {
                tracing::warn!(%error, "no file locks here: another process may embed the same passages");
            }
        }
        let mut store = Self {
            vectors: open_file(&folder.join("vectors.bin"))?,
            tokens: open_file(&folder.join("tokens.bin"))?,
            entries: open_file(&folder.join("entries.bin"))?,
            folder: folder.to_path_buf(),
            dim,
            known: Vec::new(),
            values: Vec::new(),
            tokens_len: 0,
            tokens_max,
            _lock: lock,
        };
        store.recover()?;
        Ok(store)
    }

    /// Passages embedded so far; they are the first ones of the collection.
    pub fn done(&self) -> usize {
        self.known.len()
    }

    /// Appends the next passages, in order.
    ///
    /// # Errors
    /// When the disk is full or the files cannot be written; what was complete before stays.
    pub fn append(&mut self, batch: &[Encoded]) -> Result<()> {
        let mut blocks = Vec::new();
        let mut rows = Vec::new();
        let mut entries = Vec::new();
        for passage in batch {
            if passage.dense.len() != self.dim {
                return Err(Error::bug(format!(
                    "a vector of {} where {} are expected",
                    passage.dense.len(),
                    self.dim
                )));
            }
            let row = to_bytes(&passage.dense);
            let offset = self.tokens_len + blocks.len() as u64;
            let mut entry =
                Entry { offset, kept: NOT_KEPT, reading: passage.reading, checksum: checksum(&row) };
            if let Some(tokens) = passage.tokens.as_ref().filter(|t| t.dim == self.dim) {
                let kept = u32::try_from(tokens.spans.len()).unwrap_or(NOT_KEPT);
                let wanted = Entry { kept, ..entry };
                if offset + wanted.block_bytes(self.dim) <= self.tokens_max {
                    entry = wanted;
                    write_block(&mut blocks, tokens);
                }
            }
            rows.extend_from_slice(&row);
            entries.extend_from_slice(&entry.to_bytes());
            self.known.push(entry);
            self.values.extend_from_slice(&passage.dense);
        }
        // The entry is written last: without it the rest does not count.
        for (file, bytes, name) in [
            (&mut self.tokens, &blocks, "tokens.bin"),
            (&mut self.vectors, &rows, "vectors.bin"),
            (&mut self.entries, &entries, "entries.bin"),
        ] {
            file.write_all(bytes).map_err(|e| Error::io("cannot write", &self.folder.join(name), &e))?;
        }
        self.tokens_len += blocks.len() as u64;
        Ok(())
    }

    /// All vectors, `[done, dim]`.
    ///
    /// # Errors
    /// When a vector is not finite.
    pub fn matrix(&self) -> Result<VectorMatrix> {
        VectorMatrix::new(self.dim, self.values.clone())
    }

    /// A reader of what is there now, for any thread.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn reader(&self) -> Result<TokenReader> {
        let path = self.folder.join("tokens.bin");
        let file = File::open(&path).map_err(|e| Error::io("cannot open", &path, &e))?;
        Ok(TokenReader { dim: self.dim, file: Mutex::new(file), path, entries: self.known.clone() })
    }

    fn recover(&mut self) -> Result<()> {
        let read = |file: &mut File, name: &str| -> Result<Vec<u8>> {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)
                .map_err(|e| Error::io("cannot read", &self.folder.join(name), &e))?;
            Ok(bytes)
        };
        let entries = read(&mut self.entries, "entries.bin")?;
        let vectors = read(&mut self.vectors, "vectors.bin")?;
        let tokens_len = self.tokens.metadata().map_or(0, |m| m.len());
        let row_bytes = self.dim * 4;
        for (entry, row) in entries.chunks_exact(ENTRY_BYTES).zip(vectors.chunks_exact(row_bytes)) {
            let entry = Entry::from_bytes(entry);
            let end = entry.offset.saturating_add(entry.block_bytes(self.dim));
            if entry.checksum != checksum(row) || end > tokens_len || entry.offset < self.tokens_len {
                break;
            }
            self.tokens_len = end;
            self.known.push(entry);
            self.values.extend(row.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
        for (file, len, name) in [
            (&mut self.entries, self.known.len() * ENTRY_BYTES, "entries.bin"),
            (&mut self.vectors, self.known.len() * row_bytes, "vectors.bin"),
            (&mut self.tokens, usize::try_from(self.tokens_len).unwrap_or(usize::MAX), "tokens.bin"),
        ] {
            let failed = |e: &std::io::Error| Error::io("cannot write", &self.folder.join(name), e);
            file.set_len(len as u64).map_err(|e| failed(&e))?;
            file.seek(SeekFrom::End(0)).map_err(|e| failed(&e))?;
        }
        Ok(())
    }
}

/// Reads token vectors by passage.
pub struct TokenReader {
    dim: usize,
    file: Mutex<File>,
    path: PathBuf,
    entries: Vec<Entry>,
}

impl TokenReader {
    /// The token vectors of a passage; `None` where they were not kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, doc: DocIdx) -> Result<Option<TokenVectors>> {
        let Some(entry) = self.entries.get(doc.index()).filter(|entry| entry.kept != NOT_KEPT) else {
            return Ok(None);
        };
        let mut bytes = vec![0; usize::try_from(entry.block_bytes(self.dim)).unwrap_or(0)];
        {
            let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(entry.offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|e| Error::io("cannot read token vectors", &self.path, &e))?;
        }
        let (rows, spans) = bytes.split_at(entry.kept as usize * token_block::row_bytes(self.dim));
        let u32_of = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let vectors = token_block::read_rows(rows, self.dim);
        Ok(Some(TokenVectors {
            dim: self.dim,
            vectors,
            spans: spans.chunks_exact(8).map(|b| (u32_of(&b[..4]), u32_of(&b[4..]))).collect(),
        }))
    }

    /// How much of a passage the model's tokenizer could read.
    pub fn reading(&self, doc: DocIdx) -> Option<Reading> {
        self.entries.get(doc.index()).map(|entry| entry.reading)
    }

    /// Passages that the model did not see to their end.
    pub fn truncated(&self) -> usize {
        self.entries.iter().filter(|entry| entry.reading.truncated).count()
    }
}

fn open_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| Error::io("cannot open", path, &e))
}

fn write_block(block: &mut Vec<u8>, tokens: &TokenVectors) {
    token_block::write_rows(block, tokens);
    for &(start, end) in &tokens.spans {
        block.extend_from_slice(&start.to_le_bytes());
        block.extend_from_slice(&end.to_le_bytes());
    }
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn checksum(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    fn encoded(seed: u32, tokens: usize) -> Encoded {
        let value = |i: usize| (seed as f32 + i as f32).sin();
        Encoded {
            dense: (0..4).map(value).collect(),
            tokens: Some(TokenVectors {
                dim: 4,
                vectors: (0..tokens * 4).map(|i| f16::from_f32(value(i))).collect(),
                spans: (0..tokens as u32).map(|i| (i, i + seed)).collect(),
            }),
            reading: Reading { n_tokens: 9 + seed, truncated: seed == 2, unknown_chars: 5 * seed },
        }
    }

    /// The token vectors as they come back.
    fn kept(passage: &Encoded) -> Option<TokenVectors> {
        let mut tokens = passage.tokens.clone()?;
        crate::models::late::through_8_bits(&mut tokens);
        Some(tokens)
    }

    fn open(folder: &Path, max: u64) -> EmbeddingStore {
        EmbeddingStore::open(folder, 4, max, &mut || {}).unwrap()
    }

    #[test]
    fn what_was_appended_comes_back_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let batch: Vec<Encoded> = vec![encoded(1, 3), encoded(2, 0), encoded(3, 2)];
        open(folder.path(), 1 << 20).append(&batch).unwrap();
        let store = open(folder.path(), 1 << 20);
        assert_eq!(store.done(), 3);
        let reader = store.reader().unwrap();
        for (doc, passage) in (0..).zip(&batch) {
            assert_eq!(store.matrix().unwrap().row(DocIdx(doc)), passage.dense);
            assert_eq!(reader.read(DocIdx(doc)).unwrap(), kept(passage));
        }
        let second = Reading { n_tokens: 11, truncated: true, unknown_chars: 10 };
        assert_eq!(reader.reading(DocIdx(1)), Some(second));
        assert_eq!(reader.reading(DocIdx(2)).map(|read| read.unknown_chars), Some(15));
        assert_eq!(reader.truncated(), 1);
    }

    /// Trap: a store that trusts its length would go on after a torn write with shifted rows.
    #[test]
    fn a_torn_or_damaged_tail_is_cut_off_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), 1 << 20).append(&[encoded(1, 3), encoded(2, 2), encoded(3, 1)]).unwrap();
        let vectors = folder.path().join("vectors.bin");
        let mut bytes = std::fs::read(&vectors).unwrap();
        bytes[17] ^= 1;
        std::fs::write(&vectors, &bytes[..40]).unwrap();
        let mut store = open(folder.path(), 1 << 20);
        assert_eq!(store.done(), 1, "the damaged second row and all after it are gone");
        store.append(&[encoded(7, 2)]).unwrap();
        drop(store);
        let store = open(folder.path(), 1 << 20);
        assert_eq!(store.done(), 2);
        assert_eq!(store.reader().unwrap().read(DocIdx(1)).unwrap(), kept(&encoded(7, 2)));
    }

    #[test]
    fn token_vectors_beyond_the_limit_are_not_kept_but_the_vector_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path(), 40);
        store.append(&[encoded(1, 2), encoded(2, 2)]).unwrap();
        let reader = store.reader().unwrap();
        assert!(reader.read(DocIdx(0)).unwrap().is_some());
        assert!(reader.read(DocIdx(1)).unwrap().is_none());
        assert_eq!(store.matrix().unwrap().rows(), 2);
    }
}
