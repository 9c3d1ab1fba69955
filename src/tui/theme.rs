//! How things look, by what they mean: a pane asks for the style of a gold or the sign of a cut, never
//! for a colour or a character. No sign relies on colour alone, so the plain theme loses nothing.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use crate::domain::Fate;

use super::themes::{DARK, Paint, Theme};

pub use super::themes::Colours;

/// Styles and signs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub colours: Colours,
    pub ascii: bool,
    pub theme: Theme,
}

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Text,
    Strong,
    Quiet,
    Frame,
    FocusFrame,
    Gold,
    Gained,
    Lost,
    Accent,
    /// A value that one can turn.
    Knob,
    Stale,
    Highlight,
    /// The row under the cursor in the focused list.
    Cursor,
    /// What is chosen in a pane that has not the keys.
    Chosen,
    /// The passage under the cursor, in the other list.
    Twin,
    Key,
    /// A value of a heat map, from 0, the lowest, to [`HEAT_LEVELS`] - 1.
    Heat(u8),
}

/// How many steps a heat map's colours have.
pub const HEAT_LEVELS: u8 = 5;
/// From dark to light, in an order that every kind of colour vision sees (after viridis).
/// Ground and sign by their places in the 256.
pub(super) const HEAT: [(u8, u8); HEAT_LEVELS as usize] =
    [(54, 255), (24, 255), (30, 16), (71, 16), (184, 16)];

impl Look {
    /// Reads `NO_COLOR`, `TERM` and `COLORTERM`; `coloured` goes before `NO_COLOR` and `TERM`, where it was
    /// asked for or ruled out.
    pub fn from_environment(ascii: bool, coloured: Option<bool>) -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let term = variable("TERM");
        let rich = ["256color", "kitty", "alacritty", "foot", "ghostty", "wezterm", "truecolor", "direct"];
        let plain = !variable("NO_COLOR").is_empty() || term == "dumb";
        let colours = if !coloured.unwrap_or(!plain) {
            Colours::None
        } else if ["truecolor", "24bit"].contains(&variable("COLORTERM").as_str()) || term.contains("direct")
        {
            Colours::True
        } else if !variable("COLORTERM").is_empty()
            || !variable("WT_SESSION").is_empty()
            || rich.iter().any(|name| term.contains(name))
        {
            Colours::Palette
        } else {
            Colours::Sixteen
        };
        Self { colours, ascii, theme: DARK }
    }

    pub fn style(self, tone: Tone) -> Style {
        let style = self.paint(tone).map_or_else(Style::new, |paint| paint.style(self.colours));
        let style = match (tone, self.colours) {
            (Tone::Heat(level), Colours::Palette | Colours::True) => {
                let (ground, sign) = HEAT[usize::from(level.min(HEAT_LEVELS - 1))];
                style.bg(Color::Indexed(ground)).fg(Color::Indexed(sign))
            }
            _ => style,
        };
        style.add_modifier(self.modifier(tone))
    }

    /// `None`: as the terminal has it. The sixteen have no order that a heat map could use.
    fn paint(self, tone: Tone) -> Option<Paint> {
        let theme = &self.theme;
        Some(match tone {
            Tone::Text | Tone::Strong | Tone::Stale | Tone::Twin => theme.text,
            Tone::Quiet => theme.quiet,
            Tone::Frame => theme.frame,
            Tone::FocusFrame | Tone::Accent | Tone::Key => theme.accent,
            Tone::Cursor => theme.cursor,
            Tone::Knob | Tone::Chosen => theme.knob,
            Tone::Gold => theme.gold,
            Tone::Highlight => theme.highlight,
            Tone::Gained => theme.gained,
            Tone::Lost => theme.lost,
            Tone::Heat(_) => return None,
        })
    }

    fn modifier(self, tone: Tone) -> Modifier {
        let plain = self.colours == Colours::None;
        match tone {
            Tone::Strong | Tone::Gold | Tone::Gained | Tone::Lost | Tone::Twin | Tone::Knob => Modifier::BOLD,
            Tone::Cursor => Modifier::REVERSED,
            Tone::Stale => Modifier::DIM,
            Tone::Highlight => Modifier::UNDERLINED,
            Tone::Chosen => {
                Modifier::BOLD.union(if plain { Modifier::UNDERLINED } else { Modifier::empty() })
            }
            Tone::Key => Modifier::BOLD,
            Tone::Heat(0) if matches!(self.colours, Colours::None | Colours::Sixteen) => Modifier::DIM,
            Tone::Heat(level) if level + 1 >= HEAT_LEVELS => Modifier::BOLD,
            Tone::Heat(_) => Modifier::empty(),
            Tone::Accent | Tone::FocusFrame if plain => Modifier::BOLD,
            Tone::Quiet | Tone::Frame if plain => Modifier::DIM,
            Tone::Text | Tone::Quiet | Tone::Frame | Tone::Accent | Tone::FocusFrame => Modifier::empty(),
        }
    }

    pub fn signs(self) -> &'static Signs {
        if self.ascii { &ASCII } else { &UNICODE }
    }

    /// Our own words in the signs of this look: in ASCII, `α ≥ .61` reads `alpha >= .61`.
    pub fn words(self, text: &str) -> Cow<'_, str> {
        if !self.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut plain = String::with_capacity(text.len());
        for c in text.chars() {
            match ASCII_WORDS.iter().find(|(sign, _)| *sign == c) {
                Some((_, word)) => plain.push_str(word),
                // A picture of a control character: ^[ and the like.
                None if ('\u{2400}'..='\u{241f}').contains(&c) => {
                    plain.push('^');
                    plain.extend(char::from_u32(u32::from(c) - 0x2400 + 0x40));
                }
                None => plain.push(c),
            }
        }
        Cow::Owned(plain)
    }

    /// The sign and the tone of a fate.
    pub fn fate(self, fate: Fate) -> (&'static str, Tone) {
        let signs = self.signs();
        match fate {
            Fate::MissingFromCorpus | Fate::LostByApproximation | Fate::NeverRetrieved => {
                (signs.never, Tone::Lost)
            }
            Fate::LostInFusion | Fate::CutAtN => (signs.cut, Tone::Lost),
            Fate::Kept => (signs.kept, Tone::Quiet),
            Fate::Rescued => (signs.up, Tone::Gained),
            Fate::Demoted => (signs.down, Tone::Lost),
            Fate::NotLifted => (signs.not_lifted, Tone::Quiet),
        }
    }
}

