//! The colours of a theme, by what they mean: those that the program comes with, and those of a file. A
//! theme says colours in full; what a terminal of fewer can show is worked out from them here.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// `NO_COLOR`: bold, dim, underlined and reversed only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The fixed palette of 256.
    Palette,
    /// Any.
    True,
}

/// What the terminal draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Dark,
    Light,
}

/// A colour: in full, and those of the terminal's 256 and sixteen that stand in for it. Both are looked for
/// once: a frame asks for thousands of styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shade {
    rgb: (u8, u8, u8),
    indexed: u8,
    sixteen: Color,
}

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

/// The themes that the program comes with, and what each is for.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("auto", "dark or light, as the terminal is"),
    ("dark", "for a dark terminal"),
    ("light", "for a light terminal"),
    ("high-contrast", "strong colours, on either ground"),
    ("colour-blind", "blue and vermilion in place of green and red, on either ground"),
];

const fn shade(rgb: u32, sixteen: Color) -> Shade {
    let rgb = ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
    Shade { rgb, indexed: nearest(rgb), sixteen }
}

const fn paint(fg: Shade) -> Paint {
    Paint { fg: Some(fg), bg: None, modifiers: Modifier::empty() }
}

const PLAIN: Paint = Paint { fg: None, bg: None, modifiers: Modifier::empty() };

/// Six colours are a theme.
const fn theme(quiet: Shade, frame: Shade, accent: Shade, gold: Shade, gained: Shade, lost: Shade) -> Theme {
    Theme {
        text: PLAIN,
        quiet: paint(quiet),
        frame: paint(frame),
        accent: paint(accent),
        knob: paint(accent),
        cursor: paint(accent),
        gold: paint(gold),
        highlight: paint(gold),
        gained: paint(gained),
        lost: paint(lost),
    }
}

pub const DARK: Theme = theme(
    shade(0x8a_8a8a, Color::DarkGray),
    shade(0x58_5858, Color::DarkGray),
    shade(0x5f_87af, Color::Cyan),
    shade(0xd7_8700, Color::Yellow),
    shade(0x5f_af5f, Color::Green),
    shade(0xd7_5f5f, Color::Red),
);

const LIGHT: Theme = theme(
    shade(0x62_6262, Color::DarkGray),
    shade(0x9e_9e9e, Color::Gray),
    shade(0x00_5f87, Color::Blue),
    shade(0x87_5f00, Color::Yellow),
    shade(0x00_6f00, Color::Green),
    shade(0xaf_0000, Color::Red),
);

const HIGH_CONTRAST_DARK: Theme = theme(
    shade(0xd0_d0d0, Color::Gray),
    shade(0xb2_b2b2, Color::Gray),
    shade(0x5f_d7ff, Color::LightCyan),
    shade(0xff_d700, Color::LightYellow),
    shade(0x5f_ff5f, Color::LightGreen),
    shade(0xff_8787, Color::LightRed),
);

const HIGH_CONTRAST_LIGHT: Theme = theme(
    shade(0x30_3030, Color::Black),
    shade(0x4e_4e4e, Color::DarkGray),
    shade(0x00_005f, Color::Blue),
    shade(0x5f_3f00, Color::Black),
    shade(0x00_4a00, Color::Green),
    shade(0x87_0000, Color::Red),
);

/// After the palette of Okabe and Ito.
const COLOUR_BLIND_DARK: Theme = theme(
    shade(0x8a_8a8a, Color::DarkGray),
    shade(0x58_5858, Color::DarkGray),
    shade(0xcc_79a7, Color::Magenta),
    shade(0xf0_e442, Color::Yellow),
    shade(0x56_b4e9, Color::LightBlue),
    shade(0xd5_5e00, Color::Red),
);

const COLOUR_BLIND_LIGHT: Theme = theme(
    shade(0x62_6262, Color::DarkGray),
    shade(0x9e_9e9e, Color::Gray),
    shade(0x87_3a6a, Color::Magenta),
    shade(0x6b_5300, Color::Yellow),
    shade(0x00_62a3, Color::Blue),
    shade(0xa8_4500, Color::Red),
);

impl Default for Theme {
    fn default() -> Self {
        DARK
    }
}

impl Theme {
    /// A theme that the program comes with; `None` where there is none of that name.
    pub fn built_in(name: &str, ground: Ground) -> Option<Self> {
        Some(match (name, ground) {
            ("dark", _) | ("auto", Ground::Dark) => DARK,
            ("light", _) | ("auto", Ground::Light) => LIGHT,
            ("high-contrast", Ground::Dark) => HIGH_CONTRAST_DARK,
            ("high-contrast", Ground::Light) => HIGH_CONTRAST_LIGHT,
            ("colour-blind", Ground::Dark) => COLOUR_BLIND_DARK,
            ("colour-blind", Ground::Light) => COLOUR_BLIND_LIGHT,
            _ => return None,
        })
    }

