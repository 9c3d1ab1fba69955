//! A metric over α x N under one method.

use super::axes::{Picture, Room, WIDTH};
use super::value;
use crate::engine::Tuning;
use crate::export::frame::escape;

/// From low to high, in an order that every kind of colour vision sees (after viridis), and whether signs on
/// it are dark.
const SCALE: [(&str, bool); 6] = [
    ("#440154", false),
    ("#414487", false),
    ("#2a788e", false),
    ("#22a884", true),
    ("#7ad151", true),
    ("#fde725", true),
];

/// Which map is drawn, and what is marked in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeatView {
    /// By its place in [`crate::engine::HeatMap::methods`].
    pub method: usize,
    /// The first stage's list although there is a reranked one.
    pub first: bool,
    /// The present α and N, where they are of this method.
    pub now: Option<(f64, usize)>,
}

/// The map of one method and one list; `None` before it is tried.
pub fn heat_map(tuning: &Tuning, view: HeatView) -> Option<String> {
    let heat = tuning.heat.as_ref()?;
    let method = heat.methods.get(view.method)?;
    let reranked = tuning.reranked.is_some() && !view.first;
    let (cells, list, best) = if reranked {
        (&heat.reranked, "reranked", &heat.best_reranked)
    } else {
        (&heat.first, "first stage", &heat.best_first)
    };
    // Cells of fewer queries than others are not comparable with them.
    let queries = cells.iter().map(|cell| cell.queries).max().filter(|&queries| queries > 0)?;
    let comparable = cells.iter().filter(|cell| cell.queries == queries).map(|cell| cell.mean);
    let (low, high) = comparable.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let title = format!("{} by α and N: {}, {list}, {queries} queries", tuning.metric, method.name());
    let mut picture = Picture::new(&title, Room { right: WIDTH - 96.0, ..Room::WITH_NAMES });
    let (columns, rows) = (heat.alphas.len().max(1) as f64, heat.candidates.len().max(1) as f64);
    let centre = |place: usize, of: f64| (place as f64 + 0.5) / of;
    let every = (columns / 11.0).ceil().max(1.0) as usize;
    let x_ticks: Vec<_> = (heat.alphas.iter().enumerate().step_by(every))
        .map(|(place, alpha)| (centre(place, columns), format!("{alpha:.2}")))
        .collect();
    let y_ticks: Vec<_> =
        (heat.candidates.iter().enumerate()).map(|(place, n)| (centre(place, rows), n.to_string())).collect();
    picture.axes(&x_ticks, "α", &y_ticks, "N");
    let room = picture.room;
    let (width, height) = ((room.right - room.left) / columns, (room.bottom - room.top) / rows);
    let is_best = |alpha: f64, n: usize| {
        best.as_ref()
            .is_some_and(|best| best.method == *method && best.alpha == alpha && best.candidates == n)
    };
    for (row, &n) in heat.candidates.iter().enumerate() {
        for (column, &alpha) in heat.alphas.iter().enumerate() {
            let (x, y) = (room.left + column as f64 * width, room.bottom - (row + 1) as f64 * height);
            let Some(cell) = cells.get(heat.index(view.method, column, row)) else { continue };
            let now = view.now.is_some_and(|(now, at)| (now - alpha).abs() < 1e-6 && at == n);
            let mark = match (now, is_best(alpha, n)) {
                (true, true) => "●◆",
                (true, false) => "●",
                (false, true) => "◆",
                (false, false) => "",
            };
            if cell.queries < queries {
                picture.say(x + width / 2.0, y + height / 2.0 + 4.0, "middle", "q", "–");
                continue;
            }
            let what = format!("α {alpha:.2}, N {n}: {}", value(cell.mean));
            shade(&mut picture, (x, y, width, height), (cell.mean, low, high), mark, &what);
        }
    }
    legend(&mut picture, low, high);
    let words = best.as_ref().map_or_else(String::new, |best| {
        format!(
            "   ◆ best of all methods: {}, α {:.2}, N {}: {}",
            best.method.name(),
            best.alpha,
            best.candidates,
            value(best.mean.mean)
        )
    });
    let (x, y) = (room.left, room.bottom + 56.0);
    picture.say(x, y, "start", "q", &format!("numbers in hundredths   ● now{words}"));
    Some(picture.finish())
}

/// One cell, at `place` (left, top, width, height), of a value between the least and the greatest one.
pub(super) fn shade(
    picture: &mut Picture,
    place: (f64, f64, f64, f64),
    (mean, low, high): (f64, f64, f64),
    mark: &str,
    what: &str,
) {
    let (x, y, width, height) = place;
    let share = if high > low { (mean - low) / (high - low) } else { 1.0 };
    let level = (share * (SCALE.len() - 1) as f64).round() as usize;
    let (ground, dark) = SCALE[level.min(SCALE.len() - 1)];
    let sign = if dark { "#16181d" } else { "#ffffff" };
    picture.raw(&format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         fill=\"{ground}\"><title>{}</title></rect>",
        escape(what),
    ));
    // Hundredths: three signs are all that a narrow cell has room for.
    let shown = if mean >= 0.995 { "1.".to_owned() } else { format!("{:02.0}", mean * 100.0) };
    let (x_middle, y_middle) = (x + width / 2.0, y + height / 2.0);
    // The mark stands above the number: beside it a narrow cell has no room.
    let lift = if mark.is_empty() { 0.0 } else { 5.0 };
    for (words, y) in [(shown.as_str(), y_middle + 4.0 + lift), (mark, y_middle - 4.0)] {
        if !words.is_empty() {
            picture.raw(&format!(
                "<text x=\"{x_middle:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" \
                 style=\"fill:{sign};font-size:11px\">{words}</text>"
            ));
        }
    }
    if !mark.is_empty() {
        picture.raw(&format!(
            "<rect class=\"mark\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            x + 1.0,
            y + 1.0,
            width - 2.0,
            height - 2.0,
        ));
    }
}

/// The scale at the right: its colours with the least and the greatest value.
pub(super) fn legend(picture: &mut Picture, low: f64, high: f64) {
    let room = picture.room;
    let (x, height) = (room.right + 16.0, (room.bottom - room.top) / SCALE.len() as f64);
    for (level, (colour, _)) in SCALE.iter().enumerate() {
        let y = room.bottom - (level + 1) as f64 * height;
        picture.raw(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"14\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        ));
    }
    picture.say(x + 20.0, room.top + 10.0, "start", "q", &value(high));
    picture.say(x + 20.0, room.bottom, "start", "q", &value(low));
}