/// The signs of the screen. Each is one cell wide unless it is a word.
#[derive(Debug, PartialEq, Eq)]
pub struct Signs {
    pub gold: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub same: &'static str,
    pub cut: &'static str,
    pub never: &'static str,
    pub kept: &'static str,
    pub not_lifted: &'static str,
    pub waiting: &'static str,
    pub ready: &'static str,
    pub failed: &'static str,
    pub stale: &'static str,
    pub none: &'static str,
    pub ellipsis: &'static str,
    pub arrow: &'static str,
    pub dot: &'static str,
    pub bar: &'static str,
    pub cut_line: &'static str,
    pub track: &'static str,
    pub thumb: &'static str,
    pub scroll_thumb: &'static str,
    pub above: &'static str,
    pub below: &'static str,
    pub branch: &'static str,
    pub last_branch: &'static str,
    pub frame: Frame,
    pub marker_line: &'static str,
    /// The best interval, behind the lines.
    pub shade: &'static str,
    /// What is recommended.
    pub best: &'static str,
    /// The value at an end of α.
    pub end: &'static str,
}

/// The lines of frames and of the gutter.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub top_left: &'static str,
    pub top_right: &'static str,
    pub bottom_left: &'static str,
    pub bottom_right: &'static str,
    pub tee_right: &'static str,
    pub tee_left: &'static str,
}

