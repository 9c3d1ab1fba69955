//! The charts: recall over N by leg, the metric over α, and the slopes between two lists. Each has a title
//! and, beside it or in it, its numbers as text.

use maud::{Markup, PreEscaped, html};

use super::{part, summary};
use crate::engine::{FocusView, Snapshot};
use crate::export::plot;
use crate::export::tables::{Cell, Table, recall_curve};

/// The N at which the table beside the curves has a row.
const MARKS: [usize; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000];

/// Mean recall at every N, fused and by leg.
pub fn recall(snapshot: &Snapshot) -> Markup {
    let queries = snapshot.means.map_or(0, |means| means.queries);
    let n = snapshot.settings.candidates;
    let picture = plot::recall_at_n(&snapshot.curve, &snapshot.legs, n, queries).filter(|_| queries > 0);
    let content = match picture {
        None => html! { p.soft { "No curve: no query is judged." } },
        Some(picture) => html! {
            div.planes {
                figure { (PreEscaped(picture)) }
                (summary::table_of(&values(snapshot), "Mean recall at N over all judged queries", None))
            }
        },
    };
    part("recall", "Recall at N", &content)
}

/// The metric over α; nothing where no other settings were tried.
pub fn over_alpha(snapshot: &Snapshot) -> Markup {
    let picture = snapshot
        .tuning
        .as_deref()
        .and_then(|tuning| plot::over_alpha(tuning, &snapshot.legs, snapshot.settings.alpha));
    html! { @if let Some(picture) = picture { figure { (PreEscaped(picture)) } } }
}

fn values(snapshot: &Snapshot) -> Table {
    let whole = recall_curve(snapshot);
    let wanted = |row: &&Vec<Cell>| {
        matches!(row.first(), Some(Cell::Count(n)) if MARKS.contains(&(*n as usize))
            || *n as usize == snapshot.settings.candidates)
    };
    Table { rows: whole.rows.iter().filter(wanted).cloned().collect(), columns: whole.columns }
}

/// How the candidates of one query moved: from the first stage's rank on the left to the reranked one.
pub fn slopes(view: &FocusView, id: &str, golds: &str) -> Markup {
    const WIDE: f64 = 110.0;
    const HIGH: f64 = 300.0;
    let count = view.reranked.len().max(2) as f64;
    let y = |rank: u32| 8.0 + (f64::from(rank) - 1.0) / (count - 1.0) * (HIGH - 16.0);
    let slopes = |gold: bool| -> String {
        let moved = view.reranked.iter().filter(|row| row.gold == gold && row.first_rank > 0);
        moved.map(|row| format!("M8 {:.0}L{} {:.0}", y(row.first_rank), WIDE - 8.0, y(row.rank))).collect()
    };
    html! {
        figure {
            svg viewBox=(format!("0 0 {WIDE} {HIGH}")) width=(WIDE) role="img"
                aria-labelledby={ (id) "-slopes " (id) "-golds" } {
                title id={ (id) "-slopes" } { "Ranks before (left) and after reranking (right)" }
                desc id={ (id) "-golds" } { (golds) }
                path.slope d=(slopes(false)) {}
                path.slope.gold d=(slopes(true)) {}
            }
        }
    }
}
