//! Metrics on small lists against pytrec_eval and ir_measures, and by hand. Whole runs: `trec_tests`.

use proptest::prelude::*;

use super::*;

/// Places with unjudged, pooled-but-unjudged (−1) and graded passages; five judged ones not returned.
const GRADES: [Option<Grade>; 14] = [
    Some(0),
    None,
    Some(2),
    Some(1),
    None,
    Some(3),
    Some(0),
    Some(-1),
    Some(1),
    Some(0),
    None,
    Some(2),
    None,
    Some(1),
];
const JUDGMENTS: [Grade; 16] = [0, 2, 1, 3, 0, -1, 1, 0, 2, 1, 3, 1, 0, 2, 0, -1];

fn value(name: &str, level: Grade) -> f64 {
    let list = JudgedList { grades: &GRADES, judgments: &JUDGMENTS };
    name.parse::<Metric>().unwrap().value(&list, level)
}

#[test]
fn values_are_pytrec_evals_to_nine_places() {
    // pytrec_eval-terrier 0.5.11 on this list, relevance_level 1 and 2.
    let expected = [
        ("AP", 0.29144620811287475, 0.18333333333333332),
        ("Rprec", 0.4444444444444444, 0.2),
        ("Bpref", 0.4222222222222223, 0.27999999999999997),
        ("RR", 0.3333333333333333, 0.3333333333333333),
        ("P@5", 0.4, 0.2),
        ("P@10", 0.4, 0.2),
        ("P@20", 0.3, 0.15),
        ("R@5", 0.2222222222222222, 0.2),
        ("R@10", 0.4444444444444444, 0.4),
        ("R@20", 0.6666666666666666, 0.6),
        ("nDCG", 0.407155301048039, 0.407155301048039),
        ("nDCG@5", 0.190051201846941, 0.190051201846941),
        ("nDCG@10", 0.3169985377057686, 0.3169985377057686),
        ("nDCG@20", 0.407155301048039, 0.407155301048039),
        ("AP@5", 0.09259259259259259, 0.06666666666666667),
        ("AP@10", 0.19753086419753085, 0.13333333333333333),
        ("Success@1", 0.0, 0.0),
        ("Success@5", 1.0, 1.0),
    ];
    for (name, at_1, at_2) in expected {
        assert!((value(name, 1) - at_1).abs() < 1e-9, "{name}: {} is not {at_1}", value(name, 1));
        assert!((value(name, 2) - at_2).abs() < 1e-9, "{name} at level 2: {} is not {at_2}", value(name, 2));
    }
}

#[test]
fn values_are_ir_measures_where_unjudged_passages_count() {
    // ir_measures 0.4.3 on this list without its judgments of −1, which it would count as judged.
    for (name, expected) in [
        ("nDCG(judged_only=True)@10", 0.4915229156706035),
        ("P(judged_only=True)@5", 0.6),
        ("Judged@10", 0.7),
    ] {
        assert!((value(name, 1) - expected).abs() < 1e-9, "{name}: {}", value(name, 1));
    }
    assert_eq!(value("P(rel=2)@5", 1), 0.2, "the metric's own level goes before the setting's");
}

#[test]
fn exponential_gain_by_hand() {
    let list = JudgedList { grades: &[Some(1), Some(3)], judgments: &[1, 3] };
    let metric: Metric = "nDCG(dcg='exp-log2')@10".parse().unwrap();
    let log3 = 3f64.log2();
    let expected = (1.0 + 7.0 / log3) / (7.0 + 1.0 / log3);
    assert!((metric.value(&list, 1) - expected).abs() < 1e-12);
}

#[test]
fn rbp_by_hand() {
    // Relevant at 1 and 3: .2 (1 + .64).
    let list = JudgedList { grades: &[Some(2), None, Some(1)], judgments: &[2, 1] };
    assert!(("RBP".parse::<Metric>().unwrap().value(&list, 1) - 0.328).abs() < 1e-12);
    assert!(("RBP(rel=2)".parse::<Metric>().unwrap().value(&list, 1) - 0.2).abs() < 1e-12);
}

#[test]
fn a_short_list_is_divided_by_k_for_precision_and_by_itself_for_judged() {
    let list = JudgedList { grades: &[Some(1), None], judgments: &[1] };
    assert_eq!("P@5".parse::<Metric>().unwrap().value(&list, 1), 0.2);
    assert_eq!("Judged@5".parse::<Metric>().unwrap().value(&list, 1), 0.5);
}

