//! The checks themselves: from a collection and the facts of its passages to the places where something is
//! wrong or odd.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::{CheckKind, LONG, PassageFacts, is_gold};
use crate::corpus::{Collection, DocumentIdx, Documents, JudgedPassage, Noted};
use crate::domain::{DocIdx, Grade, QueryIdx};

/// Places that a check keeps; the others are counted.
const EXAMPLES: usize = 1_000;

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub kind: CheckKind,
    /// How many there are; `examples` holds the first of them.
    pub count: usize,
    pub examples: Vec<Example>,
}

/// One place where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The passage's or query's id, or file and line.
    pub what: String,
    /// What is there, in a few words; may be empty.
    pub detail: String,
}

/// What the checks look at.
pub(super) struct Found<'a> {
    pub collection: &'a Collection,
    pub passages: &'a [PassageFacts],
    pub rel_level: Grade,
}

impl Found<'_> {
    /// Every check that found something.
    pub(super) fn checks(&self) -> Vec<Check> {
        CheckKind::ALL.into_iter().filter_map(|kind| self.check(kind)).collect()
    }

    fn check(&self, kind: CheckKind) -> Option<Check> {
        let left_out = &self.collection.left_out;
        let all = match kind {
            CheckKind::UnreadableRows => {
                return noted(kind, &left_out.bad_rows, |row| Example {
                    what: format!("{}:{}", row.file.display(), row.line),
                    detail: row.fault.clone(),
                });
            }
            CheckKind::DanglingPassages => self.dangling_passages(),
            CheckKind::DanglingQueries => {
                return noted(kind, &left_out.unknown_queries, |id| Example {
                    what: id.clone(),
                    detail: String::new(),
                });
            }
            CheckKind::EmptyPassages => self.passages_with(|facts, text| {
                (facts.script.is_none() && !text.chars().any(char::is_alphanumeric)).then(String::new)
            }),
            CheckKind::LostCharacters => self.texts_with(|encoding| {
                (encoding.replaced > 0).then(|| format!("{} lost", encoding.replaced))
            }),
            CheckKind::Mojibake => self.texts_with(|encoding| {
                encoding.mojibake.as_ref().map(|(seen, was)| format!("{seen} was probably {was}"))
            }),
            CheckKind::ControlCharacters => {
                self.texts_with(|encoding| (encoding.controls > 0).then(|| encoding.controls.to_string()))
            }
            CheckKind::QueriesWithoutGold => self.queries_with(|query| {
                let judged = self.collection.judgments(query);
                let of_use = judged.iter().any(|judgment| judgment.grade >= 0);
                (of_use && !judged.iter().any(|j| is_gold(j.grade, self.rel_level))).then(String::new)
            }),
            CheckKind::UnjudgedQueries => self.unjudged_queries(),
            CheckKind::DuplicatePassages => self.repeating(|similarity| similarity >= 1.0),
            CheckKind::NearDuplicates => self.repeating(|similarity| similarity < 1.0),
            CheckKind::UnjudgedTwins => self.twins(),
            CheckKind::RepeatedQueries => self.repeated_queries(),
            CheckKind::TruncatedPassages => self.passages_with(|facts, _| {
                let tokens = facts.tokens.filter(|tokens| tokens.truncated)?;
                Some(format!("{} tokens", tokens.count))
            }),
            // Where tokens are known they say it better.
            CheckKind::LongPassages => self.passages_with(|facts, _| {
                let long = facts.tokens.is_none() && facts.characters > LONG;
                long.then(|| format!("{} characters", facts.characters))
            }),
        };
        let count = all.len();
        (count > 0).then(|| Check { kind, count, examples: all.into_iter().take(EXAMPLES).collect() })
    }

    fn dangling_passages(&self) -> Vec<Example> {
        let no_document = match self.collection.judged_documents() {
            Some(_) => ", as a document: no passage is of it",
            None => "",
        };
        let judgments = self.collection.queries.iter().zip(&self.collection.judgments);
        judgments
            .flat_map(|(query, judgments)| judgments.iter().map(move |judgment| (query, judgment)))
            .filter_map(|(query, judgment)| match &judgment.passage {
                JudgedPassage::Missing(id) if judgment.grade >= 0 => Some(Example {
                    what: id.clone(),
                    detail: format!("judged {} for {}{no_document}", judgment.grade, query.id),
                }),
                _ => None,
            })
            .collect()
    }

    fn passages_with(&self, detail: impl Fn(&PassageFacts, &str) -> Option<String>) -> Vec<Example> {
        self.passages
            .iter()
            .zip(self.collection.passages.iter())
            .filter_map(|(facts, passage)| {
                let detail = detail(facts, &passage.indexed_text())?;
                Some(Example { what: passage.id.clone(), detail })
            })
            .collect()
    }

    fn queries_with(&self, detail: impl Fn(QueryIdx) -> Option<String>) -> Vec<Example> {
        (0u32..)
            .zip(&self.collection.queries)
            .filter_map(|(at, query)| Some(Example { what: query.id.clone(), detail: detail(QueryIdx(at))? }))
            .collect()
    }

    /// Passages and queries.
    fn texts_with(&self, detail: impl Fn(&super::Encoding) -> Option<String>) -> Vec<Example> {
        let mut all = self.passages_with(|facts, _| detail(&facts.encoding));
        let of_query = |query: QueryIdx| detail(&super::Encoding::of(&self.collection.query(query).text));
        all.extend(self.queries_with(of_query));
        all
    }

    /// Only where others are judged: a collection without judgments is told so elsewhere.
    fn unjudged_queries(&self) -> Vec<Example> {
        if self.collection.judged_queries().next().is_none() {
            return Vec::new();
        }
        self.queries_with(|query| {
            let judged = self.collection.judgments(query).iter().any(|judgment| judgment.grade >= 0);
            (!judged).then(String::new)
        })
    }

    fn repeating(&self, wanted: impl Fn(f64) -> bool) -> Vec<Example> {
        self.passages_with(|facts, _| {
            let repeats = facts.repeats.filter(|repeats| wanted(repeats.similarity))?;
            let first = &self.collection.passage(repeats.of).id;
            Some(match repeats.similarity >= 1.0 {
                true => format!("as {first}"),
                false => format!("{:.0} % as {first}", repeats.similarity * 100.0),
            })
        })
    }

    /// What says the same as a gold and is not judged for that gold's query.
    fn twins(&self) -> Vec<Example> {
        let copies = Copies::of(self.passages);
        let mut twins = Vec::new();
        for query in self.collection.judged_queries() {
            let judgments = self.collection.judgments(query);
            let mut seen: HashSet<JudgedPassage> =
                judgments.iter().map(|judgment| judgment.passage.clone()).collect();
            for judgment in judgments.iter().filter(|judgment| is_gold(judgment.grade, self.rel_level)) {
                let twins_of_gold: Vec<JudgedPassage> =
                    match (&judgment.passage, self.collection.judged_documents()) {
                        (&JudgedPassage::Known(gold), _) => {
                            copies.of_passage(gold).iter().map(|&twin| JudgedPassage::Known(twin)).collect()
                        }
                        (&JudgedPassage::Document(gold), Some(documents)) => {
                            copies.of_document(gold, documents).map(JudgedPassage::Document).collect()
                        }
                        _ => continue,
                    };
                for twin in twins_of_gold {
                    if seen.insert(twin.clone()) {
                        let (gold, query) = (self.id(&judgment.passage), &self.collection.query(query).id);
                        let detail = format!("as {gold}, gold for {query}");
                        twins.push(Example { what: self.id(&twin).to_owned(), detail });
                    }
                }
            }
        }
        twins
    }

    fn id<'a>(&'a self, judged: &'a JudgedPassage) -> &'a str {
        match (judged, self.collection.judged_documents()) {
            (JudgedPassage::Known(doc), _) => &self.collection.passage(*doc).id,
            (JudgedPassage::Document(document), Some(documents)) => documents.id(*document),
            (JudgedPassage::Missing(id), _) => id,
            (JudgedPassage::Document(_), None) => "",
        }
    }

    fn repeated_queries(&self) -> Vec<Example> {
        let mut first: HashMap<String, &str> = HashMap::new();
        let mut repeated = Vec::new();
        for query in &self.collection.queries {
            let plain = query.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            match first.get(&plain) {
                Some(id) => {
                    repeated.push(Example { what: query.id.clone(), detail: format!("as {id}") });
                }
                None => {
                    first.insert(plain, &query.id);
                }
            }
        }
        repeated
    }
}

