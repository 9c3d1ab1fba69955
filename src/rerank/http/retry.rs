//! When to send a request again, and after how long.
//!
//! In: how an attempt ended, how often it was tried, what the service asks for. Out: a wait, or none. It
//! sleeps nowhere and reads no clock but the one that it is given.

use std::time::{Duration, SystemTime};

/// How stubborn to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first among them; 1 repeats nothing.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from then on, each shortened by up to a half at
    /// random, so that clients that failed together do not come back together.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// How long a request may take with all its repetitions and waits.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            total: Duration::from_secs(120),
        }
    }
}

impl Retry {
    /// The wait after `failed` attempts; `asked` is the service's own wish, `left` what remains of the
    /// total, `random` a number from 0 to 1. `None`: give up.
    pub(super) fn wait(
        &self,
        failed: u32,
        asked: Option<Duration>,
        left: Duration,
        random: f64,
    ) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let doubled = self.first_wait.saturating_mul(2u32.saturating_pow(failed.saturating_sub(1)));
        let wait = doubled.min(self.longest_wait).mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0);
        // Coming back earlier than asked is only refused again.
        let wait = asked.map_or(wait, |asked| wait.max(asked));
        (wait < left).then_some(wait)
    }
}

/// Whether a status may be gone at the next attempt: too many requests, and faults of the server. No other
/// refusal changes by being repeated.
pub(super) fn is_passing(status: u16) -> bool {
    status == 429 || (500..=599).contains(&status)
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as a wait from `now`. A date in the past is
/// no wait. `None`: not understood.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    fn ms(duration: Option<Duration>) -> Option<u128> {
        duration.map(|duration| duration.as_millis())
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry { attempts: 10, ..Retry::default() };
        let waits: Vec<_> = (1..=8).map(|failed| ms(retry.wait(failed, None, LONG, 0.0)).unwrap()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
        assert_eq!(ms(retry.wait(1, None, LONG, 1.0)), Some(250), "jitter takes up to a half");
        assert_eq!(ms(retry.wait(u32::MAX - 1, None, LONG, 0.0)), None);
    }

    #[test]
    fn it_gives_up_after_the_last_attempt_and_at_the_end_of_the_time() {
        let retry = Retry { attempts: 3, ..Retry::default() };
        assert!(retry.wait(2, None, LONG, 0.0).is_some());
        assert_eq!(retry.wait(3, None, LONG, 0.0), None);
        assert_eq!(retry.wait(1, None, Duration::from_millis(400), 0.0), None);
    }

    #[test]
    fn the_service_is_not_asked_again_before_it_wishes() {
        let retry = Retry::default();
        assert_eq!(ms(retry.wait(1, Some(Duration::from_secs(7)), LONG, 0.5)), Some(7000));
        assert_eq!(ms(retry.wait(1, Some(Duration::ZERO), LONG, 0.0)), Some(500));
        assert_eq!(retry.wait(1, Some(Duration::from_secs(300)), Duration::from_secs(120), 0.0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").unwrap();
        let wait = |value| retry_after(value, now).map(|wait| wait.as_secs_f64());
        assert_eq!(wait("120"), Some(120.0));
        assert_eq!(wait(" 0.5 "), Some(0.5));
        assert_eq!(wait("Wed, 21 Oct 2026 07:28:30 GMT"), Some(30.0));
        assert_eq!(wait("Wednesday, 21-Oct-26 07:28:30 GMT"), Some(30.0), "the obsolete form");
        assert_eq!(wait("Wed, 21 Oct 2026 07:27:00 GMT"), Some(0.0), "past");
        for odd in ["", "soon", "-1", "NaN", "inf", "1e30"] {
            assert_eq!(wait(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        for status in [429, 500, 502, 503, 504, 529] {
            assert!(is_passing(status), "{status}");
        }
        for status in [200, 301, 400, 401, 402, 403, 404, 408, 413, 422, 424, 498] {
            assert!(!is_passing(status), "{status}");
        }
    }
}
