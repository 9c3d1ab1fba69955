//! In: an interval and a number that would be liked best. Out: a number of few decimals inside the
//! interval, for people to type.

/// More decimals than this say nothing that a list of f32 scores could keep.
const MOST_DECIMALS: u32 = 7;

/// The number strictly inside (`low`, `high`) with the fewest decimals from `fewest` on, and of those
/// the nearest to `liked`. `None` where not even seven decimals reach into the interval.
pub fn short_decimal(liked: f64, low: f64, high: f64, fewest: u32) -> Option<f64> {
    (fewest..=MOST_DECIMALS).find_map(|decimals| decimal_in(liked, low, high, decimals))
}

/// The number of exactly so many decimals (trailing zeros allowed) strictly inside (`low`, `high`)
/// that is nearest to `liked`.
pub(super) fn decimal_in(liked: f64, low: f64, high: f64, decimals: u32) -> Option<f64> {
    let unit = 10f64.powi(decimals as i32);
    let (mut first, mut last) = ((low * unit).floor(), (high * unit).ceil());
    // Division gives the number nearest to the decimal as it is written, so these are what a person
    // would type.
    while first / unit <= low {
        first += 1.0;
    }
    while last / unit >= high {
        last -= 1.0;
    }
    (first <= last).then(|| (liked * unit).round().clamp(first, last) / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_decimals_that_fit() {
        assert_eq!(short_decimal(0.5, 0.31, 0.72, 1), Some(0.5));
        assert_eq!(short_decimal(0.5, 0.31, 0.38, 1), Some(0.37));
        assert_eq!(short_decimal(0.0, 0.31, 0.72, 2), Some(0.32), "two decimals stay two");
        assert_eq!(short_decimal(0.9, 0.1234, 0.1236, 1), Some(0.1235));
        assert_eq!(short_decimal(0.5, 0.3, 0.30000001, 1), None);
    }

    /// Trap: .3 · 10 is 3.0000000000000004 and .7 / .1 is 6.999…; the ends are not inside.
    #[test]
    fn the_ends_are_outside() {
        assert_eq!(decimal_in(0.0, 0.3, 0.7, 1), Some(0.4));
        assert_eq!(decimal_in(1.0, 0.3, 0.7, 1), Some(0.6));
        assert_eq!(decimal_in(0.5, 0.3, 0.4, 1), None);
    }
}
