//! The knobs: their ranges, steps, places on a slider, and what may be typed for them. Pure sums over
//! [`Settings`]; nothing here knows a key or a cell.

use crate::domain::{FirstStage, FusionMethod, LegId, Settings};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    Alpha,
    Candidates,
    Deliver,
    First,
    Fusion,
    Reranker,
}

/// Sizes of the candidate set that people try.
pub const CANDIDATE_STOPS: [usize; 7] = [10, 20, 50, 100, 200, 500, 1000];
/// Second stages that work offline, in the order of the picker.
pub const RERANKER_STOPS: [&str; 5] = [
    "late-interaction",
    "cross-encoder",
    "late-interaction+cross-encoder",
    "late-interaction > cross-encoder@20",
    "none",
];
/// The upper end of k on its slider; a typed k may be greater.
const DELIVER_SLIDER_MAX: usize = 100;

impl Knob {
    /// In the order of the bar.
    pub const ALL: [Self; 6] =
        [Self::Alpha, Self::Candidates, Self::Deliver, Self::First, Self::Fusion, Self::Reranker];

    /// Its neighbour on the bar, staying at the ends.
    pub fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&knob| knob == self).unwrap_or(0);
        Self::ALL[at.saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }

    pub fn takes_a_number(self) -> bool {
        matches!(self, Self::Alpha | Self::Candidates | Self::Deliver)
    }
}

/// Where the knob stands on its slider, 0 to 1.
pub fn fraction(knob: Knob, settings: &Settings) -> f64 {
    match knob {
        Knob::Alpha => settings.alpha.clamp(0.0, 1.0),
        Knob::Candidates => log_fraction(settings.candidates, settings.depth),
        Knob::Deliver => log_fraction(settings.deliver, DELIVER_SLIDER_MAX),
        Knob::First | Knob::Fusion | Knob::Reranker => 0.0,
    }
}

/// Puts the knob where the slider was clicked: α in steps of .01, N and k at round numbers.
pub fn set_fraction(knob: Knob, along: f64, settings: &mut Settings) {
    match knob {
        Knob::Alpha => settings.alpha = (along.clamp(0.0, 1.0) * 100.0).round() / 100.0,
        Knob::Candidates => settings.candidates = round_number(log_value(along, settings.depth)),
        Knob::Deliver => settings.deliver = round_number(log_value(along, DELIVER_SLIDER_MAX)),
        Knob::First | Knob::Fusion | Knob::Reranker => {}
    }
}

fn log_fraction(value: usize, max: usize) -> f64 {
    ((value.max(1) as f64).ln() / (max.max(2) as f64).ln()).clamp(0.0, 1.0)
}

fn log_value(along: f64, max: usize) -> usize {
    (along.clamp(0.0, 1.0) * (max.max(2) as f64).ln()).exp().round() as usize
}

fn round_number(value: usize) -> usize {
    let unit = match value {
        0..=19 => 1,
        20..=99 => 5,
        100..=299 => 10,
        _ => 50,
    };
    ((value + unit / 2) / unit * unit).max(1)
}

/// Moves α by hundredths.
pub fn move_alpha(hundredths: i32, settings: &mut Settings) {
    let now = (settings.alpha * 100.0).round() as i32;
    settings.alpha = f64::from((now + hundredths).clamp(0, 100)) / 100.0;
}

/// Moves N to the next multiple of ten, within 1 to D.
pub fn move_candidates(up: bool, settings: &mut Settings) {
    let n = settings.candidates;
    let next = if up { n / 10 * 10 + 10 } else { n.div_ceil(10).saturating_sub(1) * 10 };
    settings.candidates = next.clamp(1, settings.depth.max(1));
}

/// Moves N to the neighbouring stop.
pub fn jump_candidates(up: bool, settings: &mut Settings) {
    let n = settings.candidates;
    let stop = if up {
        CANDIDATE_STOPS.into_iter().find(|&stop| stop > n)
    } else {
        CANDIDATE_STOPS.into_iter().rev().find(|&stop| stop < n)
    };
    if let Some(stop) = stop {
        settings.candidates = stop.clamp(1, settings.depth.max(1));
    }
}

/// Moves k by one, within 1 to D.
pub fn move_deliver(up: bool, settings: &mut Settings) {
    let next = if up { settings.deliver + 1 } else { settings.deliver.saturating_sub(1) };
    settings.deliver = next.clamp(1, settings.depth.max(1));
}

pub fn next_fusion(settings: &mut Settings) {
    settings.fusion = after(&FusionMethod::ALL, settings.fusion);
}

/// The next of the second stages that need no key and no download; another one leads to the first.
pub fn next_reranker(settings: &mut Settings) {
    let at = RERANKER_STOPS.iter().position(|stop| *stop == settings.reranker.name());
    let next = RERANKER_STOPS[at.map_or(0, |at| (at + 1) % RERANKER_STOPS.len())];
    // A stop that cannot be read would be a mistake in the table; a test reads them all.
    settings.reranker = next.parse().unwrap_or_default();
}

/// Hybrid, then each of `legs` legs alone.
pub fn next_first_stage(legs: usize, settings: &mut Settings) {
    let alone = (0..legs).map(|leg| FirstStage::Only(LegId(leg)));
    let all: Vec<FirstStage> = std::iter::once(FirstStage::Hybrid).chain(alone).collect();
    settings.first = after(&all, settings.first);
}

fn after<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|&one| one == now).map_or(0, |at| (at + 1) % all.len());
    all.get(at).copied().unwrap_or(now)
}

