//! The themes that the program comes with: six colours each, for a dark ground and for a light one.

use ratatui::style::Color;

use super::shade::{Shade, shade};
use super::{Ground, PLAIN, Theme, paint};

/// The themes that the program comes with, and what each is for.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("auto", "dark or light, as the terminal is"),
    ("dark", "for a dark terminal"),
    ("light", "for a light terminal"),
    ("high-contrast", "strong colours, on either ground"),
    ("colour-blind", "blue and vermilion in place of green and red, on either ground"),
];

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
    shade(0x94_9494, Color::Gray),
    shade(0x6c_6c6c, Color::DarkGray),
    shade(0x87_afd7, Color::Cyan),
    shade(0xd7_8700, Color::Yellow),
    shade(0x5f_af5f, Color::Green),
    shade(0xff_5f5f, Color::LightRed),
);

const LIGHT: Theme = theme(
    shade(0x62_6262, Color::DarkGray),
    shade(0x8a_8a8a, Color::Gray),
    shade(0x00_5f87, Color::Blue),
    shade(0x87_5f00, Color::Magenta),
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

/// After the palette of Okabe and Ito, its vermilion and purple lighter so that they can be read.
const COLOUR_BLIND_DARK: Theme = theme(
    shade(0x94_9494, Color::Gray),
    shade(0x6c_6c6c, Color::DarkGray),
    shade(0xd7_87af, Color::Magenta),
    shade(0xf0_e442, Color::Yellow),
    shade(0x56_b4e9, Color::LightBlue),
    shade(0xff_875f, Color::LightRed),
);

const COLOUR_BLIND_LIGHT: Theme = theme(
    shade(0x62_6262, Color::DarkGray),
    shade(0x8a_8a8a, Color::Gray),
    shade(0x87_3a6a, Color::Magenta),
    shade(0x6b_5300, Color::Black),
    shade(0x00_62a3, Color::Blue),
    shade(0xaf_2800, Color::Red),
);

/// A theme that the program comes with; `None` where there is none of that name.
pub fn built_in(name: &str, ground: Ground) -> Option<Theme> {
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

#[cfg(test)]
mod tests {
    use super::super::super::theme::HEAT;
    use super::super::shade::{Colours, of_palette};
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

    const GROUNDS: [Ground; 2] = [Ground::Dark, Ground::Light];

    /// Grounds that terminals have: black and white, those of VS Code, Solarized, Gruvbox and Dracula.
    fn grounds(ground: Ground) -> &'static [u32] {
        match ground {
            Ground::Dark => &[0x00_0000, 0x1e_1e1e, 0x00_2b36, 0x28_2828, 0x28_2a36],
            Ground::Light => &[0xff_ffff, 0xfd_f6e3, 0xfb_f1c7, 0xee_eeee],
        }
    }

    /// Trap: colours for a dark ground that cannot be read on a light one, and colours that can be read on
    /// black alone, while few dark terminals are black.
    #[test]
    fn words_can_be_read_on_their_ground() {
        for (name, at_the_ends) in [("auto", 4.5), ("colour-blind", 4.5), ("high-contrast", 7.0)] {
            for ground in GROUNDS {
                let theme = built_in(name, ground).unwrap();
                for paint in [theme.quiet, theme.accent, theme.gold, theme.gained, theme.lost] {
                    let shown = paint.fg.unwrap();
                    let Some(Color::Indexed(of_256)) = shown.shown(Colours::Palette) else { panic!() };
                    for (nth, &on) in grounds(ground).iter().enumerate() {
                        let on = shade(on, Color::Reset).rgb;
                        let exact = if nth == 0 { at_the_ends } else { 4.5 };
                        for (rgb, least) in [(shown.rgb, exact), (of_palette(of_256), 4.5)] {
                            let reached = contrast(rgb, on);
                            assert!(reached >= least, "{name} {ground:?} {rgb:?} on {on:?}: {reached:.1}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn values_of_a_heat_map_can_be_read() {
        for (ground, sign) in HEAT {
            let reached = contrast(of_palette(ground), of_palette(sign));
            assert!(reached >= 4.5, "{sign} on {ground}: {reached:.1}");
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
        for ground in GROUNDS {
            for eye in [protan, deutan] {
                let safe = apart(built_in("colour-blind", ground).unwrap(), eye);
                let usual = apart(built_in("auto", ground).unwrap(), eye);
                assert!(safe > 0.25 && safe > usual, "{ground:?}: {safe:.2}, {usual:.2}");
            }
        }
    }
}
