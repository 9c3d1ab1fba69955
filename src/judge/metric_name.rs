//! In: a metric's name as ir_measures writes it. Out: the metric, and back. It computes nothing.
//!
//! `nDCG@10`, `nDCG(dcg='exp-log2')@10`, `nDCG(judged_only=True)@10`, `P(rel=2)@5`, `R@100`,
//! `Success@5`, `RR`, `AP`, `Rprec`, `Bpref`, `RBP(p=0.8)`, `Judged@10`. Case does not matter, and
//! `MAP`, `MRR`, `Recall` and `Precision` are understood.

use std::fmt;
use std::str::FromStr;

use super::ranking::{Gain, Metric, MetricKind};
use crate::error::{Error, Result};

/// ir_measures' default persistence.
pub(super) const RBP_P: f64 = 0.8;

/// The names that are written, for the message about one that is not known.
const NAMES: &str = "nDCG@10, P@5, R@100, Success@5, RR@10, AP, Rprec, Bpref, RBP(p=0.8), Judged@10; \
                     with rel=2, judged_only=True or dcg='exp-log2' in parentheses";

impl FromStr for Metric {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self> {
        let refuse = |fault: &str| {
            Error::usage(format!("metric {written:?}: {fault}")).advise(format!("metrics: {NAMES}"))
        };
        let (before, cutoff) = match written.trim().rsplit_once('@') {
            Some((before, cutoff)) => (before, Some(cutoff)),
            None => (written.trim(), None),
        };
        let cutoff = match cutoff.map(str::parse::<usize>) {
            None => None,
            Some(Ok(cutoff)) if cutoff > 0 => Some(cutoff),
            Some(_) => return Err(refuse("the cutoff after @ must be a whole number from 1 on")),
        };
        let (name, parameters) = match before.split_once('(') {
            Some((name, rest)) => {
                (name, rest.strip_suffix(')').ok_or_else(|| refuse("the parenthesis is not closed"))?)
            }
            None => (before, ""),
        };
        let kind = kind_named(name).ok_or_else(|| refuse("there is no such metric"))?;
        let mut metric = Metric::new(kind, cutoff);
        for parameter in parameters.split(',').map(str::trim).filter(|parameter| !parameter.is_empty()) {
            let (key, value) =
                parameter.split_once('=').ok_or_else(|| refuse("a parameter is written name=value"))?;
            set(&mut metric, key.trim(), value.trim()).map_err(|fault| refuse(&fault))?;
        }
        match metric.kind {
            MetricKind::Precision | MetricKind::Recall | MetricKind::Success | MetricKind::Judged
                if cutoff.is_none() =>
            {
                Err(refuse("it needs a cutoff, as in P@5"))
            }
            MetricKind::Bpref | MetricKind::RPrecision if cutoff.is_some() => {
                Err(refuse("it takes no cutoff"))
            }
            _ => Ok(metric),
        }
    }
}

impl Metric {
    /// Several metrics with commas between; commas within parentheses belong to the metric.
    ///
    /// # Errors
    /// When there is none, or one is not known.
    pub fn list(written: &str) -> Result<Vec<Self>> {
        let (mut depth, mut start, mut parts) = (0usize, 0, Vec::new());
        for (at, character) in written.char_indices() {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    parts.push(&written[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(&written[start..]);
        parts.into_iter().map(str::parse).collect()
    }

    /// The name as a report's table has it: `recall@50`, `MAP`, `nDCG@10 condensed`; that of ir_measures
    /// where there is no shorter one.
    pub fn label(&self) -> String {
        let at = self.cutoff.map_or_else(String::new, |cutoff| format!("@{cutoff}"));
        let name = match self.kind {
            _ if self.rel.is_some() => return self.to_string(),
            MetricKind::Recall => "recall",
            MetricKind::Success => "success",
            MetricKind::Precision => "P",
            MetricKind::RPrecision => "R-prec",
            MetricKind::ReciprocalRank => "MRR",
            MetricKind::AveragePrecision => "MAP",
            MetricKind::Ndcg(_) => "nDCG",
            MetricKind::Bpref => "bpref",
            MetricKind::Rbp { .. } => return self.to_string(),
            MetricKind::Judged => "Judged",
        };
        let gain = if self.kind == MetricKind::Ndcg(Gain::Exponential) { " exp" } else { "" };
        let condensed = if self.condensed { " condensed" } else { "" };
        format!("{name}{at}{gain}{condensed}")
    }
}

fn kind_named(name: &str) -> Option<MetricKind> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "r" | "recall" => MetricKind::Recall,
        "success" => MetricKind::Success,
        "p" | "precision" => MetricKind::Precision,
        "rprec" => MetricKind::RPrecision,
        "rr" | "mrr" => MetricKind::ReciprocalRank,
        "ap" | "map" => MetricKind::AveragePrecision,
        "ndcg" => MetricKind::Ndcg(Gain::Linear),
        "bpref" => MetricKind::Bpref,
        "rbp" => MetricKind::Rbp { p: RBP_P },
        "judged" => MetricKind::Judged,
        _ => return None,
    })
}

