//! A metric over one or two swept settings, whatever they are.

use super::axes::{Picture, Room, WIDTH};
use super::heat::{legend, shade};
use super::value;
use crate::export::sweep::Sweep;

/// The first swept setting upwards, the second to the right; one alone to the right.
pub fn grid(sweep: &Sweep) -> String {
    let title = format!("{}, {} queries", sweep.by, sweep.queries);
    let mut picture = Picture::new(&title, Room { right: WIDTH - 96.0, ..Room::WITH_NAMES });
    let none = (String::new(), vec![String::new()]);
    let (up, right) = match sweep.axes.as_slice() {
        [up, right, ..] => (up, right),
        [right] => (&none, right),
        [] => (&none, &none),
    };
    let (columns, rows) = (right.1.len().max(1), up.1.len().max(1));
    let centre = |place: usize, of: usize| (place as f64 + 0.5) / of as f64;
    let every = columns.div_ceil(11).max(1);
    let x_ticks: Vec<_> = (right.1.iter().enumerate().step_by(every))
        .map(|(at, name)| (centre(at, columns), name.clone()))
        .collect();
    let y_ticks: Vec<_> =
        up.1.iter().enumerate().map(|(at, name)| (centre(at, rows), name.clone())).collect();
    picture.axes(&x_ticks, &right.0, &y_ticks, &up.0);
    let values = sweep.cells.iter().map(|cell| cell.value);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let room = picture.room;
    let (width, height) = ((room.right - room.left) / columns as f64, (room.bottom - room.top) / rows as f64);
    for (place, cell) in sweep.cells.iter().enumerate() {
        let (row, column) = (place / columns, place % columns);
        let (x, y) = (room.left + column as f64 * width, room.bottom - (row + 1) as f64 * height);
        let mark = match (cell.is_current, sweep.best == Some(place)) {
            (true, true) => "●◆",
            (true, false) => "●",
            (false, true) => "◆",
            (false, false) => "",
        };
        let what =
            format!("{}: {}", crate::export::sweep::words(&sweep.axes, &cell.values), value(cell.value));
        shade(&mut picture, (x, y, width, height), (cell.value, low, high), mark, &what);
    }
    legend(&mut picture, low, high);
    let (x, y) = (room.left, room.bottom + 56.0);
    picture.say(x, y, "start", "q", "numbers in hundredths   ● now   ◆ best");
    picture.finish()
}
