//! A colour, and what of it a terminal of fewer colours can show.

use ratatui::style::Color;

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

/// A colour: in full, and the one of the terminal's sixteen that stands in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shade {
    pub(super) rgb: (u8, u8, u8),
    /// Of the 256, looked for once: a frame asks for thousands of styles.
    indexed: u8,
    sixteen: Color,
}

pub const fn shade(rgb: u32, sixteen: Color) -> Shade {
    let rgb = ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
    Shade { rgb, indexed: nearest(rgb), sixteen }
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
    pub fn parse(text: &str) -> Result<Self, String> {
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

    pub fn shown(self, colours: Colours) -> Option<Color> {
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
    let (mut best, mut least, mut n) = (16, u32::MAX, 16);
    while n < 256 {
        let distance = distance(rgb, of_palette(n as u8));
        if distance < least {
            (best, least) = (n as u8, distance);
        }
        n += 1;
    }
    best
}

/// The colour at a place in the fixed part of the 256, from 16.
pub(super) const fn of_palette(n: u8) -> (u8, u8, u8) {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    if n < 232 {
        let of_cube = n.saturating_sub(16) as usize;
        (STEPS[of_cube / 36], STEPS[of_cube / 6 % 6], STEPS[of_cube % 6])
    } else {
        let grey = 8 + 10 * (n - 232);
        (grey, grey, grey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
