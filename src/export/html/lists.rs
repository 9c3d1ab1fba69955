//! The queries: a table of all, and of each its two lists side by side.

use maud::{Markup, html};

use super::{charts, number, part};
use crate::corpus::Collection;
use crate::domain::{DocIdx, Fate, LegHit};
use crate::engine::{FirstRow, Focus, FocusView, GoldRow, QueryRow, RerankedRow, Snapshot};
use crate::export::tables::fate;
use crate::judge::Movement;
use crate::text::visible;

/// Rows of a list that are shown, golds beyond not counted; k where that is more.
const ROWS: usize = 20;
/// Queries whose lists are shown, those with the lowest nDCG@10 first; the table has all.
const LISTS: usize = 300;
/// Characters of a passage in a row.
const PASSAGE: usize = 100;

/// One judged query, with what the screen would show of it.
struct Entry<'a> {
    /// Tells its row and its lists apart from others'.
    id: String,
    row: &'a QueryRow,
    view: &'a FocusView,
}

pub fn queries(snapshot: &Snapshot, collection: &Collection, views: &[FocusView]) -> Markup {
    let of = |view: &FocusView| match view.focus {
        Focus::Listed(query) => snapshot.queries.iter().find(|row| row.query == query),
        Focus::Typed(_) => None,
    };
    let mut entries: Vec<Entry<'_>> = (views.iter().enumerate())
        .filter_map(|(at, view)| Some(Entry { id: format!("q{at}"), row: of(view)?, view }))
        .collect();
    let delivered = |entry: &Entry<'_>| {
        let row = entry.row;
        row.reranked.or(row.first).map_or(f64::MAX, |metrics| metrics.ndcg10)
    };
    entries.sort_by(|a, b| delivered(a).total_cmp(&delivered(b)));
    let languages: std::collections::BTreeSet<_> = views.iter().map(|view| &view.language).collect();
    let content = html! {
        p { "Worst first, by nDCG@10 of what is delivered." }
        form.filter id="query-filter" hidden role="search" aria-label="Queries" {
            label { "Words " input type="search" name="words"; }
            label {
                "Language "
                select name="language" {
                    option value="" { "all" }
                    @for language in languages {
                        option value=(visible(language.as_str())) { (visible(language.as_str())) }
                    }
                }
            }
            label { input type="checkbox" name="lost"; " with a gold lost before the reranker" }
            output name="count" aria-live="polite" {}
        }
        (table(snapshot, collection, &entries))
        @if entries.len() > LISTS {
            p.soft { "Lists follow for the first " (LISTS) " of these " (entries.len()) " queries." }
        }
        div id="query-lists" {
            @for entry in entries.iter().take(LISTS) { (lists(snapshot, collection, entry)) }
        }
    };
    part("queries", "Queries", &content)
}

