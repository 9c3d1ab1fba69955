//! Pictures are read back, by an XML parser and by a terminal, and must be the cells that they were of.

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::{Format, Ground, picture, runs, svg};
use crate::text::visible;

/// Writes `text` into the buffer as the screen does.
fn write(buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) {
    buffer.set_string(x, y, visible(text), style);
}

/// Wide, combining, right-to-left and joined signs, with columns behind them that must stay.
fn hard() -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 7));
    let gold = Style::new().fg(Color::Indexed(172)).add_modifier(Modifier::BOLD);
    write(&mut buffer, 0, 0, "│ 予約の取り消し │ <a href=\"x\">&", gold);
    write(&mut buffer, 0, 1, "│ e\u{301}toile ยกเลิก │ dim", Style::new().add_modifier(Modifier::DIM));
    write(&mut buffer, 0, 2, "👩\u{200d}👩\u{200d}👧\u{200d}👦 🇯🇵 │ after", Style::new().fg(Color::Red));
    write(
        &mut buffer,
        0,
        3,
        "╭──── إلغاء الحجز ───╮",
        Style::new().fg(Color::LightBlue).bg(Color::Rgb(1, 2, 3)),
    );
    write(&mut buffer, 2, 4, "chosen 予", Style::new().add_modifier(Modifier::REVERSED));
    write(
        &mut buffer,
        0,
        5,
        "  ⣿⡇ ░ ★▲▼ ]]> \u{1b}[31m",
        Style::new().add_modifier(Modifier::UNDERLINED | Modifier::ITALIC),
    );
    buffer
}

fn colour(colour: Color) -> vt100::Color {
    match (super::ink::ansi_number(colour), colour) {
        (Some(number), _) => vt100::Color::Idx(number),
        (None, Color::Indexed(number)) => vt100::Color::Idx(number),
        (None, Color::Rgb(r, g, b)) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    }
}

/// Feeds the picture to a terminal and compares what stands there, cell by cell.
fn check_ansi(buffer: &Buffer) {
    let (width, height) = (buffer.area.width, buffer.area.height);
    // A line more than the frame: the last line feed scrolls nothing away.
    let (rows, columns) = (NonZeroU16::new(height + 1).unwrap(), NonZeroU16::new(width).unwrap());
    let mut terminal = vt100::Parser::new(rows, columns, 0);
    terminal.process(picture(buffer, Format::Ansi, "", Ground::Dark).replace('\n', "\r\n").as_bytes());
    for y in 0..height {
        for run in runs::of_row(buffer, y) {
            for sign in &run.signs {
                let cell = terminal.screen().cell(y, sign.x).unwrap();
                let at = format!("{:?} at {},{y}", sign.symbol, sign.x);
                let shown = if cell.has_contents() { cell.contents() } else { " " };
                // The emulator spreads joined signs over the cells behind them, which are written over.
                let is_head = sign.width == 2 && sign.symbol.starts_with(shown);
                assert!(is_head || shown == sign.symbol, "{shown:?} is not {at}");
                if sign.is_blank() && !run.ink.shows_blanks() {
                    continue;
                }
                assert_eq!(cell.fgcolor(), colour(run.ink.fg), "{at}");
                assert_eq!(cell.bgcolor(), colour(run.ink.bg), "{at}");
                let modifiers = [
                    (cell.bold(), Modifier::BOLD),
                    (cell.dim(), Modifier::DIM),
                    (cell.italic(), Modifier::ITALIC),
                    (cell.underline(), Modifier::UNDERLINED),
                    (cell.inverse(), Modifier::REVERSED),
                ];
                for (is, modifier) in modifiers {
                    assert_eq!(is, run.ink.has(modifier), "{modifier:?} of {at}");
                }
            }
        }
    }
}

#[test]
fn a_terminal_shows_the_same_cells() {
    check_ansi(&hard());
}

