//! TREC's own files: documents between `<DOC>` and `</DOC>`, topics between `<top>` and `</top>`.
//!
//! They look like XML and are not: end tags are left out, `&` stands bare, a file has no root. So tags are
//! looked for, and everything else is text. Memory holds one document.

use super::record::{FieldNames, Record, Role};
use super::rows::{Rows, text, too_long};
use super::source::{Line, MAX_LINE, Source};
use crate::error::Result;

/// What a block of a file is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Doc,
    Top,
}

impl Block {
    /// The names of its tags.
    fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Doc => &["doc"],
            Self::Top => &["top", "topic"],
        }
    }

    /// Which block begins first in a text; `None`: the text does not begin with one.
    pub(super) fn of(head: &str) -> Option<Self> {
        let mut rest = head.trim_start();
        // A declaration, comments and one element around everything may stand before.
        while rest.starts_with("<?") || rest.starts_with("<!") || is_root(rest) {
            rest = rest.split_once('>')?.1.trim_start();
        }
        let name = tag_name(rest)?;
        [Self::Doc, Self::Top].into_iter().find(|block| block.tags().contains(&name.as_str()))
    }
}

fn is_root(text: &str) -> bool {
    tag_name(text).is_some_and(|name| matches!(name.as_str(), "topics" | "docs" | "root" | "xml" | "file"))
}

/// The name of the tag that the text begins with, in lower case; `None`: it begins with none.
fn tag_name(text: &str) -> Option<String> {
    let name = text.strip_prefix('<')?;
    let end = name.find(|c: char| c == '>' || c == '/' || c.is_whitespace())?;
    (end > 0).then(|| name[..end].to_ascii_lowercase())
}

/// Reads the blocks of a file; `take` gets the line where one begins.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(
    source: &mut Source<'_>,
    block: Block,
    names: &FieldNames,
    rows: &mut Rows,
    mut take: impl FnMut(usize, Record) -> Result<(), String>,
) -> Result<()> {
    let mut open: Option<(usize, String, String)> = None;
    source.for_each_line(|number, line| {
        let mut rest = match line {
            Line::TooLong => return rows.fault(number, too_long()),
            Line::Text(bytes) => match text(bytes) {
                Ok(line) => line,
                Err(fault) => return rows.fault(number, fault),
            },
        };
        loop {
            let (begin, content, end_tag) = match &mut open {
                Some(open) => (open.0, &mut open.1, &open.2),
                None => {
                    let Some((attributes, name, after)) = begins(rest, block) else { return };
                    open = Some((number, attributes, format!("</{name}>")));
                    rest = after;
                    continue;
                }
            };
            let Some(end) = find_ignoring_case(rest, end_tag) else {
                if content.len() + rest.len() > MAX_LINE {
                    rows.fault(begin, format!("{end_tag} is missing after {} MiB", MAX_LINE >> 20));
                    open = None;
                    return;
                }
                content.push('\n');
                content.push_str(rest);
                return;
            };
            content.push('\n');
            content.push_str(&rest[..end]);
            rest = &rest[end + end_tag.len()..];
            rows.keep(begin, take(begin, record(content, block, names)));
            open = None;
        }
    })?;
    if let Some((begin, _, end_tag)) = open {
        rows.fault(begin, format!("{end_tag} is missing"));
    }
    Ok(())
}

/// Where a block begins in a line: its attributes as elements, its name, and what follows.
fn begins(line: &str, block: Block) -> Option<(String, &'static str, &str)> {
    let mut from = 0;
    while let Some(at) = line[from..].find('<').map(|at| at + from) {
        let tag = &line[at..];
        let name = tag_name(tag);
        let known = block.tags().iter().find(|&&known| name.as_deref() == Some(known));
        if let (Some(&name), Some(end)) = (known, tag.find('>')) {
            let attributes = &tag[1 + name.len()..end];
            return Some((attributes_as_elements(attributes), name, &tag[end + 1..]));
        }
        from = at + 1;
    }
    None
}

/// `id="7"` as `<id>7`: some collections have the id there.
fn attributes_as_elements(attributes: &str) -> String {
    let mut elements = String::new();
    let mut rest = attributes;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| "\"'".contains(*c));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        elements.push_str(&format!("<{}>{value}\n", name.trim()));
        rest = left;
    }
    elements
}

fn find_ignoring_case(text: &str, tag: &str) -> Option<usize> {
    let tag = tag.as_bytes();
    text.as_bytes().windows(tag.len()).position(|window| window.eq_ignore_ascii_case(tag))
}

/// Elements whose text is a document's, where none is named.
const DOC_TEXT: &[&str] = &["text", "body", "contents", "content"];
const DOC_TITLE: &[&str] = &["title", "headline", "head", "hl", "ti"];
const DOC_ID: &[&str] = &["docno", "id", "docid"];
const TOPIC_ID: &[&str] = &["num", "number", "id"];
const TOPIC_TEXT: &[&str] = &["title", "query", "question", "text"];

