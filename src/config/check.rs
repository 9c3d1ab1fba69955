//! Which values make no sense: each by itself, and together.

use super::Patch;
use crate::domain::Settings;

/// The fault of the first value that is wrong by itself.
pub(super) fn values(patch: &Patch) -> Result<(), String> {
    let numbers = [
        ("alpha", patch.alpha, 0.0, 1.0, "the share of the dense leg"),
        ("blend", patch.blend, 0.0, 1.0, "the share of the first stage in the final score"),
        ("rrf-k", patch.rrf_k, 0.0, f64::MAX, "the constant of reciprocal rank fusion"),
        ("threshold", patch.threshold, f64::MIN, f64::MAX, "the least final score"),
        ("bm25-k1", patch.bm25_k1, 0.0, 1000.0, "term saturation"),
        ("bm25-b", patch.bm25_b, 0.0, 1.0, "length normalisation"),
        ("title-boost", patch.title_boost, 0.0, 1000.0, "how often a term of the title counts"),
    ];
    for (name, value, least, greatest, meaning) in numbers {
        // A NaN is in no range.
        if let Some(value) = value.filter(|value| !(least..=greatest).contains(value)) {
            return Err(format!("{name} = {value}: {meaning} is {}", range(least, greatest)));
        }
    }
    for (name, &weight) in &patch.weights {
        if !(0.0..=f64::MAX).contains(&weight) {
            return Err(format!("weight of {name} = {weight}: a weight is a number from 0"));
        }
    }
    let counts = [
        ("depth", patch.depth),
        ("window", patch.window),
        ("n", patch.n),
        ("k", patch.k),
        ("ann-ef", patch.ann_ef),
    ];
    match counts.iter().find(|(_, value)| *value == Some(0)) {
        Some((name, _)) => Err(format!("{name} = 0: at least 1 is needed")),
        None => Ok(()),
    }
}

/// The fault of values that make no sense together, for a first stage of `legs` legs.
pub(super) fn together(settings: &Settings, legs: usize) -> Result<(), String> {
    if settings.is_silent(legs) {
        return Err(
            "every weight is 0, so the first stage would find nothing: give a leg a weight".to_owned()
        );
    }
    Ok(())
}

fn range(least: f64, greatest: f64) -> String {
    match (least == f64::MIN, greatest == f64::MAX) {
        (true, _) => "a finite number".to_owned(),
        (_, true) => format!("a number from {least}"),
        _ => format!("a number from {least} to {greatest}"),
    }
}
