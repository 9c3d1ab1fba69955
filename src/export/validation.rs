//! The report on a collection as text for a person and as JSON. Text from files is made harmless before it
//! is written for a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::corpus::Collection;
use crate::error::{Error, Result};
use crate::text::visible;
use crate::validate::{Check, CheckKind, Example, JudgedShare, Severity, Share, Spread, Validation};

/// Places of a finding that are named in text; JSON has them all.
const NAMED: usize = 3;

/// Languages and scripts that are named in text.
const KINDS: usize = 12;

/// The whole report. `model` names whose tokens were counted; `not_counted` says why they were not.
pub fn text(validation: &Validation, collection: &Collection, model: Result<&str, &str>) -> String {
    let judged = &validation.judged;
    let mut out = format!(
        "{} · {} passages · {} queries · {} judgments\n",
        visible(&collection.name),
        collection.passages.len(),
        judged.queries,
        judged.judgments
    );
    for severity in [Severity::Wrong, Severity::Odd] {
        let found = validation.checks.iter().filter(|check| check.kind.severity() == severity);
        for (nth, check) in found.enumerate() {
            if nth == 0 {
                out.push_str(match severity {
                    Severity::Wrong => "\nwrong\n",
                    Severity::Odd => "\nworth a look\n",
                });
            }
            finding(&mut out, check);
        }
    }
    if validation.checks.is_empty() {
        out.push_str("\nnothing is wrong or odd\n");
    }
    out.push('\n');
    let _ = writeln!(out, "characters  {}", spread(&validation.characters));
    match (&validation.tokens, model) {
        (Some(tokens), Ok(model)) => {
            let _ = writeln!(out, "tokens      {}, to {}", spread(tokens), visible(model));
        }
        (_, Err(why)) => {
            let _ = writeln!(out, "tokens      not counted: {}", visible(why));
        }
        (None, Ok(_)) => {}
    }
    shares(&mut out, "languages", &validation.languages);
    shares(&mut out, "scripts", &validation.scripts);
    judgments(&mut out, judged, collection.passages.len());
    out
}

fn finding(out: &mut String, check: &Check) {
    let mark = if check.kind.severity() == Severity::Wrong { "✗" } else { "·" };
    let _ = writeln!(out, "{mark} {} {}", check.count, check.kind.words(check.count));
    for Example { what, detail } in check.examples.iter().take(NAMED) {
        let detail = if detail.is_empty() { String::new() } else { format!("  {}", visible(detail)) };
        let _ = writeln!(out, "    {}{detail}", visible(what));
    }
    if check.count > NAMED {
        let _ = writeln!(out, "    and {} more", check.count - NAMED);
    }
    let _ = writeln!(out, "  {}", check.kind.advice());
}

fn spread(spread: &Spread) -> String {
    let Spread { min, p50, p95, max } = spread;
    format!("{min} to {max}, half of the passages up to {p50}, 95 % up to {p95}")
}

fn shares(out: &mut String, what: &str, shares: &[Share]) {
    let named = shares.iter().take(KINDS).map(|share| {
        let queries =
            if share.queries > 0 { format!(" (+ {} queries)", share.queries) } else { String::new() };
        format!("{} {}{queries}", visible(&share.name), share.passages)
    });
    let more = shares.len().saturating_sub(KINDS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let _ = writeln!(out, "{what:<11} {}{more}", named.collect::<Vec<_>>().join(", "));
}

fn judgments(out: &mut String, judged: &JudgedShare, passages: usize) {
    if judged.judged_queries == 0 {
        out.push_str("judged      no query: lists can be looked at, metrics and fates need judgments\n");
        return;
    }
    let (all, what, known, gold) = match judged.by_document {
        Some(share) => (share.documents, "documents", share.judged, share.gold),
        None => (passages, "passages", judged.judged_passages, judged.gold_passages),
    };
    let _ = writeln!(
        out,
        "judged      {} of {} queries, {} to {} golds each (half up to {}); {known} of {all} {what} judged, {gold} \
         of them gold",
        judged.judged_queries, judged.queries, judged.golds.min, judged.golds.max, judged.golds.p50,
    );
    if judged.not_relevant == 0 {
        out.push_str(
            "            no judgment says \"not relevant\": what is not gold is unjudged, and may be relevant\n",
        );
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    collection: CollectionPart<'a>,
    wrong: bool,
    checks: Vec<CheckPart<'a>>,
    characters: Spread,
    /// `null` where tokens were not counted.
    tokens: Option<Tokens<'a>>,
    languages: &'a [Share],
    scripts: &'a [Share],
    judged: &'a JudgedShare,
}

#[derive(Serialize)]
struct CollectionPart<'a> {
    name: &'a str,
    passages: usize,
    queries: usize,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct CheckPart<'a> {
    name: CheckKind,
    severity: Severity,
    count: usize,
    /// `3 passages without a letter or digit`.
    words: String,
    advice: &'static str,
    /// The first 1,000.
    examples: &'a [Example],
}

#[derive(Serialize)]
struct Tokens<'a> {
    model: &'a str,
    #[serde(flatten)]
    spread: Spread,
}

/// One line of JSON, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(validation: &Validation, collection: &Collection, model: Result<&str, &str>) -> Result<String> {
    let report = Report {
        schema: 1,
        collection: CollectionPart {
            name: &collection.name,
            passages: collection.passages.len(),
            queries: collection.queries.len(),
            fingerprint: &collection.fingerprint,
        },
        wrong: validation.is_wrong(),
        checks: validation
            .checks
            .iter()
            .map(|check| CheckPart {
                name: check.kind,
                severity: check.kind.severity(),
                count: check.count,
                words: format!("{} {}", check.count, check.kind.words(check.count)),
                advice: check.kind.advice(),
                examples: &check.examples,
            })
            .collect(),
        characters: validation.characters,
        tokens: validation.tokens.zip(model.ok()).map(|(spread, model)| Tokens { model, spread }),
        languages: &validation.languages,
        scripts: &validation.scripts,
        judged: &validation.judged,
    };
    let text = serde_json::to_string(&report).map_err(|e| Error::bug(format!("JSON: {e}")))?;
    Ok(text + "\n")
}
