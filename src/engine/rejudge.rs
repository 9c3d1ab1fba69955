//! Judging all queries anew, as far as a budget of time reaches; the rest goes on in slices, so that no
//! key press waits for ten thousand queries.

use std::time::{Duration, Instant};

use super::query_state::{JudgeContext, QueryState, Room};
use super::snapshot::QueryRow;
use crate::domain::QueryIdx;

/// Queries judged between two looks at the clock.
const BATCH: usize = 128;
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
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        while self.done() < judged.len() {
            let batch = &judged[self.done()..judged.len().min(self.done() + BATCH)];
            self.rows.extend(judge_batch(listed, batch, context, threads));
            if start.elapsed() >= budget {
                break;
            }
        }
        (self.done() == judged.len()).then(|| std::mem::take(&mut self.rows))
    }
}

/// Halves the batch over two threads as often as there are threads and it is worth it.
fn judge_batch(
    listed: &mut [QueryState],
    judged: &[QueryIdx],
    context: &JudgeContext<'_>,
    threads: usize,
) -> Vec<QueryRow> {
    judge_from(listed, 0, judged, context, threads)
}

/// `listed` begins at the query with the index `offset`.
fn judge_from(
    listed: &mut [QueryState],
    offset: usize,
    judged: &[QueryIdx],
    context: &JudgeContext<'_>,
    threads: usize,
) -> Vec<QueryRow> {
    if threads < 2 || judged.len() < 2 * LEAST_FOR_A_THREAD {
        let mut room = Room::default();
        let row = |&query: &QueryIdx| listed[query.index() - offset].judge(query, context, &mut room);
        return judged.iter().map(row).collect();
    }
    let (left, right) = judged.split_at(judged.len() / 2);
    let middle = right[0].index();
    let (listed_left, listed_right) = listed.split_at_mut(middle - offset);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| judge_from(listed_right, middle, right, context, threads / 2));
        let mut rows = judge_from(listed_left, offset, left, context, threads - threads / 2);
        match other.join() {
            Ok(others) => rows.extend(others),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        rows
    })
}
