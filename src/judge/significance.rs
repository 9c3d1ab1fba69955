//! In: one difference per query between two systems on the same queries. Out: whether it can be chance.
//! It does not know which metric, nor whether a setting was tuned on these queries (then its p-value is
//! exploratory, and the caller says so).
//!
//! Formulas: FIELD.md, "Statistics". Everything random takes a seed and repeats exactly.

use std::f64::consts::FRAC_2_PI;

use serde::Serialize;

use super::random::SplitMix64;

/// Sign flips of the randomisation test, and resamples of the bootstrap, by default.
pub const ROUNDS: usize = 10_000;

/// The seed used unless one is given.
pub const SEED: u64 = 42;

/// A paired two-sided t-test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TTest {
    pub t: f64,
    pub degrees: usize,
    pub p: f64,
}

/// A confidence interval, its ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Student's paired test of the mean difference against 0. `None` for fewer than two queries, or where
/// all differences are the same number and so have no spread to test against (all 0: p = 1 at t = 0).
pub fn paired_t(differences: &[f64]) -> Option<TTest> {
    let n = differences.len();
    if n < 2 {
        return None;
    }
    let degrees = n - 1;
    let mean = mean(differences);
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    if squares == 0.0 {
        return (mean == 0.0).then_some(TTest { t: 0.0, degrees, p: 1.0 });
    }
    let t = mean / (squares / degrees as f64 / n as f64).sqrt();
    Some(TTest { t, degrees, p: two_sided(t, degrees) })
}

/// Fisher's randomisation test of the mean difference, two-sided: p = (1 + #{|Δ*| ≥ |Δ|}) / (B + 1) over
/// `rounds` random flips of the differences' signs. All differences 0: 1.
pub fn randomisation(differences: &[f64], rounds: usize, seed: u64) -> f64 {
    let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
    if size == 0.0 {
        return 1.0;
    }
    // Sums of the same numbers in another order differ in their last bits; those are ties, and count.
    let observed = differences.iter().sum::<f64>().abs() - 1e-12 * size;
    let mut random = SplitMix64::new(seed);
    let mut flipped = || -> f64 {
        let chunks = differences.chunks(64);
        chunks
            .map(|chunk| {
                let signs = random.bits();
                let signed = (0u32..).zip(chunk).map(|(i, d)| if signs >> i & 1 == 1 { -d } else { *d });
                signed.sum::<f64>()
            })
            .sum()
    };
    let as_great = (0..rounds).filter(|_| flipped().abs() >= observed).count();
    (1 + as_great) as f64 / (rounds + 1) as f64
}

/// The percentile bootstrap interval of the mean difference over queries, at `level` (.95): `rounds`
/// resamples, percentiles interpolated linearly. `None` for no query or no round.
pub fn bootstrap(differences: &[f64], level: f64, rounds: usize, seed: u64) -> Option<Interval> {
    Bootstrap::new(differences.to_vec(), rounds, seed).finish(level)
}

/// [`bootstrap`] in steps, so that whoever is asked something else meanwhile need not wait for the end.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    differences: Vec<f64>,
    rounds: usize,
    random: SplitMix64,
    /// Of the resamples so far.
    means: Vec<f64>,
}

impl Bootstrap {
    pub fn new(differences: Vec<f64>, rounds: usize, seed: u64) -> Self {
        let rounds = if differences.is_empty() { 0 } else { rounds };
        Self { differences, rounds, random: SplitMix64::new(seed), means: Vec::with_capacity(rounds) }
    }

    pub fn differences(&self) -> &[f64] {
        &self.differences
    }

    /// Takes about so many `draws` more, in whole resamples, at least one; whether all are taken.
    pub fn step(&mut self, draws: usize) -> bool {
        let n = self.differences.len();
        let resamples = (draws / n.max(1)).max(1).min(self.rounds - self.means.len());
        for _ in 0..resamples {
            let sum: f64 = (0..n).map(|_| self.differences[self.random.below(n)]).sum();
            self.means.push(sum / n as f64);
        }
        self.means.len() == self.rounds
    }

    /// The interval, after what is missing is drawn; `None` for no query or no round.
    pub fn finish(mut self, level: f64) -> Option<Interval> {
        self.step(usize::MAX);
        (!self.means.is_empty()).then(|| interval_of(&mut self.means, level))
    }
}

/// The middle `level` of a sample, which must not be empty; sorts it.
pub(super) fn interval_of(sample: &mut [f64], level: f64) -> Interval {
    sample.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Interval { low: percentile(sample, tail), high: percentile(sample, 1.0 - tail) }
}

