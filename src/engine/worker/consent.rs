//! Asking the person before the first request that costs money, and what services have cost.
//!
//! The thread that reranks waits here for the answer; the question stands in every snapshot until it is
//! answered, or nobody wants the scores any more.

use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::{Message, Worker};
use crate::engine::snapshot::{Question, Spending};
use crate::rerank::http::Quote;
use crate::rerank::{Cancel, ServiceOptions};

/// How soon a question that nobody wants answered is noticed.
const POLL: Duration = Duration::from_millis(20);

/// Where the answer is left for the thread that waits.
#[derive(Clone, Default)]
pub(super) struct AnswerBox(Arc<(Mutex<Option<bool>>, Condvar)>);

impl AnswerBox {
    fn put(&self, yes: bool) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(yes);
        self.0.1.notify_all();
    }

    /// Puts a question and waits for its answer; a no where `cancel` winds down first. An answer may come
    /// while `tell` is still at it, so what was answered before is forgotten first.
    fn ask(&self, tell: impl FnOnce() -> bool, cancel: &Cancel) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if !tell() {
            return false;
        }
        let mut answer = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *answer {
                Some(yes) => return yes,
                None if cancel.winds_down() => return false,
                None => {
                    answer = self.0.1.wait_timeout(answer, POLL).unwrap_or_else(PoisonError::into_inner).0
                }
            }
        }
    }
}

impl Worker {
    /// How services are asked: by a question on the screen, else by the budget.
    pub(super) fn service_options(&self) -> ServiceOptions {
        let (answers, own) = (self.answers.clone(), self.own.clone());
        ServiceOptions {
            budget: self.options.service_budget,
            plain_http: self.options.plain_http,
            ledgers: self.ledgers.clone(),
            ask: self.options.ask_before_paying.then(|| {
                let ask = move |name: &str, quote: &Quote, cancel: &Cancel| {
                    ask(&answers, &own, name, quote, cancel)
                };
                Arc::new(ask) as Arc<_>
            }),
        }
    }

    /// Takes up a question, or `None`: there is none any more.
    pub(super) fn take_question(&mut self, asked: Option<(String, Quote)>) {
        self.dirty.view = true;
        self.dirty.urgent = true;
        self.question = asked.map(|(name, quote)| {
            let (queries, passages) = self.pairs_waiting(&name);
            let passages = passages.max(quote.passages);
            // The first batch's share of all.
            let of_all = passages as f64 / quote.passages.max(1) as f64;
            Arc::new(Question {
                service: quote.service,
                place: quote.place,
                queries: queries.max(1),
                passages,
                usd_estimate: quote.usd_estimate.map(|usd| usd * of_all),
                limit_usd: self.options.service_budget.max_usd,
                price_note: quote.price_note,
            })
        });
    }

    pub(super) fn take_answer(&mut self, yes: bool) {
        if self.question.take().is_some() {
            self.answers.put(yes);
            self.dirty.view = true;
            self.dirty.urgent = true;
        }
    }

    /// Of the services that were asked in this run.
    pub(super) fn spending(&self) -> Vec<Spending> {
        let spent = |(name, ledger): (String, crate::rerank::http::Ledger)| Spending {
            name,
            usage: ledger.usage(),
            latency: ledger.latency(),
            limit_usd: self.options.service_budget.max_usd,
        };
        self.ledgers.all().into_iter().map(spent).filter(|spent| spent.usage.requests > 0).collect()
    }
}

fn ask(answers: &AnswerBox, own: &mpsc::Sender<Message>, name: &str, quote: &Quote, cancel: &Cancel) -> bool {
    let question = (name.to_owned(), quote.clone());
    let yes = answers.ask(|| own.send(Message::Asked(Some(question))).is_ok(), cancel);
    let _ = own.send(Message::Asked(None));
    yes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traps: a yes to an earlier question that answers the next one too, and an answer that is so quick
    /// that it is forgotten.
    #[test]
    fn each_question_waits_for_its_own_answer() {
        let (answers, cancel) = (AnswerBox::default(), Cancel::default());
        assert!(answers.ask(
            || {
                answers.put(true);
                true
            },
            &cancel
        ));
        cancel.wind_down();
        assert!(!answers.ask(|| true, &cancel), "an old yes says nothing, and nobody wants to know any more");
    }
}
