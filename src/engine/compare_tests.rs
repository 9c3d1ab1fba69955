//! Two made-up sides of four queries.

use std::cmp::Ordering;

use super::*;

fn metric(name: &str) -> Metric {
    name.parse().unwrap()
}

fn gold(id: &str, rank: Option<Rank>, fate: Fate) -> SideGold {
    SideGold { id: id.into(), grade: 1, first: rank, rank, fate: Some(fate) }
}

fn query(id: &str, values: &[f64], golds: Vec<SideGold>) -> SideQuery {
    SideQuery {
        id: id.into(),
        query: None,
        language: "en".into(),
        text: format!("text of {id}"),
        values: values.to_vec(),
        golds,
    }
}

fn side(name: &str, candidates: usize, metrics: &[&str], queries: Vec<SideQuery>) -> Side {
    Side {
        name: name.into(),
        candidates,
        metrics: metrics.iter().map(|name| metric(name)).collect(),
        queries,
        judged_by: JudgedBy::Passage,
        incomplete: 0,
    }
}

fn a() -> Side {
    side(
        "A",
        50,
        &["R@50", "nDCG@10", "Judged@10"],
        vec![
            query("q1", &[0.0, 0.0, 1.0], vec![gold("p1", Some(63), Fate::CutAtN)]),
            query("q2", &[1.0, 0.5, 1.0], vec![gold("p2", Some(3), Fate::Kept)]),
            query("q3", &[1.0, 0.4, 1.0], vec![gold("p3", Some(4), Fate::Kept)]),
            query("only a", &[1.0, 1.0, 1.0], vec![gold("p9", Some(1), Fate::Kept)]),
        ],
    )
}

/// Other order of queries and metrics, another N, one query of its own.
fn b() -> Side {
    side(
        "B",
        100,
        &["Judged@10", "nDCG@10", "R@100", "P@5"],
        vec![
            query("only b", &[1.0; 4], Vec::new()),
            query("q3", &[0.9, 0.4 + 1e-12, 1.0, 0.2], vec![gold("p3", Some(4), Fate::Kept)]),
            query("q2", &[0.9, 0.4, 1.0, 0.2], vec![gold("p2", Some(12), Fate::NotLifted)]),
            query("q1", &[0.9, 0.7, 1.0, 0.2], vec![gold("p1", Some(2), Fate::Kept)]),
        ],
    )
}

fn found() -> Comparison {
    Comparison::of(&a(), &b(), &Question::default())
}

/// Trap: queries paired by place, and metrics by place: both sides have another order.
#[test]
fn queries_meet_by_id_and_metrics_by_name() {
    let found = found();
    assert_eq!(found.queries, 3);
    assert_eq!(
        (&*found.only_in_a, &*found.only_in_b),
        (&["only a".to_owned()][..], &["only b".to_owned()][..])
    );
    let ndcg = &found.metrics[1];
    assert_eq!(ndcg.metric, "nDCG@10");
    assert!((ndcg.before - 0.3).abs() < 1e-9 && (ndcg.after - 0.5).abs() < 1e-9, "{ndcg:?}");
    assert_eq!((ndcg.wins, ndcg.losses, ndcg.ties), (1, 1, 1));
}

/// Trap: with another N on each side recall has two names, and a comparison by name would lose it.
#[test]
fn recall_at_each_sides_own_n_is_one_metric() {
    let found = found();
    let names: Vec<&str> = found.metrics.iter().map(|metric| &*metric.metric).collect();
    assert_eq!(names, ["R@50 | R@100", "nDCG@10", "Judged@10"]);
    assert!((found.metrics[0].difference - 1.0 / 3.0).abs() < 1e-9);
    // A fixed cutoff that is not N is another metric than one that is.
    let fixed = side("A", 20, &["R@100"], vec![query("q1", &[1.0], Vec::new())]);
    assert!(Comparison::of(&fixed, &b(), &Question::default()).metrics.is_empty());
}

#[test]
fn holm_counts_what_was_tested_and_judged_is_not() {
    let found = found();
    assert!(found.metrics[0].p_holm.is_some() && found.metrics[1].p_holm.is_some());
    assert_eq!(found.metrics[2].p_holm, None);
    assert!(found.metrics[0].p_holm >= Some(found.metrics[0].p_randomisation));
}

#[test]
fn fates_move_and_add_up() {
    let found = found();
    let golds: usize = found.fates.iter().map(|moved| moved.golds).sum();
    assert_eq!(golds, 3);
    let cut = FateMove { from: Some(Fate::CutAtN), to: Some(Fate::Kept), golds: 1 };
    assert!(found.fates.contains(&cut), "{:?}", found.fates);
    assert_eq!(found.fate_counts(), [(Fate::CutAtN, 1, 0), (Fate::Kept, 2, 2), (Fate::NotLifted, 0, 1)]);
}

#[test]
fn golds_that_changed_their_fate_come_with_the_gained_ones_first() {
    let found = found();
    let changed: Vec<(&str, Ordering)> =
        found.golds.iter().map(|change| (&*change.query, change.gold.standing())).collect();
    assert_eq!(changed, [("q1", Ordering::Greater), ("q2", Ordering::Less)]);
    assert_eq!((found.golds[0].gold.a, found.golds[0].gold.b), (Some(63), Some(2)));
}

/// Trap: q3 differs in the last bit only, which is no change.
#[test]
fn queries_that_changed_come_greatest_first() {
    let found = found();
    assert_eq!(found.by, Some(metric("nDCG@10")));
    let changed: Vec<&str> = found.changed.iter().map(|change| &*change.query).collect();
    assert_eq!(changed, ["q1", "q2"]);
    assert_eq!(found.changed[0].golds[0].b, Some(2));
}

#[test]
fn a_side_against_itself_has_no_change_and_no_doubt() {
    let found = Comparison::of(&a(), &a(), &Question::default());
    assert!(found.changed.is_empty() && found.golds.is_empty());
    for metric in &found.metrics {
        assert_eq!((metric.difference, metric.p_randomisation, metric.p_holm), (0.0, 1.0, None));
    }
}

#[test]
fn in_steps_it_says_the_same_and_the_fates_are_there_before() {
    let mut comparing = Comparing::new(&a(), &b(), &Question::default());
    assert_eq!(comparing.so_far().golds, found().golds);
    while !comparing.step(999) {}
    assert_eq!(comparing.finish(), found());
}

#[test]
fn no_common_query_is_an_empty_comparison() {
    let none = side("C", 50, &["nDCG@10"], Vec::new());
    let found = Comparison::of(&a(), &none, &Question::default());
    assert_eq!((found.queries, found.metrics.len(), found.changed.len()), (0, 0, 0));
    assert_eq!(found.only_in_a.len(), 4);
}
