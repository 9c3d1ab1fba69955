//! A row as a record: id, title, text, language, document, by the names that its fields have. Rows of
//! JSON here; of tables in `table`, of TREC's documents in `sgml`.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::{Error, Result};

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Id,
    Title,
    Text,
    Language,
    /// The document that a passage is of.
    Document,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Id, Self::Title, Self::Text, Self::Language, Self::Document];

    /// As in `--fields` and in rankscope.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Text => "text",
            Self::Language => "lang",
            Self::Document => "document",
        }
    }
}

/// One row, by role; `None`: it has no such field, or the field is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) values: [Option<String>; 5],
}

impl Record {
    pub(super) fn set(&mut self, role: Role, value: String) {
        self.values[role as usize] = Some(value);
    }

    pub(super) fn get(&self, role: Role) -> Option<&str> {
        self.values[role as usize].as_deref()
    }

    pub(super) fn take(&mut self, role: Role) -> Option<String> {
        self.values[role as usize].take()
    }
}

/// The names that fields of a role may have, the first one that a row has counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNames([Vec<String>; 5]);

impl FieldNames {
    /// What passages' fields are called where nothing is said.
    pub fn of_passages() -> Self {
        Self(
            [
                &["_id", "id", "docid", "docno", "pid", "passage_id", "chunk_id", "doc_id"][..],
                &["title", "headline", "heading"],
                &["text", "contents", "content", "body", "passage", "segment"],
                &["lang", "language"],
                &["doc_id", "document_id", "document"],
            ]
            .map(owned),
        )
    }

    /// What queries' fields are called where nothing is said.
    pub fn of_queries() -> Self {
        Self(
            [
                &["_id", "id", "qid", "query_id", "query-id", "num"][..],
                &[],
                &["text", "query", "title", "question"],
                &["lang", "language"],
                &[],
            ]
            .map(owned),
        )
    }

    /// Says what a role's field is called; nothing else is looked for then.
    pub fn set(&mut self, role: Role, name: &str) {
        self.0[role as usize] = vec![name.to_owned()];
    }

    /// Lays `id=docno,text=body` over these names.
    ///
    /// # Errors
    /// When it is not written like that, or names a role that does not exist.
    pub fn lay_over(&mut self, written: &str) -> Result<()> {
        for pair in written.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let role = |name: &str| Role::ALL.into_iter().find(|role| role.name() == name.trim());
            match pair.split_once('=').map(|(name, field)| (role(name), field.trim())) {
                Some((Some(role), field)) if !field.is_empty() => self.set(role, field),
                _ => {
                    return Err(Error::usage(format!("field {pair:?}: it is written ROLE=NAME")).advise(
                        "the roles are id, title, text, lang and document: --fields id=docno,text=body",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The names of a role.
    pub fn of(&self, role: Role) -> &[String] {
        &self.0[role as usize]
    }

    /// The roles that a field of this name may have, each with its place among the role's names.
    fn places<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (Role, usize)> + 'a {
        let place = move |role: Role| Some((role, self.of(role).iter().position(|other| other == name)?));
        Role::ALL.into_iter().filter_map(place)
    }

    /// For a header: which column is of which role.
    pub(super) fn columns(&self, header: &[&str]) -> [Option<usize>; 5] {
        Role::ALL.map(|role| {
            let place = |name: &String| header.iter().position(|column| column.eq_ignore_ascii_case(name));
            self.of(role).iter().find_map(place)
        })
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Reads a row of JSON: an object, of which only the named fields are looked at.
pub(super) fn from_json(text: &str, names: &FieldNames) -> Result<Record, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let record = Row(names).deserialize(&mut json).and_then(|record| json.end().map(|()| record));
    record.map_err(|error| json_fault(&error))
}

/// The fault without serde's position in the one-line text, which would be read as a line of the file.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let fault = text.rsplit_once(" at line ").map_or(text.as_str(), |(fault, _)| fault);
    match error.classify() {
        serde_json::error::Category::Data => fault.to_owned(),
        _ => format!("not valid JSON at column {}: {fault}", error.column()),
    }
}

/// The row of an object whose fields have these names.
struct Row<'a>(&'a FieldNames);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Record;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Record, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object {..} in every line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut record = Record::default();
        let mut best = [usize::MAX; 5];
        while let Some(key) = map.next_key_seed(Key(self.0))? {
            let Some((name, places)) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value_seed(Cell)?;
            for (role, place) in places.into_iter().flatten() {
                if place < best[role as usize] {
                    let value = value.clone().into_text(role, &name).map_err(de::Error::custom)?;
                    if value.is_some() {
                        best[role as usize] = place;
                        record.values[role as usize] = value;
                    }
                }
            }
        }
        Ok(record)
    }
}

/// A key that is one of the names: the key, and the roles that it may have.
struct Key<'a>(&'a FieldNames);

