//! Reads an answer: one score for each text that was sent, joined by `index`.
//!
//! In: the body of an answer with status 200, and how many texts were sent. Out: their scores in the order
//! in which they were sent, and what was billed. Services return the best first, so the order of items says
//! nothing. An answer that does not have exactly one finite score for each text is refused whole: where one
//! index is wrong, no other can be trusted.

use serde_json::{Map, Value};

use super::cost::Amount;
use super::service::Shape;
use crate::domain::Score;

/// A good answer.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub scores: Vec<Score>,
    /// `None` where the answer does not say.
    pub billed: Option<Amount>,
}

/// Reads `body`, the answer to `sent` texts.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the service's name.
pub(super) fn read(shape: Shape, body: &[u8], sent: usize) -> Result<Answer, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("sent an empty answer".to_owned());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| not_json(body, &error))?;
    let items = items(shape, &value)?;
    let mut scores: Vec<Option<Score>> = vec![None; sent];
    for (nth, item) in items.iter().enumerate() {
        let (index, score) = item_of(shape, item).map_err(|fault| format!("item {} {fault}", nth + 1))?;
        let place = usize::try_from(index).ok().and_then(|index| scores.get_mut(index));
        let place =
            place.ok_or_else(|| format!("scored index {index}, but {sent} texts were sent, from 0"))?;
        if place.replace(score).is_some() {
            return Err(format!("scored index {index} twice"));
        }
    }
    let missing = scores.iter().filter(|score| score.is_none()).count();
    let first = scores.iter().position(Option::is_none);
    match (scores.into_iter().collect::<Option<Vec<Score>>>(), first) {
        (Some(scores), _) => Ok(Answer { scores, billed: billed(&value) }),
        (None, first) => Err(format!(
            "scored {} of {sent} texts; index {} is the first that is missing",
            sent - missing,
            first.unwrap_or_default()
        )),
    }
}

fn not_json(body: &[u8], error: &serde_json::Error) -> String {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    if body.get(start) == Some(&b'<') {
        return "sent a web page instead of JSON; is the URL that of the service?".to_owned();
    }
    if error.is_eof() {
        return format!("sent an answer that breaks off after {} bytes", body.len());
    }
    if has_no_number(body, error) {
        return "sent a score that is not a number (NaN or infinite)".to_owned();
    }
    format!("sent an answer that is not valid JSON ({error})")
}

/// Whether reading stopped at `NaN` or `Infinity`, which some servers write though JSON has no such word.
fn has_no_number(body: &[u8], error: &serde_json::Error) -> bool {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => body
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(line - 2)
            .map_or(0, |(at, _)| at + 1),
    };
    let at = line_start + error.column().saturating_sub(2);
    let around = body.get(at..body.len().min(at + 10)).unwrap_or_default();
    ["NaN", "Infinity", "-Infinity"].iter().any(|word| {
        let shown = String::from_utf8_lossy(around);
        shown.starts_with(word) || shown.get(1..).is_some_and(|rest| rest.starts_with(word))
    }) || error.to_string().contains("number out of range")
}

fn items(shape: Shape, value: &Value) -> Result<&Vec<Value>, String> {
    if shape == Shape::Tei {
        return value
            .as_array()
            .ok_or_else(|| format!("sent {} where a list of scores belongs", kind(value)));
    }
    let names: &[&str] = match shape {
        Shape::Voyage | Shape::Mixedbread => &["data"],
        Shape::CohereLike => &["results", "data"],
        _ => &["results"],
    };
    let found = names.iter().find_map(|name| value.get(*name));
    let Some(found) = found else {
        return Err(format!("sent an answer without the field \"{}\"", names.join("\" or \"")));
    };
    found
        .as_array()
        .ok_or_else(|| format!("sent {} as \"{}\" where a list belongs", kind(found), names.join("/")))
}

fn item_of(shape: Shape, item: &Value) -> Result<(u64, Score), String> {
    let item = item.as_object().ok_or_else(|| format!("is {}, not an object", kind(item)))?;
    let index = item.get("index").ok_or("has no \"index\"")?;
    let index = index.as_u64().ok_or_else(|| format!("has {} as \"index\"", kind(index)))?;
    let name = match shape {
        Shape::Mixedbread | Shape::Tei => "score",
        Shape::CohereLike if !item.contains_key("relevance_score") => "score",
        _ => "relevance_score",
    };
    Ok((index, score(item, name)?))
}

