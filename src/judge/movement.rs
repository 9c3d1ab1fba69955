//! In: a passage's rank before and after reranking. Out: how far it moved, and how many moved which way.
//! It knows nothing of golds.

use serde::Serialize;

use crate::domain::Rank;

/// How a candidate moved when the list was reranked, in ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Up(u32),
    Down(u32),
    Same,
}

impl Movement {
    pub fn of(first: Rank, reranked: Rank) -> Self {
        match reranked.cmp(&first) {
            std::cmp::Ordering::Less => Self::Up(first - reranked),
            std::cmp::Ordering::Greater => Self::Down(reranked - first),
            std::cmp::Ordering::Equal => Self::Same,
        }
    }
}

/// How many passages moved which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Moves {
    pub up: usize,
    pub down: usize,
    pub same: usize,
}

impl FromIterator<Movement> for Moves {
    fn from_iter<I: IntoIterator<Item = Movement>>(movements: I) -> Self {
        let mut moves = Self::default();
        for movement in movements {
            match movement {
                Movement::Up(_) => moves.up += 1,
                Movement::Down(_) => moves.down += 1,
                Movement::Same => moves.same += 1,
            }
        }
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_is_towards_rank_one() {
        assert_eq!(Movement::of(17, 1), Movement::Up(16));
        assert_eq!(Movement::of(1, 2), Movement::Down(1));
        assert_eq!(Movement::of(3, 3), Movement::Same);
    }

    #[test]
    fn a_swap_is_one_up_and_one_down() {
        let moves: Moves = [(1, 2), (2, 1), (3, 3)]
            .map(|(first, reranked)| Movement::of(first, reranked))
            .into_iter()
            .collect();
        assert_eq!(moves, Moves { up: 1, down: 1, same: 1 });
    }
}