/// What was counted while the files were read.
fn noted<T>(kind: CheckKind, all: &Noted<T>, example: impl Fn(&T) -> Example) -> Option<Check> {
    let examples = all.first.iter().take(EXAMPLES).map(example).collect();
    (all.count > 0).then_some(Check { kind, count: all.count, examples })
}

/// The passages in groups of those that say the same, or nearly.
struct Copies<'a> {
    passages: &'a [PassageFacts],
    /// By the first of a group.
    groups: HashMap<DocIdx, Vec<DocIdx>>,
}

impl<'a> Copies<'a> {
    fn of(passages: &'a [PassageFacts]) -> Self {
        let mut groups: HashMap<DocIdx, Vec<DocIdx>> = HashMap::new();
        for (at, facts) in (0u32..).zip(passages) {
            if let Some(repeats) = facts.repeats {
                groups.entry(repeats.of).or_insert_with(|| vec![repeats.of]).push(DocIdx(at));
            }
        }
        Self { passages, groups }
    }

    /// The passage and those that say the same; nothing where no other does.
    fn of_passage(&self, doc: DocIdx) -> &[DocIdx] {
        let first = self.passages[doc.index()].repeats.map_or(doc, |repeats| repeats.of);
        self.groups.get(&first).map_or(&[], Vec::as_slice)
    }

    /// Documents that say all that a document says. One passage in common (a notice, an address) makes no
    /// twin.
    fn of_document(&self, document: DocumentIdx, documents: &Documents) -> impl Iterator<Item = DocumentIdx> {
        let with_copy = |&doc: &DocIdx| -> BTreeSet<DocumentIdx> {
            self.of_passage(doc).iter().map(|&copy| documents.of(copy)).collect()
        };
        let each = documents.passages(document).iter().map(with_copy);
        each.reduce(|all, one| &all & &one).unwrap_or_default().into_iter()
    }
}
