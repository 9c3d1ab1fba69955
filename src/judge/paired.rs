//! In: metrics of the same queries under two systems: before and after reranking, or two settings. Out:
//! for each metric the difference, how certain it is, and who won how often. It does not know whether a
//! setting was tuned on these queries; its p-values are then exploratory, and the caller says so.
//!
//! All metrics are resampled together: one draw of queries and one flip of signs serves every metric, so
//! that twelve cost little more than one and each gets what it would get alone with the same seed. It
//! goes in steps, so that whoever is asked something else meanwhile need not wait for the end.

use serde::Serialize;

use super::random::SplitMix64;
use super::significance::{Interval, holm, interval_of, mean, paired_t};

/// Values that are closer than this are the same: sums in another order differ in their last bits.
const TIE: f64 = 1e-9;

/// One metric of all queries, twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub metric: String,
    /// By query.
    pub before: Vec<f64>,
    /// By query, in the same order and as many.
    pub after: Vec<f64>,
    /// Whether it says which is better: Judged@k does not, and takes no part in Holm's correction.
    pub tested: bool,
}

/// One metric before and after, over queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paired {
    pub metric: String,
    pub queries: usize,
    pub before: f64,
    pub after: f64,
    /// Mean of after − before.
    pub difference: f64,
    /// 95 % percentile bootstrap of the difference over queries.
    pub interval: Interval,
    /// Student's paired t-test, two-sided; `None` for fewer than two queries, or where all differ by the
    /// same.
    pub p_t: Option<f64>,
    /// Fisher's randomisation test, two-sided.
    pub p_randomisation: f64,
    /// The latter after Holm's correction for all metrics that were tested. `None` for a metric that
    /// was not: it says nothing of better or worse, or is the same before and after on every query, as
    /// recall@N is by construction.
    pub p_holm: Option<f64>,
    pub wins: usize,
    pub losses: usize,
    pub ties: usize,
}

/// The comparison under way.
#[derive(Debug, Clone)]
pub struct Trial {
    columns: Vec<Column>,
    queries: usize,
    /// Query by query, a difference for each column.
    differences: Vec<f64>,
    /// By column: what a flipped sum must reach to count.
    observed: Vec<f64>,
    rounds: usize,
    done: usize,
    draws: SplitMix64,
    flips: SplitMix64,
    /// By column: the means of the resamples so far.
    means: Vec<Vec<f64>>,
    /// By column: how many flips reached what was observed.
    as_great: Vec<usize>,
}

/// Signs that one draw of random bits decides.
const FLIPS_A_DRAW: usize = u64::BITS as usize;

impl Trial {
    /// `rounds` resamples and as many flips. The columns must have a value of each query on both sides.
    pub fn new(columns: Vec<Column>, rounds: usize, seed: u64) -> Self {
        let queries = columns.first().map_or(0, |column| column.before.len());
        for column in &columns {
            assert_eq!((column.before.len(), column.after.len()), (queries, queries), "{}", column.metric);
        }
        let difference = |query: usize| columns.iter().map(move |c| c.after[query] - c.before[query]);
        let differences: Vec<f64> = (0..queries).flat_map(difference).collect();
        let column = |i: usize| differences.iter().skip(i).step_by(columns.len().max(1));
        let observed = |i: usize| {
            // As in `significance::randomisation`: the last bits must not hide a tie.
            let size: f64 = column(i).map(|difference| difference.abs()).sum();
            column(i).sum::<f64>().abs() - 1e-12 * size
        };
        Self {
            observed: (0..columns.len()).map(observed).collect(),
            means: vec![Vec::with_capacity(rounds); columns.len()],
            as_great: vec![0; columns.len()],
            done: if queries == 0 { rounds } else { 0 },
            draws: SplitMix64::new(seed),
            flips: SplitMix64::new(seed),
            rounds,
            queries,
            differences,
            columns,
        }
    }

    /// Does up to `rounds` more; whether all are done.
    pub fn step(&mut self, rounds: usize) -> bool {
        let width = self.columns.len();
        let mut sums = vec![0.0; width];
        let mut parts = vec![0.0; width];
        for _ in 0..rounds.min(self.rounds - self.done) {
            sums.fill(0.0);
            for _ in 0..self.queries {
                let query = self.draws.below(self.queries);
                add(&mut sums, &self.differences[query * width..(query + 1) * width]);
            }
            for (means, sum) in self.means.iter_mut().zip(&sums) {
                means.push(sum / self.queries as f64);
            }
            sums.fill(0.0);
            for chunk in self.differences.chunks(FLIPS_A_DRAW * width) {
                parts.fill(0.0);
                let mut signs = self.flips.bits();
                for differences in chunk.chunks_exact(width) {
                    let sign = if signs & 1 == 1 { -1.0 } else { 1.0 };
                    signs >>= 1;
                    for (part, difference) in parts.iter_mut().zip(differences) {
                        *part += sign * difference;
                    }
                }
                add(&mut sums, &parts);
            }
            for ((count, sum), observed) in self.as_great.iter_mut().zip(&sums).zip(&self.observed) {
                *count += usize::from(sum.abs() >= *observed);
            }
            self.done += 1;
        }
        self.done == self.rounds
    }

