//! Actions: the other knobs.

use super::super::Group::Turn;
use super::super::chord::ch;
use super::super::{Action, ActionId as Id};
use super::{TURN, act};

pub static ACTIONS: &[Action] = &[
    act(Id::FewerCandidates, &[ch('[')], "N", "N down by 10: a smaller candidate set", Turn, TURN),
    act(Id::MoreCandidates, &[ch(']')], "N", "N up by 10: a larger candidate set", Turn, TURN),
    act(Id::CandidatesStopDown, &[ch('{')], "", "N down to 500, 200, 100, 50, 20, 10", Turn, TURN),
    act(Id::CandidatesStopUp, &[ch('}')], "", "N up to 20, 50, 100, 200, 500, 1000", Turn, TURN),
    act(Id::DeliverLess, &[ch('-')], "k", "k down by 1: fewer passages delivered", Turn, TURN),
    act(Id::DeliverMore, &[ch('='), ch('+')], "k", "k up by 1: more passages delivered", Turn, TURN),
    act(Id::AllKnobs, &[ch('v')], "all knobs", "open or close the panel of all knobs", Turn, TURN),
    act(
        Id::FirstStage,
        &[ch('b')],
        "first stage",
        "first stage: all legs together, or the next one alone",
        Turn,
        TURN,
    ),
    act(Id::Fusion, &[ch('f')], "fusion", "choose the fusion method out of all", Turn, TURN),
    act(Id::Reranker, &[ch('r')], "reranker", "choose the reranker, or none", Turn, TURN),
    act(
        Id::Compare,
        &[ch('C')],
        "",
        "compare rerankers: hold several against this one on the same candidates",
        Turn,
        TURN,
    ),
    act(
        Id::NextLeg,
        &[ch('l')],
        "",
        "with weights by leg: the next leg, whose weight the arrows turn",
        Turn,
        TURN,
    ),
    act(Id::TypeAlpha, &[ch('a')], "", "type a value for α, or for the chosen leg's weight", Turn, TURN),
    act(Id::TypeCandidates, &[ch('N')], "", "type a value for N", Turn, TURN),
    act(Id::TypeDeliver, &[ch('d')], "", "type a value for k (passages delivered)", Turn, TURN),
    act(Id::Reset, &[ch('0')], "", "all knobs back to where they were at the start", Turn, TURN),
];