/// Turns the knob one step, as the arrow keys do on the focused knob.
pub fn turn(knob: Knob, up: bool, legs: usize, settings: &mut Settings) {
    match knob {
        Knob::Alpha => move_alpha(if up { 5 } else { -5 }, settings),
        Knob::Candidates => move_candidates(up, settings),
        Knob::Deliver => move_deliver(up, settings),
        Knob::First => next_first_stage(legs, settings),
        Knob::Fusion => next_fusion(settings),
        Knob::Reranker => next_reranker(settings),
    }
}

/// Sets a knob from typed text; the error is a sentence for the person who typed it.
pub fn type_in(knob: Knob, text: &str, settings: &mut Settings) -> Result<(), String> {
    let text = text.trim();
    match knob {
        Knob::Alpha => {
            let alpha = text.parse::<f64>().ok().filter(|alpha| (0.0..=1.0).contains(alpha));
            settings.alpha = alpha.ok_or_else(|| {
                format!("α is a number from 0 (bm25 alone) to 1 (dense alone), such as .35: not \"{text}\"")
            })?;
        }
        Knob::Candidates => settings.candidates = whole(text, "N", settings.depth)?,
        Knob::Deliver => settings.deliver = whole(text, "k", settings.depth)?,
        Knob::First | Knob::Fusion | Knob::Reranker => {}
    }
    Ok(())
}

fn whole(text: &str, name: &str, max: usize) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| {
        format!("{name} is a whole number from 1 to {max} (the depth of the legs): not \"{text}\"")
    })
}

/// The value as one would type it.
pub fn typed_value(knob: Knob, settings: &Settings) -> String {
    match knob {
        Knob::Alpha => share(settings.alpha),
        Knob::Candidates => settings.candidates.to_string(),
        Knob::Deliver => settings.deliver.to_string(),
        Knob::First | Knob::Fusion | Knob::Reranker => String::new(),
    }
}

/// A number from 0 to 1 as `.50`, `1` as `1.00`.
pub fn share(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

/// The fusion as the screen names it.
pub fn method_name(settings: &Settings) -> String {
    match settings.fusion {
        FusionMethod::Rrf => format!("RRF {}", settings.rrf_k()),
        FusionMethod::QdrantRrf | FusionMethod::WeaviateRanked => {
            format!("{} {}", settings.fusion.name(), settings.rrf_k())
        }
        other => other.name().to_owned(),
    }
}

/// The second stage as the screen names it.
pub fn reranker_name(settings: &Settings) -> String {
    settings.reranker.to_string().replace("late-interaction", "late interaction")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SecondStage;

    fn at(candidates: usize) -> Settings {
        Settings { candidates, ..Settings::default() }
    }

    #[test]
    fn n_moves_over_multiples_of_ten_and_stays_in_range() {
        for (from, up, to) in [
            (50, true, 60),
            (50, false, 40),
            (63, true, 70),
            (63, false, 60),
            (10, false, 1),
            (1, true, 10),
            (1000, true, 1000),
        ] {
            let mut settings = at(from);
            move_candidates(up, &mut settings);
            assert_eq!(settings.candidates, to, "{from} {up}");
        }
    }

    #[test]
    fn n_jumps_between_stops() {
        for (from, up, to) in
            [(50, true, 100), (63, true, 100), (63, false, 50), (10, false, 10), (1000, true, 1000)]
        {
            let mut settings = at(from);
            jump_candidates(up, &mut settings);
            assert_eq!(settings.candidates, to, "{from} {up}");
        }
    }

    /// Trap: twenty steps of .05 in floating point end at .9999 or 1.0500001.
    #[test]
    fn alpha_reaches_both_ends_exactly() {
        let mut settings = Settings { alpha: 0.0, ..Settings::default() };
        (0..25).for_each(|_| move_alpha(5, &mut settings));
        assert_eq!(settings.alpha, 1.0);
        (0..25).for_each(|_| move_alpha(-5, &mut settings));
        assert_eq!(settings.alpha, 0.0);
    }

    #[test]
    fn typed_values_are_checked_and_the_knob_stays_where_they_are_wrong() {
        let mut settings = Settings::default();
        assert_eq!(type_in(Knob::Alpha, " .35 ", &mut settings), Ok(()));
        assert_eq!(settings.alpha, 0.35);
        for bad in ["1.2", "-1", "NaN", "inf", "", "half"] {
            assert!(type_in(Knob::Alpha, bad, &mut settings).is_err(), "{bad}");
        }
        for bad in ["0", "1001", "-5", "5.5", "", "many"] {
            assert!(type_in(Knob::Candidates, bad, &mut settings).is_err(), "{bad}");
        }
        assert_eq!((settings.alpha, settings.candidates), (0.35, 50));
    }

    #[test]
    fn the_picker_goes_through_every_second_stage_and_round() {
        let mut settings = Settings::default();
        let mut seen = Vec::new();
        for _ in RERANKER_STOPS {
            seen.push(settings.reranker.name());
            next_reranker(&mut settings);
        }
        assert_eq!(seen, RERANKER_STOPS);
        assert_eq!(settings, Settings::default());
        settings.reranker = SecondStage::of("cohere:rerank-v3.5");
        next_reranker(&mut settings);
        assert_eq!(settings.reranker.name(), RERANKER_STOPS[0]);
    }

    #[test]
    fn a_slider_gives_back_what_it_shows() {
        for n in [1, 5, 10, 20, 50, 100, 200, 500, 1000] {
            let mut settings = at(n);
            let along = fraction(Knob::Candidates, &settings);
            set_fraction(Knob::Candidates, along, &mut settings);
            assert_eq!(settings.candidates, n);
        }
    }
}
