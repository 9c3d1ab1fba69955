//! The second stage as a plan: which rerankers score, how deep, one after the other or together.
//!
//! ```text
//! plan  = "none" | stage { ">" stage }          a cascade: each stage re-scores the top of the one before
//! stage = part { "+" part } [ "@" depth ]       an ensemble: normalised scores, added
//! part  = name [ "*" weight ]
//! ```
//!
//! A plan is plain data with one spelling: what is written is what is read. Which names there are stands
//! in [`super::rerankers`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::rerankers::{self, FASTEMBED, RERANKERS, RerankerKind};

/// The stages in the order in which they run; none: the first stage's list is delivered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SecondStage {
    pub stages: Vec<Stage>,
}

/// One re-scoring of the top of the list before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// One: its own scores order the passages. Several: their scores, normalised over the passages that
    /// are scored, times the weights, added.
    pub parts: Vec<Part>,
    /// How many passages of the list before are re-scored, at most N; `None` means N. Those below keep
    /// their places.
    pub depth: Option<usize>,
}

/// One reranker's share in a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// A name of [`RERANKERS`] (for what was written by its id on the hub too), a service with its model, a
    /// folder, or `run:FILE`.
    pub name: String,
    /// Above 0.
    pub weight: f64,
}

impl SecondStage {
    /// No second stage.
    pub fn none() -> Self {
        Self::default()
    }

    /// One reranker over the whole candidate set.
    pub fn of(name: &str) -> Self {
        let part = Part { name: name.to_owned(), weight: 1.0 };
        Self { stages: vec![Stage { parts: vec![part], depth: None }] }
    }

    /// Another engine's reranked lists, as a TREC run.
    pub fn of_run(file: &std::path::Path) -> Self {
        Self::of(&format!("run:{}", file.display()))
    }

    pub fn late_interaction() -> Self {
        Self::of("late-interaction")
    }

    pub fn is_none(&self) -> bool {
        self.stages.is_empty()
    }

    /// The plan as it is written.
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Every reranker in it, once, in the order in which they are wanted.
    pub fn rerankers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in self.stages.iter().flat_map(|stage| &stage.parts) {
            if !names.contains(&part.name.as_str()) {
                names.push(&part.name);
            }
        }
        names
    }

    /// Whether any part needs the token vectors of the embedding model.
    pub fn needs_embedding(&self) -> bool {
        self.rerankers().into_iter().any(rerankers::is_embedding_model)
    }

    /// How many of `candidates` each stage re-scores, in order.
    pub fn depths(&self, candidates: usize) -> Vec<usize> {
        self.stages.iter().map(|stage| stage.depth.unwrap_or(candidates).min(candidates)).collect()
    }
}

impl fmt::Display for SecondStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("none");
        }
        for (at, stage) in self.stages.iter().enumerate() {
            write!(f, "{}{stage}", if at > 0 { " > " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            write!(f, "{}{}", if at > 0 { "+" } else { "" }, part.name)?;
            if part.weight != 1.0 {
                write!(f, "*{}", part.weight)?;
            }
        }
        self.depth.map_or(Ok(()), |depth| write!(f, "@{depth}"))
    }
}

impl FromStr for SecondStage {
    type Err = String;

    /// # Errors
    /// A sentence that says which part of the plan is wrong and what it may be.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self::none());
        }
        let stages: Vec<Stage> = text.split('>').map(stage).collect::<Result<_, _>>()?;
        for pair in stages.windows(2) {
            let deeper = |depth: Option<usize>| depth.unwrap_or(usize::MAX);
            if deeper(pair[1].depth) > deeper(pair[0].depth) {
                return Err(format!(
                    "{} re-scores more passages than {} before it has scored: a stage re-scores the top of the \
                     one before, so give it a depth such as @20",
                    pair[1], pair[0]
                ));
            }
        }
        Ok(Self { stages })
    }
}

