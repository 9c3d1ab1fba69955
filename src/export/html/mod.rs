//! The findings as one page: what the screen shows, for people without the program and for paper.
//!
//! In: a settled snapshot and the lists of its queries. Out: one self-contained HTML file. It asks nothing
//! of the network (a policy in its head forbids it), is whole without its script, which only sorts and
//! filters, and gives every chart's numbers as text too. Text from files goes through `text::visible` and
//! is escaped; only this script, by its hash, may run.

mod charts;
mod lists;
mod summary;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::corpus::Collection;
use crate::engine::{FocusView, Snapshot};
use crate::judge::Demand;
use crate::text::visible;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The whole page. `views`: the lists of the judged queries, in the order of the snapshot's.
pub fn report(
    snapshot: &Snapshot,
    collection: &Collection,
    demands: &[Demand],
    views: &[FocusView],
) -> String {
    let name = visible(&collection.name);
    let hash = base64(&Sha256::digest(SCRIPT));
    let policy = format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "rankscope: " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#queries" { "Skip to the queries" }
                header {
                    h1 { "rankscope: " bdi { (name) } }
                    p.soft {
                        (collection.judged_queries().count()) " judged queries of " (collection.queries.len())
                        " · " (collection.passages.len()) " passages · "
                        (collection.languages().len()) " languages"
                    }
                    p { (visible(&super::text::setting_line(snapshot))) }
                    (contents())
                }
                main {
                    (summary::verdict(snapshot, demands))
                    (summary::metrics(snapshot, collection))
                    (summary::fates(snapshot))
                    (charts::recall(snapshot))
                    (summary::heat_map(snapshot))
                    (summary::languages(snapshot, collection))
                    (lists::queries(snapshot, collection, views))
                    (summary::warnings(snapshot))
                }
                footer.soft { p { "Made by rankscope " (env!("CARGO_PKG_VERSION")) "." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn contents() -> Markup {
    let parts = [
        ("verdict", "Verdict"),
        ("metrics", "Metrics"),
        ("fates", "Golds by fate"),
        ("recall", "Recall at N"),
        ("settings", "Other settings"),
        ("languages", "Languages"),
        ("queries", "Queries"),
    ];
    html! {
        nav aria-label="Contents" {
            ul { @for (id, name) in parts { li { a href={ "#" (id) } { (name) } } } }
        }
    }
}

/// A part of the page with its heading.
fn part(id: &str, heading: &str, content: &Markup) -> Markup {
    let heading_id = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading_id) {
            h2 id=(heading_id) { (heading) }
            (content)
        }
    }
}

/// Three decimals; a dash where there is no value.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// As policies write hashes (RFC 4648, with padding).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4usize {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn hashes_are_written_as_policies_want_them() {
        for (text, written) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), written);
        }
    }
}