/// The block's elements by role. A name that was set goes before those usual in TREC's files.
fn record(block_text: &str, block: Block, names: &FieldNames) -> Record {
    let (usual, defaults): ([&[&str]; 3], _) = match block {
        Block::Doc => ([DOC_ID, DOC_TITLE, DOC_TEXT], FieldNames::of_passages()),
        Block::Top => ([TOPIC_ID, &[], TOPIC_TEXT], FieldNames::of_queries()),
    };
    let elements = elements(block_text);
    let mut record = Record::default();
    for role in Role::ALL {
        let asked: Vec<&str> = match (names.of(role) == defaults.of(role), role) {
            (false, _) => names.of(role).iter().map(String::as_str).collect(),
            (true, Role::Id) => usual[0].to_vec(),
            (true, Role::Title) => usual[1].to_vec(),
            (true, Role::Text) => usual[2].to_vec(),
            (true, _) => names.of(role).iter().map(String::as_str).collect(),
        };
        let found = asked.iter().find_map(|name| {
            let mut texts = Vec::new();
            // A text may come in several elements of one name.
            for (element, text) in &elements {
                if element.eq_ignore_ascii_case(name) && !text.is_empty() {
                    texts.push(text.as_str());
                }
            }
            (!texts.is_empty()).then(|| texts.join("\n"))
        });
        if let Some(value) = found {
            record.set(role, if block == Block::Top { without_label(&value, role) } else { value });
        }
    }
    if block == Block::Doc && record.get(Role::Text).is_none() {
        let named =
            |element: &str| DOC_ID.iter().chain(DOC_TITLE).any(|name| element.eq_ignore_ascii_case(name));
        let rest: Vec<&str> =
            elements.iter().filter(|(element, _)| !named(element)).map(|(_, text)| text.as_str()).collect();
        record.set(Role::Text, rest.join("\n").trim().to_owned());
    }
    record
}

/// TREC's topics write `Number: 301` and `Description: ..` into their elements.
fn without_label(text: &str, role: Role) -> String {
    let labels: &[&str] = match role {
        Role::Id => &["number:", "num:"],
        _ => &["topic:", "description:", "narrative:", "title:"],
    };
    let has = |label: &&&str| text.get(..label.len()).is_some_and(|head| head.eq_ignore_ascii_case(label));
    let text = labels.iter().find(has).map_or(text, |label| &text[label.len()..]);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The elements in their order, each with the text up to the next element that is not inside it by
/// name: tags inside a text (`<p>`) are dropped, and their text stays.
fn elements(block: &str) -> Vec<(String, String)> {
    let mut elements: Vec<(String, String)> = Vec::new();
    let mut current: Option<(String, String)> = None;
    // What has an end tag keeps what is inside; what has none ends at the next tag.
    let closes = |name: &str, rest: &str| find_ignoring_case(rest, &format!("</{name}>")).is_some();
    let mut rest = block;
    let mut closed = true;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        if let Some((_, text)) = &mut current {
            text.push_str(before);
        }
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let end_tag = tag.strip_prefix("</");
        let name = match end_tag {
            Some(name) => name.split('>').next().map(|name| name.trim().to_ascii_lowercase()),
            None => tag_name(tag),
        };
        let is_tag = |name: &String| name.starts_with(|c: char| c.is_ascii_alphabetic());
        let (Some(name), Some(end)) = (name.filter(is_tag), tag.find('>')) else {
            // A bare less-than sign.
            if let Some((_, text)) = &mut current {
                text.push('<');
            }
            rest = &tag[1..];
            continue;
        };
        rest = &tag[end + 1..];
        let inside = current.as_ref().filter(|_| closed).map(|(name, _)| name.clone());
        match (inside, end_tag) {
            (Some(open), Some(_)) if open == name => elements.extend(current.take()),
            // A tag inside: a word must not grow together with the next one.
            (Some(_), _) => {
                if let Some((_, text)) = &mut current {
                    text.push(' ');
                }
            }
            (None, Some(_)) => elements.extend(current.take()),
            (None, None) => {
                elements.extend(current.take());
                closed = closes(&name, rest);
                current = Some((name, String::new()));
            }
        }
    }
    if let Some((_, text)) = &mut current {
        text.push_str(rest);
    }
    elements.extend(current);
    elements.into_iter().map(|(name, text)| (name, plain(&text))).collect()
}

/// Entities as what they mean, and no space at the ends.
fn plain(text: &str) -> String {
    if !text.contains('&') {
        return text.trim().to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let end = after.bytes().take(9).position(|byte| byte == b';');
        match end.and_then(|end| Some((entity_char(&after[..end])?, &after[end + 1..]))) {
            Some((c, left)) => {
                plain.push(c);
                rest = left;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

fn entity_char(name: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" | "AMP" => Some('&'),
        "lt" | "LT" => Some('<'),
        "gt" | "GT" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
            Some(digits) => number(digits, 16),
            None => number(name.strip_prefix('#')?, 10),
        },
    }
}

#[cfg(test)]
#[path = "sgml_tests.rs"]
mod tests;
