//! What is looked for in a collection, how serious it is, and what to do about it.

use std::collections::HashMap;

use serde::Serialize;

use super::{LONG, PassageFacts, is_gold};
use crate::corpus::{Collection, JudgedPassage};
use crate::domain::{DocIdx, Grade, QueryIdx};

/// Places that a check keeps; the others are counted.
const EXAMPLES: usize = 1_000;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Numbers are wrong, or a passage cannot be found by anything.
    Wrong,
    /// Worth a look; numbers may mean something else than one thinks.
    Odd,
}

/// What is looked for, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    UnreadableRows,
    DanglingPassages,
    DanglingQueries,
    EmptyPassages,
    LostCharacters,
    QueriesWithoutGold,
    Mojibake,
    ControlCharacters,
    DuplicatePassages,
    NearDuplicates,
    UnjudgedTwins,
    RepeatedQueries,
    TruncatedPassages,
    LongPassages,
    UnjudgedQueries,
}

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

impl CheckKind {
    pub const ALL: [Self; 15] = [
        Self::UnreadableRows,
        Self::DanglingPassages,
        Self::DanglingQueries,
        Self::EmptyPassages,
        Self::LostCharacters,
        Self::QueriesWithoutGold,
        Self::Mojibake,
        Self::ControlCharacters,
        Self::DuplicatePassages,
        Self::NearDuplicates,
        Self::UnjudgedTwins,
        Self::RepeatedQueries,
        Self::TruncatedPassages,
        Self::LongPassages,
        Self::UnjudgedQueries,
    ];

    pub fn severity(self) -> Severity {
        match self {
            Self::UnreadableRows
            | Self::DanglingPassages
            | Self::DanglingQueries
            | Self::EmptyPassages
            | Self::LostCharacters => Severity::Wrong,
            _ => Severity::Odd,
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnreadableRows => "unreadable_rows",
            Self::DanglingPassages => "dangling_passages",
            Self::DanglingQueries => "dangling_queries",
            Self::EmptyPassages => "empty_passages",
            Self::LostCharacters => "lost_characters",
            Self::QueriesWithoutGold => "queries_without_gold",
            Self::Mojibake => "mojibake",
            Self::ControlCharacters => "control_characters",
            Self::DuplicatePassages => "duplicate_passages",
            Self::NearDuplicates => "near_duplicates",
            Self::UnjudgedTwins => "unjudged_twins",
            Self::RepeatedQueries => "repeated_queries",
            Self::TruncatedPassages => "truncated_passages",
            Self::LongPassages => "long_passages",
            Self::UnjudgedQueries => "unjudged_queries",
        }
    }