#[test]
fn bpref_without_judged_non_relevant_passages_is_recall() {
    let list = JudgedList { grades: &[None, Some(1)], judgments: &[1, 1] };
    assert_eq!("Bpref".parse::<Metric>().unwrap().value(&list, 1), 0.5);
}

#[test]
fn an_empty_list_or_no_gold_is_zero_everywhere() {
    for list in [
        JudgedList { grades: &[], judgments: &[1] },
        JudgedList { grades: &[], judgments: &[] },
        JudgedList { grades: &[Some(-1), None], judgments: &[-1] },
    ] {
        for name in
            "AP Rprec Bpref RR P@5 R@5 nDCG nDCG@5 Success@5 RBP Judged@5 nDCG(judged_only=True)@5".split(' ')
        {
            assert_eq!(name.parse::<Metric>().unwrap().value(&list, 1), 0.0, "{name} of {list:?}");
        }
    }
}

#[test]
fn the_ceiling_follows_the_closed_forms() {
    let list = JudgedList { grades: &GRADES, judgments: &JUDGMENTS };
    let ceiling = |name: &str| name.parse::<Metric>().unwrap().ceiling(&list, 1);
    // Nine relevant, six of them candidates.
    assert_eq!(ceiling("P@5"), Some(1.0));
    assert_eq!(ceiling("P@10"), Some(0.6));
    assert!((ceiling("AP").unwrap() - 6.0 / 9.0).abs() < 1e-12);
    assert!((ceiling("Rprec").unwrap() - 6.0 / 9.0).abs() < 1e-12);
    assert_eq!(ceiling("RR"), Some(1.0));
    assert!((ceiling("RBP").unwrap() - (1.0 - 0.8f64.powi(6))).abs() < 1e-12);
    assert_eq!((ceiling("Judged@10"), ceiling("Bpref")), (None, None));
}

#[test]
fn recall_is_capped_by_what_the_candidate_set_can_hold() {
    assert_eq!(capped_recall(40, 200, 50), Some(0.8));
    assert_eq!(capped_recall(1, 2, 50), Some(0.5));
    assert_eq!((capped_recall(0, 0, 50), capped_recall(0, 3, 0)), (None, None));
}

fn a_list() -> impl Strategy<Value = (Vec<Option<Grade>>, Vec<Grade>)> {
    (prop::collection::vec(prop::option::of(-1..4), 0..25), prop::collection::vec(-1..4, 0..10)).prop_map(
        |(grades, others)| {
            let judgments = grades.iter().copied().flatten().chain(others).collect();
            (grades, judgments)
        },
    )
}

proptest! {
    #[test]
    fn the_strip_and_the_general_metrics_agree((grades, judgments) in a_list(), level in 1..4) {
        use crate::judge::{Placed, measure};
        let returned = grades.iter().copied().flatten().count();
        let ranked = (1..).zip(&grades).filter_map(|(rank, grade)| grade.map(|grade| (grade, Some(rank))));
        let absent = judgments[returned..].iter().map(|&grade| (grade, None));
        let placed: Vec<Placed> = ranked.chain(absent).map(|(grade, rank)| Placed { grade, rank }).collect();
        let list = JudgedList { grades: &grades, judgments: &judgments };
        let general = |name: &str| name.parse::<Metric>().unwrap().value(&list, level);
        let strip = measure(&placed, 100, level);
        for (name, value) in [
            ("R@100", strip.recall),
            ("Success@100", strip.success),
            ("P@5", strip.precision5),
            ("nDCG@10", strip.ndcg10),
            ("RR@10", strip.rr10),
            ("AP", strip.ap),
        ] {
            prop_assert!((general(name) - value).abs() < 1e-12, "{}", name);
        }
    }

    #[test]
    fn every_metric_stays_in_its_range_and_under_its_ceiling((grades, judgments) in a_list(), k in 1usize..30) {
        let list = JudgedList { grades: &grades, judgments: &judgments };
        for name in ["R", "P", "Success", "nDCG", "RR", "AP", "RBP", "nDCG(dcg='exp-log2')", "Judged"] {
            let metric: Metric = format!("{name}@{k}").parse().unwrap();
            let value = metric.value(&list, 1);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{}@{} {}", name, k, value);
            if let Some(ceiling) = metric.ceiling(&list, 1) {
                prop_assert!(value <= ceiling + 1e-12, "{}@{}", name, k);
            }
        }
        let bpref = Metric::new(MetricKind::Bpref, None).value(&list, 1);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&bpref));
    }
}
