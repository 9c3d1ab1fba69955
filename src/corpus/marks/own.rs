//! Queries of the person's own, with their judgments: a JSON line each, `{"_id", "text", "lang",
//! "judgments": {passage id: grade}}`. They have a file of their own, so that the collection's queries
//! and qrels stay what other programs know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::Grade;

/// A typed query that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnQuery {
    #[serde(rename = "_id")]
    pub id: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(default)]
    pub judgments: BTreeMap<String, Grade>,
}

impl OwnQuery {
    /// A query as it was typed, not judged yet.
    pub fn of(text: &str) -> Self {
        Self {
            id: id_of(text),
            text: text.trim().to_owned(),
            lang: Some(crate::text::detect(text).as_str().to_owned()),
            judgments: BTreeMap::new(),
        }
    }
}

/// How the id of every typed query begins.
pub const PREFIX: &str = "own-";

/// The id of a typed query: the same text has the same one, whenever and wherever it is typed.
pub fn id_of(text: &str) -> String {
    let digest = Sha256::digest(text.split_whitespace().collect::<Vec<_>>().join(" ").as_bytes());
    format!("{PREFIX}{}", &crate::text::hex(&digest)[..8])
}

/// Reads the lines of such a file; the error names the line.
pub fn parse(file: &[u8]) -> Result<Vec<OwnQuery>, (usize, String)> {
    let text = std::str::from_utf8(file).map_err(|_| (1, "not valid UTF-8".to_owned()))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| serde_json::from_str(line).map_err(|e| (number, e.to_string()))).collect()
}

/// The file with the judgment of a query set or taken away; other lines stay to the byte. A query that
/// has no judgment left stays: it was asked.
///
/// # Errors
/// A sentence, where a line cannot be read.
pub fn amended(
    file: &[u8],
    query: &OwnQuery,
    passage: &str,
    grade: Option<Grade>,
) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(file).map_err(|_| "it is not valid UTF-8".to_owned())?;
    let mut out = String::with_capacity(text.len() + 256);
    let mut found = false;
    for (number, raw) in (1..).zip(text.split_inclusive('\n')) {
        let known = (!raw.trim().is_empty()).then(|| serde_json::from_str::<OwnQuery>(raw));
        match known.transpose().map_err(|error| format!("its line {number} cannot be read: {error}"))? {
            Some(known) if known.id == query.id => {
                found = true;
                push(&mut out, known, passage, grade)?;
            }
            _ => out.push_str(raw),
        }
    }
    if !found {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        push(&mut out, query.clone(), passage, grade)?;
    }
    Ok(out.into_bytes())
}

fn push(out: &mut String, mut query: OwnQuery, passage: &str, grade: Option<Grade>) -> Result<(), String> {
    match grade {
        Some(grade) => query.judgments.insert(passage.to_owned(), grade),
        None => query.judgments.remove(passage),
    };
    let line = serde_json::to_string(&query).map_err(|error| error.to_string())?;
    out.push_str(&line);
    out.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_id() {
        assert_eq!(id_of("late  refund "), id_of("late refund"));
        assert_ne!(id_of("late refund"), id_of("late refunds"));
        assert_eq!(id_of("x").len(), 12);
    }

    #[test]
    fn judgments_come_and_go_and_other_lines_stay() {
        let one = amended(b"", &OwnQuery::of("a\u{2028}b"), "d1", Some(2)).unwrap();
        let two = amended(&one, &OwnQuery::of("other"), "d1", Some(0)).unwrap();
        let both = parse(&two).unwrap();
        assert_eq!((both[0].judgments["d1"], both[1].judgments["d1"]), (2, 0));
        assert!(two.starts_with(&one));
        let gone = parse(&amended(&two, &OwnQuery::of("other"), "d1", None).unwrap()).unwrap();
        assert_eq!((gone.len(), gone[1].judgments.len()), (2, 0));
        assert!(amended(b"{\n", &OwnQuery::of("other"), "d1", None).unwrap_err().contains("line 1"));
        assert_eq!(parse(b"\n{}").unwrap_err().0, 2);
    }
}
