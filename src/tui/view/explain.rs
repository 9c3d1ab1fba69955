//! A passage in full: how its score came about, as a tree, and its whole text.

use crate::domain::rerankers::is_embedding_model;
use crate::domain::{DocIdx, FusionMethod, LegId, LegScale, Passage};
use crate::engine::{Explanation, Snapshot, TermScore, mean_similarity, told_together};
use crate::text::visible;

use super::super::knobs;
use super::super::state::State;
use super::super::theme::{Look, Tone};
use super::super::widgets::cells;
use super::super::widgets::pen::{Piece, piece};
use super::passage::{explanation, flow, text_lines};
use super::reading;

/// Enough for any passage that a person reads here.
const MOST_LINES: usize = 2000;

fn subject(state: &State) -> Option<(DocIdx, &Passage)> {
    let doc = state.cursor.doc?;
    Some((doc, state.collection.as_ref()?.passages.get(doc.index())?))
}

pub fn title(state: &State) -> String {
    subject(state).map_or(String::new(), |(_, passage)| format!("{} · {}", passage.id, passage.language))
}

pub fn lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    let Some((doc, passage)) = subject(state) else { return Vec::new() };
    if state.is_blind() {
        return text_lines(passage, &[], room, MOST_LINES);
    }
    let explanation = explanation(state, doc);
    let mut lines = match (explanation, state.snapshot.as_deref()) {
        (Some(explanation), Some(snapshot)) => tree(explanation, snapshot, state.look, room),
        _ => vec![vec![piece("the explanation is on its way", Tone::Quiet)]],
    };
    lines.push(Vec::new());
    let marks = explanation.map_or(&[][..], |explanation| &explanation.highlights);
    lines.extend(text_lines(passage, marks, room, MOST_LINES));
    if let Some(shown) = state.snapshot.as_deref() {
        let query = &shown.focus.text;
        lines.push(Vec::new());
        lines.extend(reading::lines(passage, query, shown.settings.analysis, state.look, room));
    }
    lines
}

fn tree(of: &Explanation, shown: &Snapshot, look: Look, room: usize) -> Vec<Vec<Piece>> {
    let mut lines = fused(of, shown, room);
    let legs = (0..shown.legs.len()).map(|leg| match shown.legs[leg].scale {
        LegScale::Bm25 => bm25(of, shown, LegId(leg)),
        LegScale::Cosine => dense(of, shown, LegId(leg)),
        LegScale::Unknown => (leg_head(of, shown, LegId(leg)), Vec::new()),
    });
    let branches: Vec<Branch> = legs.chain([late_interaction(of, look)]).collect();
    let last = branches.len() - 1;
    for (nth, (head, parts)) in branches.into_iter().enumerate() {
        let (branch, rail) = if nth == last {
            (look.signs().last_branch, " ")
        } else {
            (look.signs().branch, look.signs().bar)
        };
        for (nth, part) in flow(told_apart(head), "  ", room.saturating_sub(4)).into_iter().enumerate() {
            let mut line = match nth {
                0 => vec![piece(branch, Tone::Frame)],
                _ => vec![piece(format!("{rail}   "), Tone::Frame)],
            };
            line.extend(part);
            lines.push(line);
        }
        for part in flow(parts, "  ", room.saturating_sub(6)) {
            let mut line = vec![piece(format!("{rail}     "), Tone::Frame)];
            line.extend(part);
            lines.push(line);
        }
    }
    lines
}

/// The head of a branch in parts that may stand on lines of their own: two spaces begin one.
fn told_apart(head: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut parts: Vec<Vec<Piece>> = Vec::new();
    for mut one in head {
        match (one.text.strip_prefix("  ").map(str::to_owned), parts.last_mut()) {
            (Some(text), _) => {
                one.text = text;
                parts.push(vec![one]);
            }
            (None, Some(part)) => part.push(one),
            (None, None) => parts.push(vec![one]),
        }
    }
    parts
}

