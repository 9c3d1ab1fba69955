//! A frame as an HTML page that is XML as well: one `pre`, a span for each run.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::ink::{self, Paint};
use super::runs::{self, Ink, Run, Sign};
use super::{Ground, escape};

pub fn picture(buffer: &Buffer, title: &str, ground: Ground) -> String {
    let scheme = if ground == Ground::Light { "light" } else { "dark" };
    let title = escape(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n\
         <meta charset=\"utf-8\"/>\n<meta name=\"color-scheme\" content=\"{scheme}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width\"/>\n<title>{title}</title>\n<style>\n\
         pre{{font:15px/1.2 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;margin:1em;\
         font-variant-ligatures:none;direction:ltr;unicode-bidi:bidi-override}}\n\
         .b{{font-weight:bold}}.d{{opacity:.6}}.i{{font-style:italic}}.u{{text-decoration:underline}}\
         .s{{text-decoration:line-through}}.h{{visibility:hidden}}\n\
         i{{font-style:inherit;display:inline-block;height:1em}}\n"
    );
    page.push_str(&ink::style_sheet(ground, "color", "."));
    page.push_str(&ink::style_sheet(ground, "background-color", ".on-"));
    page.push_str("</style>\n</head>\n<body class=\"f on-g\">\n<pre>");
    for y in 0..buffer.area.height {
        for run in runs::trimmed(runs::of_row(buffer, y)) {
            span(&mut page, &run);
        }
        page.push('\n');
    }
    page.push_str("</pre>\n</body>\n</html>\n");
    page
}

fn span(page: &mut String, run: &Run<'_>) {
    if run.ink == Ink::PLAIN {
        return content(page, &run.signs);
    }
    let (sign, ground) = ink::paints(run.ink);
    let (mut classes, mut style): (Vec<String>, String) = (Vec::new(), String::new());
    match sign {
        Paint::Class(class) => classes.push(class),
        Paint::Value(colour) => style = format!("color:{colour}"),
    }
    match ground {
        Some(Paint::Class(class)) => classes.push(format!("on-{class}")),
        Some(Paint::Value(colour)) => {
            let _ = write!(style, "{}background-color:{colour}", if style.is_empty() { "" } else { ";" });
        }
        None => {}
    }
    const CLASSES: [(Modifier, &str); 6] = [
        (Modifier::BOLD, "b"),
        (Modifier::DIM, "d"),
        (Modifier::ITALIC, "i"),
        (Modifier::UNDERLINED, "u"),
        (Modifier::CROSSED_OUT, "s"),
        (Modifier::HIDDEN, "h"),
    ];
    let modifiers = CLASSES.iter().filter(|(modifier, _)| run.ink.has(*modifier));
    classes.extend(modifiers.map(|(_, class)| (*class).to_owned()));
    page.push_str("<span");
    if !classes.is_empty() {
        let _ = write!(page, " class=\"{}\"", classes.join(" "));
    }
    if !style.is_empty() {
        let _ = write!(page, " style=\"{style}\"");
    }
    page.push('>');
    content(page, &run.signs);
    page.push_str("</span>");
}

/// ASCII as it is; what another font may draw in another width stands in a box of as many cells as it has.
fn content(page: &mut String, signs: &[Sign<'_>]) {
    let is_plain = |sign: &Sign<'_>| sign.symbol.is_ascii();
    let mut rest = signs;
    while let Some(first) = rest.first() {
        let count = match first {
            sign if is_plain(sign) => rest.iter().take_while(|sign| is_plain(sign)).count(),
            sign if sign.width > 1 => 1,
            _ => rest.iter().take_while(|sign| !is_plain(sign) && sign.width == 1).count(),
        };
        let (stretch, after) = rest.split_at(count.max(1));
        let text: String = stretch.iter().map(|sign| sign.symbol).collect();
        let width: u16 = stretch.iter().map(|sign| sign.width).sum();
        let _ = match is_plain(first) {
            true => write!(page, "{}", escape(&text)),
            false => write!(page, "<i style=\"width:{width}ch\">{}</i>", escape(&text)),
        };
        rest = after;
    }
}
