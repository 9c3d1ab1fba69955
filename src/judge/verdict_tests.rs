//! The verdict's classes, each on the side of its boundary that the name says, and its sentences.

use super::*;

/// A query with one gold in the candidate set, or not, and the given nDCG@10 before and after.
fn query(found: bool, before: f64, after: Option<f64>) -> JudgedQuery<'static> {
    let recall = f64::from(u8::from(found));
    let metrics = |ndcg10| Metrics { recall, success: recall, precision5: 0.0, ndcg10, rr10: 0.0, ap: 0.0 };
    let list = |ndcg10| ListScores { metrics: metrics(ndcg10), judged10: 0.9, condensed_ndcg10: ndcg10 };
    JudgedQuery {
        first: list(before),
        reranked: after.map(list),
        ceiling: Metrics { precision5: 0.2, ..metrics(1.0) },
        relevant: 1,
        found: usize::from(found),
        fates: if found { &[Some(Fate::Kept)] } else { &[Some(Fate::NeverRetrieved)] },
    }
}

fn verdict(queries: &[JudgedQuery]) -> Verdict {
    verdict_with(queries, Some("late interaction"), &[])
}

fn verdict_with(queries: &[JudgedQuery], reranker: Option<&str>, changes: &[Advice]) -> Verdict {
    let terms = Terms { rounds: 500, ..Terms::default() };
    Verdict::on(&Case { queries, candidates: 50, reranker, changes, terms })
}

/// 40 queries whose differences alternate around `mean` by `spread`.
fn forty(mean: f64, spread: f64) -> Vec<JudgedQuery<'static>> {
    let after = |i: usize| 0.5 + mean + if i.is_multiple_of(2) { spread } else { -spread };
    (0..40).map(|i| query(true, 0.5, Some(after(i)))).collect()
}

#[test]
fn under_25_queries_nothing_is_said_however_good_they_look() {
    let queries = vec![query(true, 0.1, Some(0.9)); 24];
    let verdict = verdict(&queries);
    assert_eq!(verdict.class, Class::NotEnoughEvidence);
    assert_eq!(verdict.reranker_class, Some(Class::NotEnoughEvidence));
    assert_eq!(verdict.sentence(), "not enough evidence: judged queries: 24, needed: 25");
    assert_eq!(super::tests::verdict(&[queries[0]; 25]).class, Class::RerankPays);
}

#[test]
fn the_first_stage_comes_before_a_reranker_that_pays_and_the_reranker_is_named_too() {
    let mut queries = vec![query(true, 0.4, Some(0.6)); 31];
    queries.extend(vec![query(false, 0.0, Some(0.0)); 9]);
    let changes = [
        Advice { change: "alpha 0.7".into(), metric: "recall@50".into(), from: 0.775, to: 0.8 },
        Advice { change: "N 200".into(), metric: "recall@200".into(), from: 0.775, to: 0.95 },
        Advice { change: "bm25 alone".into(), metric: "recall@50".into(), from: 0.775, to: 0.5 },
    ];
    let verdict = verdict_with(&queries, Some("late interaction"), &changes);
    assert_eq!(verdict.class, Class::FixFirstStage);
    assert_eq!(verdict.reranker_class, Some(Class::RerankPays));
    assert_eq!(verdict.evidence.losses, [Loss { fate: Fate::NeverRetrieved, golds: 9, share: 1.0 }]);
    let advised: Vec<&str> = verdict.advice.iter().map(|advice| &*advice.change).collect();
    assert_eq!(advised, ["N 200", "alpha 0.7"], "the most helpful first, and nothing that harms");
    assert_eq!(
        verdict.sentence(),
        "the gold is not there (recall@50 .78): fix the first stage first; 100 % of the lost golds never \
         retrieved; N 200 would bring recall@200 to .95; on what is there, reranking pays, +.15 nDCG@10, \
         22 % of the possible gain"
    );
}

#[test]
fn capped_recall_at_the_threshold_is_enough() {
    let mut queries = vec![query(true, 0.5, Some(0.5)); 32];
    queries.extend(vec![query(false, 0.0, Some(0.0)); 8]);
    assert_eq!(verdict(&queries).class, Class::RerankAddsLittle);
}

#[test]
fn more_golds_than_candidates_are_not_held_against_the_first_stage() {
    // The trap: recall@50 is .25, but 50 of 200 is all that N can hold.
    let full = JudgedQuery { relevant: 200, found: 50, ..query(true, 0.5, Some(0.5)) };
    let verdict = verdict(&[full; 30]);
    assert_eq!(verdict.evidence.capped_recall, Some(1.0));
    assert_eq!(verdict.class, Class::RerankAddsLittle);
}