fn table(snapshot: &Snapshot, collection: &Collection, entries: &[Entry<'_>]) -> Markup {
    let n = snapshot.settings.candidates;
    html! {
        div.scroll {
            table id="query-table" {
                caption { "All judged queries" }
                thead {
                    tr {
                        th scope="col" class="text" { "query" }
                        th scope="col" class="text" { "language" }
                        th scope="col" class="text" { "text" }
                        th scope="col" { "golds" }
                        th scope="col" { "lost" }
                        th scope="col" { "recall@" (n) }
                        th scope="col" { "nDCG@10 first" }
                        th scope="col" { "reranked" }
                        th scope="col" { "change" }
                        th scope="col" { "ceiling" }
                    }
                }
                tbody {
                    @for (at, entry) in entries.iter().enumerate() {
                        @let query = collection.query(entry.row.query);
                        @let lost = lost(entry.row);
                        @let (first, last) = (entry.row.first.map(|m| m.ndcg10), entry.row.reranked.map(|m| m.ndcg10));
                        @let change = first.zip(last).map(|(first, last)| last - first);
                        tr data-list=(entry.id) data-language=(visible(query.language.as_str())) data-lost=(lost) {
                            th scope="row" class="text" {
                                @if at < LISTS { a href={ "#" (entry.id) } { bdi { (visible(&query.id)) } } }
                                @else { bdi { (visible(&query.id)) } }
                            }
                            td.text { (visible(query.language.as_str())) }
                            td.text lang=(tag(query.language.as_str())) dir="auto" { (visible(&query.text)) }
                            td { (entry.row.golds.len()) }
                            td { (lost) }
                            (value(entry.row.first.map(|m| m.recall)))
                            (value(first))
                            (value(last))
                            td data-key=(change.map_or_else(String::new, |change| change.to_string())) {
                                (signed(change))
                            }
                            (value(entry.row.ceiling.map(|m| m.ndcg10)))
                        }
                    }
                }
            }
        }
    }
}

fn value(value: Option<f64>) -> Markup {
    html! { td data-key=(value.map_or_else(String::new, |value| value.to_string())) { (number(value)) } }
}

fn signed(change: Option<f64>) -> Markup {
    match change {
        Some(change) if change > 0.0005 => html! { span.up { "▲ " (format!("{change:+.3}")) } },
        Some(change) if change < -0.0005 => html! { span.down { "▼ " (format!("{change:+.3}")) } },
        Some(_) => html! { "=" },
        None => html! { "–" },
    }
}

fn lost(row: &QueryRow) -> usize {
    row.golds.iter().filter(|gold| fate(gold).is_some_and(Fate::is_lost_before_rerank)).count()
}

/// A tag that a browser understands; none where the language is not known.
fn tag(language: &str) -> &str {
    if language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') { language } else { "und" }
}

fn lists(snapshot: &Snapshot, collection: &Collection, entry: &Entry<'_>) -> Markup {
    let (view, query) = (entry.view, collection.query(entry.row.query));
    let heading = format!("{}-heading", entry.id);
    let golds: Vec<String> = entry.row.golds.iter().map(gold_words).collect();
    let golds = golds.join("; ");
    html! {
        article id=(entry.id) aria-labelledby=(heading) {
            h3 id=(heading) {
                bdi { (visible(&query.id)) } " "
                span.soft { (visible(query.language.as_str())) } " "
                span lang=(tag(query.language.as_str())) dir="auto" { (visible(&query.text)) }
            }
            @if !golds.is_empty() { p { span.gold { "★ " } "golds: " (golds) } }
            div.sides {
                (first_list(snapshot, collection, view))
                @if view.reranked.is_empty() {
                    p.soft { "There is no second stage." }
                } @else {
                    (charts::slopes(view, &entry.id, &golds))
                    (reranked_list(snapshot, collection, view))
                }
            }
        }
    }
}

/// `ja-031, grade 2: 17 → 1, rescued`.
fn gold_words(gold: &GoldRow) -> String {
    let rank = |rank: Option<u32>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
    let fate = fate(gold).map_or("no fate yet", Fate::words);
    let way = match gold.reranked {
        Some(reranked) => format!("{} → {reranked}", rank(gold.fused)),
        None => rank(gold.fused),
    };
    format!("{} (grade {}) {way}, {fate}", visible(&gold.id), gold.grade)
}

fn first_list(snapshot: &Snapshot, collection: &Collection, view: &FocusView) -> Markup {
    let settings = &snapshot.settings;
    let rows = ROWS.max(settings.deliver);
    let beyond = view.first.iter().skip(rows).filter(|row| row.gold);
    let legs: Vec<usize> =
        (0..snapshot.legs.len()).filter(|&leg| snapshot.ran.iter().any(|l| l.0 == leg)).collect();
    html! {
        table {
            caption { "First stage, " (view.first.len()) " candidates of " (view.fused_len) }
            thead {
                tr {
                    th.num scope="col" { "#" }
                    th.num scope="col" { "score" }
                    @for leg in &legs { th.num scope="col" { (visible(&snapshot.legs[*leg].name)) } }
                    th scope="col" class="text" { "passage" }
                }
            }
            tbody {
                @for row in view.first.iter().take(rows) {
                    (first_row(collection, row, &legs, row.rank as usize == settings.deliver))
                }
                @for row in beyond { (first_row(collection, row, &legs, false)) }
                @for row in &view.below { (first_row(collection, row, &legs, false)) }
            }
        }
    }
}

fn first_row(collection: &Collection, row: &FirstRow, legs: &[usize], cut: bool) -> Markup {
    let rank = |hit: Option<LegHit>| hit.map_or_else(|| "–".to_owned(), |hit| hit.rank.to_string());
    html! {
        tr class=[cut.then_some("cut")] {
            th scope="row" { (star(row.gold)) (row.rank) }
            td { (score(row.score)) }
            @for leg in legs { td { (rank(row.legs.get(*leg).copied().flatten())) } }
            (passage(collection, row.doc))
        }
    }
}

fn reranked_list(snapshot: &Snapshot, collection: &Collection, view: &FocusView) -> Markup {
    let rows = ROWS.max(snapshot.settings.deliver);
    let beyond = view.reranked.iter().skip(rows).filter(|row| row.gold);
    html! {
        table {
            caption { "Reranked by " (visible(&snapshot.settings.reranker.name())) }
            thead {
                tr {
                    th.num scope="col" { "#" }
                    th.num scope="col" { "move" }
                    th.num scope="col" { "score" }
                    th scope="col" class="text" { "passage" }
                }
            }
            tbody {
                @for row in view.reranked.iter().take(rows) {
                    (reranked_row(collection, row, row.rank as usize == snapshot.settings.deliver))
                }
                @for row in beyond { (reranked_row(collection, row, false)) }
            }
        }
    }
}

fn reranked_row(collection: &Collection, row: &RerankedRow, cut: bool) -> Markup {
    html! {
        tr class=[cut.then_some("cut")] {
            th scope="row" { (star(row.gold)) (row.rank) }
            td {
                @match row.movement {
                    Some(Movement::Up(by)) => span.up { span aria-hidden="true" { "▲ " } span.out { "up " } (by) },
                    Some(Movement::Down(by)) => span.down { span aria-hidden="true" { "▼ " } span.out { "down " } (by) },
                    Some(Movement::Same) => { span aria-hidden="true" { "=" } span.out { "same" } },
                    None => "–",
                }
            }
            td { (row.score.map_or_else(|| "–".to_owned(), score)) }
            (passage(collection, row.doc))
        }
    }
}

fn star(gold: bool) -> Markup {
    html! { @if gold { span.gold { span aria-hidden="true" { "★ " } span.out { "gold " } } } }
}

fn passage(collection: &Collection, doc: DocIdx) -> Markup {
    let passage = collection.passage(doc);
    let text = passage.indexed_text();
    let mut start: String = text.chars().take(PASSAGE).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    html! {
        td.text.passage {
            // A box of its own for the text: one that runs from the right is cut at its own end.
            div {
                bdi { (visible(&passage.id)) }
                span.soft lang=(tag(passage.language.as_str())) dir="auto" { (visible(&start)) }
            }
        }
    }
}

/// Four significant digits.
fn score(score: f32) -> String {
    match score.abs() {
        size if size >= 100.0 => format!("{score:.0}"),
        size if size >= 1.0 => format!("{score:.2}"),
        _ => format!("{score:.4}"),
    }
}
