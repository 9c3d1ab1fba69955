//! The metric strip: how good the first stage is, what reranking makes of it, what it could make of it,
//! and what it costs.

use ratatui::layout::Rect;

use crate::domain::Fate;
use crate::engine::{Means, Snapshot, dollars};
use crate::judge::Metrics;
use crate::text::visible;

use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let Some(snapshot) = state.snapshot.as_deref() else { return };
    let Some(means) = &snapshot.means else {
        let (done, all) = snapshot.status.judged;
        let words = if all == 0 {
            "no judgments: no metrics".to_owned()
        } else {
            format!("judging: {done} of {all} queries")
        };
        pen.say(1, area.y, area.width.saturating_sub(1), &words, Tone::Quiet);
        return;
    };
    let bar = format!(" {} ", pen.signs().bar);
    for form in [Form::Long, Form::Short, Form::Shortest] {
        let mut segments = segments(pen, snapshot, means, form);
        let room = usize::from(area.width.saturating_sub(2));
        if let Some(words) = super::rejudging(snapshot) {
            // These are the metrics of the settings before.
            let words = format!("{} {words}", pen.signs().stale);
            segments.insert(0, vec![piece(words, Tone::Knob)]);
        }
        if form == Form::Shortest {
            while width(pen, &segments, &bar) > room && segments.len() > 1 {
                segments.pop();
            }
        }
        if width(pen, &segments, &bar) <= room || form == Form::Shortest {
            let mut pieces: Vec<Piece> = Vec::new();
            for segment in segments {
                if !pieces.is_empty() {
                    pieces.push(piece(bar.as_str(), Tone::Frame));
                }
                pieces.extend(segment);
            }
            pen.line(1, area.y, area.width.saturating_sub(1), &pieces);
            return;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Long,
    Short,
    Shortest,
}

fn width(pen: &Pen<'_>, segments: &[Vec<Piece>], bar: &str) -> usize {
    let pieces = segments.iter().flatten();
    let text: usize = pieces.map(|p| cells::width(&pen.look.words(&visible(&p.text)))).sum();
    text + segments.len().saturating_sub(1) * cells::width(bar)
}

/// Most important first: the strip loses its end where there is no room.
fn segments(pen: &Pen<'_>, snapshot: &Snapshot, means: &Means, form: Form) -> Vec<Vec<Piece>> {
    let n = snapshot.settings.candidates;
    let recall = if form == Form::Long { format!("recall@{n} ") } else { format!("r@{n} ") };
    let mut segments =
        vec![vec![piece(recall, Tone::Quiet), piece(cells::share(means.first.recall), Tone::Strong)]];
    let names = if form == Form::Long { ["P@5", "nDCG@10", "MRR"] } else { ["P@5", "nDCG", "MRR"] };
    let values: [fn(&Metrics) -> f64; 3] = [|m| m.precision5, |m| m.ndcg10, |m| m.rr10];
    for (name, value) in names.into_iter().zip(values) {
        segments.push(before_and_after(pen, name, means, value, form));
    }
    let movements = movements(pen, snapshot);
    if form == Form::Long {
        segments.push(movements)
    } else {
        segments.insert(3, movements)
    }
    if let Some(reranked) = &means.reranked {
        let all = snapshot.status.judged.1.max(means.queries);
        if reranked.queries < all {
            segments.insert(1, vec![piece(format!("on {} of {all} queries", reranked.queries), Tone::Knob)]);
        }
    }
    let paid: f64 = snapshot.spending.iter().filter_map(|spent| spent.usage.usd_estimate).sum();
    if paid > 0.0 {
        segments.push(vec![piece(format!("{} paid", dollars(paid)), Tone::Knob)]);
    }
    if let Some(cost) = cost(snapshot).filter(|_| form != Form::Shortest) {
        segments.push(vec![piece(cost, Tone::Quiet)]);
    }
    segments
}

fn before_and_after(
    pen: &Pen<'_>,
    name: &str,
    means: &Means,
    of: fn(&Metrics) -> f64,
    form: Form,
) -> Vec<Piece> {
    let mut pieces = vec![piece(format!("{name} "), Tone::Quiet)];
    let ceiling = match &means.reranked {
        Some(reranked) => {
            let (before, after) = (cells::share(of(&reranked.first)), cells::share(of(&reranked.reranked)));
            let tone = match of(&reranked.reranked).total_cmp(&of(&reranked.first)) {
                _ if before == after => Tone::Strong,
                std::cmp::Ordering::Greater => Tone::Gained,
                std::cmp::Ordering::Less => Tone::Lost,
                std::cmp::Ordering::Equal => Tone::Strong,
            };
            let arrow = pen.signs().arrow;
            let between = if form == Form::Shortest { arrow.to_owned() } else { format!(" {arrow} ") };
            pieces.push(piece(format!("{before}{between}"), Tone::Text));
            pieces.push(piece(after, tone));
            of(&reranked.ceiling)
        }
        None => {
            pieces.push(piece(cells::share(of(&means.first)), Tone::Strong));
            of(&means.ceiling)
        }
    };
    match form {
        // Its ceiling says no more than that a gold is there.
        _ if name == "MRR" => {}
        Form::Long => pieces.push(piece(format!(" (max {})", cells::share(ceiling)), Tone::Quiet)),
        Form::Short => pieces.push(piece(format!(" ({})", cells::share(ceiling)), Tone::Quiet)),
        Form::Shortest => {}
    }
    pieces
}

/// Golds that the reranker rescued and demoted, over all queries.
fn movements(pen: &Pen<'_>, snapshot: &Snapshot) -> Vec<Piece> {
    let count = |fate| {
        let golds = snapshot.queries.iter().flat_map(|query| &query.golds);
        golds.filter(|gold| gold.fate == Some(fate)).count()
    };
    if snapshot.settings.reranker.is_none() {
        return vec![piece("no reranker", Tone::Quiet)];
    }
    let (up, down) = (pen.signs().up, pen.signs().down);
    vec![
        piece(format!("{up} {} ", count(Fate::Rescued)), Tone::Gained),
        piece(format!("{down} {}", count(Fate::Demoted)), Tone::Lost),
    ]
}

/// What one query costs over the stages that say so; scores out of the cache cost nothing, and that is
/// said, lest a reader takes the first stage's milliseconds for the reranker's.
fn cost(snapshot: &Snapshot) -> Option<String> {
    let known: Vec<f64> = snapshot.costs.iter().filter_map(|cost| cost.ms_p50_per_query).collect();
    if snapshot.costs.iter().any(|cost| cost.cached_pairs > 0 && cost.computed_pairs == 0) {
        return Some("scores from cache".to_owned());
    }
    let total: f64 = known.iter().sum();
    (!known.is_empty()).then(|| {
        if total < 0.1 {
            "<.1 ms/q".to_owned()
        } else if total < 10.0 {
            format!("{total:.1} ms/q")
        } else {
            format!("{total:.0} ms/q")
        }
    })
}
