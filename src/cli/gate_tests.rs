//! Demands on made-up sides.

use super::*;
use crate::domain::JudgedBy;
use crate::engine::compare::SideQuery;

fn side(values: &[f64]) -> Side {
    let query = |(at, &value): (usize, &f64)| SideQuery {
        id: format!("q{at}"),
        query: None,
        language: "en".into(),
        text: String::new(),
        values: vec![value, 1.0],
        golds: Vec::new(),
    };
    Side {
        name: "x".into(),
        candidates: 50,
        metrics: vec!["nDCG@10".parse().unwrap(), "R@50".parse().unwrap()],
        queries: values.iter().enumerate().map(query).collect(),
        judged_by: JudgedBy::Passage,
        incomplete: 0,
    }
}

fn both(values: &[f64]) -> [Side; 2] {
    [side(values), side(&vec![0.1; values.len()])]
}

fn least(written: &str, values: &[f64]) -> Demand {
    at_least(&bound(written).unwrap(), &both(values))
}

#[test]
fn a_bound_is_a_metric_by_any_of_its_names_and_a_share() {
    assert_eq!(bound("recall@50=0.9").unwrap().metric.to_string(), "R@50");
    assert_eq!(bound("P(rel=2)@5=.3").unwrap().metric.to_string(), "P(rel=2)@5");
    let first = bound("first:mrr@10=0.5").unwrap();
    assert_eq!((first.first, first.metric.to_string().as_str()), (true, "RR@10"));
    for wrong in ["ndcg@10", "ndcg@10=much", "hits=0.5", "ndcg@10=60", "ndcg@10=NaN"] {
        assert!(bound(wrong).is_err(), "{wrong}");
    }
}

/// Trap: .1 + .2 is not .3, and a build must not fail for that.
#[test]
fn a_least_value_is_met_when_it_is_reached() {
    assert!(least("ndcg@10=0.3", &[0.1, 0.2, 0.6]).met);
    let missed = least("ndcg@10=0.31", &[0.1, 0.2, 0.6]);
    assert!(!missed.met && missed.answer.contains("0.0100 below"), "{}", missed.answer);
    assert!(!least("first:ndcg@10=0.3", &[0.9, 0.9]).met, "the first stage's list, not the delivered one");
}

#[test]
fn what_is_not_known_is_not_met() {
    assert!(!least("ndcg@10=0", &[]).met);
    let mut sides = both(&[1.0]);
    sides[0].incomplete = 1;
    let demand = at_least(&bound("ndcg@10=0.1").unwrap(), &sides);
    assert!(!demand.met && demand.answer.contains("not ranked to the end"), "{}", demand.answer);
}

fn drop(bounds: &[&str], before: &[f64], now: &[f64], significant: bool) -> Vec<Demand> {
    let bounds: Vec<Bound> = bounds.iter().map(|written| bound(written).unwrap()).collect();
    drops(&bounds, &both(before), &both(now), significant, Terms::default())
}

#[test]
fn a_drop_counts_from_the_bound_on_and_a_gain_never() {
    let before = [0.5, 0.6, 0.7];
    assert!(drop(&["ndcg@10=0.02"], &before, &[0.5, 0.6, 0.64], false)[0].met);
    let fell = &drop(&["ndcg@10=0.02"], &before, &[0.5, 0.6, 0.6], false)[0];
    assert!(!fell.met && fell.answer.contains("0.0333 below the baseline on 3 queries"), "{}", fell.answer);
    assert!(drop(&["ndcg@10=0"], &before, &[0.9, 0.9, 0.9], false)[0].met);
}

/// Trap: one query that fell deep moves the mean, and is no evidence.
#[test]
fn a_drop_of_few_queries_can_be_chance() {
    let before = vec![0.8; 20];
    let mut one_fell = before.clone();
    one_fell[3] = 0.0;
    assert!(!drop(&["ndcg@10=0.02"], &before, &one_fell, false)[0].met);
    let demand = &drop(&["ndcg@10=0.02"], &before, &one_fell, true)[0];
    assert!(demand.met && demand.answer.contains("can be chance"), "{}", demand.answer);
    let all_fell = vec![0.75; 20];
    assert!(!drop(&["ndcg@10=0.02"], &before, &all_fell, true)[0].met);
}

#[test]
fn a_metric_that_the_baseline_has_not_is_not_met() {
    let demand = &drop(&["p@5=0.1"], &[0.5], &[0.5], false)[0];
    assert!(!demand.met && demand.answer.contains("cannot be compared"), "{}", demand.answer);
}

#[test]
fn what_is_not_met_is_one_line_each_and_exit_code_1() {
    let demands =
        [least("ndcg@10=0.9", &[0.5]), least("recall@50=0.9", &[0.5]), least("ndcg@10=0.8", &[0.5])];
    let error = unmet(&demands).unwrap_err();
    assert_eq!((error.kind.exit_code(), error.message.lines().count()), (1, 2));
    assert!(unmet(&demands[1..2]).is_ok());
}

#[test]
fn what_is_demanded_is_measured() {
    let gate = GateArgs { least: vec![bound("p@3=0.1").unwrap()], ..GateArgs::default() };
    let metrics = gate.measured(JudgeOptions::default(), 50).metrics.unwrap();
    assert_eq!(metrics.last().unwrap().to_string(), "P@3");
    assert_eq!(metrics.len(), default_metrics(50).len() + 1);
    let gate = GateArgs { least: vec![bound("ndcg@10=0.1").unwrap()], ..GateArgs::default() };
    assert_eq!(gate.measured(JudgeOptions::default(), 50), JudgeOptions::default());
}
