//! The requests of one list of passages: several at once, each repeated where that may help.
//!
//! In: batches. Out, through a channel: scores as they arrive, and the first failure. After a failure no
//! further request is sent, but those on their way are waited for: they are paid, and their scores count.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answer;
use super::batch::Batch;
use super::client::{Attempt, Client, Peer};
use super::cost::{Amount, Ledger, Settlement, Terms};
use super::refusal;
use super::retry::{self, Retry};
use super::service::Parameters;
use super::stop::Stop;
use crate::domain::Score;
use crate::error::{Error, Result};
use crate::rerank::Cancel;

/// What the requests have in common.
pub(super) struct Job {
    pub client: Client,
    pub parameters: Parameters,
    pub retry: Retry,
    pub terms: Terms,
    pub ledger: Ledger,
    pub query: String,
    pub queue: Mutex<VecDeque<Batch>>,
    /// The largest request that was not too large, where one was.
    pub fits: Mutex<Option<usize>>,
    pub stop: Stop,
    /// Asked before each request, so that not one is paid after the wish for it has gone.
    pub cancel: Cancel,
}

/// What a worker tells.
pub(super) enum Told {
    Scored(Vec<(usize, Score)>),
    Failed(Error),
}

/// How a batch ended.
enum Sent {
    Scored(Vec<Score>),
    TooLarge,
    /// Not sent, or not sent again: there is no wish for it any more.
    Halted,
}

impl Job {
    /// Sends batches until there are none; ends when `tell` is heard no more.
    pub fn work(&self, tell: &Sender<Told>) {
        while let Some(batch) = self.next() {
            let told = match self.send(&batch) {
                Ok(Sent::Scored(scores)) => Told::Scored(batch.places.into_iter().zip(scores).collect()),
                Ok(Sent::TooLarge) => {
                    self.split(batch);
                    continue;
                }
                Ok(Sent::Halted) => return,
                Err(error) => {
                    self.stop.halt();
                    Told::Failed(error)
                }
            };
            if tell.send(told).is_err() {
                return;
            }
        }
    }

    fn next(&self) -> Option<Batch> {
        if self.stop.is_halted() {
            return None;
        }
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Puts the halves in front: their passages are the more urgent ones.
    fn split(&self, batch: Batch) {
        let (first, second) = batch.halves();
        let mut fits = self.fits.lock().unwrap_or_else(PoisonError::into_inner);
        *fits = Some(fits.map_or(second.len(), |size| size.min(second.len())));
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_front(second);
        queue.push_front(first);
    }

    fn send(&self, batch: &Batch) -> Result<Sent> {
        let Peer { service, who, .. } = &self.client.peer;
        let body = service.body(&self.query, &batch.texts, &self.parameters);
        let body = serde_json::to_vec(&body).map_err(|e| Error::bug(format!("a request is no JSON: {e}")))?;
        let estimate = service.estimate(&self.query, &batch.texts);
        let mut started = None;
        let mut failed = 0;
        loop {
            if !self.stop.may_send() || self.cancel.winds_down() {
                return Ok(Sent::Halted);
            }
            let started = *started.get_or_insert_with(Instant::now);
            let left = |total: Duration| total.saturating_sub(started.elapsed());
            let room = self.ledger.reserve(who, &self.terms, estimate)?;
            let sent = Instant::now();
            let attempt = self.client.post(&body, left(self.retry.total));
            let took = sent.elapsed();
            tracing::debug!(
                service = service.name,
                passages = batch.len(),
                attempt = failed + 1,
                ms = took.as_millis() as u64,
                outcome = outcome(&attempt),
                "rerank request"
            );
            let (error, asked) = match attempt {
                Attempt::Answered(body) => {
                    return match answer::read(service.shape, &body, batch.len()) {
                        Ok(answer) => {
                            let silent =
                                if self.terms.price.is_some() { estimate } else { Amount::default() };
                            let billed = answer.billed.unwrap_or(silent);
                            self.ledger.settle(&self.terms, room, Settlement::Billed(billed));
                            self.ledger.record_latency(took);
                            Ok(Sent::Scored(answer.scores))
                        }
                        Err(fault) => {
                            self.ledger.settle(&self.terms, room, Settlement::Unanswered);
                            Err(Error::unavailable(format!("{who} {}", self.client.harmless(&fault)))
                                .advise(format!("no score of this answer is used; see {}", service.docs_url)))
                        }
                    };
                }
                Attempt::Refused { status, retry_after, text } => {
                    self.ledger.settle(&self.terms, room, Settlement::Free);
                    if status == 413 && batch.len() > 1 {
                        return Ok(Sent::TooLarge);
                    }
                    let error = refusal::error(&self.client.peer, status, &text, retry_after);
                    if !retry::is_passing(status) {
                        return Err(error);
                    }
                    (error, retry_after)
                }
                Attempt::Broken { text, advice, may_pass, may_be_billed } => {
                    let settlement = if may_be_billed { Settlement::Unanswered } else { Settlement::Free };
                    self.ledger.settle(&self.terms, room, settlement);
                    let mut error = Error::unavailable(format!("{who}: {text}"));
                    error.advice = advice.map(str::to_owned);
                    if !may_pass {
                        return Err(error);
                    }
                    (error, None)
                }
            };
            failed += 1;
            match self.retry.wait(failed, asked, left(self.retry.total), fastrand::f64()) {
                Some(wait) => self.stop.hold(wait),
                None => return Err(refusal::after(error, failed)),
            }
        }
    }
}

/// For the log: no text of the server, so nothing that could hold a key.
fn outcome(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Answered(body) => format!("{} bytes", body.len()),
        Attempt::Refused { status, .. } => format!("status {status}"),
        Attempt::Broken { may_pass, .. } => format!("broken, may pass: {may_pass}"),
    }
}