/// The signs of a row with their columns, without blanks and lines of frames.
fn signs(buffer: &Buffer, y: u16) -> Vec<(u16, String)> {
    let signs = runs::of_row(buffer, y).into_iter().flat_map(|run| run.signs);
    let kept = signs.filter(|sign| !sign.is_blank() && !sign.single().is_some_and(svg::is_line));
    kept.map(|sign| (sign.x, sign.symbol.to_owned())).collect()
}

/// The signs of an SVG picture by row, each with its column.
fn signs_of_svg(text: &str, rows: u16) -> Vec<Vec<(u16, String)>> {
    let document = roxmltree::Document::parse(text).unwrap();
    let mut found = vec![Vec::new(); usize::from(rows)];
    for node in document.descendants().filter(|node| node.has_tag_name("text")) {
        let y: u16 = node.attribute("y").unwrap().parse().unwrap();
        let row = &mut found[usize::from(y / svg::CELL_HEIGHT)];
        let columns: Vec<u16> = node
            .attribute("x")
            .unwrap()
            .split(' ')
            .map(|x| x.parse::<u16>().unwrap() / svg::CELL_WIDTH)
            .collect();
        let content = node.text().unwrap();
        match node.attribute("textLength") {
            Some(length) => {
                assert_eq!(length.parse::<usize>().unwrap(), content.len() * usize::from(svg::CELL_WIDTH));
                for (nth, c) in (0u16..).zip(content.chars()).filter(|(_, c)| *c != ' ') {
                    row.push((columns[0] + nth, c.to_string()));
                }
            }
            None if columns.len() == 1 => row.push((columns[0], content.to_owned())),
            None => {
                assert_eq!(
                    content.encode_utf16().count(),
                    columns.len(),
                    "a column for each sign: {content}"
                );
                for (c, column) in content.chars().zip(columns).filter(|(c, _)| *c != ' ') {
                    row.push((column, c.to_string()));
                }
            }
        }
    }
    for row in &mut found {
        row.sort();
    }
    found
}

#[test]
fn an_svg_has_every_sign_in_its_column() {
    let buffer = hard();
    let text = picture(&buffer, Format::Svg, "lists & \"golds\" <now>", Ground::Dark);
    let found = signs_of_svg(&text, buffer.area.height);
    for y in 0..buffer.area.height {
        assert_eq!(found[usize::from(y)], signs(&buffer, y), "row {y}");
    }
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("aria-label"), Some("lists & \"golds\" <now>"));
    assert_eq!(root.attribute("width").unwrap().parse::<u16>(), Ok(40 * svg::CELL_WIDTH + 2 * svg::MARGIN));
    // The row on a ground of its own and the reversed one; the cells behind the words keep the picture's.
    let grounds: Vec<_> = document.descendants().filter(|node| node.has_tag_name("rect")).skip(1).collect();
    assert_eq!(grounds.len(), 2, "{text}");
    assert_eq!(grounds[0].attribute("fill"), Some("#010203"));
    assert_eq!(grounds[1].attribute("x"), Some("18"));
    assert_eq!(grounds[1].attribute("width"), Some("81"), "seven cells and a wide one");
    let chosen = document.descendants().find(|node| node.text() == Some("chosen")).unwrap();
    assert_eq!(chosen.attribute("class"), Some("g"), "reversed: in the colour of the ground");
    let gold = document.descendants().find(|node| node.text() == Some("予約の取り消し")).unwrap();
    assert_eq!((gold.attribute("class"), gold.attribute("fill")), (Some("b"), Some("#d78700")));
}

