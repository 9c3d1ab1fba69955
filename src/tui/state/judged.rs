//! What was judged in this session, and the pool that is being judged.

use crate::corpus::Mark;
use crate::domain::{DocIdx, Grade};

/// A judgment that was made here, and what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgmentStep {
    /// `None`: it was unjudged.
    pub before: Option<Grade>,
    pub mark: Mark,
}

/// Pooled judging: the passages to be judged, in an order that says nothing of their ranks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// How deep into both lists.
    pub depth: usize,
    /// Those that were unjudged when the pool was made.
    pub docs: Vec<DocIdx>,
    pub at: usize,
}

/// The judgments of this session; their undo is apart from that of the settings.
#[derive(Debug, Clone, Default)]
pub struct Judgments {
    pub undo: Vec<JudgmentStep>,
    pub redo: Vec<JudgmentStep>,
    /// Asked for, and not yet known to be on the disk; the newest last.
    pub pending: Vec<Mark>,
}
