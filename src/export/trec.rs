//! TREC run files: `qid Q0 docno rank score tag`. Scores are shortest decimals that read back as the
//! same `f32`, so any evaluator sees our order.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::corpus::Collection;
use crate::engine::runs::RunList;
use crate::error::{Error, Result};
use crate::index::cache::write_atomically;

/// Writes a run; the file is whole or as it was.
///
/// # Errors
/// When the file cannot be written, or an id has white space, which the format cannot hold.
pub fn write(file: &Path, lists: &[RunList], collection: &Collection, tag: &str) -> Result<()> {
    let mut text = String::new();
    for list in lists {
        let query = column(&collection.query(list.query).id, file)?;
        let mut seen = HashSet::new();
        // Where documents are judged the run is one of documents, each with its best passage's score.
        let ids = list.hits.iter().filter_map(|&(doc, score)| match collection.judged_documents() {
            None => Some((collection.passage(doc).id.as_str(), score)),
            Some(documents) => {
                let document = documents.of(doc);
                seen.insert(document).then(|| (documents.id(document), score))
            }
        });
        for (rank, (id, score)) in (1u32..).zip(ids) {
            let _ = writeln!(text, "{query} Q0 {} {rank} {score} {tag}", column(id, file)?);
        }
    }
    write_atomically(file, text.as_bytes())
}

fn column<'a>(id: &'a str, file: &Path) -> Result<&'a str> {
    match id.contains(char::is_whitespace) {
        true => Err(Error::input(format!("the id {id:?} has white space, which a TREC run cannot hold"))
            .in_file(file)),
        false => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocIdx, Language, Query, QueryIdx};
    use crate::index::lexical::tests::collection;

    #[test]
    fn scores_read_back_as_they_were() {
        let mut collection = collection(&["a", "b"]);
        collection.queries.push(Query { id: "q1".into(), text: "a".into(), language: Language::new("en") });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.txt");
        let scores = [1.0 / 61.0_f32, f32::MIN_POSITIVE];
        let hits = vec![(DocIdx(1), scores[0]), (DocIdx(0), scores[1])];
        write(&file, &[RunList { query: QueryIdx(0), hits }], &collection, "first").unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
        assert_eq!(lines[0][..4], ["q1", "Q0", "d001", "1"]);
        for (line, score) in lines.iter().zip(scores) {
            assert_eq!(line[4].parse::<f32>().unwrap().to_bits(), score.to_bits());
            assert_eq!(line[5], "first");
        }
    }
}