#[test]
fn golds_missing_from_the_corpus_are_no_share_of_the_loss() {
    let fates = [Some(Fate::MissingFromCorpus), Some(Fate::CutAtN), None];
    let queries = vec![JudgedQuery { fates: &fates, ..query(false, 0.0, None) }; 30];
    let verdict = verdict(&queries);
    assert_eq!(verdict.evidence.losses, [Loss { fate: Fate::CutAtN, golds: 30, share: 1.0 }]);
    assert_eq!(verdict.evidence.missing_from_corpus, 30);
}

#[test]
fn a_certain_difference_pays_from_a_hundredth_on() {
    assert_eq!(verdict(&forty(0.0101, 0.0)).class, Class::RerankPays);
    assert_eq!(verdict(&forty(0.009, 0.0)).class, Class::RerankAddsLittle);
}

#[test]
fn a_large_difference_that_may_be_chance_proves_nothing() {
    assert_eq!(verdict(&forty(0.05, 0.4)).class, Class::NotEnoughEvidence);
    let sentence = verdict(&forty(0.05, 0.4)).sentence();
    assert!(sentence.contains("what late interaction does is not certain, +.05 nDCG@10"), "{sentence}");
}

#[test]
fn a_reranker_that_hurts_is_named() {
    let verdict = verdict(&forty(-0.05, 0.01));
    assert_eq!(verdict.class, Class::RerankerHurts);
    assert_eq!(
        verdict.sentence(),
        "the gold is there (recall@50 1.00): late interaction makes the list worse, -.05 nDCG@10 \
         (95 % interval -.05 to -.05)"
    );
}

#[test]
fn harm_that_may_be_missing_judgments_is_not_called_harm() {
    let with_judged = |judged10: f64| -> Vec<JudgedQuery> {
        forty(-0.05, 0.01)
            .into_iter()
            .map(|query| {
                let reranked = query.reranked.map(|list| ListScores { judged10, ..list });
                JudgedQuery { reranked, ..query }
            })
            .collect()
    };
    assert_eq!(verdict(&with_judged(0.85)).class, Class::RerankerHurts, "a fall of .05 is allowed");
    let verdict = verdict(&with_judged(0.84));
    assert_eq!(verdict.class, Class::NotEnoughEvidence);
    assert!(verdict.sentence().contains("lifts unjudged passages (Judged@10 .90 → .84)"));
}

#[test]
fn within_two_hundredths_it_adds_little_whatever_the_sign() {
    assert_eq!(verdict(&forty(0.0, 0.01)).class, Class::RerankAddsLittle);
    // Certainly worse, but by so little that "hurts" comes first in the order and is said.
    assert_eq!(verdict(&forty(-0.01, 0.0)).class, Class::RerankerHurts);
}

#[test]
fn before_and_after_are_over_the_same_queries() {
    // The trap: 30 queries not reranked yet, all perfect before; a mean over all 60 shows harm.
    let mut queries = vec![query(true, 0.2, Some(0.5)); 30];
    queries.extend(vec![query(true, 1.0, None); 30]);
    let verdict = verdict(&queries);
    assert_eq!(verdict.class, Class::RerankPays);
    let comparison = verdict.evidence.comparison.unwrap();
    assert_eq!(comparison.queries, 30);
    assert!((comparison.ndcg10_difference - 0.3).abs() < 1e-12);
    assert!((comparison.first.ndcg10 - 0.2).abs() < 1e-12);
}

#[test]
fn too_few_reranked_queries_leave_the_reranker_unjudged() {
    let mut queries = vec![query(true, 0.2, Some(0.5)); 10];
    queries.extend(vec![query(true, 0.2, None); 30]);
    let verdict = verdict(&queries);
    assert_eq!(
        (verdict.class, verdict.reranker_class),
        (Class::NotEnoughEvidence, Some(Class::NotEnoughEvidence))
    );
    assert_eq!(
        verdict.sentence(),
        "the gold is there (recall@50 1.00): late interaction: queries wholly reranked: 10, needed: 25"
    );
}

#[test]
fn without_a_reranker_only_its_ceiling_is_known() {
    let verdict = verdict_with(&[query(true, 0.5, None); 30], None, &[]);
    assert_eq!((verdict.class, verdict.reranker_class), (Class::NotEnoughEvidence, None));
    assert_eq!(
        verdict.sentence(),
        "the gold is there (recall@50 1.00): no reranker ran; a perfect one would bring P@5 from .00 to .20"
    );
}

