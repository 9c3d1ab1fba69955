//! Judging all queries anew, as far as a budget of time reaches; the rest goes on in slices, so that no
//! key press waits for ten thousand queries.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::query_state::{JudgeContext, QueryState, Room};
use super::snapshot::QueryRow;
use crate::domain::QueryIdx;

/// Queries judged between two looks at the clock.
const BATCH: usize = 16;
/// Fewer queries than this for a thread are not worth starting it.
const LEAST_FOR_A_THREAD: usize = 32;

/// A pass over all judged queries under one setting. Dropped when the settings change on the way.
#[derive(Default)]
pub struct Rejudge {
    /// Of the first so many queries, in their order.
    rows: Vec<QueryRow>,
}

impl Rejudge {
    /// Queries judged so far.
    pub fn done(&self) -> usize {
        self.rows.len()
    }

    /// Goes on for `budget` or until all are judged, then returns their rows. `listed` is indexed by
    /// [`QueryIdx`], `judged` ascending.
    pub fn go_on(
        &mut self,
        listed: &mut [QueryState],
        judged: &[QueryIdx],
        context: &JudgeContext<'_>,
        budget: Duration,
    ) -> Option<Vec<QueryRow>> {
        let start = Instant::now();
        let rest = &judged[self.done()..];
        let threads = super::cores().min(rest.len() / LEAST_FOR_A_THREAD).max(1);
        let batches = Mutex::new(Batches { at: 0, judged: rest, listed, passed: 0 });
        let work = || {
            let mut room = Room::default();
            let mut done = Vec::new();
            loop {
                // A batch that was taken is judged to its end: what is done is always the first so many.
                let next = batches.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(mut batch) = next else { break };
                done.push((batch.at, batch.judge(context, &mut room)));
                if start.elapsed() >= budget {
                    break;
                }
            }
            done
        };
        let mut done = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_unstable_by_key(|&(at, _)| at);
        self.rows.reserve(rest.len());
        self.rows.extend(done.into_iter().flat_map(|(_, rows)| rows));
        (self.done() == judged.len()).then(|| std::mem::take(&mut self.rows))
    }
}

/// What is not yet given out of a pass, its first query first.
struct Batches<'a> {
    /// Number of the next batch.
    at: usize,
    judged: &'a [QueryIdx],
    /// From the query `passed` on.
    listed: &'a mut [QueryState],
    passed: usize,
}

/// A few queries that one thread judges.
struct Batch<'a> {
    at: usize,
    judged: &'a [QueryIdx],
    listed: &'a mut [QueryState],
    passed: usize,
}

impl<'a> Iterator for Batches<'a> {
    type Item = Batch<'a>;

    fn next(&mut self) -> Option<Batch<'a>> {
        let (judged, rest) = self.judged.split_at(self.judged.len().min(BATCH));
        let end = judged.last()?.index() + 1;
        let (listed, others) = std::mem::take(&mut self.listed).split_at_mut(end - self.passed);
        let batch = Batch { at: self.at, judged, listed, passed: self.passed };
        *self = Self { at: self.at + 1, judged: rest, listed: others, passed: end };
        Some(batch)
    }
}

impl Batch<'_> {
    fn judge(&mut self, context: &JudgeContext<'_>, room: &mut Room) -> Vec<QueryRow> {
        let row = |&query: &QueryIdx| self.listed[query.index() - self.passed].judge(query, context, room);
        self.judged.iter().map(row).collect()
    }
}
