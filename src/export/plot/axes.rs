//! What plots have in common. User units are pixels; y points down, as SVG has it.

use std::fmt::Write as _;

use super::super::frame::escape;

/// Of the whole picture.
pub const WIDTH: f64 = 760.0;
pub const HEIGHT: f64 = 440.0;

/// The room of the plot itself, in user units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Room {
    /// With space for labels at the left and below, a title above and names behind the lines' ends.
    pub const WITH_NAMES: Self = Self { left: 64.0, top: 52.0, right: 630.0, bottom: 380.0 };

    /// The place of a share of the width.
    pub fn x(self, along: f64) -> f64 {
        self.left + along.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// The place of a share of the height, from below.
    pub fn y(self, up: f64) -> f64 {
        self.bottom - up.clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

/// Dashes and colours of lines, in turn; legible on light and on dark ground, and apart from each other for
/// every kind of colour vision (after Okabe and Ito).
const LINES: [(&str, &str); 6] = [
    ("none", "#2f81d6"),
    ("7 4", "#d97706"),
    ("2 3", "#0f9d76"),
    ("10 3 2 3", "#b4579a"),
    ("4 2", "#8a8f98"),
    ("1 2", "#c9a100"),
];

/// A picture under way.
pub struct Picture {
    svg: String,
    pub room: Room,
}

impl Picture {
    pub fn new(title: &str, room: Room) -> Self {
        let title = escape(title);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n"
        );
        svg.push_str(
            "<style>\ntext{font:13px system-ui,sans-serif;fill:#1f2328}.q{fill:#59636e}.t{font-weight:600;\
             font-size:15px}.n{font-weight:600}\n.ground{fill:#fff}.axis{stroke:#59636e;fill:none}\
             .grid{stroke:#d1d9e0;fill:none}.now{stroke:#1f2328;fill:none;stroke-dasharray:3 3}\
             .shade{fill:#59636e;fill-opacity:.15}\n.mark{fill:none;stroke:#1f2328;stroke-width:2.5}\n\
             @media (prefers-color-scheme:dark){text{fill:#d5d9e0}.q{fill:#9198a1}.ground{fill:#16181d}\
             .axis{stroke:#9198a1}.grid{stroke:#30363d}.now{stroke:#d5d9e0}.mark{stroke:#f0f6fc}}\n",
        );
        for (nth, (dashes, colour)) in LINES.iter().enumerate() {
            let _ = writeln!(
                svg,
                ".l{nth}{{fill:none;stroke:{colour};stroke-width:2;stroke-dasharray:{dashes}}}.p{nth}{{fill:{colour}}}"
            );
        }
        let _ = write!(
            svg,
            "</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             <text class=\"t\" x=\"{}\" y=\"28\">{title}</text>\n",
            room.left,
        );
        Self { svg, room }
    }

    pub fn raw(&mut self, element: &str) {
        self.svg.push_str(element);
        self.svg.push('\n');
    }

    /// `anchor` is `start`, `middle` or `end`.
    pub fn say(&mut self, x: f64, y: f64, anchor: &str, class: &str, words: &str) {
        let words = escape(words);
        self.raw(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
        ));
    }

    /// Both axes, with ticks at places along them (0 to 1) and a name each.
    pub fn axes(&mut self, x_ticks: &[(f64, String)], x_name: &str, y_ticks: &[(f64, String)], y_name: &str) {
        let room = self.room;
        for (up, label) in y_ticks {
            let y = room.y(*up);
            self.raw(&format!("<path class=\"grid\" d=\"M{:.1} {y:.1}H{:.1}\"/>", room.left, room.right));
            self.say(room.left - 8.0, y + 4.0, "end", "q", label);
        }
        for (along, label) in x_ticks {
            let x = room.x(*along);
            self.raw(&format!("<path class=\"axis\" d=\"M{x:.1} {:.1}v5\"/>", room.bottom));
            self.say(x, room.bottom + 20.0, "middle", "q", label);
        }
        self.raw(&format!(
            "<path class=\"axis\" d=\"M{:.1} {:.1}V{:.1}H{:.1}\"/>",
            room.left, room.top, room.bottom, room.right
        ));
        self.say(f64::midpoint(room.left, room.right), room.bottom + 42.0, "middle", "", x_name);
        let (x, y) = (18.0, f64::midpoint(room.top, room.bottom));
        self.raw(&format!(
            "<text transform=\"translate({x} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(y_name)
        ));
    }

    /// A line through points, each a share of width and height; the `nth` of its picture.
    pub fn line(&mut self, nth: usize, name: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (at, (along, up)) in points.iter().enumerate() {
            let letter = if at == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{:.1} {:.1}", self.room.x(*along), self.room.y(*up));
        }
        let class = nth % LINES.len();
        self.raw(&format!("<path class=\"l{class}\" d=\"{path}\"><title>{}</title></path>", escape(name)));
    }

    /// A dot on a line.
    pub fn dot(&mut self, nth: usize, along: f64, up: f64, what: &str) {
        let (x, y, class) = (self.room.x(along), self.room.y(up), nth % LINES.len());
        self.raw(&format!(
            "<circle class=\"p{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{}</title></circle>",
            escape(what)
        ));
    }

    /// A dashed line from the top to the axis, with words above it.
    pub fn upright(&mut self, along: f64, words: &str) {
        let (x, room) = (self.room.x(along), self.room);
        self.raw(&format!("<path class=\"now\" d=\"M{x:.1} {:.1}V{:.1}\"/>", room.top, room.bottom));
        self.say(x, room.top - 6.0, "middle", "n", words);
    }

    /// The legend, which is the names behind the lines' ends: each with a piece of its line, at the height
    /// where it ends or as near as there is room.
    pub fn names(&mut self, mut ends: Vec<(usize, f64, String)>) {
        ends.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut free = self.room.top + 4.0;
        for (nth, up, name) in ends {
            let y = self.room.y(up).max(free);
            let (x, class) = (self.room.right + 8.0, nth % LINES.len());
            self.raw(&format!("<path class=\"l{class}\" d=\"M{x:.1} {y:.1}h22\"/>"));
            self.say(x + 28.0, y + 4.0, "start", "n", &name);
            free = y + 17.0;
        }
    }

    pub fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }
}