/// The fused score as the sum of what each leg gave.
fn fused(of: &Explanation, shown: &Snapshot, room: usize) -> Vec<Vec<Piece>> {
    let Some(fused) = of.fused else {
        return vec![vec![piece("first stage ", Tone::Strong), piece("does not have it", Tone::Lost)]];
    };
    let head = format!("first stage #{} {}", fused.rank, cells::score(fused.score));
    let mut parts = vec![vec![piece(head, Tone::Strong)]];
    let settings = &shown.settings;
    let weights = settings.leg_weights(shown.legs.len());
    // A leg without a weight takes no part, and one leg left is that leg.
    let mut speaking = shown.ran.iter().filter(|leg| weights.get(leg.0).is_none_or(|&weight| weight > 0.0));
    if let (Some(leg), None) = (speaking.next(), speaking.next()) {
        parts.push(vec![piece(format!("= {} alone", shown.leg_name(leg)), Tone::Quiet)]);
        return flow(parts, " ", room);
    }
    parts.push(vec![piece(format!("= {}:", knobs::method_name(settings)), Tone::Quiet)]);
    let total: f64 = weights.iter().sum();
    let legs = of.shares.iter().zip(&of.legs).zip(weights).zip(shown.legs.iter());
    for (nth, (((share, hit), weight), leg)) in legs.enumerate() {
        let plus = if nth == 0 { "" } else { "+ " };
        let (Some(share), Some(hit)) = (share, hit) else {
            parts.push(vec![piece(format!("{plus}{} 0", leg.name), Tone::Quiet)]);
            continue;
        };
        let sum = match settings.fusion {
            FusionMethod::Rrf => format!("{}/({}+{})", weight_words(weight), settings.rrf_k(), hit.rank),
            FusionMethod::Convex | FusionMethod::Tm2c2 => {
                format!("{} × {}", cells::share(weight / total), cells::score(share.normalised as f32))
            }
            _ => format!("{} from {}", cells::score(share.normalised as f32), cells::score(hit.score)),
        };
        parts.push(vec![
            piece(format!("{plus}{} {sum} ", leg.name), Tone::Quiet),
            piece(cells::score(share.weighted as f32), Tone::Text),
        ]);
    }
    flow(parts, " ", room)
}

fn weight_words(weight: f64) -> String {
    if (weight - 1.0).abs() < 1e-9 { "1".to_owned() } else { cells::share(weight) }
}

type Branch = (Vec<Piece>, Vec<Vec<Piece>>);

/// A leg's rank and score, or that it did not return the passage.
fn leg_head(of: &Explanation, shown: &Snapshot, leg: LegId) -> Vec<Piece> {
    let name = shown.leg_name(leg);
    match of.legs.get(leg.0).copied().flatten() {
        Some(hit) => vec![
            piece(format!("{name} "), Tone::Strong),
            piece(format!("#{}  {}", hit.rank, cells::score(hit.score)), Tone::Text),
        ],
        None => vec![piece(format!("{name} "), Tone::Strong), piece("did not return it", Tone::Quiet)],
    }
}

fn bm25(of: &Explanation, shown: &Snapshot, leg: LegId) -> Branch {
    let mut head = leg_head(of, shown, leg);
    if of.length_ratio > 0.0 {
        head.push(piece(format!("  length {:.1} × average", of.length_ratio), Tone::Quiet));
    }
    (head, of.terms.iter().map(term).collect())
}

fn term(term: &TermScore) -> Vec<Piece> {
    let name = visible(&term.term).into_owned();
    if term.tf == 0 {
        return vec![
            piece(format!("{name} —"), Tone::Quiet),
            piece(format!(" (df {})", term.df), Tone::Quiet),
        ];
    }
    let times =
        if term.query_tf > 1 { format!(", {} × in the query", term.query_tf) } else { String::new() };
    let in_title =
        if term.title_tf > 0 { format!(", {} in the title", term.title_tf) } else { String::new() };
    vec![
        piece(format!("{name} "), Tone::Highlight),
        piece(cells::score(term.score), Tone::Text),
        piece(format!(" (tf {}{in_title}, df {}{times})", term.tf, term.df), Tone::Quiet),
    ]
}

