//! Tables for a paper: LaTeX with booktabs, and longtable where one is longer than a page. Text from files is
//! made harmless and escaped; what is not ASCII in it stays, for `XeLaTeX` or `LuaLaTeX`. What rankscope itself
//! says is ASCII, so that tables without such texts are pdfLaTeX's, too.

use std::fmt::Write as _;

use super::tables::{Cell, Table, TableKind};
use crate::corpus::Collection;
use crate::engine::Snapshot;
use crate::text::visible;

/// The table of metrics, with what it was measured on as its caption.
pub fn report(snapshot: &Snapshot, collection: &Collection) -> String {
    let table = TableKind::Metrics.of(snapshot, collection);
    let table = table.only(["metric", "first", "reranked", "ceiling", "difference", "low", "high", "p_holm"]);
    let table = table.without_empty_columns();
    let caption = format!(
        "{}: {} judged queries, {}",
        collection.name,
        collection.judged_queries().count(),
        super::text::setting_line(snapshot)
    );
    write(&table, &caption)
}

/// Rows that a page has room for; a float that is longer loses what is below.
const PAGE: usize = 40;

/// One table in an environment of its own; its first line says which packages it needs.
pub fn write(table: &Table, caption: &str) -> String {
    let align: String =
        (0..table.columns.len()).map(|at| if table.is_numeric(at) { 'r' } else { 'l' }).collect();
    let caption = escaped(caption);
    let is_long = table.rows.len() > PAGE;
    let mut out = match is_long {
        true => format!(
            "% needs \\usepackage{{booktabs,longtable}}\n\\begin{{longtable}}{{{align}}}\n  \\caption{{{caption}}}\\\\\n    \
             \\toprule\n"
        ),
        false => format!(
            "% needs \\usepackage{{booktabs}}\n\\begin{{table}}\n  \\centering\n  \\caption{{{caption}}}\n  \
             \\begin{{tabular}}{{{align}}}\n    \\toprule\n"
        ),
    };
    row(&mut out, table.columns.iter().map(|name| escaped(&name.replace('_', " "))));
    out.push_str("    \\midrule\n");
    out.push_str(if is_long { "    \\endhead\n" } else { "" });
    for cells in &table.rows {
        row(&mut out, cells.iter().map(cell));
    }
    out.push_str("    \\bottomrule\n");
    out.push_str(if is_long { "\\end{longtable}\n" } else { "  \\end{tabular}\n\\end{table}\n" });
    out
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    let _ = writeln!(out, "    {} \\\\", cells.collect::<Vec<_>>().join(" & "));
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => escaped(text),
        Cell::Number(number) if *number < 0.0 => format!("$-${:.4}", -number),
        Cell::Number(number) => format!("{number:.4}"),
        Cell::Count(count) => count.to_string(),
        Cell::Missing => "--".to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            // After a line end, LaTeX would take it for an argument.
            '[' => out.push_str("{[}"),
            'α' => out.push_str("$\\alpha$"),
            'β' => out.push_str("$\\beta$"),
            '·' => out.push_str("$\\cdot$"),
            '→' => out.push_str("$\\rightarrow$"),
            '×' => out.push_str("$\\times$"),
            '–' => out.push_str("--"),
            '…' => out.push_str("\\dots{}"),
            '{' | '}' | '$' | '&' | '#' | '_' | '%' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}