    /// What was found, to be read after its count: `3 passages without any text`.
    pub fn words(self, count: usize) -> &'static str {
        let one = count == 1;
        match self {
            Self::UnreadableRows if one => "row that cannot be read",
            Self::UnreadableRows => "rows that cannot be read",
            Self::DanglingPassages if one => "judgment of a passage that is not in the corpus",
            Self::DanglingPassages => "judgments of passages that are not in the corpus",
            Self::DanglingQueries if one => "judgment of a query that is not in the queries file",
            Self::DanglingQueries => "judgments of queries that are not in the queries file",
            Self::EmptyPassages if one => "passage without a letter or digit",
            Self::EmptyPassages => "passages without a letter or digit",
            Self::LostCharacters if one => "text with characters lost in decoding (U+FFFD)",
            Self::LostCharacters => "texts with characters lost in decoding (U+FFFD)",
            Self::QueriesWithoutGold if one => "judged query without a relevant passage",
            Self::QueriesWithoutGold => "judged queries without a relevant passage",
            Self::Mojibake if one => "text that looks like UTF-8 read in another encoding",
            Self::Mojibake => "texts that look like UTF-8 read in another encoding",
            Self::ControlCharacters if one => "text with control characters",
            Self::ControlCharacters => "texts with control characters",
            Self::DuplicatePassages if one => "passage with the text of an earlier one",
            Self::DuplicatePassages => "passages with the text of an earlier one",
            Self::NearDuplicates if one => "passage with nearly the text of an earlier one",
            Self::NearDuplicates => "passages with nearly the text of an earlier one",
            Self::UnjudgedTwins if one => "unjudged passage with the text of a gold, or nearly",
            Self::UnjudgedTwins => "unjudged passages with the text of a gold, or nearly",
            Self::RepeatedQueries if one => "query with the text of an earlier one",
            Self::RepeatedQueries => "queries with the text of an earlier one",
            Self::TruncatedPassages if one => "passage that the model does not read to its end",
            Self::TruncatedPassages => "passages that the model does not read to their end",
            Self::LongPassages if one => "passage of more than 4,000 characters",
            Self::LongPassages => "passages of more than 4,000 characters",
            Self::UnjudgedQueries if one => "query without judgments",
            Self::UnjudgedQueries => "queries without judgments",
        }
    }

    /// What it does to the numbers, and what to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::UnreadableRows => {
                "mend the lines: without them every metric is of a smaller corpus than it says"
            }
            Self::DanglingPassages => {
                "add the passages, or take the judgments out: they count in recall and nothing can find them"
            }
            Self::DanglingQueries => "add the queries, or take the judgments out: they are in no number",
            Self::EmptyPassages => "give them a text, or take them out: no leg can find them",
            Self::LostCharacters => "read the source again in its own encoding: these characters are gone",
            Self::QueriesWithoutGold => {
                "judge a passage, or take the query out: it counts 0 in every mean, whatever the settings"
            }
            Self::Mojibake => "read the source as UTF-8: words in it match nothing that is typed",
            Self::ControlCharacters => "take them out: they split words and upset tools that read the file",
            Self::DuplicatePassages | Self::NearDuplicates => {
                "keep one: copies crowd others out of the candidate set"
            }
            Self::UnjudgedTwins => "judge them as the gold is: whoever finds the copy is marked down for it",
            Self::RepeatedQueries => "keep one, with the judgments of both: it counts twice in every mean",
            Self::TruncatedPassages => {
                "cut them into shorter passages: what is behind the limit is not found"
            }
            Self::LongPassages => {
                "cut them into shorter passages: most models read no more than a few hundred words"
            }
            Self::UnjudgedQueries => "judge them, or know that they are in no metric",
        }
    }
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
        let all = match kind {
            CheckKind::UnreadableRows => self.unreadable(),
            CheckKind::DanglingPassages => self.dangling_passages(),
            CheckKind::DanglingQueries => self.dangling_queries(),
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

    fn unreadable(&self) -> Vec<Example> {
        let rows = self.collection.left_out.bad_rows.iter();
        rows.map(|row| Example {
            what: format!("{}:{}", row.file.display(), row.line),
            detail: row.fault.clone(),
        })
        .collect()
    }

    fn dangling_passages(&self) -> Vec<Example> {
        let judgments = self.collection.queries.iter().zip(&self.collection.judgments);
        judgments
            .flat_map(|(query, judgments)| judgments.iter().map(move |judgment| (query, judgment)))
            .filter_map(|(query, judgment)| match &judgment.passage {
                JudgedPassage::Missing(id) if judgment.grade >= 0 => Some(Example {
                    what: id.clone(),
                    detail: format!("judged {} for {}", judgment.grade, query.id),
                }),
                _ => None,
            })
            .collect()
    }

    fn dangling_queries(&self) -> Vec<Example> {
        let ids = self.collection.left_out.unknown_queries.iter();
        ids.map(|id| Example { what: id.clone(), detail: String::new() }).collect()
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

    /// Members of a gold's group that are not judged for that gold's query.
    fn twins(&self) -> Vec<Example> {
        let first = |doc: DocIdx| self.passages[doc.index()].repeats.map_or(doc, |repeats| repeats.of);
        let mut groups: HashMap<DocIdx, Vec<DocIdx>> = HashMap::new();
        for (at, facts) in (0u32..).zip(self.passages) {
            if facts.repeats.is_some() {
                let group = groups.entry(first(DocIdx(at))).or_insert_with(|| vec![first(DocIdx(at))]);
                group.push(DocIdx(at));
            }
        }
        let mut twins = Vec::new();
        for query in self.collection.judged_queries() {
            let judgments = self.collection.judgments(query);
            let mut seen: Vec<DocIdx> = Vec::new();
            for judgment in judgments.iter().filter(|judgment| is_gold(judgment.grade, self.rel_level)) {
                let JudgedPassage::Known(gold) = judgment.passage else { continue };
                for &twin in groups.get(&first(gold)).into_iter().flatten() {
                    let known = JudgedPassage::Known(twin);
                    if twin == gold || seen.contains(&twin) || judgments.iter().any(|j| j.passage == known) {
                        continue;
                    }
                    seen.push(twin);
                    twins.push(Example {
                        what: self.collection.passage(twin).id.clone(),
                        detail: format!(
                            "as {}, gold for {}",
                            self.collection.passage(gold).id,
                            self.collection.query(query).id
                        ),
                    });
                }
            }
        }
        twins
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
