//! What is looked for in a collection, how serious it is, and what to do about it, in words. Nothing is
//! looked for here.

use serde::Serialize;

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
            Self::DanglingPassages if one => "judgment of a passage or document that is not in the corpus",
            Self::DanglingPassages => "judgments of passages or documents that are not in the corpus",
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
            Self::UnjudgedTwins if one => "unjudged copy of a gold, or nearly",
            Self::UnjudgedTwins => "unjudged copies of a gold, or nearly",
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
                "add them, or take the judgments out: they count in recall and nothing can find them"
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
