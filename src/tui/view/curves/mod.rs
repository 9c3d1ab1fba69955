//! The view of curves: what other settings would make of all judged queries. A file for each plot; here
//! what they share: titles, empty states, whether a picture is an old one.

mod alpha;
mod budget;
mod heat;
mod recall;

pub(super) use budget::times;

use ratatui::layout::Rect;

use crate::domain::FirstStage;
use crate::engine::{Held, Snapshot, StageState, Tuning};
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::layout::{Layout, Plot};
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};

pub fn draw(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    for &(plot, area) in &layout.plots {
        let title = title(pen, area, plot, layout.tabs, state);
        match plot {
            Plot::Recall => recall::draw(pen, area, &title, state),
            Plot::Alpha => alpha::draw(pen, area, &title, state),
            Plot::Heat => heat::draw(pen, area, &title, state),
            Plot::Budget => budget::draw(pen, area, &title, state),
        }
    }
}

fn title(pen: &mut Pen<'_>, area: Rect, open: Plot, tabs: bool, state: &State) -> Vec<Piece> {
    let metric = state.snapshot.as_ref().and_then(|shown| Some(shown.tuning.as_ref()?.metric.clone()));
    let metric = metric.unwrap_or_else(|| "metric".to_owned());
    let name = |plot: Plot| match plot {
        Plot::Recall => "recall@N".to_owned(),
        Plot::Alpha => format!("{metric} over α"),
        Plot::Heat => "α x N".to_owned(),
        Plot::Budget => "cost of N".to_owned(),
    };
    if !tabs {
        return vec![piece(name(open), Tone::Strong)];
    }
    let (mut pieces, mut x) = (Vec::new(), area.x + 3);
    for plot in Plot::ALL {
        if !pieces.is_empty() {
            pieces.push(piece(" · ", Tone::Frame));
            x += 3;
        }
        let width = cells::width(&pen.look.words(&name(plot))) as u16;
        pen.hits.add(Rect::new(x, area.y, width, 1), Target::PlotTab(plot));
        x += width;
        pieces.push(piece(name(plot), if plot == open { Tone::Strong } else { Tone::Quiet }));
    }
    pieces.push(piece(format!("  {}", state.key(ActionId::NextPlot)), Tone::Key).does(ActionId::NextPlot));
    pieces
}

/// Whether the crosshair is on this plot.
fn is_read(state: &State, plot: Plot) -> bool {
    state.has_crosshair() && state.crosshair.is_some_and(|spot| spot.plot() == plot)
}

/// The picture that is there, or why there is none and what to do.
fn tuning(state: &State) -> Result<(&Snapshot, &Tuning), Vec<(String, Tone)>> {
    let sentence = |words: &str| Err(vec![(words.to_owned(), Tone::Quiet)]);
    let Some(snapshot) = state.snapshot.as_deref() else {
        return sentence("The collection is being opened.");
    };
    if snapshot.status.judged.1 == 0 {
        return sentence(
            "No judgments in this collection: other settings cannot be measured. A qrels file beside the \
             queries says which passages are gold.",
        );
    }
    if let Some(words) = no_alpha(state, snapshot) {
        return Err(vec![(words, Tone::Quiet)]);
    }
    match (snapshot.tuning.as_deref(), &snapshot.status.tuning) {
        (Some(tuning), _) if tuning.first.is_some() => Ok((snapshot, tuning)),
        (_, StageState::Waiting(what)) => Err(vec![(format!("Trying other settings: {what}."), Tone::Quiet)]),
        (_, StageState::Failed(why)) => Err(vec![(why.clone(), Tone::Lost)]),
        (_, StageState::Off) => sentence("Other settings are not tried: the first stage is not complete."),
        _ => sentence("Trying other settings on all judged queries …"),
    }
}

