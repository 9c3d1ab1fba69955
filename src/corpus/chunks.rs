//! In: a Markdown file or a plain text. Out: its passages: a section under a heading each, long ones cut
//! into pieces that overlap. Pure.
//!
//! A passage's id is `path#heading-n`: the heading as a link to it is written, and the piece's number
//! within its section. So an edit changes the ids of its own section at most. Text before the first
//! heading, and text without headings, has `path#n`.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, MetadataBlockKind, Options, Parser, Tag, TagEnd};

/// How long texts are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunking {
    /// Characters of a passage at most.
    pub size: usize,
    /// Characters at the end of a piece with which the next one begins again.
    pub overlap: usize,
}

impl Default for Chunking {
    fn default() -> Self {
        Self { size: 1200, overlap: 150 }
    }
}

impl Chunking {
    /// # Errors
    /// When a size is 0, or the overlap leaves nothing new.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self { size: 0, .. } => Err("chunk-size is 0: it is characters, from 1".to_owned()),
            Self { size, overlap } if overlap * 2 > size => {
                Err(format!("chunk-overlap {overlap} is more than half of chunk-size {size}"))
            }
            _ => Ok(()),
        }
    }
}

/// One passage of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Behind the `#`.
    pub(super) id: String,
    /// The headings above it, outermost first, with ` > ` between; of front matter the title.
    pub(super) title: String,
    pub(super) text: String,
}

/// The passages of a Markdown text, and the language that its front matter names.
pub(super) fn markdown(text: &str, chunking: Chunking) -> (Vec<Chunk>, Option<String>) {
    let mut sections = Sections { slugs: HashMap::new(), above: Vec::new(), chunks: Vec::new(), chunking };
    let mut language = None;
    // Where the text of the section under way begins, and the heading being read: its level and words.
    let mut begin = 0;
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut front_matter = false;
    let mut depth = 0usize;
    let mut section = Section::default();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter()
    {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) => front_matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => {
                front_matter = false;
                begin = range.end;
            }
            Event::Text(words) if front_matter => {
                if let Some(title) = front_matter_value(&words, "title") {
                    section.title.clone_from(&title);
                    sections.above.push((HeadingLevel::H1, title));
                }
                language = ["lang", "language"].iter().find_map(|key| front_matter_value(&words, key));
            }
            // A heading inside a quotation or a list is a part of that.
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                sections.add(&section, &text[begin..range.start]);
                heading = Some((level, String::new()));
            }
            Event::End(TagEnd::Heading(_)) if heading.is_some() => {
                if let Some((level, words)) = heading.take() {
                    section = sections.open(level, words.trim());
                }
                begin = range.end;
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    sections.add(&section, &text[begin.min(text.len())..]);
    (sections.chunks, language)
}

/// The passages of a text without headings. `numbered` pieces of it came before.
pub(super) fn plain(text: &str, title: &str, chunking: Chunking, numbered: usize) -> Vec<Chunk> {
    let pieces = pieces(text, chunking).into_iter();
    let chunk = |(at, range): (usize, Range<usize>)| Chunk {
        id: at.to_string(),
        title: title.to_owned(),
        text: text[range].to_owned(),
    };
    (numbered + 1..).zip(pieces).map(chunk).collect()
}

/// `key: value` of front matter, without quotes.
fn front_matter_value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let value = line.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[derive(Default)]
struct Section {
    slug: String,
    title: String,
}

struct Sections {
    /// How often a slug has come.
    slugs: HashMap<String, usize>,
    /// The headings above, outermost first.
    above: Vec<(HeadingLevel, String)>,
    chunks: Vec<Chunk>,
    chunking: Chunking,
}

impl Sections {
    /// Begins the section under a heading.
    fn open(&mut self, level: HeadingLevel, words: &str) -> Section {
        let title_of_front_matter = |above: &[(HeadingLevel, String)]| {
            above.first().is_some_and(|(first, title)| *first == level && title == words)
        };
        if !title_of_front_matter(&self.above) {
            self.above.retain(|(other, _)| *other < level);
            self.above.push((level, words.to_owned()));
        } else {
            self.above.truncate(1);
        }
        let slug = slug(words);
        let times = self.slugs.entry(slug.clone()).or_insert(0);
        *times += 1;
        let slug = if *times > 1 { format!("{slug}.{times}") } else { slug };
        let titles: Vec<&str> = self.above.iter().map(|(_, title)| title.as_str()).collect();
        Section { slug, title: titles.join(" > ") }
    }

    fn add(&mut self, section: &Section, text: &str) {
        for (number, range) in (1..).zip(pieces(text, self.chunking)) {
            let id = match section.slug.as_str() {
                "" => number.to_string(),
                slug => format!("{slug}-{number}"),
            };
            self.chunks.push(Chunk { id, title: section.title.clone(), text: text[range].to_owned() });
        }
    }
}

/// As links to headings are written: letters and digits of any script in lower case, hyphens for spaces,
/// nothing else.
fn slug(heading: &str) -> String {
    let mut slug = String::new();
    for c in heading.trim().chars() {
        match c {
            ' ' | '-' => slug.push('-'),
            '_' => slug.push('_'),
            c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    if slug.is_empty() { "section".to_owned() } else { slug }
}

/// A text cut into pieces, best at the end of a paragraph, else of a line, a sentence, a word; none where
/// there is nothing but space.
fn pieces(text: &str, chunking: Chunking) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    loop {
        start += text[start..].len() - text[start..].trim_start().len();
        if start == text.len() {
            return pieces;
        }
        let rest = &text[start..];
        let Some((limit, _)) = rest.char_indices().nth(chunking.size) else {
            pieces.push(start..start + rest.trim_end().len());
            return pieces;
        };
        let end = start + cut(&rest[..limit]);
        let piece = start..start + text[start..end].trim_end().len();
        let covered = pieces.last().map_or(0, |piece: &Range<usize>| piece.end);
        if piece.end <= covered {
            // The overlap alone fills a piece.
            start = covered;
            continue;
        }
        pieces.push(piece);
        if text[end..].trim().is_empty() {
            return pieces;
        }
        start = begin_again(text, start, end, chunking.overlap);
    }
}

/// Where a text that is too long is best cut: in its second half, else at its end.
fn cut(text: &str) -> usize {
    let half = text.len() / 2;
    let after_last = |pattern: &str| text.rfind(pattern).map(|at| at + pattern.len()).filter(|&at| at > half);
    let sentence = || {
        let ends = [". ", "! ", "? ", "。", "！", "？", "।", "؟ "].into_iter();
        ends.filter_map(after_last).max()
    };
    let word = || text.rfind(char::is_whitespace).filter(|&at| at > half);
    after_last("\n\n").or_else(|| after_last("\n")).or_else(sentence).or_else(word).unwrap_or(text.len())
}

/// Where the piece after the one from `start` to `end` begins: `overlap` characters before its end, at a
/// word's beginning where there is one.
fn begin_again(text: &str, start: usize, end: usize, overlap: usize) -> usize {
    let piece = &text[start..end];
    let Some((at, _)) = overlap.checked_sub(1).and_then(|back| piece.char_indices().nth_back(back)) else {
        return end;
    };
    let tail = &piece[at..];
    let word = match piece[..at].ends_with(char::is_whitespace) {
        true => Some(0),
        false => tail.char_indices().find(|(_, c)| c.is_whitespace()).map(|(at, c)| at + c.len_utf8()),
    };
    // In scripts without spaces there is no word's beginning to be seen.
    let begin = start + at + word.filter(|&word| !tail[word..].trim().is_empty()).unwrap_or(0);
    if begin > start { begin } else { end }
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