    /// The rest of the rounds, and what they say; in the order of the columns, none for no query.
    pub fn finish(mut self) -> Vec<Paired> {
        while !self.step(self.rounds) {}
        if self.queries == 0 || self.rounds == 0 {
            return Vec::new();
        }
        let width = self.columns.len();
        let mut all: Vec<Paired> = Vec::with_capacity(width);
        let mut family = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            let differences: Vec<f64> = self.differences.iter().skip(i).step_by(width).copied().collect();
            let unchanged = differences.iter().all(|&difference| difference == 0.0);
            let count = |is: fn(f64) -> bool| differences.iter().filter(|&&d| is(d)).count();
            let (wins, losses) = (count(|d| d > TIE), count(|d| d < -TIE));
            if column.tested && !unchanged {
                family.push(i);
            }
            all.push(Paired {
                metric: column.metric.clone(),
                queries: self.queries,
                before: mean(&column.before),
                after: mean(&column.after),
                difference: mean(&differences),
                interval: interval_of(&mut self.means[i], 0.95),
                p_t: paired_t(&differences).map(|test| test.p),
                p_randomisation: match unchanged {
                    true => 1.0,
                    false => (1 + self.as_great[i]) as f64 / (self.rounds + 1) as f64,
                },
                p_holm: None,
                wins,
                losses,
                ties: self.queries - wins - losses,
            });
        }
        let adjusted = holm(&family.iter().map(|&i| all[i].p_randomisation).collect::<Vec<_>>());
        for (i, p) in family.into_iter().zip(adjusted) {
            all[i].p_holm = Some(p);
        }
        all
    }
}

fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{bootstrap, randomisation};
    use proptest::prelude::*;

    fn column(metric: &str, before: &[f64], after: &[f64]) -> Column {
        Column { metric: metric.into(), before: before.into(), after: after.into(), tested: true }
    }

    fn trial(columns: Vec<Column>) -> Vec<Paired> {
        Trial::new(columns, 2_000, 42).finish()
    }

    #[test]
    fn a_metric_that_cannot_change_is_not_tested_and_takes_nothing_from_the_others() {
        // The trap: recall@N is the same before and after on every query; counted as a test, it would
        // double the p-value of the other.
        let recall = column("R@50", &[1.0, 0.5, 1.0, 1.0], &[1.0, 0.5, 1.0, 1.0]);
        let rank = column("RR@10", &[0.1, 0.2, 0.3, 0.5], &[0.5, 0.5, 1.0, 1.0]);
        let judged = Column { tested: false, ..column("Judged@10", &[0.9; 4], &[0.2, 0.3, 0.1, 0.2]) };
        let found = trial(vec![recall, rank, judged]);
        assert_eq!((found[0].p_holm, found[0].p_randomisation, found[0].ties), (None, 1.0, 4));
        assert_eq!(found[1].p_holm, Some(found[1].p_randomisation));
        assert_eq!((found[1].wins, found[1].losses, found[1].ties), (4, 0, 0));
        assert_eq!(found[2].p_holm, None);
        assert_eq!(found[2].losses, 4);
    }

    #[test]
    fn several_tests_are_corrected_by_holm() {
        let before = [0.0; 12];
        let sure: Vec<f64> = (1..=12).map(|i| f64::from(i) / 12.0).collect();
        let unsure: Vec<f64> = (1..=12).map(|i| if i % 3 == 0 { -0.2 } else { 0.11 }).collect();
        let found = trial(vec![column("a", &before, &unsure), column("b", &before, &sure)]);
        assert!((found[1].p_holm.unwrap() - 2.0 * found[1].p_randomisation).abs() < 1e-12);
        assert_eq!(found[0].p_holm, Some(found[0].p_randomisation), "the last step has a factor of one");
    }

    #[test]
    fn a_difference_in_the_last_bit_is_a_tie() {
        let found = trial(vec![column("a", &[0.3, 0.5], &[0.1 + 0.2, 0.6])]);
        assert_eq!((found[0].wins, found[0].losses, found[0].ties), (1, 0, 1));
    }

    #[test]
    fn nothing_to_compare_is_an_empty_answer() {
        assert!(trial(Vec::new()).is_empty());
        assert!(trial(vec![column("a", &[], &[])]).is_empty());
        let one = trial(vec![column("a", &[0.2], &[0.4])]);
        assert_eq!((one[0].p_t, one[0].p_randomisation, one[0].queries), (None, 1.0, 1));
    }

    /// Trap: a trial in steps that draws anew at each step, or metrics that share their draws unevenly.
    #[test]
    fn in_steps_it_says_the_same() {
        let columns = vec![
            column("a", &[0.1, 0.4, 0.2], &[0.3, 0.3, 0.9]),
            column("b", &[0.5, 0.4, 0.1], &[0.1, 0.6, 0.2]),
        ];
        let mut stepped = Trial::new(columns.clone(), 101, 7);
        let mut steps = 0;
        while !stepped.step(10) {
            steps += 1;
        }
        assert_eq!(steps, 10);
        assert_eq!(stepped.finish(), Trial::new(columns, 101, 7).finish());
    }

    proptest! {
        #[test]
        fn together_each_metric_gets_what_it_gets_alone(
            queries in prop::collection::vec((-1.0f64..1.0, -1.0f64..1.0), 1..150)
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = queries.into_iter().unzip();
            let zero = vec![0.0; a.len()];
            let found =
                Trial::new(vec![column("a", &zero, &a), column("b", &zero, &b)], 50, 3).finish();
            for (found, differences) in found.iter().zip([&a, &b]) {
                prop_assert_eq!(found.p_randomisation, randomisation(differences, 50, 3));
                prop_assert_eq!(Some(found.interval), bootstrap(differences, 0.95, 50, 3));
            }
        }
    }
}
