//! Workflow commands that GitHub turns into annotations of a run: an error for each demand that is not
//! met, a notice with the verdict, a warning for each warning of the report.
//!
//! Escaping is that of GitHub's toolkit: `%`, line ends, and in a title also `:` and `,`.

use std::fmt::Write as _;

use crate::engine::Snapshot;
use crate::judge::Demand;
use crate::text::visible;

/// One command a line.
pub fn report(snapshot: &Snapshot, demands: &[Demand]) -> String {
    let mut out = String::new();
    for demand in demands {
        let level = if demand.met { "notice" } else { "error" };
        command(&mut out, level, &demand.words, &demand.answer);
    }
    if !snapshot.verdict.is_empty() {
        command(&mut out, "notice", "verdict", &snapshot.verdict);
    }
    for warning in &snapshot.warnings {
        command(&mut out, "warning", "rankscope", warning);
    }
    out
}

fn command(out: &mut String, level: &str, title: &str, message: &str) {
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    let _ = writeln!(out, "::{level} title={title}::{}", escaped(message));
}

/// A line end inside would begin a command of the text's own.
fn escaped(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: a passage id or file name that starts a command of its own (`::set-output`).
    #[test]
    fn nothing_in_a_message_becomes_a_command() {
        let mut out = String::new();
        command(&mut out, "error", "a:b,c", "100 % of\r\n::stop-commands::x");
        assert_eq!(out, "::error title=a%3Ab%2Cc::100 %25 of ::stop-commands::x\n");
        assert_eq!(out.lines().count(), 1);
    }
}
