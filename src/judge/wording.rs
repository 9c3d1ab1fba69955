//! In: a verdict's numbers. Out: the sentences that say it to a person. It decides nothing.

use super::metrics::Metrics;
use super::verdict::{Class, Comparison, Evidence, Verdict};

/// Below this, a metric's gain would be written as +.00, so another is named, or none.
const VISIBLE: f64 = 0.005;

/// The whole verdict in one sentence.
pub(super) fn sentence(verdict: &Verdict) -> String {
    let evidence = &verdict.evidence;
    let (Some(first), Some(ceiling), Some(_)) = (evidence.first, evidence.ceiling, evidence.capped_recall)
    else {
        return match evidence.queries {
            0 => "not enough evidence: no query is judged".to_owned(),
            _ => "not enough evidence: no judged query has a relevant passage".to_owned(),
        };
    };
    if evidence.queries < evidence.min_queries {
        return format!("not enough evidence: {}", too_few(evidence.queries, evidence.min_queries));
    }
    let recall = format!("recall@{} {}", evidence.candidates, decimal(first.recall));
    if verdict.class == Class::FixFirstStage {
        return fix_first(verdict, &recall);
    }
    let reranker = match (&evidence.reranker, verdict.reranker_class) {
        (Some(name), Some(class)) => reranker_clause(name, class, evidence),
        _ => format!(
            "no reranker ran; a perfect one would bring P@5 from {} to {}",
            decimal(first.precision5),
            decimal(ceiling.precision5)
        ),
    };
    // P@5 is low only against what the same candidates allow: one gold per query caps it at .20.
    let compared = evidence.comparison.map_or((first, ceiling), |both| (both.first, both.ceiling));
    let low = match verdict.class {
        Class::RerankPays if compared.1.precision5 - compared.0.precision5 >= VISIBLE => {
            format!(" but low (P@5 {})", decimal(compared.0.precision5))
        }
        _ => String::new(),
    };
    format!("the gold is there ({recall}){low}: {reranker}")
}

fn fix_first(verdict: &Verdict, recall: &str) -> String {
    let evidence = &verdict.evidence;
    let capped = evidence.capped_recall.unwrap_or(0.0);
    let plain = evidence.first.map_or(0.0, |first| first.recall);
    // Said only where N is smaller than what there is to find, or some query has no gold.
    let of_possible = if (capped - plain).abs() >= VISIBLE {
        format!(", {} of what N can hold", decimal(capped))
    } else {
        String::new()
    };
    let mut sentence = format!("the gold is not there ({recall}{of_possible}): fix the first stage first");
    if let Some(worst) = evidence.losses.first() {
        let share = percent(worst.share);
        sentence += &format!("; {share} of the lost golds {}", worst.fate.words());
    }
    if let Some(advice) = verdict.advice.first() {
        sentence += &format!("; {} would bring {} to {}", advice.change, advice.metric, decimal(advice.to));
    }
    if let (Some(name), Some(class)) = (&evidence.reranker, verdict.reranker_class) {
        sentence += &format!("; on what is there, {}", reranker_clause(name, class, evidence));
    }
    sentence
}

/// What the reranker does, after "the gold is there:".
fn reranker_clause(name: &str, class: Class, evidence: &Evidence) -> String {
    let Some(comparison) = &evidence.comparison else {
        return format!("no query is wholly reranked by {name} yet");
    };
    if comparison.queries < evidence.min_queries {
        return format!("{name}: {}", too_few_reranked(comparison.queries, evidence));
    }
    match class {
        Class::RerankPays => format!("reranking pays, {}", gain(comparison)),
        Class::RerankerHurts => format!("{name} makes the list worse, {}", difference(comparison)),
        Class::RerankAddsLittle => format!("{name} adds little, {}", difference(comparison)),
        Class::NotEnoughEvidence | Class::FixFirstStage if comparison.has_more_holes() => format!(
            "{name} cannot be judged, it lifts unjudged passages (Judged@10 {} → {})",
            decimal(comparison.judged10_first),
            decimal(comparison.judged10_reranked)
        ),
        Class::NotEnoughEvidence | Class::FixFirstStage => {
            format!("what {name} does is not certain, {}", difference(comparison))
        }
    }
}

/// The gain in P@5; in nDCG@10 where P@5 does not show it.
fn gain(comparison: &Comparison) -> String {
    let Comparison { first, reranked, ceiling, .. } = comparison;
    let field: (&str, fn(&Metrics) -> f64) = if reranked.precision5 - first.precision5 >= VISIBLE {
        ("P@5", |metrics| metrics.precision5)
    } else {
        ("nDCG@10", |metrics| metrics.ndcg10)
    };
    let (name, of) = field;
    let share = super::share_of_gain(of(first), of(reranked), of(ceiling));
    let share = share.map(|share| format!(", {} of the possible gain", percent(share))).unwrap_or_default();
    format!("{} {name}{share}", signed(of(reranked) - of(first)))
}