fn dense(of: &Explanation, shown: &Snapshot, leg: LegId) -> Branch {
    let mut head = leg_head(of, shown, leg);
    let in_list = of.legs.get(leg.0).copied().flatten();
    if let Some(cosine) = of.cosine.filter(|_| in_list.is_none()) {
        head.push(piece(format!("  cosine {}", cells::score(cosine)), Tone::Text));
    }
    if let Some(exact) = of.dense_exact_rank {
        let words = match in_list {
            Some(hit) if hit.rank == exact => "  the exact scan agrees".to_owned(),
            _ => format!("  exact rank {exact} of the whole corpus"),
        };
        head.push(piece(words, Tone::Quiet));
    }
    (head, Vec::new())
}

fn late_interaction(of: &Explanation, look: Look) -> Branch {
    let arrow = look.signs().arrow;
    let name = of.stages.last().map_or("late interaction".to_owned(), |step| {
        step.stage.replace("late-interaction", "late interaction")
    });
    let mut head = vec![piece(format!("{} ", visible(&name)), Tone::Strong)];
    match of.reranked {
        Some(hit) => head.push(piece(format!("#{}  {}", hit.rank, cells::score(hit.score)), Tone::Text)),
        None => head.push(piece("not scored", Tone::Quiet)),
    }
    for step in &of.stages {
        // What an ensemble is made of, and the stages before the last.
        let parts = step.parts.iter().filter(|_| step.parts.len() > 1);
        for (part, score) in parts.filter_map(|(part, score)| Some((part, (*score)?))) {
            head.push(piece(format!("  {} {}", visible(part), cells::score(score)), Tone::Quiet));
        }
    }
    for step in of.stages.iter().rev().skip(1).rev() {
        head.push(piece(format!("  after {} #{}", visible(&step.stage), step.hit.rank), Tone::Quiet));
    }
    if let Some((tokens, whole)) = of.model_tokens {
        let (words, tone) =
            if whole { ("nothing truncated", Tone::Quiet) } else { ("truncated", Tone::Lost) };
        let by = if is_of_embedding_model(of) { "" } else { "embedding model: " };
        head.push(piece(format!("  {by}{tokens} tokens, "), Tone::Quiet));
        head.push(piece(words, tone));
    }
    for name in &of.cut_by {
        head.push(piece(format!("  {} did not read its end", visible(name)), Tone::Lost));
    }
    let mut parts = Vec::new();
    for (reranker, pairs) in &of.pairs {
        // One stage of the embedding model's own needs no name.
        if !is_of_embedding_model(of) || of.pairs.len() > 1 {
            let mean = mean_similarity(pairs).map_or(String::new(), cells::score);
            let words = format!("{}: the mean of {} tokens of the query, ", visible(reranker), pairs.len());
            parts.push(vec![piece(words, Tone::Quiet), piece(mean, Tone::Text)]);
        }
        parts.extend(told_together(pairs).iter().map(|group| {
            let words = format!("{}{arrow}{} ", visible(&group.query()), visible(&group.first.passage.words));
            vec![piece(words, Tone::Quiet), piece(cells::score(group.similarity()), Tone::Text)]
        }));
    }
    for name in &of.pairs_awaited {
        let words = format!("{}: its token pairs are on their way", visible(name));
        parts.push(vec![piece(words, Tone::Quiet)]);
    }
    (head, parts)
}

/// Whether the second stage is late interaction over the embedding model and nothing else, or there is none.
fn is_of_embedding_model(of: &Explanation) -> bool {
    of.stages.iter().flat_map(|step| &step.parts).all(|(name, _)| is_embedding_model(name))
}
