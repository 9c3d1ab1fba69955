//! The colours of a theme, by what they mean: those that the program comes with, and those of a file. A
//! theme says colours in full; what a terminal of fewer can show is worked out from them (`shade`).

mod built_in;
mod shade;

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};

pub use crate::export::frame::Ground;

pub use built_in::{BUILT_IN, DARK};
pub use shade::{Colours, Shade};

/// How pieces of one meaning look. `None`: as the terminal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    pub fg: Option<Shade>,
    pub bg: Option<Shade>,
    /// Beside those that the meaning has in every theme.
    pub modifiers: Modifier,
}

/// The paints of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub text: Paint,
    pub quiet: Paint,
    pub frame: Paint,
    pub accent: Paint,
    pub knob: Paint,
    pub cursor: Paint,
    pub gold: Paint,
    pub highlight: Paint,
    pub gained: Paint,
    pub lost: Paint,
}

/// The meanings, as a file names them.
const MEANINGS: [&str; 10] =
    ["text", "quiet", "frame", "accent", "knob", "cursor", "gold", "highlight", "gained", "lost"];

const fn paint(fg: Shade) -> Paint {
    Paint { fg: Some(fg), bg: None, modifiers: Modifier::empty() }
}

const PLAIN: Paint = Paint { fg: None, bg: None, modifiers: Modifier::empty() };

impl Default for Theme {
    fn default() -> Self {
        DARK
    }
}

impl Theme {
    /// A theme that the program comes with; `None` where there is none of that name.
    pub fn built_in(name: &str, ground: Ground) -> Option<Self> {
        built_in::built_in(name, ground)
    }

    /// Lays the style of one meaning over the theme; `style` has `fg`, `bg`, `bold`, `dim`, `underlined`
    /// and `reversed`, as texts. What is wrong of it is left out.
    ///
    /// # Errors
    /// A sentence on each thing that is wrong.
    pub fn lay_over(&mut self, meaning: &str, style: &BTreeMap<String, String>) -> Result<(), Vec<String>> {
        let mut paint = PLAIN;
        let mut faults: Vec<String> =
            style.iter().filter_map(|(part, value)| paint.set(part, value).err()).collect();
        let slot = match meaning {
            "text" => &mut self.text,
            "quiet" => &mut self.quiet,
            "frame" => &mut self.frame,
            "accent" => {
                (self.knob, self.cursor) = (paint, paint);
                &mut self.accent
            }
            "knob" => &mut self.knob,
            "cursor" => &mut self.cursor,
            "gold" => {
                self.highlight = paint;
                &mut self.gold
            }
            "highlight" => &mut self.highlight,
            "gained" => &mut self.gained,
            "lost" => &mut self.lost,
            other => {
                faults.push(format!("nothing is called {other}; a theme has {}", MEANINGS.join(", ")));
                return Err(faults);
            }
        };
        *slot = paint;
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

impl Paint {
    fn set(&mut self, part: &str, value: &str) -> Result<(), String> {
        let flag = match part {
            "fg" => return Shade::parse(value).map(|shade| self.fg = Some(shade)),
            "bg" => return Shade::parse(value).map(|shade| self.bg = Some(shade)),
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            other => {
                return Err(format!("a style has fg, bg, bold, dim, underlined and reversed, not {other}"));
            }
        };
        match value {
            "true" => self.modifiers |= flag,
            "false" => {}
            other => return Err(format!("{part} is true or false, not {other}")),
        }
        Ok(())
    }

    /// As far as the terminal can show it.
    pub fn style(self, colours: Colours) -> Style {
        let mut style = Style::new().add_modifier(self.modifiers);
        style.fg = self.fg.and_then(|shade| shade.shown(colours));
        style.bg = self.bg.and_then(|shade| shade.shown(colours));
        style
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::shade::shade;
    use super::*;

    #[test]
    fn a_file_changes_what_it_names_and_mistakes_are_said() {
        let style = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(part, value)| ((*part).to_owned(), (*value).to_owned())).collect()
        };
        let mut theme = DARK;
        theme.lay_over("accent", &style(&[("fg", "#ff00ff"), ("bold", "true")])).unwrap();
        assert_eq!(theme.cursor.fg, Some(shade(0xff_00ff, Color::LightMagenta)));
        assert_eq!(theme.gold, DARK.gold);
        let fault =
            |meaning: &str, pairs| DARK.clone().lay_over(meaning, &style(pairs)).unwrap_err().join("; ");
        assert!(fault("goldd", &[]).contains("a theme has text, quiet"));
        assert!(fault("gold", &[("fg", "mauve")]).contains("\"mauve\" is no colour"));
        let both = fault("gold", &[("blink", "true"), ("bold", "very")]);
        assert!(both.contains("not blink") && both.contains("not very"), "each is said: {both}");
    }
}