    /// Lays the style of one meaning over the theme; `style` has `fg`, `bg`, `bold`, `dim`, `underlined`
    /// and `reversed`, as texts.
    ///
    /// # Errors
    /// A sentence on what is wrong.
    pub fn lay_over(&mut self, meaning: &str, style: &BTreeMap<String, String>) -> Result<(), String> {
        let mut paint = PLAIN;
        for (part, value) in style {
            let flag = match part.as_str() {
                "fg" => {
                    paint.fg = Some(Shade::parse(value)?);
                    continue;
                }
                "bg" => {
                    paint.bg = Some(Shade::parse(value)?);
                    continue;
                }
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "underlined" => Modifier::UNDERLINED,
                "reversed" => Modifier::REVERSED,
                other => {
                    return Err(format!(
                        "a style has fg, bg, bold, dim, underlined and reversed, not {other}"
                    ));
                }
            };
            match value.as_str() {
                "true" => paint.modifiers |= flag,
                "false" => {}
                other => return Err(format!("{part} is true or false, not {other}")),
            }
        }
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
            other => return Err(format!("nothing is called {other}; a theme has {}", MEANINGS.join(", "))),
        };
        *slot = paint;
        Ok(())
    }
}

impl Paint {
    /// As far as the terminal can show it.
    pub fn style(self, colours: Colours) -> Style {
        let mut style = Style::new().add_modifier(self.modifiers);
        style.fg = self.fg.and_then(|shade| shade.shown(colours));
        style.bg = self.bg.and_then(|shade| shade.shown(colours));
        style
    }
}

/// The terminal's sixteen, as most terminals have them.
const SIXTEEN: [(&str, Color, u32); 16] = [
    ("black", Color::Black, 0x00_0000),
    ("red", Color::Red, 0xcd_0000),
    ("green", Color::Green, 0x00_cd00),
    ("yellow", Color::Yellow, 0xcd_cd00),
    ("blue", Color::Blue, 0x00_00ee),
    ("magenta", Color::Magenta, 0xcd_00cd),
    ("cyan", Color::Cyan, 0x00_cdcd),
    ("gray", Color::Gray, 0xe5_e5e5),
    ("dark-gray", Color::DarkGray, 0x7f_7f7f),
    ("light-red", Color::LightRed, 0xff_0000),
    ("light-green", Color::LightGreen, 0x00_ff00),
    ("light-yellow", Color::LightYellow, 0xff_ff00),
    ("light-blue", Color::LightBlue, 0x5c_5cff),
    ("light-magenta", Color::LightMagenta, 0xff_00ff),
    ("light-cyan", Color::LightCyan, 0x00_ffff),
    ("white", Color::White, 0xff_ffff),
];

impl Shade {
    /// Reads `#d7af00`, or one of the sixteen by its name.
    fn parse(text: &str) -> Result<Self, String> {
        if let Some((_, sixteen, rgb)) = SIXTEEN.iter().find(|(name, ..)| *name == text) {
            return Ok(shade(*rgb, *sixteen));
        }
        let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6);
        let rgb = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let rgb = rgb.ok_or_else(|| {
            format!(
                "{text:?} is no colour: write \"#d7af00\", or a name such as \"yellow\" or \"light-blue\""
            )
        })?;
        let full = shade(rgb, Color::Reset);
        let nearest =
            SIXTEEN.iter().min_by_key(|(.., other)| distance(full.rgb, shade(*other, Color::Reset).rgb));
        Ok(shade(rgb, nearest.map_or(Color::Reset, |(_, sixteen, _)| *sixteen)))
    }

    fn shown(self, colours: Colours) -> Option<Color> {
        let (r, g, b) = self.rgb;
        match colours {
            Colours::None => None,
            Colours::Sixteen => Some(self.sixteen),
            Colours::Palette => Some(Color::Indexed(self.indexed)),
            Colours::True => Some(Color::Rgb(r, g, b)),
        }
    }
}

const fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    const fn square(a: u8, b: u8) -> u32 {
        let by = a.abs_diff(b) as u32;
        by * by
    }
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