/// Trap: lines of a frame as text have gaps between the rows in most fonts.
#[test]
fn the_lines_of_frames_are_paths_that_meet() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
    write(&mut buffer, 0, 0, "╭──╮", Style::new());
    write(&mut buffer, 0, 1, "│  │", Style::new());
    let text = picture(&buffer, Format::Svg, "", Ground::Dark);
    assert!(!text.contains("<text"), "{text}");
    for part in ["M9 9H27", "M4.5 18Q4.5 9 9 9", "M31.5 18Q31.5 9 27 9", "M4.5 18V36", "M31.5 18V36"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Trap: colours that a theme chose for a dark ground, on the white of a reader who prefers that.
#[test]
fn a_picture_keeps_the_ground_that_it_was_drawn_on() {
    for (ground, colour) in [(Ground::Dark, "#16181d"), (Ground::Light, "#ffffff")] {
        let svg = picture(&hard(), Format::Svg, "", ground);
        assert!(svg.contains(&format!(".g{{fill:{colour}}}")), "{svg}");
        let html = picture(&hard(), Format::Html, "", ground);
        assert!(html.contains(&format!(".on-g{{background-color:{colour}}}")), "{html}");
        for text in [svg, html] {
            assert!(!text.contains("prefers-color-scheme"), "{text}");
        }
    }
}

#[test]
fn html_is_xml_with_the_text_of_the_frame() {
    let buffer = hard();
    let page = picture(&buffer, Format::Html, "a & b", Ground::Dark);
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(&page, options).unwrap();
    let pre = document.descendants().find(|node| node.has_tag_name("pre")).unwrap();
    let text: String =
        pre.descendants().filter(|node| node.is_text()).map(|node| node.text().unwrap()).collect();
    let unstyled = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(unstyled(&text), unstyled(&picture(&buffer, Format::Text, "", Ground::Dark)));
    let boxed = |sign: &str| {
        let node = pre.descendants().find(|node| node.is_text() && node.text() == Some(sign)).unwrap();
        (
            node.parent().unwrap().attribute("style").unwrap().to_owned(),
            node.parent_element().unwrap().parent_element(),
        )
    };
    let (style, span) = boxed("予");
    assert_eq!(style, "width:2ch");
    let span = span.unwrap();
    assert_eq!((span.attribute("class"), span.attribute("style")), (Some("b"), Some("color:#d78700")));
    assert_eq!(boxed("╭────").0, "width:5ch");
}

#[test]
fn plain_text_is_the_signs_alone() {
    let text = picture(&hard(), Format::Text, "", Ground::Dark);
    assert_eq!(text.lines().count(), 7);
    assert!(text.starts_with("│ 予約の取り消し │ <a href=\"x\">&\n│ e\u{301}toile"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

fn any_colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Reset),
        any::<u8>().prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        Just(Color::DarkGray),
        Just(Color::Green),
    ]
}

/// Modifiers that a terminal tells of.
fn any_style() -> impl Strategy<Value = Style> {
    let told = Modifier::BOLD | Modifier::DIM | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::REVERSED;
    // vt100 keeps bold and dim as one intensity, the later one.
    let modifier = any::<u16>().prop_map(move |bits| {
        let modifier = Modifier::from_bits_truncate(bits) & told;
        if modifier.contains(Modifier::BOLD) { modifier - Modifier::DIM } else { modifier }
    });
    (any_colour(), any_colour(), modifier)
        .prop_map(|(fg, bg, modifier)| Style::reset().fg(fg).bg(bg).add_modifier(modifier))
}

/// Text in scripts that a terminal emulator counts as we do; joined signs are tried above.
fn any_text() -> impl Strategy<Value = String> {
    "[ -~│─★▲予約取消한국어กขคабв&<>\"\u{301}é]{0,24}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_frame_survives_both_ways(
        texts in prop::collection::vec((0u16..30, 0u16..5, any_text(), any_style()), 0..12)
    ) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 5));
        for (x, y, text, style) in texts {
            write(&mut buffer, x, y, &text, style);
        }
        // A sign written over half of a wide one leaves the other half alone, as in a terminal.
        for y in 0..5 {
            let mut x = 0;
            while x < 40 {
                let width = buffer[(x, y)].symbol().cell_width().max(1);
                if x + width > 40 {
                    buffer[(x, y)].set_symbol(" ");
                }
                x += width;
            }
        }
        check_ansi(&buffer);
        let found = signs_of_svg(&picture(&buffer, Format::Svg, "", Ground::Dark), 5);
        for y in 0..5u16 {
            let mut wanted = signs(&buffer, y);
            wanted.sort();
            prop_assert_eq!(&found[usize::from(y)], &wanted);
        }
    }
}