fn set(metric: &mut Metric, key: &str, value: &str) -> std::result::Result<(), String> {
    let wrong = |expected: &str| format!("{key} must be {expected}, not {value:?}");
    match (key, &mut metric.kind) {
        ("rel", kind) if !matches!(kind, MetricKind::Ndcg(_) | MetricKind::Judged) => {
            metric.rel = Some(value.parse().map_err(|_| wrong("a whole number"))?);
        }
        ("judged_only", kind) if !matches!(kind, MetricKind::Bpref | MetricKind::Judged) => {
            metric.condensed = match value.to_ascii_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => return Err(wrong("True or False")),
            };
        }
        ("p", MetricKind::Rbp { p }) => {
            *p = value
                .parse()
                .ok()
                .filter(|p| (0.0..1.0).contains(p))
                .ok_or_else(|| wrong("from 0 to below 1"))?;
        }
        ("dcg", MetricKind::Ndcg(gain)) => {
            *gain = match value.trim_matches(['\'', '"']) {
                "log2" => Gain::Linear,
                "exp-log2" => Gain::Exponential,
                _ => return Err(wrong("'log2' or 'exp-log2'")),
            };
        }
        _ => return Err(format!("it has no parameter {key:?}")),
    }
    Ok(())
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, own) = match self.kind {
            MetricKind::Recall => ("R", None),
            MetricKind::Success => ("Success", None),
            MetricKind::Precision => ("P", None),
            MetricKind::RPrecision => ("Rprec", None),
            MetricKind::ReciprocalRank => ("RR", None),
            MetricKind::AveragePrecision => ("AP", None),
            MetricKind::Ndcg(Gain::Linear) => ("nDCG", None),
            MetricKind::Ndcg(Gain::Exponential) => ("nDCG", Some("dcg='exp-log2'".to_owned())),
            MetricKind::Bpref => ("Bpref", None),
            MetricKind::Rbp { p } => ("RBP", Some(format!("p={p}"))),
            MetricKind::Judged => ("Judged", None),
        };
        let rel = self.rel.map(|rel| format!("rel={rel}"));
        let condensed = self.condensed.then(|| "judged_only=True".to_owned());
        let parameters: Vec<String> = [own, rel, condensed].into_iter().flatten().collect();
        f.write_str(name)?;
        if !parameters.is_empty() {
            write!(f, "({})", parameters.join(", "))?;
        }
        match self.cutoff {
            Some(cutoff) => write!(f, "@{cutoff}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_as_ir_measures_does() {
        for name in [
            "nDCG@10",
            "nDCG",
            "nDCG(dcg='exp-log2')@20",
            "nDCG(judged_only=True)@10",
            "P(rel=2)@5",
            "R@100",
            "Success@5",
            "RR",
            "RR(rel=2)@10",
            "AP",
            "AP@100",
            "Rprec",
            "Bpref",
            "RBP(p=0.8)",
            "RBP(p=0.95, rel=2, judged_only=True)@20",
            "Judged@10",
        ] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for (written, name) in [
            ("ndcg@10", "nDCG@10"),
            ("MAP", "AP"),
            ("mrr@10", "RR@10"),
            ("Recall@50", "R@50"),
            ("RBP", "RBP(p=0.8)"),
            ("nDCG(dcg=\"log2\")@10", "nDCG@10"),
            (" P( rel = 2 )@5 ", "P(rel=2)@5"),
        ] {
            assert_eq!(written.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_list_is_cut_at_commas_outside_parentheses() {
        let names = |written: &str| -> Vec<String> {
            Metric::list(written).unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("nDCG@10, RBP(p=0.9, rel=2)@5,AP"), ["nDCG@10", "RBP(p=0.9, rel=2)@5", "AP"]);
        for wrong in ["", "P@5,", "P@5,,AP", "AP;P@5", "P(rel=2@5,AP"] {
            assert!(Metric::list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_are_the_words_of_a_table() {
        for (name, label) in [
            ("R@50", "recall@50"),
            ("RR@10", "MRR@10"),
            ("AP", "MAP"),
            ("nDCG(dcg='exp-log2')@10", "nDCG@10 exp"),
            ("nDCG(judged_only=True)@10", "nDCG@10 condensed"),
            ("P(rel=2)@5", "P(rel=2)@5"),
            ("RBP", "RBP(p=0.8)"),
        ] {
            assert_eq!(name.parse::<Metric>().unwrap().label(), label);
        }
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_the_reason() {
        for (written, reason) in [
            ("", "no such metric"),
            ("hit@10", "no such metric"),
            ("P", "needs a cutoff"),
            ("Judged", "needs a cutoff"),
            ("P@0", "cutoff"),
            ("P@-1", "cutoff"),
            ("P@5x", "cutoff"),
            ("Bpref@10", "takes no cutoff"),
            ("P(rel=2@5", "not closed"),
            ("P(rel)@5", "name=value"),
            ("P(rel=x)@5", "whole number"),
            ("P(p=.5)@5", "no parameter"),
            ("RBP(p=1)", "below 1"),
            ("RBP(p=NaN)", "below 1"),
            ("nDCG(dcg='ln')@10", "exp-log2"),
            ("nDCG(rel=2)@10", "no parameter"),
        ] {
            let error = written.parse::<Metric>().unwrap_err();
            assert!(error.to_string().contains(reason), "{written}: {error}");
        }
    }
}