/// The place in the fixed part of the 256: a cube of six steps, then 24 greys.
const fn nearest(rgb: (u8, u8, u8)) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let (mut best, mut least, mut n) = (16, u32::MAX, 16);
    while n < 256 {
        let colour = if n < 232 {
            let of_cube = n - 16;
            (STEPS[of_cube / 36], STEPS[of_cube / 6 % 6], STEPS[of_cube % 6])
        } else {
            let grey = (8 + 10 * (n - 232)) as u8;
            (grey, grey, grey)
        };
        let distance = distance(rgb, colour);
        if distance < least {
            (best, least) = (n as u8, distance);
        }
        n += 1;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(c: u8) -> f64 {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    }

    fn light(rgb: (u8, u8, u8)) -> f64 {
        0.2126 * linear(rgb.0) + 0.7152 * linear(rgb.1) + 0.0722 * linear(rgb.2)
    }

    /// Contrast as WCAG 2 defines it, 1 to 21.
    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (a, b) = (light(a), light(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    const GROUNDS: [(Ground, (u8, u8, u8)); 2] =
        [(Ground::Dark, (0, 0, 0)), (Ground::Light, (255, 255, 255))];

    /// Trap: colours for a dark ground that cannot be read on a light one.
    #[test]
    fn words_can_be_read_on_their_ground() {
        for (name, least) in [("auto", 4.5), ("colour-blind", 4.5), ("high-contrast", 7.0)] {
            for (ground, rgb) in GROUNDS {
                let theme = Theme::built_in(name, ground).unwrap();
                for paint in [theme.quiet, theme.accent, theme.gold, theme.gained, theme.lost] {
                    let shade = paint.fg.unwrap();
                    let reached = contrast(shade.rgb, rgb);
                    assert!(reached >= least, "{name} {ground:?} {:?}: {reached:.1}", shade.rgb);
                }
            }
        }
    }

    /// Gained and lost as people without red or green cones see them (Machado 2009, severity 1).
    #[test]
    fn the_colour_blind_theme_keeps_gained_and_lost_apart() {
        let protan = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]];
        let deutan = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]];
        let seen = |rgb: (u8, u8, u8), eye: [[f64; 3]; 3]| -> Vec<f64> {
            let rgb = [linear(rgb.0), linear(rgb.1), linear(rgb.2)];
            eye.iter().map(|row| row.iter().zip(rgb).map(|(m, c)| m * c).sum()).collect()
        };
        let apart = |theme: Theme, eye| -> f64 {
            let (gained, lost) =
                (seen(theme.gained.fg.unwrap().rgb, eye), seen(theme.lost.fg.unwrap().rgb, eye));
            gained.iter().zip(&lost).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        for (ground, _) in GROUNDS {
            for eye in [protan, deutan] {
                let safe = apart(Theme::built_in("colour-blind", ground).unwrap(), eye);
                let usual = apart(Theme::built_in("auto", ground).unwrap(), eye);
                assert!(safe > 0.25 && safe > usual, "{ground:?}: {safe:.2}, {usual:.2}");
            }
        }
    }

    #[test]
    fn a_colour_is_shown_as_far_as_the_terminal_can() {
        let shade = Shade::parse("#d78700").unwrap();
        assert_eq!(shade.shown(Colours::True), Some(Color::Rgb(215, 135, 0)));
        assert_eq!(shade.shown(Colours::Palette), Some(Color::Indexed(172)));
        assert_eq!(shade.shown(Colours::None), None);
        assert_eq!(Shade::parse("#0000f0").unwrap().shown(Colours::Sixteen), Some(Color::Blue));
        assert_eq!(Shade::parse("light-red").unwrap().shown(Colours::Sixteen), Some(Color::LightRed));
        for (index, rgb) in
            [(16, (0, 0, 0)), (231, (255, 255, 255)), (244, (128, 128, 128)), (67, (95, 135, 175))]
        {
            assert_eq!(nearest(rgb), index);
        }
    }

    #[test]
    fn a_file_changes_what_it_names_and_mistakes_are_said() {
        let style = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(part, value)| ((*part).to_owned(), (*value).to_owned())).collect()
        };
        let mut theme = DARK;
        theme.lay_over("accent", &style(&[("fg", "#ff00ff"), ("bold", "true")])).unwrap();
        assert_eq!(theme.cursor.fg, Some(shade(0xff_00ff, Color::LightMagenta)));
        assert_eq!(theme.gold, DARK.gold);
        let fault = |meaning: &str, pairs| DARK.clone().lay_over(meaning, &style(pairs)).unwrap_err();
        assert!(fault("goldd", &[]).contains("a theme has text, quiet"));
        assert!(fault("gold", &[("fg", "mauve")]).contains("\"mauve\" is no colour"));
        assert!(fault("gold", &[("blink", "true")]).contains("not blink"));
    }
}