type Places = [Option<(Role, usize)>; 2];

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<(String, Places)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<(String, Places)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let mut places = self.0.places(key);
        let places: Places = [places.next(), places.next()];
        Ok(places[0].is_some().then(|| (key.to_owned(), places)))
    }
}

/// A field's value.
#[derive(Clone)]
enum Value {
    Text(String),
    Whole(String),
    Number(String),
    Nothing,
    Other(&'static str),
}

impl Value {
    fn into_text(self, role: Role, name: &str) -> Result<Option<String>, String> {
        match (self, role) {
            (Self::Text(text) | Self::Whole(text), _) => Ok(Some(text)),
            (Self::Nothing, _) => Ok(None),
            (Self::Number(number), Role::Id | Role::Document) => {
                Err(format!("field `{name}` is {number}: an id is text or a whole number"))
            }
            (Self::Number(number), _) => Ok(Some(number)),
            (Self::Other(kind), _) => Err(format!("field `{name}` is {kind} where text is expected")),
        }
    }
}

struct Cell;

impl<'de> DeserializeSeed<'de> for Cell {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other("true or false"))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(text: &str) -> Result<Record, String> {
        from_json(text, &FieldNames::of_passages())
    }

    #[test]
    fn fields_are_found_by_any_of_their_names_and_others_are_ignored() {
        let record =
            passage(r#"{"x": [1, {"y": 2}], "docid": 7, "contents": "t", "language": "ja"}"#).unwrap();
        assert_eq!((record.get(Role::Id), record.get(Role::Text)), (Some("7"), Some("t")));
        assert_eq!((record.get(Role::Language), record.get(Role::Title)), (Some("ja"), None));
    }

    /// Trap: taking the last field that fits, so that the order of a row's fields decides.
    #[test]
    fn the_first_name_counts_whatever_the_order_in_the_row() {
        for text in [r#"{"id": "a", "_id": "b", "text": ""}"#, r#"{"_id": "b", "id": "a", "text": ""}"#] {
            assert_eq!(passage(text).unwrap().get(Role::Id), Some("b"));
        }
        let record = passage(r#"{"_id": null, "id": "a", "title": null}"#).unwrap();
        assert_eq!((record.get(Role::Id), record.get(Role::Title)), (Some("a"), None));
    }

    #[test]
    fn a_document_id_is_an_id_where_there_is_no_other() {
        let record = passage(r#"{"doc_id": "d", "text": "x"}"#).unwrap();
        assert_eq!((record.get(Role::Id), record.get(Role::Document)), (Some("d"), Some("d")));
        let record = passage(r#"{"doc_id": "d", "id": "d#1", "text": "x"}"#).unwrap();
        assert_eq!((record.get(Role::Id), record.get(Role::Document)), (Some("d#1"), Some("d")));
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(
            passage(r#"{"text": ["a"]}"#).unwrap_err(),
            "field `text` is a list where text is expected"
        );
        assert!(passage(r#"{"_id": 1.5}"#).unwrap_err().contains("an id is text or a whole number"));
        assert!(passage("[1]").unwrap_err().contains("an object {..} in every line"));
        assert!(passage(r#"{"_id": "a"} {}"#).unwrap_err().contains("not valid JSON at column 14"));
    }

    #[test]
    fn names_are_laid_over_the_defaults() {
        let mut names = FieldNames::of_passages();
        names.lay_over("id=docno, text=body").unwrap();
        let record = from_json(r#"{"id": "no", "docno": "yes", "text": "no", "body": "b"}"#, &names).unwrap();
        assert_eq!((record.get(Role::Id), record.get(Role::Text)), (Some("yes"), Some("b")));
        for wrong in ["id", "colour=red", "id="] {
            assert!(names.lay_over(wrong).is_err(), "{wrong}");
        }
    }
}