fn difference(comparison: &Comparison) -> String {
    format!(
        "{} nDCG@10 (95 % interval {} to {})",
        signed(comparison.ndcg10_difference),
        signed(comparison.interval.low),
        signed(comparison.interval.high)
    )
}

/// One sentence for each thing that decided, in the order of the protocol.
pub(super) fn reasons(evidence: &Evidence) -> Vec<String> {
    let mut reasons = Vec::new();
    if evidence.queries < evidence.min_queries {
        reasons.push(too_few(evidence.queries, evidence.min_queries));
    }
    reasons.extend(first_stage(evidence));
    if evidence.missing_from_corpus > 0 {
        reasons.push(format!(
            "golds that are not in the corpus, which no retriever can find: {}",
            evidence.missing_from_corpus
        ));
    }
    match (&evidence.reranker, &evidence.comparison) {
        (None, _) => reasons.push("no reranker ran".to_owned()),
        (Some(name), None) => reasons.push(format!("{name}: no query is wholly reranked")),
        (Some(name), Some(comparison)) => reasons.extend(before_and_after(name, comparison, evidence)),
    }
    reasons
}

fn first_stage(evidence: &Evidence) -> Vec<String> {
    let (Some(first), Some(capped)) = (evidence.first, evidence.capped_recall) else {
        return vec!["no judged query has a relevant passage".to_owned()];
    };
    let finding = if capped < evidence.min_capped_recall {
        "below the threshold: no reranker can bring back what the first stage did not surface"
    } else {
        "enough: the first stage surfaces the gold"
    };
    let mut reasons = vec![format!(
        "recall@{} {}, capped by N {}, threshold {}: {finding}",
        evidence.candidates,
        decimal(first.recall),
        decimal(capped),
        decimal(evidence.min_capped_recall)
    )];
    let lost: Vec<String> =
        evidence.losses.iter().map(|loss| format!("{} {}", loss.golds, loss.fate.words())).collect();
    if !lost.is_empty() {
        reasons.push(format!("golds lost before the reranker: {}", lost.join(", ")));
    }
    reasons
}

fn before_and_after(name: &str, comparison: &Comparison, evidence: &Evidence) -> Vec<String> {
    let Comparison { first, reranked, ceiling, .. } = comparison;
    let mut reasons = Vec::new();
    if comparison.queries < evidence.min_queries {
        reasons.push(format!("{name}: {}", too_few_reranked(comparison.queries, evidence)));
    }
    reasons.push(format!(
        "{name}: nDCG@10 {} → {}, {}, on {} of {} queries; another reranker may do otherwise",
        decimal(first.ndcg10),
        decimal(reranked.ndcg10),
        difference(comparison),
        comparison.queries,
        evidence.queries
    ));
    let share = comparison.share_of_gain.map(|share| format!(", {} of the possible gain", percent(share)));
    reasons.push(format!(
        "P@5 {} → {}, at most {} on these candidates{}",
        decimal(first.precision5),
        decimal(reranked.precision5),
        decimal(ceiling.precision5),
        share.unwrap_or_default()
    ));
    let holes = if comparison.has_more_holes() {
        ": it lifts unjudged passages, so a worse nDCG may be missing judgments"
    } else {
        ""
    };
    reasons.push(format!(
        "Judged@10 {} → {}{holes}; without the unjudged passages nDCG@10 {} → {}",
        decimal(comparison.judged10_first),
        decimal(comparison.judged10_reranked),
        decimal(comparison.condensed_ndcg10_first),
        decimal(comparison.condensed_ndcg10_reranked)
    ));
    reasons
}

fn too_few(queries: usize, needed: usize) -> String {
    format!("judged queries: {queries}, needed: {needed}")
}

fn too_few_reranked(queries: usize, evidence: &Evidence) -> String {
    format!("queries wholly reranked: {queries}, needed: {}", evidence.min_queries)
}

/// Two decimals without the zero before the point: `.92`, `1.00`.
fn decimal(value: f64) -> String {
    let written = format!("{value:.2}");
    match written.strip_prefix("0.") {
        Some(fraction) => format!(".{fraction}"),
        None => written.replace("-0.", "-."),
    }
}

/// A difference, with its sign: `+.13`, `-.04`.
fn signed(value: f64) -> String {
    let written = decimal(value.abs());
    format!("{}{written}", if value < 0.0 && written != ".00" { '-' } else { '+' })
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_the_screen() {
        assert_eq!((decimal(0.92), decimal(1.0), decimal(0.0)), (".92".into(), "1.00".into(), ".00".into()));
        assert_eq!((signed(0.13), signed(-0.04)), ("+.13".to_owned(), "-.04".to_owned()));
        assert_eq!(signed(-0.001), "+.00", "no negative zero");
        assert_eq!((decimal(-0.5), percent(0.6199)), ("-.50".into(), "62 %".into()));
    }
}