fn stage(text: &str) -> Result<Stage, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("a second stage without a name; {}", known()));
    }
    // A URL may have an @ of its own: a depth is the last one, with digits alone after it.
    let (parts, depth) = match text.rsplit_once('@') {
        Some((parts, depth)) if depth.chars().all(|c| c.is_ascii_digit()) => {
            let number = depth.parse::<usize>().ok().filter(|&depth| depth > 0);
            let wrong = || format!("\"@{depth}\" in \"{text}\": a depth is a whole number from 1");
            (parts, Some(number.ok_or_else(wrong)?))
        }
        _ => (text, None),
    };
    let parts: Vec<Part> = parts.split('+').map(part).collect::<Result<_, _>>()?;
    for (at, part) in parts.iter().enumerate() {
        if parts.iter().take(at).any(|other| other.name == part.name) {
            return Err(format!("{} is in \"{text}\" twice: give it one weight", part.name));
        }
    }
    Ok(Stage { parts, depth })
}

fn part(text: &str) -> Result<Part, String> {
    let text = text.trim();
    let (name, weight) = match text.rsplit_once('*') {
        None => (text, 1.0),
        Some((name, weight)) => {
            let number = weight.trim().parse::<f64>().ok().filter(|w| w.is_finite() && *w > 0.0);
            let wrong = || format!("\"*{weight}\" in \"{text}\": a weight is a number above 0");
            (name.trim(), number.ok_or_else(wrong)?)
        }
    };
    match name {
        "" => Err(format!("a part of the second stage has no name; {}", known())),
        "none" => Err("\"none\" stands alone: it is no part of a second stage".to_owned()),
        "fastembed" => Err(fastembed("")),
        _ if rerankers::of_fastembed(name).is_some_and(|of| !is_fastembeds(of)) => {
            Err(fastembed(rerankers::of_fastembed(name).unwrap_or_default()))
        }
        _ if rerankers::card(name).is_some()
            || rerankers::is_folder(name)
            || rerankers::run_file(name).is_some() =>
        {
            Ok(Part { name: rerankers::own_name(name).to_owned(), weight })
        }
        _ => Err(format!("no reranker is called \"{name}\"; {}", known())),
    }
}

/// Whether fastembed can be told to run it.
fn is_fastembeds(name: &str) -> bool {
    rerankers::fastembed_card(name).is_some() || rerankers::is_path(name)
}

fn fastembed(name: &str) -> String {
    let fetched: Vec<&str> = FASTEMBED.iter().map(|(_, name)| *name).collect();
    format!(
        "fastembed:{name} names no model; fastembed:NAME takes {} (which it fetches), another cross-encoder \
         that `rankscope models pull` has fetched, or a folder",
        fetched.join(", ")
    )
}

/// Every name, for a message.
fn known() -> String {
    let of = |kind| {
        let cards = RERANKERS.iter().filter(move |card| (card.kind == RerankerKind::Service) == kind);
        cards
            .map(|card| if card.name == "fastembed" { "fastembed:NAME" } else { card.name })
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "there are none, {}, a folder with model.onnx and tokenizer.json, run:FILE, and the services {} (each with :MODEL \
         or :URL)",
        of(false),
        of(true)
    )
}

