//! Values as text: what may be typed for a knob, checked as the settings file checks it, and how a value
//! is shown.

use super::scale::set_weight;
use super::{Knob, Scope, method_name, reranker_name};
use crate::domain::{FirstStage, LegName, Settings};

/// Deeper legs than this are a slip of the finger.
const DEEPEST: usize = 1_000_000;
/// As the settings file has it.
const MOST: f64 = 1000.0;

/// Sets a knob from typed text; nothing typed takes the value of its own from a knob that need not have
/// one. The error is a sentence for the person who typed it, and leaves the knob as it was.
pub fn type_in(knob: Knob, text: &str, settings: &mut Settings, scope: Scope) -> Result<(), String> {
    let text = text.trim();
    if knob.is_optional() && matches!(text, "" | "off" | "none") {
        super::reset(knob, settings, scope);
        return Ok(());
    }
    match knob {
        Knob::Alpha => settings.alpha = number(text, "α", 0.0, 1.0, "(bm25 alone) to 1 (dense alone)")?,
        Knob::Blend => {
            settings.blend = number(text, "β", 0.0, 1.0, "(the reranker alone) to 1 (the first stage)")?;
        }
        Knob::K1 => settings.bm25.k1 = number(text, "k1", 0.0, MOST, "to 1000, such as 1.2")?,
        Knob::B => settings.bm25.b = number(text, "b", 0.0, 1.0, "to 1, such as .75")?,
        Knob::TitleBoost => {
            settings.bm25.title_boost = number(text, "title boost", 0.0, MOST, "to 1000, such as 2")?;
        }
        Knob::RrfK => {
            let least = settings.fusion.least_k();
            settings.rrf_k = Some(number(text, "the rank constant", least, f64::MAX, "on, such as 60")?);
        }
        Knob::Threshold => settings.threshold = Some(threshold(text)?),
        Knob::Weight(leg) => {
            let weight = number(text, "a weight", 0.0, f64::MAX, "on, such as 1.5")?;
            let mut next = settings.clone();
            set_weight(leg.0, Some(weight), &mut next, scope);
            if next.is_silent(scope.legs) {
                return Err(NOTHING_SPEAKS.to_owned());
            }
            *settings = next;
        }
        Knob::Candidates => settings.candidates = whole(text, "N", settings.depth, "the depth of the legs")?,
        Knob::Deliver => settings.deliver = whole(text, "k", settings.depth, "the depth of the legs")?,
        Knob::Window => settings.window = Some(whole(text, "W", settings.depth, "the depth of the legs")?),
        Knob::Depth => settings.depth = whole(text, "D", DEEPEST, "the deepest")?,
        Knob::RelLevel => settings.rel_level = level(text)?,
        Knob::First | Knob::Fusion | Knob::Reranker => {}
    }
    Ok(())
}

/// Why the last weight cannot be taken away.
pub const NOTHING_SPEAKS: &str =
    "every weight would be 0, so the first stage would find nothing: give another leg a weight first";

/// A NaN is in no range.
fn number(text: &str, name: &str, least: f64, most: f64, range: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{name} is a number from {least} {range}: not \"{text}\""))
}

fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("the threshold is a number in the scores' own scale: not \"{text}\""))
}

fn whole(text: &str, name: &str, most: usize, meaning: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("{name} is a whole number from 1 to {most} ({meaning}): not \"{text}\""))
}

fn level(text: &str) -> Result<i32, String> {
    let level = text.parse::<i32>().ok().filter(|level| *level >= 1);
    level.ok_or_else(|| format!("a relevance level is a whole grade from 1: not \"{text}\""))
}

/// The value as it is shown; what has no value of its own says what stands in.
pub fn value(knob: Knob, settings: &Settings, legs: &[LegName]) -> String {
    match knob {
        Knob::Alpha => share(settings.alpha),
        Knob::Blend => share(settings.blend),
        Knob::B => share(settings.bm25.b),
        Knob::K1 => plain(settings.bm25.k1),
        Knob::TitleBoost => plain(settings.bm25.title_boost),
        Knob::Weight(leg) => {
            let hybrid = Settings { first: FirstStage::Hybrid, ..settings.clone() };
            hybrid.leg_weights(legs.len()).get(leg.0).map_or_else(String::new, |&weight| plain(weight))
        }
        Knob::RrfK if settings.rrf_k.is_none() => format!("{} own", plain(settings.rrf_k())),
        Knob::RrfK => plain(settings.rrf_k()),
        Knob::Window if settings.window.is_none() => format!("{} = D", settings.window()),
        Knob::Window => settings.window().to_string(),
        Knob::Threshold => settings.threshold.map_or_else(|| "off".to_owned(), plain),
        Knob::Candidates => settings.candidates.to_string(),
        Knob::Deliver => settings.deliver.to_string(),
        Knob::Depth => settings.depth.to_string(),
        Knob::RelLevel => settings.rel_level.to_string(),
        Knob::First => settings.first_name(legs).to_owned(),
        Knob::Fusion => method_name(settings),
        Knob::Reranker => reranker_name(settings),
    }
}

/// A number from 0 to 1 as `.50`, `1` as `1.00`; with more decimals where it has more.
pub fn share(value: f64) -> String {
    // A share of weights may have any number of them.
    let value = (value * 1e4).round() / 1e4;
    if (value * 100.0 - (value * 100.0).round()).abs() > 1e-9 {
        return plain(value);
    }
    let text = format!("{value:.2}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

/// As short as it can be: `1.2`, `60`, `-.35`.
fn plain(value: f64) -> String {
    let text = format!("{value}");
    match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
        (Some(rest), _) => format!(".{rest}"),
        (_, Some(rest)) => format!("-.{rest}"),
        _ => text,
    }
}