/// Holm's step-down correction (1979): the adjusted p-values, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut floor: f64 = 0.0;
    for (i, &test) in order.iter().enumerate() {
        floor = floor.max(((p.len() - i) as f64 * p[test]).min(1.0));
        adjusted[test] = floor;
    }
    adjusted
}

/// The mean; not a number for no value.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Linear interpolation between the two neighbours of an ascending sample, which must not be empty.
fn percentile(ascending: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (ascending.len() - 1) as f64;
    let (below, above) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// P(|T| ≥ |t|) for whole degrees of freedom: the finite series of Abramowitz and Stegun, 26.7.3 and
/// 26.7.4, right to about 1e-14 absolutely.
fn two_sided(t: f64, degrees: usize) -> f64 {
    let angle = (t.abs() / (degrees as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    // Odd: cos, then times 2/3 cos², 4/5 cos² .. ; even: 1, then times 1/2 cos², 3/4 cos² ..
    let odd = degrees % 2;
    let mut term = if odd == 1 { cos } else { 1.0 };
    let mut sum = 0.0;
    for factor in (odd + 1..degrees).step_by(2) {
        sum += term;
        term *= factor as f64 / (factor + 1) as f64 * cos * cos;
    }
    let inside = if odd == 1 { FRAC_2_PI * (angle + sin * sum) } else { sin * sum };
    (1.0 - inside).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    #[test]
    fn the_t_test_is_scipys() {
        // scipy 1.17.1, stats.ttest_1samp(d, 0): the paired test on differences. Even and odd degrees.
        let series = |n: i32| -> Vec<f64> { (0..n).map(|i| 0.02 * f64::from((i * 7) % 11 - 4)).collect() };
        for (differences, t, p) in [
            (vec![0.1, -0.05, 0.2, 0.0, 0.3], 1.7179113807746669, 0.16094301069703293),
            (vec![0.1, 0.2], 3.0000000000000004, 0.20483276469913342),
            (vec![0.01, -0.02, 0.03], 0.45883146774112343, 0.6913933000758162),
            (vec![0.5, 0.25, 0.125, -0.0625, 0.3, 0.7, 0.1], 2.80133343087693, 0.03110924152596933),
            (series(40), 2.0384679379835733, 0.04832407014947248),
            (series(41), 2.0876492321366587, 0.043243456072043426),
        ] {
            let test = paired_t(&differences).unwrap();
            close(test.t, t, 1e-12);
            close(test.p, p, 1e-12);
            assert_eq!(test.degrees, differences.len() - 1);
        }
    }

    #[test]
    fn the_tail_of_t_is_scipys() {
        // scipy 1.17.1, 2 * stats.t.sf(t, degrees).
        for (t, degrees, p) in [
            (12.706204736432095, 1, 0.0499999999989913),
            (4.302652729696142, 2, 0.05000000000114788),
            (2.2281388519649385, 10, 0.05000000000180864),
            (1.9623390808264078, 1000, 0.05000000000000009),
            (8.0, 30, 6.265822475700759e-9),
            (0.5, 7, 0.6324071356892844),
            (1e-3, 4, 0.99925000015625),
        ] {
            close(two_sided(t, degrees), p, 1e-13);
            close(two_sided(-t, degrees), p, 1e-13);
        }
    }

    #[test]
    fn a_t_test_without_spread_says_nothing_unless_nothing_changed() {
        assert_eq!(paired_t(&[0.5, 0.5, 0.5]), None);
        assert_eq!(paired_t(&[0.0, 0.0]).map(|test| test.p), Some(1.0));
        assert_eq!((paired_t(&[0.5]), paired_t(&[])), (None, None));
    }

    const DIFFERENCES: [f64; 10] = [0.1, -0.05, 0.2, 0.0, 0.3, 0.02, -0.1, 0.15, 0.07, 0.0];

    /// Trap: a resample cut in two by a step, or a step that draws one too many.
    #[test]
    fn a_bootstrap_in_steps_is_the_one_in_one_go() {
        let whole = bootstrap(&DIFFERENCES, 0.95, 137, SEED);
        for draws in [1, 7, 25, 5000] {
            let mut steps = Bootstrap::new(DIFFERENCES.to_vec(), 137, SEED);
            let mut count = 1;
            while !steps.step(draws) {
                count += 1;
            }
            assert_eq!(count, 137_usize.div_ceil((draws / 10).max(1)), "{draws}");
            assert_eq!(steps.finish(0.95), whole, "{draws}");
        }
    }

    #[test]
    fn the_randomisation_test_comes_near_the_exact_one_and_repeats_itself() {
        // scipy 1.17.1, stats.permutation_test(permutation_type="samples", n_resamples=inf).
        let exact = 0.1171875;
        let p = randomisation(&DIFFERENCES, 100_000, SEED);
        close(p, exact, 0.005);
        assert_eq!(p, randomisation(&DIFFERENCES, 100_000, SEED));
        assert_ne!(p, randomisation(&DIFFERENCES, 100_000, SEED + 1));
    }

    /// Fisher's own example (The Design of Experiments, 1935, § 21): Darwin's crossed and self-fertilised
    /// maize, in eighths of an inch. 1,726 of the 32,768 signings are as great: p = .05267. The t-test
    /// beside it, which he found at 4.970 %.
    #[test]
    fn the_randomisation_of_darwins_maize() {
        let maize =
            [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];
        close(randomisation(&maize, 200_000, SEED), 1726.0 / 32768.0, 0.002);
        let test = paired_t(&maize).unwrap();
        close(test.t, 2.1479874613311205, 1e-12);
        close(test.p, 0.049702944021800866, 1e-12);
    }

    #[test]
    fn no_difference_at_all_is_certainly_chance() {
        assert_eq!(randomisation(&[0.0; 30], ROUNDS, SEED), 1.0);
        assert_eq!(randomisation(&[], ROUNDS, SEED), 1.0);
    }

    #[test]
    fn one_query_proves_nothing() {
        // Both signs are as great as what was seen; rounding must not hide the tie.
        assert_eq!(randomisation(&[0.1], ROUNDS, SEED), 1.0);
    }

    #[test]
    fn p_is_never_zero() {
        assert_eq!(randomisation(&[1.0; 200], 99, SEED), 0.01);
    }

    #[test]
    fn ties_that_differ_in_the_last_bit_count_as_ties() {
        // Every flip of one pair reaches the same |sum| in exact arithmetic: 4 of the 8 sign patterns.
        let p = randomisation(&[0.1, 0.2, 0.3], 40_000, SEED);
        close(p, 0.25, 0.01);
        close(randomisation(&[0.3, -0.1, -0.2], 40_000, SEED), 1.0, 1e-12);
    }

    #[test]
    fn the_bootstrap_interval_comes_near_scipys() {
        // scipy 1.17.1, stats.bootstrap(method="percentile", n_resamples=100000): .001 to .142.
        let interval = bootstrap(&DIFFERENCES, 0.95, 100_000, SEED).unwrap();
        close(interval.low, 0.001, 0.003);
        close(interval.high, 0.142, 0.003);
        assert_eq!(Some(interval), bootstrap(&DIFFERENCES, 0.95, 100_000, SEED));
    }

    #[test]
    fn a_bootstrap_of_one_value_is_that_value() {
        assert_eq!(bootstrap(&[0.25; 3], 0.95, 100, SEED), Some(Interval { low: 0.25, high: 0.25 }));
        assert_eq!((bootstrap(&[], 0.95, 100, SEED), bootstrap(&[1.0], 0.95, 0, SEED)), (None, None));
    }

    #[test]
    fn percentiles_are_numpys() {
        // numpy 1.26.4, quantile([1, 2, 4, 8], [.025, .5, .975]).
        for (share, expected) in [(0.025, 1.075), (0.5, 3.0), (0.975, 7.7)] {
            close(percentile(&[1.0, 2.0, 4.0, 8.0], share), expected, 1e-12);
        }
    }

    #[test]
    fn holm_steps_down_and_never_back() {
        // Worked by hand: 4 × .005, 3 × .01, 2 × .03 and 1 × .04, of which the last may not be smaller
        // than the one before.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (p, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            close(*p, expected, 1e-12);
        }
        // statsmodels 0.15.0, multipletests(method="holm"), on the fifteen p-values of Benjamini and
        // Hochberg 1995.
        let published = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let expected = [
            0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
        ];
        for (p, expected) in holm(&published).iter().zip(expected) {
            close(*p, expected, 1e-12);
        }
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn p_values_are_probabilities_and_an_interval_is_in_order(
            differences in prop::collection::vec(-1.0f64..1.0, 1..40)
        ) {
            let p = randomisation(&differences, 200, 1);
            prop_assert!(p > 0.0 && p <= 1.0);
            if let Some(test) = paired_t(&differences) {
                prop_assert!((0.0..=1.0).contains(&test.p));
            }
            let interval = bootstrap(&differences, 0.95, 200, 1).unwrap();
            prop_assert!(interval.low <= interval.high);
        }
    }
}
