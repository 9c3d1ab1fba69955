//! Plots are parsed as XML, and what they draw is measured in it.

use std::sync::Arc;

use roxmltree::{Document, Node};

use super::axes::Room;
use super::{HeatView, heat_map, over_alpha, recall_at_n};
use crate::domain::{FusionMethod, LegId, LegName, LegScale, LegSet, Settings};
use crate::engine::{AlphaCurve, BestCell, HeatMap, RecallCurve, Shape, Tuning, TuningKey};
use crate::tune::{Best, Break, CellMean, Goal, Plateau, StepCurve};

fn legs() -> Vec<LegName> {
    [("bm25 <&>", LegScale::Bm25), ("dense", LegScale::Cosine)]
        .map(|(name, scale)| LegName { name: Arc::from(name), scale })
        .to_vec()
}

fn elements<'a>(document: &'a Document<'a>, name: &'a str, class: &'a str) -> Vec<Node<'a, 'a>> {
    let is = move |node: &Node<'_, '_>| node.has_tag_name(name) && node.attribute("class") == Some(class);
    document.descendants().filter(is).collect()
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).unwrap().parse().unwrap()
}

fn texts(document: &Document<'_>) -> Vec<String> {
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn recall_has_a_line_a_leg_and_a_dot_at_n() {
    let curve = RecallCurve {
        fused: (1..=100u8).map(|n| f32::from(n) / 100.0).collect(),
        legs: vec![vec![0.5; 10], Vec::new()],
        union: Vec::new(),
        ceiling: vec![0.75; 100],
    };
    let svg = recall_at_n(&curve, &legs(), 50, 161).unwrap();
    let document = Document::parse(&svg).unwrap();
    let said = texts(&document);
    assert!(said.contains(&"fused 0.500".to_owned()), "{said:?}");
    assert!(said.contains(&"ceiling 0.750".to_owned()), "{said:?}");
    assert!(!said.iter().any(|text| text.starts_with("union")), "one leg is no union: {said:?}");
    assert!(said.contains(&"bm25 <&> 0.500".to_owned()), "the end of a short list goes on: {said:?}");
    assert!(
        !said.iter().any(|text| text.contains("dense")),
        "a leg that takes no part has no line: {said:?}"
    );
    assert!(
        said.contains(&"N = 50".to_owned())
            && said.contains(&"recall@N, mean over 161 judged queries".to_owned())
    );
    let room = Room::WITH_NAMES;
    let dot = elements(&document, "circle", "p0")[0];
    let along = 50f64.ln() / 100f64.ln();
    assert!((number(dot, "cx") - room.x(along)).abs() < 0.1);
    assert!((number(dot, "cy") - room.y(0.5)).abs() < 0.1);
    // A level stretch of ten points is drawn by its ends, and its line reaches the right end.
    let line = elements(&document, "path", "l1")[0].attribute("d").unwrap().to_owned();
    assert_eq!(line.matches('L').count(), 1, "{line}");
    assert!(line.contains(&format!("L{:.1} ", room.right)), "{line}");
    assert_eq!(recall_at_n(&RecallCurve::default(), &legs(), 50, 0), None);
}

fn tuning() -> Tuning {
    let plateau = Plateau { low: 0.4, high: 0.6, value: 0.8 };
    let steps = StepCurve {
        breaks: vec![Break { alpha: 0.4, at: 0.8, after: 0.8 }, Break { alpha: 0.6, at: 0.8, after: 0.5 }],
        ..StepCurve::constant(0.2, 0.4, 0.6)
    };
    let curve = |shape| AlphaCurve {
        shape,
        best: Best { alpha: 0.5, short: 0.5, value: 0.8, plateau: Some(plateau) },
        current: 0.4,
        held_out: None,
        queries: 9,
        judged: 9,
    };
    let cells = |base: f64| {
        (0..4u8)
            .map(|n| CellMean { mean: base + f64::from(n) / 10.0, queries: if n == 2 { 5 } else { 9 } })
            .collect()
    };
    Tuning {
        key: TuningKey::of(&Settings::default(), LegSet::all(2), Goal::Ndcg10, 0),
        leg: Some(LegId(1)),
        metric: "nDCG@10".to_owned(),
        recall: None,
        first: Some(curve(Shape::Exact(steps))),
        reranked: Some(curve(Shape::Sampled { points: vec![(0.25, 0.3), (0.75, 0.9)], why: None })),
        unscored: Default::default(),
        heat: Some(HeatMap {
            methods: vec![FusionMethod::Rrf],
            alphas: vec![0.0, 1.0],
            candidates: vec![10, 50],
            first: cells(0.1),
            reranked: cells(0.5),
            done: 2,
            of: 2,
            best_first: None,
            best_reranked: Some(BestCell {
                method: FusionMethod::Rrf,
                alpha: 1.0,
                candidates: 50,
                mean: CellMean { mean: 0.8, queries: 9 },
                current: 0.5,
                held_out: None,
            }),
        }),
        complete: true,
    }
}

#[test]
fn alpha_draws_steps_as_steps_and_samples_only_where_they_are() {
    let svg = over_alpha(&tuning(), &legs(), 0.3).unwrap();
    let document = Document::parse(&svg).unwrap();
    let room = Room::WITH_NAMES;
    let steps = elements(&document, "path", "l0")[0].attribute("d").unwrap().to_owned();
    assert_eq!(steps.matches(&format!("{:.1} ", room.x(0.4))).count(), 2, "up at .4: {steps}");
    assert_eq!(steps.matches('L').count(), 5);
    let sampled = elements(&document, "path", "l1")[0].attribute("d").unwrap().to_owned();
    assert!(sampled.starts_with(&format!("M{:.1} ", room.x(0.25))), "nothing was tried before: {sampled}");
    let shade = elements(&document, "rect", "shade")[0];
    assert!((number(shade, "x") - room.x(0.4)).abs() < 0.1);
    assert!((number(shade, "width") - (room.x(0.6) - room.x(0.4))).abs() < 0.11);
    let said = texts(&document);
    for words in ["α, share of dense", "α = 0.30", "reranked: best 0.800 at α = 0.5"] {
        assert!(said.contains(&words.to_owned()), "{words}: {said:?}");
    }
    let none = Tuning { first: None, reranked: None, ..tuning() };
    assert_eq!(over_alpha(&none, &legs(), 0.5), None);
}

/// Trap: a cell on fewer queries, drawn in the colours of the others, would look like the best one.
#[test]
fn heat_marks_now_and_best_and_leaves_out_what_is_not_comparable() {
    let view = HeatView { method: 0, first: false, now: Some((0.0, 10)) };
    let svg = heat_map(&tuning(), view).unwrap();
    let document = Document::parse(&svg).unwrap();
    let cells: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("rect") && node.first_element_child().is_some())
        .map(|node| node.first_element_child().unwrap().text().unwrap().to_owned())
        .collect();
    assert_eq!(
        cells,
        ["α 0.00, N 10: 0.500", "α 0.00, N 50: 0.600", "α 1.00, N 50: 0.800"].map(str::to_owned)
    );
    let said = texts(&document);
    for words in ["●", "50", "◆", "80"] {
        assert!(said.contains(&words.to_owned()), "{words}: {said:?}");
    }
    assert!(said.contains(&"–".to_owned()));
    assert_eq!(elements(&document, "rect", "mark").len(), 2);
    let first = heat_map(&tuning(), HeatView { first: true, now: None, ..view }).unwrap();
    assert!(first.contains("first stage") && first.contains("N 10: 0.100") && !first.contains('◆'));
    assert_eq!(heat_map(&Tuning { heat: None, ..tuning() }, view), None);
}
