//! In: the ranks of one gold after each stage of the second stage, and its fate. Out: which stage made
//! the fate. It computes no rank.

use crate::domain::{Fate, Rank};

/// What a stage did to a gold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StageAct {
    /// Brought it within k.
    Lifted,
    /// Put it beyond k.
    Lowered,
    /// Never saw it: it was beyond the stage's depth.
    Cut,
}

/// The stage (from 0) that decided a gold's fate, and what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StageVerdict {
    pub stage: usize,
    pub act: StageAct,
}

/// Where each stage cuts, and how many are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageCut<'a> {
    /// How many passages each stage re-scores.
    pub depths: &'a [usize],
    /// k.
    pub deliver: usize,
}

/// Which stage made the fate. `first` is the rank in the candidate set, `stages` the rank after each.
///
/// - rescued: the last stage that brought it within k;
/// - demoted: the last stage that put it beyond k;
/// - not lifted: the first stage whose depth it did not reach, for no later one could lift it; `None`
///   where every stage saw it.
///
/// `None` for every other fate: it was made before the second stage, or nothing happened.
pub fn deciding_stage(
    fate: Fate,
    first: Option<Rank>,
    stages: &[Option<Rank>],
    cut: StageCut<'_>,
) -> Option<StageVerdict> {
    let within = |rank: Option<Rank>, depth: usize| rank.is_some_and(|rank| rank as usize <= depth);
    let before = || std::iter::once(first).chain(stages.iter().copied());
    let crossing = |into: bool| {
        let crosses = |(from, to): (Option<Rank>, &Option<Rank>)| {
            within(from, cut.deliver) != into && within(*to, cut.deliver) == into
        };
        before().zip(stages).enumerate().filter(|&(_, pair)| crosses(pair)).map(|(stage, _)| stage).last()
    };
    match fate {
        Fate::Rescued => Some(StageVerdict { stage: crossing(true)?, act: StageAct::Lifted }),
        Fate::Demoted => Some(StageVerdict { stage: crossing(false)?, act: StageAct::Lowered }),
        Fate::NotLifted => {
            let unseen = before().zip(cut.depths).position(|(rank, &depth)| !within(rank, depth))?;
            Some(StageVerdict { stage: unseen, act: StageAct::Cut })
        }
        _ => None,
    }
}

impl StageAct {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lifted => "lifted",
            Self::Lowered => "lowered",
            Self::Cut => "cut",
        }
    }
}

impl StageVerdict {
    /// In words; `name` is the stage's.
    pub fn words(self, name: &str) -> String {
        match self.act {
            StageAct::Lifted => format!("lifted by {name}"),
            StageAct::Lowered => format!("lowered by {name}"),
            StageAct::Cut => format!("cut before {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(fate: Fate, first: Rank, stages: &[Rank]) -> Option<(usize, StageAct)> {
        let stages: Vec<Option<Rank>> = stages.iter().copied().map(Some).collect();
        let cut = StageCut { depths: &[100, 20, 15], deliver: 10 };
        deciding_stage(fate, Some(first), &stages, cut).map(|verdict| (verdict.stage, verdict.act))
    }

    #[test]
    fn the_last_crossing_of_k_counts() {
        assert_eq!(decide(Fate::Rescued, 40, &[12, 3, 2]), Some((1, StageAct::Lifted)));
        assert_eq!(decide(Fate::Rescued, 40, &[5, 12, 2]), Some((2, StageAct::Lifted)));
        assert_eq!(decide(Fate::Demoted, 4, &[12, 5, 14]), Some((2, StageAct::Lowered)));
        assert_eq!(decide(Fate::Demoted, 4, &[30, 30, 30]), Some((0, StageAct::Lowered)));
    }

    /// Trap: blaming the last stage for a gold that never came before it.
    #[test]
    fn a_gold_beyond_a_stages_depth_was_cut_before_it() {
        assert_eq!(decide(Fate::NotLifted, 40, &[25, 25, 25]), Some((1, StageAct::Cut)));
        assert_eq!(decide(Fate::NotLifted, 40, &[18, 16, 16]), Some((2, StageAct::Cut)));
        assert_eq!(decide(Fate::NotLifted, 40, &[18, 13, 12]), None, "every stage saw it");
        assert_eq!(decide(Fate::NotLifted, 101, &[101, 101, 101]), Some((0, StageAct::Cut)));
    }

    #[test]
    fn what_happened_before_is_no_stages_doing() {
        for fate in [Fate::Kept, Fate::CutAtN, Fate::NeverRetrieved] {
            assert_eq!(decide(fate, 4, &[12, 3, 2]), None);
        }
    }
}
