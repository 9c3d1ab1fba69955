//! What requests cost: units and tokens as the services report them, money as an estimate from list prices,
//! limits that stop the next request, and the consent that comes before the first.
//!
//! In: an estimate before a request, the reported amount after it. Out: running sums and percentiles of
//! latency. It sends nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::rerank::Cancel;

/// When the list prices in [`super::SERVICES`] were looked up.
pub const PRICES_LOOKED_UP: &str = "2026-11-25";

/// US dollars for what a service bills by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Price {
    PerThousandSearchUnits(f64),
    PerMillionTokens(f64),
}

impl Price {
    pub(super) fn usd(self, amount: Amount) -> f64 {
        match self {
            Self::PerThousandSearchUnits(usd) => amount.search_units * usd / 1e3,
            Self::PerMillionTokens(usd) => amount.tokens as f64 * usd / 1e6,
        }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerThousandSearchUnits(usd) => write!(f, "${usd:.2} per 1,000 search units"),
            Self::PerMillionTokens(usd) => write!(f, "${usd:.3} per million tokens"),
        }
    }
}

/// What one request used, or is expected to use.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Amount {
    pub search_units: f64,
    pub tokens: u64,
}

/// How much may be used; the request that would go beyond is not sent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    pub max_usd: Option<f64>,
    pub max_search_units: Option<f64>,
    pub max_tokens: Option<u64>,
}

impl Budget {
    pub(super) fn is_set(&self) -> bool {
        self.max_usd.is_some() || self.max_search_units.is_some() || self.max_tokens.is_some()
    }
}

/// Whether a paid request may be sent at all.
#[derive(Clone, Default)]
pub enum Consent {
    /// A budget is the consent; without one nothing is sent.
    #[default]
    ByBudget,
    /// The person said yes beforehand.
    Given,
    /// Asked before the first paid request, on the thread that reranks; it should come back when the
    /// request is cancelled. `false` sends nothing.
    Ask(Ask),
}

/// Puts a [`Quote`] to the person.
pub type Ask = Arc<dyn Fn(&Quote, &Cancel) -> bool + Send + Sync>;

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByBudget => "ByBudget",
            Self::Given => "Given",
            Self::Ask(_) => "Ask",
        })
    }
}

/// What the person is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    /// The service and the model.
    pub service: String,
    /// How many passages the first batch has.
    pub passages: usize,
    /// What that batch is expected to use.
    pub estimate: Amount,
    /// `None` where no price is known.
    pub usd_estimate: Option<f64>,
    /// The price and where it is from, in a sentence.
    pub price_note: String,
    /// Where the texts would go: scheme, host, port and path.
    pub place: String,
}

/// What was used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Requests sent, repetitions among them.
    pub requests: u64,
    /// Requests whose answer never came or could not be read. The service may have billed them, so their
    /// estimate is in the sums.
    pub unanswered: u64,
    pub search_units: f64,
    pub tokens: u64,
    /// From list prices, or the price that was given; `None` where neither is known or nothing is billed.
    pub usd_estimate: Option<f64>,
}

/// Milliseconds from sending a request to the end of its answer, waits between repetitions left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    pub requests: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// The sums of one service, shared by the requests that run side by side and whoever shows them.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    sums: Arc<Mutex<Sums>>,
    purse: Purse,
}

/// Dollars that are spent or on their way, of all services that pay from it.
type Purse = Arc<Mutex<f64>>;

/// The ledgers of all services by their names in the plans. A service that is opened anew goes on with its
/// own, and a limit in dollars holds for all of them together.
#[derive(Debug, Clone, Default)]
pub struct Ledgers {
    by_name: Arc<Mutex<BTreeMap<String, Ledger>>>,
    purse: Purse,
}

impl Ledgers {
    pub fn of(&self, name: &str) -> Ledger {
        let mut ledgers = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Ledger { purse: Arc::clone(&self.purse), ..Ledger::default() };
        ledgers.entry(name.to_owned()).or_insert_with(new).clone()
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> Vec<(String, Ledger)> {
        let ledgers = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        ledgers.iter().map(|(name, ledger)| (name.clone(), ledger.clone())).collect()
    }
}

#[derive(Debug, Default)]
struct Sums {
    usage: Usage,
    /// Expected use of requests that are on their way.
    reserved: Amount,
    latencies_ms: Vec<f64>,
    consented: bool,
}

/// How a service bills: the ledger's view of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    pub price: Option<Price>,
    pub budget: Budget,
}

/// How a request ended, for the sums.
pub(super) enum Settlement {
    /// It was answered; this is what the service reported.
    Billed(Amount),
    /// The service refused it, or it never reached the service.
    Free,
    /// It may have been billed.
    Unanswered,
}