impl Serialize for SecondStage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecondStage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> SecondStage {
        text.parse().unwrap()
    }

    fn fault(text: &str) -> String {
        text.parse::<SecondStage>().unwrap_err()
    }

    #[test]
    fn a_plan_reads_as_it_is_written() {
        for text in [
            "none",
            "late-interaction",
            "cross-encoder",
            "late-interaction+cross-encoder",
            "late-interaction*0.7+cross-encoder*0.3",
            "late-interaction@1000 > bge-reranker-v2-m3@100",
            "late-interaction > late-interaction*0.5+cross-encoder@20 > cohere:rerank-v3.5@5",
            "url:https://user@host:8080/v1/rerank?a=b@30",
            "tei:http://127.0.0.1:8080",
            "./models/mine",
            "late-interaction > fastembed:BAAI/bge-reranker-base@20",
            "fastembed:./models/mine",
        ] {
            assert_eq!(read(text).to_string(), text);
            let json = serde_json::to_string(&read(text)).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<SecondStage>(&json).unwrap(), read(text));
        }
        assert_eq!(
            read(" late-interaction @50>cross-encoder @ 20 ".replace("@ 20", "@20").as_str()).to_string(),
            "late-interaction@50 > cross-encoder@20"
        );
    }

    /// Trap: two names of one model for two rerankers, or a hub's id for a folder.
    #[test]
    fn a_model_of_the_table_has_one_name() {
        assert_eq!(
            read("baai/bge-reranker-v2-m3@50 > mixedbread-ai/mxbai-rerank-base-v1@20").to_string(),
            "bge-reranker-v2-m3@50 > mxbai-rerank-base-v1@20"
        );
        assert!(fault("BAAI/bge-reranker-base+bge-reranker-base").contains("twice"));
        assert_eq!(read("./BAAI/bge-reranker-base").name(), "./BAAI/bge-reranker-base");
        assert_eq!(read("vllm:BAAI/bge-reranker-base").name(), "vllm:BAAI/bge-reranker-base");
    }

    /// Trap: an @ or a : inside a URL taken for a depth or for the end of a name.
    #[test]
    fn a_url_stays_whole() {
        let plan = read("url:https://user@host:8080/v1/rerank@30");
        assert_eq!(plan.stages[0].parts[0].name, "url:https://user@host:8080/v1/rerank");
        assert_eq!(plan.stages[0].depth, Some(30));
    }

    #[test]
    fn mistakes_say_what_is_wrong_and_what_there_is() {
        for (text, said) in [
            ("", "without a name"),
            ("late-interaction > ", "without a name"),
            ("late-interaction+", "has no name"),
            ("late", "no reranker is called \"late\""),
            ("late", "bge-reranker-v2-m3"),
            ("late", "cohere"),
            ("fastembed", "bge-reranker-base"),
            ("fastembed:", "names no model"),
            ("fastembed:colbertv2.0", "names no model"),
            ("none+cross-encoder", "stands alone"),
            ("cross-encoder@0", "from 1"),
            ("cross-encoder*0", "above 0"),
            ("cross-encoder*NaN", "above 0"),
            ("cross-encoder*-1", "above 0"),
            ("cross-encoder+cross-encoder*2", "twice"),
            ("late-interaction@20 > cross-encoder@50", "re-scores more"),
            ("late-interaction@20 > cross-encoder", "re-scores more"),
        ] {
            assert!(fault(text).contains(said), "{text}: {}", fault(text));
        }
    }

    #[test]
    fn depths_stay_within_the_candidate_set() {
        assert_eq!(read("late-interaction@100 > cross-encoder@20").depths(50), [50, 20]);
        assert_eq!(read("late-interaction").depths(50), [50]);
        assert!(read("none").depths(50).is_empty());
        assert_eq!(read("late-interaction > late-interaction+cross-encoder@9").rerankers().len(), 2);
    }

    fn plans() -> impl Strategy<Value = SecondStage> {
        let part = (0..RERANKERS.len(), prop_oneof![Just(1.0), 0.01f64..9.0]).prop_map(|(at, weight)| {
            let card = RERANKERS[at];
            let model = match card.name {
                "fastembed" => ":BAAI/bge-reranker-base",
                _ if card.kind == RerankerKind::Service => ":model-1",
                _ => "",
            };
            Part { name: format!("{}{model}", card.name), weight }
        });
        let parts = prop::collection::vec(part, 1..4).prop_map(|mut parts| {
            parts.sort_by(|a, b| a.name.cmp(&b.name));
            parts.dedup_by(|a, b| a.name == b.name);
            parts
        });
        let stage = (parts, prop::option::of(1usize..2000));
        prop::collection::vec(stage, 0..4).prop_map(|stages| {
            let mut depth = None;
            let stages = stages.into_iter().map(|(parts, next)| {
                depth = match (depth, next) {
                    (Some(a), Some(b)) => Some(std::cmp::min::<usize>(a, b)),
                    (a, b) => a.or(b),
                };
                Stage { parts, depth }
            });
            SecondStage { stages: stages.collect() }
        })
    }

    proptest! {
        #[test]
        fn any_plan_survives_writing_and_reading(plan in plans()) {
            prop_assert_eq!(read(&plan.to_string()), plan);
        }

        #[test]
        fn no_text_makes_the_reader_fail_otherwise_than_by_saying_so(text in "\\PC{0,40}") {
            if let Ok(plan) = text.parse::<SecondStage>() {
                prop_assert_eq!(read(&plan.to_string()), plan);
            }
        }
    }
}