/// Why α does not apply.
fn no_alpha(state: &State, snapshot: &Snapshot) -> Option<String> {
    let legs = state.legs.len();
    if let FirstStage::Only(_) = state.settings.first {
        let leg = state.settings.first_name(&state.legs);
        return Some(format!(
            "Only {leg} is on, and α shares the weight between two legs. {} brings back all legs.",
            state.key(ActionId::FirstStage)
        ));
    }
    if legs < 2 {
        return Some("The first stage has one leg: there is no weight to share.".to_owned());
    }
    let settled = snapshot.status.dense.is_settled() && snapshot.status.bm25.is_settled();
    (snapshot.ran.len() < 2 && settled).then(|| {
        let key = state.key(ActionId::Messages);
        format!("Only {} ran: the other leg will not come. {key} says why.", snapshot.ran_name())
    })
}

/// Whether the picture is of settings before.
fn is_old(state: &State, snapshot: &Snapshot, tuning: &Tuning) -> bool {
    state.is_behind()
        || match &snapshot.status.tuning {
            StageState::Waiting(_) => true,
            // A complete picture of these settings would have ended the work.
            StageState::Working { total, .. } => tuning.complete || *total == 0 && tuning.heat.is_some(),
            StageState::Off | StageState::Ready | StageState::Failed(_) => false,
        }
}

/// What cross-validation says of a recommendation.
fn held_out(held: Option<&Held>) -> Vec<Piece> {
    let Some(held) = held else { return vec![piece("  too few queries to hold any out", Tone::Quiet)] };
    let tone = match (held.interval.low > 0.0, held.interval.high < 0.0) {
        (true, _) => Tone::Gained,
        (_, true) => Tone::Lost,
        _ => Tone::Text,
    };
    let (low, high) = (cells::difference(held.interval.low), cells::difference(held.interval.high));
    vec![
        piece("  held out ", Tone::Quiet),
        piece(cells::difference(held.difference), tone),
        piece(format!(" [{low}, {high}]"), Tone::Quiet),
    ]
}

/// The line at which values are read; it lies behind the lines of the plot.
pub(super) fn reading_line(pen: &mut Pen<'_>, plot: Rect, x: u16) {
    let sign = pen.signs().bar;
    (plot.top()..plot.bottom()).for_each(|y| pen.sign(x, y, sign, Tone::Quiet));
}

/// Values beside the line that they are read at, where they cover least of the plot.
pub(super) fn values_at(pen: &mut Pen<'_>, plot: Rect, x: u16, values: &[Vec<Piece>]) {
    let width = values.iter().map(|line| pen.width(line)).max().unwrap_or(0) as u16 + 2;
    let height = plot.height.min(values.len() as u16);
    let right = (x + 1 + width <= plot.right()).then_some(x + 1);
    let left = x.checked_sub(width).filter(|&left| left >= plot.x);
    let places = [right, left]
        .into_iter()
        .flatten()
        .flat_map(|x| [plot.bottom() - height, plot.y].map(|y| Rect { x, y, width, height }));
    // Where neither side has room, over the line itself.
    let anywhere = Rect { x: plot.x, y: plot.y, width: width.min(plot.width), height };
    let area = places.min_by_key(|&area| pen.written(area)).unwrap_or(anywhere);
    pen.clear(area);
    for (y, line) in (area.top()..area.bottom()).zip(values) {
        pen.line(area.x + 1, y, area.width.saturating_sub(1), line);
    }
}

/// A name and its value, as values beside a line stand under each other.
fn value(name: &str, widest: usize, value: String, tone: Tone) -> Vec<Piece> {
    let padding = " ".repeat(widest.saturating_sub(cells::width(&visible(name))) + 1);
    vec![piece(name.to_owned(), tone), piece(format!("{padding}{value}"), Tone::Strong)]
}

/// Names of lines behind their right ends, each on a row of its own.
fn end_labels(pen: &mut Pen<'_>, plot: Rect, room: u16, mut labels: Vec<(f64, String, Tone)>) {
    // Of equal ones the last drawn below: it is the one that bounds the others.
    labels.reverse();
    labels.sort_by(|a, b| b.0.total_cmp(&a.0));
    let last = f64::from(plot.height.saturating_sub(1));
    let mut free = plot.y;
    for (height, name, tone) in labels {
        let y = (plot.y + (last * (1.0 - height.clamp(0.0, 1.0))).round() as u16).max(free);
        if y < plot.bottom() {
            pen.say(plot.right() + 1, y, room, &name, tone);
        }
        free = y + 1;
    }
}