#[test]
fn nothing_judged_or_nothing_relevant_is_no_evidence_and_no_panic() {
    assert_eq!(verdict(&[]).sentence(), "not enough evidence: no query is judged");
    let barren = JudgedQuery { relevant: 0, found: 0, fates: &[], ..query(false, 0.0, Some(0.0)) };
    let verdict = verdict(&[barren; 30]);
    assert_eq!(verdict.class, Class::NotEnoughEvidence);
    assert_eq!(verdict.sentence(), "not enough evidence: no judged query has a relevant passage");
}

#[test]
fn the_sentence_of_the_design() {
    // recall@50 .92, P@5 .31 → .44 of at most .52.
    let metrics =
        |recall, precision5, ndcg10| Metrics { recall, success: 1.0, precision5, ndcg10, rr10: 0.5, ap: 0.4 };
    let list = |metrics| ListScores { metrics, judged10: 1.0, condensed_ndcg10: 1.0 };
    let one = JudgedQuery {
        first: list(metrics(0.92, 0.31, 0.61)),
        reranked: Some(list(metrics(0.92, 0.44, 0.78))),
        ceiling: metrics(0.92, 0.52, 0.94),
        relevant: 25,
        found: 23,
        fates: &[],
    };
    assert_eq!(
        verdict(&[one; 96]).sentence(),
        "the gold is there (recall@50 .92) but low (P@5 .31): reranking pays, +.13 P@5, 62 % of the \
         possible gain"
    );
}

#[test]
fn the_users_thresholds_go_before_ours() {
    let queries = vec![query(true, 0.2, Some(0.6)); 12];
    let with = |terms: Terms| {
        let case = Case { queries: &queries, candidates: 50, reranker: Some("x"), changes: &[], terms };
        Verdict::on(&case).class
    };
    let few = Terms { min_queries: 12, rounds: 100, ..Terms::default() };
    assert_eq!(with(few), Class::RerankPays);
    assert_eq!(with(Terms { min_queries: 13, ..few }), Class::NotEnoughEvidence);
    let mut half = queries.clone();
    half.truncate(6);
    half.extend(vec![query(false, 0.0, Some(0.0)); 6]);
    let case = |min_capped_recall| {
        let terms = Terms { min_capped_recall, ..few };
        Verdict::on(&Case { queries: &half, candidates: 50, reranker: Some("x"), changes: &[], terms }).class
    };
    assert_eq!(case(0.51), Class::FixFirstStage);
    assert_eq!(case(0.5), Class::RerankPays, "the threshold itself is enough");
}

#[test]
fn the_fates_of_the_loss_have_their_shares_the_greatest_first() {
    let lost = |fates: &'static [Option<Fate>]| JudgedQuery { fates, ..query(false, 0.0, None) };
    let queries = [
        lost(&[Some(Fate::CutAtN), Some(Fate::LostInFusion), Some(Fate::CutAtN)]),
        lost(&[Some(Fate::CutAtN), Some(Fate::Kept), Some(Fate::MissingFromCorpus)]),
    ];
    let verdict = verdict(&queries);
    let losses: Vec<(Fate, f64)> =
        verdict.evidence.losses.iter().map(|loss| (loss.fate, loss.share)).collect();
    assert_eq!(losses, [(Fate::CutAtN, 0.75), (Fate::LostInFusion, 0.25)]);
}

#[test]
fn harm_hidden_in_holes_shows_both_ndcgs() {
    let holed = forty(-0.05, 0.01).into_iter().map(|query| {
        let reranked = query.reranked.map(|list| ListScores { judged10: 0.5, condensed_ndcg10: 0.7, ..list });
        JudgedQuery { reranked, ..query }
    });
    let verdict = verdict(&holed.collect::<Vec<_>>());
    let said = verdict.reasons.iter().find(|reason| reason.starts_with("Judged@10")).unwrap();
    assert!(said.contains(".90 → .50") && said.ends_with("nDCG@10 .50 → .70"), "{said}");
}

#[test]
fn the_json_has_the_names_of_the_contract() {
    let json = serde_json::to_value(verdict(&forty(0.1, 0.01))).unwrap();
    assert_eq!(json["class"], "rerank_pays");
    assert_eq!(json["reranker_class"], "rerank_pays");
    assert!(json["reasons"].as_array().is_some_and(|reasons| reasons.len() >= 4));
    assert!(json["evidence"]["comparison"]["interval"]["low"].is_number());
    assert!(json["advice"].is_array());
}