fn score(item: &Map<String, Value>, name: &str) -> Result<Score, String> {
    let value = item.get(name).ok_or_else(|| format!("has no \"{name}\""))?;
    let number = value.as_f64().ok_or_else(|| format!("has {} as \"{name}\"", kind(value)))?;
    let score = number as Score;
    if score.is_finite() { Ok(score) } else { Err(format!("has a \"{name}\" that is no finite number")) }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.as_u64().is_none() => "a number below 0 or with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `meta.billed_units` (Cohere, LiteLLM) or `usage` (Voyage, Jina, Mixedbread, vLLM, Infinity). Counts are
/// written as whole or as decimal numbers.
fn billed(value: &Value) -> Option<Amount> {
    let units = value.pointer("/meta/billed_units");
    let search_units = units.and_then(|units| count(units, "search_units"));
    let tokens = value
        .get("usage")
        .and_then(|usage| count(usage, "total_tokens"))
        .or_else(|| units.and_then(|units| count(units, "total_tokens").or(count(units, "input_tokens"))));
    if search_units.is_none() && tokens.is_none() {
        return None;
    }
    let tokens = tokens.unwrap_or_default().round() as u64;
    Some(Amount { search_units: search_units.unwrap_or_default(), tokens })
}

fn count(value: &Value, name: &str) -> Option<f64> {
    value.get(name)?.as_f64().filter(|count| count.is_finite() && *count >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohere(body: &str, sent: usize) -> Result<Answer, String> {
        read(Shape::Cohere, body.as_bytes(), sent)
    }

    /// Trap: taking the order of items for the order of texts.
    #[test]
    fn scores_are_joined_by_index() {
        let body = r#"{"results": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.5},
            {"index": 1, "relevance_score": 0.1}], "meta": {"billed_units": {"search_units": 1.0}}}"#;
        let answer = cohere(body, 3).unwrap();
        assert_eq!(answer.scores, [0.5, 0.1, 0.9]);
        assert_eq!(answer.billed, Some(Amount { search_units: 1.0, tokens: 0 }));
    }

    #[test]
    fn each_shape_has_its_own_names() {
        let voyage =
            br#"{"object":"list","data":[{"index":0,"relevance_score":0.7}],"usage":{"total_tokens":26}}"#;
        let answer = read(Shape::Voyage, voyage, 1).unwrap();
        assert_eq!(
            answer,
            Answer { scores: vec![0.7], billed: Some(Amount { search_units: 0.0, tokens: 26 }) }
        );
        let mixedbread =
            br#"{"data":[{"index":0,"score":0.7,"object":"rank_result"}],"usage":{"total_tokens":9}}"#;
        assert_eq!(read(Shape::Mixedbread, mixedbread, 1).unwrap().scores, [0.7]);
        let tei = br#"[{"index":1,"score":-3.5},{"index":0,"score":2}]"#;
        assert_eq!(read(Shape::Tei, tei, 2).unwrap(), Answer { scores: vec![2.0, -3.5], billed: None });
        assert!(read(Shape::Voyage, tei, 2).unwrap_err().contains("\"data\""));
        let like = br#"{"data":[{"index":0,"score":1}]}"#;
        assert_eq!(read(Shape::CohereLike, like, 1).unwrap().scores, [1.0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (body, fault) in [
            ("", "empty answer"),
            (" \n", "empty answer"),
            ("<html><title>502</title>", "web page"),
            (r#"{"results": [{"index": 0, "relev"#, "breaks off after 32 bytes"),
            (r#"{"results": [{"index": 0, "relevance_score": NaN}]}"#, "not a number"),
            ("{\"results\": [{\"index\": 0,\n \"relevance_score\": Infinity}]}", "not a number"),
            (r#"{"results": [{"index": 0, "relevance_score": -Infinity}]}"#, "not a number"),
            (r#"{"results": [{"index": 0, "relevance_score": 1e999}]}"#, "not a number"),
            (r#"{"results": [{"index": 0, "relevance_score": 1e300}]}"#, "no finite number"),
            (r#"{"results": [{"index": 0, "relevance_score": "0.5"}]}"#, "a string as \"relevance_score\""),
            (r#"{"results": [{"index": 0, "relevance_score": null}]}"#, "null as \"relevance_score\""),
            (r#"{"results": [{"index": 0, "score": 0.5}]}"#, "no \"relevance_score\""),
            (r#"{"results": [{"relevance_score": 0.5}]}"#, "item 1 has no \"index\""),
            (r#"{"results": [{"index": "0", "relevance_score": 0.5}]}"#, "a string as \"index\""),
            (r#"{"results": [{"index": -1, "relevance_score": 0.5}]}"#, "below 0"),
            (r#"{"results": [{"index": 0.5, "relevance_score": 0.5}]}"#, "fraction"),
            (
                r#"{"results": [{"index": 2, "relevance_score": 0.5}]}"#,
                "scored index 2, but 2 texts were sent",
            ),
            (
                r#"{"results": [{"index": 0, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.5}]}"#,
                "index 0 twice",
            ),
            (r#"{"results": [{"index": 0, "relevance_score": 0.5}]}"#, "1 of 2 texts; index 1"),
            (r#"{"results": []}"#, "0 of 2 texts; index 0"),
            (r#"{"results": [0.5, 0.2]}"#, "item 1 is a number"),
            (r#"{"results": {"0": 0.5}}"#, "an object as \"results\""),
            (r#"{"message": "hello"}"#, "without the field \"results\""),
            ("[]", "without the field \"results\""),
            ("nonsense", "not valid JSON"),
        ] {
            let error = cohere(body, 2).unwrap_err();
            assert!(error.contains(fault), "{body}: {error}");
        }
    }

    #[test]
    fn counts_come_as_decimals_too() {
        let body = r#"{"results": [], "meta": {"billed_units": {"search_units": 2, "input_tokens": 12.0}}}"#;
        assert_eq!(cohere(body, 0).unwrap().billed, Some(Amount { search_units: 2.0, tokens: 12 }));
        assert_eq!(cohere(r#"{"results": [], "usage": {"total_tokens": -5}}"#, 0).unwrap().billed, None);
    }
}
