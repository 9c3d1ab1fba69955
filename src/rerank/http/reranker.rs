//! A service as a [`Reranker`]: cuts the list into requests, has several on their way at once, hands on the
//! scores as they arrive.
//!
//! When the caller winds down, no further request is sent, and those on their way are waited for: they are
//! paid. When it cancels, connections are closed and sleeps broken off. What has arrived is kept. A text of
//! which nothing is left without spaces is not sent and cannot be scored.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::batch::{self, Batch};
use super::client::Client;
use super::cost::{Consent, Ledger, Quote, Terms};
use super::job::{Job, Told};
use super::retry::Retry;
use super::service::{Limits, Parameters};
use crate::domain::Score;
use crate::error::{Error, Result};
use crate::rerank::{Cancel, Pair, Reranker};

/// How soon a cancelled list is noticed.
const POLL: Duration = Duration::from_millis(10);

pub(super) struct HttpReranker {
    pub id: String,
    pub fingerprint: String,
    pub client: Client,
    pub parameters: Parameters,
    pub limits: Limits,
    pub concurrency: usize,
    pub retry: Retry,
    pub terms: Terms,
    /// `None`: nothing is billed, so nothing is asked.
    pub consent: Option<Consent>,
    pub price_note: String,
    pub ledger: Ledger,
}

impl Reranker for HttpReranker {
    fn id(&self) -> &str {
        &self.id
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>> {
        crate::rerank::in_order(passages.len(), |arrived| self.score_each(query, passages, cancel, arrived))
    }

    fn score_each(
        &mut self,
        query: &str,
        passages: &[Pair<'_>],
        cancel: &Cancel,
        arrived: &mut dyn FnMut(usize, Option<Score>),
    ) -> Result<()> {
        let nothing_asked = query.trim().is_empty();
        let is_blank = |pair: &Pair<'_>| nothing_asked || pair.text.trim().is_empty();
        for (place, _) in passages.iter().enumerate().filter(|(_, pair)| is_blank(pair)) {
            arrived(place, None);
        }
        let sendable = passages.iter().enumerate().filter(|(_, pair)| !is_blank(pair));
        let batches = batch::cut(query, sendable.map(|(place, pair)| (place, pair.text)), &self.limits);
        if batches.is_empty() || cancel.winds_down() || !self.agree(query, &batches, cancel)? {
            return Ok(());
        }
        let mut waiting: usize = batches.iter().map(Batch::len).sum();
        let (job, told) = self.start(query, batches, cancel)?;
        let mut arrived = |scores: Vec<(usize, Score)>| {
            waiting = waiting.saturating_sub(scores.len());
            scores.into_iter().for_each(|(place, score)| arrived(place, Some(score)));
        };
        let outcome = self.listen(&job, &told, cancel, &mut arrived);
        if let Some(fits) = *job.fits.lock().unwrap_or_else(PoisonError::into_inner) {
            self.limits.documents = self.limits.documents.min(fits).max(1);
        }
        match outcome {
            Ok(()) if waiting > 0 && !cancel.winds_down() => {
                Err(Error::bug(format!("{}: {waiting} scores got lost on the way", self.client.peer.who)))
            }
            outcome => outcome,
        }
    }

    fn batch(&self) -> usize {
        self.limits.documents.saturating_mul(self.concurrency).max(1)
    }
}

impl HttpReranker {
    /// Whether the list may be sent; `false`: it was cancelled while the person was asked.
    fn agree(&self, query: &str, batches: &[Batch], cancel: &Cancel) -> Result<bool> {
        let Some(Consent::Ask(ask)) = &self.consent else { return Ok(true) };
        let quote = || {
            let mut estimate = super::cost::Amount::default();
            for batch in batches {
                let more = self.client.peer.service.estimate(query, &batch.texts);
                estimate.search_units += more.search_units;
                estimate.tokens += more.tokens;
            }
            Quote {
                service: self.client.peer.who.clone(),
                passages: batches.iter().map(Batch::len).sum(),
                estimate,
                usd_estimate: self.terms.price.map(|price| price.usd(estimate)),
                price_note: self.price_note.clone(),
                place: self.client.peer.endpoint.shown.clone(),
            }
        };
        let agreed = self.ledger.consent(|| ask(&quote(), cancel));
        if agreed || cancel.winds_down() {
            return Ok(agreed);
        }
        Err(Error::unavailable(format!(
            "{}: nothing was sent, as it would have cost money",
            self.client.peer.who
        )))
    }

    fn start(&self, query: &str, batches: Vec<Batch>, cancel: &Cancel) -> Result<(Arc<Job>, Receiver<Told>)> {
        let workers = self.concurrency.clamp(1, batches.len().max(1));
        let job = Arc::new(Job {
            client: self.client.clone(),
            parameters: self.parameters.clone(),
            retry: self.retry,
            terms: self.terms,
            ledger: self.ledger.clone(),
            query: query.to_owned(),
            queue: Mutex::new(batches.into()),
            fits: Mutex::default(),
            stop: super::stop::Stop::default(),
            cancel: cancel.clone(),
        });
        let (tell, told) = mpsc::channel();
        for nth in 0..workers {
            let (job, tell) = (Arc::clone(&job), tell.clone());
            // Not joined: a cancelled list must not wait for a host that does not answer.
            let started =
                std::thread::Builder::new().name("rerank-http".to_owned()).spawn(move || job.work(&tell));
            if let (0, Err(e)) = (nth, started) {
                return Err(Error::unavailable(format!("cannot start a thread: {e}")));
            }
        }
        Ok((job, told))
    }

    fn listen(
        &mut self,
        job: &Job,
        told: &Receiver<Told>,
        cancel: &Cancel,
        arrived: &mut dyn FnMut(Vec<(usize, Score)>),
    ) -> Result<()> {
        let mut fault = None;
        let mut hear = |news: Told| match news {
            Told::Scored(scores) => arrived(scores),
            Told::Failed(error) => {
                fault.get_or_insert(error);
            }
        };
        loop {
            match told.recv_timeout(POLL) {
                Ok(news) => hear(news),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if cancel.winds_down() {
                job.stop.halt();
            }
            if cancel.is_cancelled() {
                told.try_iter().for_each(&mut hear);
                self.client.interrupt();
                // What fails from here on was broken off by us.
                return Ok(());
            }
        }
        fault.map_or(Ok(()), Err)
    }
}