const UNICODE: Signs = Signs {
    gold: "★",
    up: "▲",
    down: "▼",
    same: "=",
    cut: "✂",
    never: "✗",
    kept: "✓",
    not_lifted: "·",
    waiting: "◌",
    ready: "●",
    failed: "✗",
    stale: "⟳",
    none: "–",
    ellipsis: "…",
    arrow: "→",
    dot: "·",
    bar: "│",
    cut_line: "┄",
    track: "━",
    thumb: "●",
    scroll_thumb: "┃",
    above: "↑",
    below: "↓",
    branch: "├ ",
    last_branch: "└ ",
    frame: Frame {
        horizontal: "─",
        vertical: "│",
        top_left: "╭",
        top_right: "╮",
        bottom_left: "╰",
        bottom_right: "╯",
        tee_right: "├",
        tee_left: "┤",
    },
    marker_line: "┊",
    shade: "░",
    best: "◆",
    end: "○",
};

const ASCII: Signs = Signs {
    gold: "*",
    up: "^",
    down: "v",
    same: "=",
    cut: "%",
    never: "x",
    kept: "+",
    not_lifted: ".",
    waiting: "o",
    ready: "#",
    failed: "x",
    stale: "~",
    none: "-",
    ellipsis: "~",
    arrow: "->",
    dot: "-",
    bar: "|",
    cut_line: "-",
    track: "=",
    thumb: "O",
    scroll_thumb: "#",
    above: "^",
    below: "v",
    branch: "|- ",
    last_branch: "`- ",
    frame: Frame {
        horizontal: "-",
        vertical: "|",
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        tee_right: "+",
        tee_left: "+",
    },
    marker_line: ":",
    shade: ".",
    best: "@",
    end: "o",
};

/// Signs that stand in our own sentences, and what they read as in ASCII.
const ASCII_WORDS: [(char, &str); 34] = [
    ('β', "beta"),
    ('◆', "@"),
    ('○', "o"),
    ('␡', "^?"),
    ('α', "alpha"),
    ('≥', ">="),
    ('≤', "<="),
    ('→', "->"),
    ('←', "<-"),
    ('↑', "Up"),
    ('↓', "Down"),
    ('×', "x"),
    ('·', "-"),
    ('—', "-"),
    ('–', "-"),
    ('…', "..."),
    ('★', "*"),
    ('▲', "^"),
    ('▼', "v"),
    ('✂', "%"),
    ('✗', "x"),
    ('✓', "+"),
    ('⟳', "~"),
    ('◌', "o"),
    ('●', "#"),
    ('│', "|"),
    ('≈', "~"),
    ('⟨', "<"),
    ('⟩', ">"),
    ('⇧', "Shift-"),
    ('“', "\""),
    ('”', "\""),
    ('’', "'"),
    ('\u{a0}', " "),
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_plain_theme_has_no_colour_and_the_ascii_signs_are_ascii() {
        let plain = Look { colours: Colours::None, ascii: true, theme: DARK };
        for tone in
            [Tone::Gold, Tone::Gained, Tone::Lost, Tone::Quiet, Tone::Frame, Tone::Cursor, Tone::Highlight]
        {
            assert_eq!((plain.style(tone).fg, plain.style(tone).bg), (None, None), "{tone:?}");
        }
        assert!(format!("{ASCII:?}").is_ascii());
        assert!(ASCII_WORDS.iter().all(|(_, word)| word.is_ascii()));
        assert_eq!(plain.words("α ≥ .61 · N = 63"), "alpha >= .61 - N = 63");
    }

    /// Trap: colour alone must never tell two fates of different weight apart.
    #[test]
    fn every_sign_of_a_fate_is_one_cell_and_the_good_differ_from_the_bad() {
        for ascii in [false, true] {
            let look = Look { colours: Colours::Palette, ascii, theme: DARK };
            for fate in Fate::ALL {
                assert_eq!(look.fate(fate).0.width(), 1, "{fate:?}");
            }
            let mut signs: Vec<_> = [
                Fate::NeverRetrieved,
                Fate::CutAtN,
                Fate::Demoted,
                Fate::NotLifted,
                Fate::Kept,
                Fate::Rescued,
            ]
            .map(|fate| look.fate(fate).0)
            .into();
            signs.dedup();
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), 6);
        }
    }
}