/// Room in the budget for one request; given back by [`Ledger::settle`].
#[must_use]
pub(super) struct Reservation(Amount);

impl Ledger {
    pub fn usage(&self) -> Usage {
        self.lock().usage
    }

    /// `None` before the first answer. Percentiles are nearest-rank.
    pub fn latency(&self) -> Option<Latency> {
        let mut sorted = self.lock().latencies_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied()
        };
        Some(Latency { requests: sorted.len(), p50_ms: at(0.5)?, p95_ms: at(0.95)? })
    }

    pub(super) fn record_latency(&self, took: Duration) {
        self.lock().latencies_ms.push(took.as_secs_f64() * 1e3);
    }

    /// Whether the person agreed before; if not, `agree` decides and is remembered when it says yes. The
    /// ledger is not locked meanwhile.
    pub(super) fn consent(&self, agree: impl FnOnce() -> bool) -> bool {
        if self.lock().consented {
            return true;
        }
        let agreed = agree();
        self.lock().consented |= agreed;
        agreed
    }

    /// Makes room for a request that is expected to use `estimate`.
    ///
    /// # Errors
    /// When the sums, what is on its way and this request together are beyond the budget. `who` is named.
    pub(super) fn reserve(&self, who: &str, terms: &Terms, estimate: Amount) -> Result<Reservation> {
        let mut sums = self.lock();
        let mut purse = self.purse();
        let taken = Amount {
            search_units: sums.usage.search_units + sums.reserved.search_units,
            tokens: sums.usage.tokens + sums.reserved.tokens,
        };
        let more_usd = terms.price.map(|price| price.usd(estimate));
        terms.budget.check(who, (*purse, more_usd), taken, estimate)?;
        *purse += more_usd.unwrap_or_default();
        sums.reserved.search_units += estimate.search_units;
        sums.reserved.tokens += estimate.tokens;
        sums.usage.requests += 1;
        Ok(Reservation(estimate))
    }

    pub(super) fn settle(&self, terms: &Terms, Reservation(estimate): Reservation, outcome: Settlement) {
        let mut sums = self.lock();
        let mut purse = self.purse();
        sums.reserved.search_units -= estimate.search_units;
        sums.reserved.tokens -= estimate.tokens;
        *purse -= terms.price.map_or(0.0, |price| price.usd(estimate));
        let amount = match outcome {
            Settlement::Billed(amount) => amount,
            Settlement::Free => return,
            Settlement::Unanswered => {
                sums.usage.unanswered += 1;
                estimate
            }
        };
        sums.usage.search_units += amount.search_units;
        sums.usage.tokens += amount.tokens;
        if let Some(price) = terms.price {
            *sums.usage.usd_estimate.get_or_insert(0.0) += price.usd(amount);
            *purse += price.usd(amount);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken after `lock`, never before.
    fn purse(&self) -> MutexGuard<'_, f64> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    /// `usd`: what all services have taken, and what the next request would; `None` without a price.
    fn check(&self, who: &str, usd: (f64, Option<f64>), taken: Amount, next: Amount) -> Result<()> {
        let beyond = |used: String, limit: String, next: String| {
            Err(Error::unavailable(format!(
                "{who}: the next request is not sent: {used} of {limit} are used or on their way, and it \
                 would take about {next} more"
            ))
            .advise(
                "what has been scored stays; a higher limit (--max-cost, --max-search-units, \
                 --max-billed-tokens) lets it go on",
            ))
        };
        if let (Some(limit), (used, Some(more))) = (self.max_usd, usd)
            && used + more > limit
        {
            return beyond(dollars(used), dollars(limit), dollars(more));
        }
        if let Some(limit) = self.max_search_units {
            let (used, more) = (taken.search_units, next.search_units);
            if used + more > limit {
                return beyond(used.to_string(), format!("{limit} search units"), more.to_string());
            }
        }
        if let Some(limit) = self.max_tokens {
            let (used, more) = (taken.tokens, next.tokens);
            if used + more > limit {
                return beyond(used.to_string(), format!("{limit} tokens"), more.to_string());
            }
        }
        Ok(())
    }
}

/// Dollars with four digits behind the point: single requests cost fractions of a cent.
pub fn dollars(amount: f64) -> String {
    format!("${amount:.4}")
}

/// About how many tokens a text has: four ASCII signs to a token, every other sign one. Generous for most
/// scripts; used only where a service's own count is not there yet.
pub(super) fn estimate_tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    ascii.div_ceil(4) + others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(max_usd: f64) -> Terms {
        Terms {
            price: Some(Price::PerThousandSearchUnits(2.0)),
            budget: Budget { max_usd: Some(max_usd), ..Budget::default() },
        }
    }

    const ONE: Amount = Amount { search_units: 1.0, tokens: 0 };

    #[test]
    fn the_request_that_would_pass_the_limit_is_refused() {
        let (ledger, terms) = (Ledger::default(), terms(0.005));
        for _ in 0..2 {
            let room = ledger.reserve("Cohere", &terms, ONE).unwrap();
            ledger.settle(&terms, room, Settlement::Billed(ONE));
        }
        let error = ledger.reserve("Cohere", &terms, ONE).err().unwrap().to_string();
        assert!(error.contains("$0.0040 of $0.0050") && error.contains("about $0.0020"), "{error}");
        let usage = ledger.usage();
        assert_eq!((usage.requests, usage.search_units), (2, 2.0), "what is refused is not counted");
        assert!((usage.usd_estimate.unwrap() - 0.004).abs() < 1e-12);
    }

    /// Trap: two requests side by side, each within the limit, together beyond it.
    #[test]
    fn what_is_on_its_way_counts() {
        let (ledger, terms) = (Ledger::default(), terms(0.003));
        let first = ledger.reserve("Cohere", &terms, ONE).unwrap();
        assert!(ledger.reserve("Cohere", &terms, ONE).is_err());
        ledger.settle(&terms, first, Settlement::Free);
        assert!(ledger.reserve("Cohere", &terms, ONE).is_ok(), "a refused request gives its room back");
    }

    #[test]
    fn an_answer_that_never_came_may_have_been_billed() {
        let (ledger, terms) = (Ledger::default(), terms(1.0));
        let room = ledger.reserve("Cohere", &terms, ONE).unwrap();
        ledger.settle(&terms, room, Settlement::Unanswered);
        let usage = ledger.usage();
        assert_eq!((usage.unanswered, usage.search_units, usage.usd_estimate), (1, 1.0, Some(0.002)));
    }

    #[test]
    fn limits_on_units_and_tokens_need_no_price() {
        let ledger = Ledger::default();
        let budget = Budget { max_tokens: Some(100), ..Budget::default() };
        let terms = Terms { price: None, budget };
        let estimate = Amount { search_units: 0.0, tokens: 60 };
        let room = ledger.reserve("Jina", &terms, estimate).unwrap();
        ledger.settle(&terms, room, Settlement::Billed(Amount { search_units: 0.0, tokens: 55 }));
        let error = ledger.reserve("Jina", &terms, estimate).err().unwrap().to_string();
        assert!(error.contains("55 of 100 tokens"), "{error}");
        assert_eq!(ledger.usage().usd_estimate, None, "no price, no money");
        let budget = Budget { max_search_units: Some(0.5), ..Budget::default() };
        assert!(ledger.reserve("Cohere", &Terms { price: None, budget }, ONE).is_err());
    }

    /// Trap: a limit for each service, so that two of them spend twice what was agreed.
    #[test]
    fn a_limit_in_dollars_holds_for_all_services_together() {
        let (ledgers, terms) = (Ledgers::default(), terms(0.005));
        for name in ["cohere:a", "cohere:b"] {
            let ledger = ledgers.of(name);
            let room = ledger.reserve(name, &terms, ONE).unwrap();
            ledger.settle(&terms, room, Settlement::Billed(ONE));
        }
        let error = ledgers.of("cohere:a").reserve("a", &terms, ONE).err().unwrap().to_string();
        assert!(error.contains("$0.0040 of $0.0050"), "{error}");
        let of_a = ledgers.of("cohere:a").usage();
        assert_eq!((of_a.requests, ledgers.all().len()), (1, 2), "it goes on where it was");
    }

    /// Trap: money that was reserved and came to nothing stays taken.
    #[test]
    fn what_a_refused_request_would_have_cost_is_free_again() {
        let (ledger, terms) = (Ledger::default(), terms(0.002));
        for _ in 0..3 {
            let room = ledger.reserve("Cohere", &terms, ONE).unwrap();
            ledger.settle(&terms, room, Settlement::Free);
        }
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let ledger = Ledger::default();
        assert_eq!(ledger.latency(), None);
        for ms in [40, 10, 30, 20] {
            ledger.record_latency(Duration::from_millis(ms));
        }
        assert_eq!(ledger.latency(), Some(Latency { requests: 4, p50_ms: 20.0, p95_ms: 40.0 }));
    }

    #[test]
    fn a_yes_is_remembered_and_a_no_is_not() {
        let ledger = Ledger::default();
        assert!(!ledger.consent(|| false));
        assert!(ledger.consent(|| true));
        assert!(ledger.consent(|| panic!("asked twice")));
    }

    #[test]
    fn tokens_are_estimated_by_script() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("abcdefgh i"), 3);
        assert_eq!(estimate_tokens("予約の取消"), 5);
    }
}
