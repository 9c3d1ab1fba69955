//! One judgment changed in the text of a qrels file. Pure: bytes in, bytes out; every other line stays as
//! it is, to the byte.

use super::super::qrels::columns;
use crate::domain::Grade;

/// What a new file begins with (BEIR's header).
const HEADER: &str = "query-id\tcorpus-id\tscore\n";
/// Pooled but unjudged, as TREC writes it.
const UNJUDGED: Grade = -1;

/// The file with the judgment set, or taken away (`None`). The line keeps its place and its columns; a new
/// one goes behind the last of its query. The last judgment of a file is not taken away but set to -1
/// (pooled but unjudged), for a file without judgments cannot be told from a broken one.
///
/// # Errors
/// A sentence, where the file is not lines of judgments, or an id has no place in such a line.
pub fn amended(file: &[u8], query: &str, passage: &str, grade: Option<Grade>) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(file).map_err(|_| "it is not valid UTF-8".to_owned())?;
    let mut style = Style::default();
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (number, raw) in (1..).zip(text.split_inclusive('\n')) {
        let line = Line::of(raw, number)?;
        style.see(&line);
        lines.push(line);
    }
    let is_it = |line: &Line<'_>| line.row.is_some_and(|row| row.query == query && row.passage == passage);
    let judgments = lines.iter().filter(|line| line.row.is_some()).count();
    let found = lines.iter().filter(|line| is_it(line)).count();
    let mut out = String::with_capacity(text.len() + 64);
    if found > 0 {
        let grade = grade.or((found == judgments).then_some(UNJUDGED));
        for line in &lines {
            match (line.row, grade) {
                (Some(row), Some(grade)) if is_it(line) => {
                    let (before, after) = (&line.raw[..row.grade.0], &line.raw[row.grade.1..]);
                    out.push_str(before);
                    out.push_str(&grade.to_string());
                    out.push_str(after);
                }
                (_, None) if is_it(line) => {}
                _ => out.push_str(line.raw),
            }
        }
        return Ok(out.into_bytes());
    }
    let Some(grade) = grade else { return Ok(file.to_vec()) };
    let fresh = style.line(query, passage, grade)?;
    if lines.is_empty() {
        return Ok(format!("{HEADER}{fresh}").into_bytes());
    }
    let last_of_query = lines.iter().rposition(|line| line.row.is_some_and(|row| row.query == query));
    let after = last_of_query.unwrap_or(lines.len() - 1);
    for (at, line) in lines.iter().enumerate() {
        out.push_str(line.raw);
        if at == after {
            if !line.raw.ends_with('\n') {
                out.push_str(style.end);
            }
            out.push_str(&fresh);
        }
    }
    Ok(out.into_bytes())
}

/// A judgment within its line: ids, and the bytes of the grade.
#[derive(Clone, Copy)]
struct Row<'a> {
    query: &'a str,
    passage: &'a str,
    grade: (usize, usize),
    columns: usize,
}

struct Line<'a> {
    /// With its line end.
    raw: &'a str,
    /// `None`: a header, or an empty line.
    row: Option<Row<'a>>,
}

impl<'a> Line<'a> {
    fn of(raw: &'a str, number: usize) -> Result<Self, String> {
        let line = raw.trim_start_matches('\u{feff}');
        let columns = columns(line.trim_end_matches(['\n', '\r']));
        let (query, passage, grade) = match columns.as_slice() {
            _ if line.trim().is_empty() => return Ok(Self { raw, row: None }),
            [query, passage, grade] => (*query, *passage, *grade),
            [query, _, passage, grade] => (*query, *passage, *grade),
            _ => return Err(format!("its line {number} is no judgment")),
        };
        if grade.parse::<Grade>().is_err() {
            let header = number == 1;
            return match header {
                true => Ok(Self { raw, row: None }),
                false => Err(format!("its line {number} is no judgment")),
            };
        }
        // The grade is a slice of the line, at its end.
        let start = raw.rfind(grade).unwrap_or(0);
        let row = Row { query, passage, grade: (start, start + grade.len()), columns: columns.len() };
        Ok(Self { raw, row: Some(row) })
    }
}

/// How the file writes its lines: that of the last one that was seen.
struct Style {
    end: &'static str,
    tabs: bool,
    columns: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { end: "\n", tabs: true, columns: 3 }
    }
}

impl Style {
    fn see(&mut self, line: &Line<'_>) {
        if line.raw.ends_with('\n') {
            self.end = if line.raw.ends_with("\r\n") { "\r\n" } else { "\n" };
        }
        if let Some(row) = line.row {
            (self.tabs, self.columns) = (line.raw.contains('\t'), row.columns);
        }
    }

    fn line(&self, query: &str, passage: &str, grade: Grade) -> Result<String, String> {
        for id in [query, passage] {
            if id.contains(['\t', '\n', '\r']) || id.trim() != id || id.is_empty() {
                return Err(format!("the id {id:?} cannot stand in a line of judgments"));
            }
        }
        // A space within an id parts columns where no tab does.
        let tabs = self.tabs || [query, passage].iter().any(|id| id.contains(char::is_whitespace));
        let grade = grade.to_string();
        let columns: Vec<&str> = match self.columns {
            4 => vec![query, "0", passage, &grade],
            _ => vec![query, passage, &grade],
        };
        Ok(columns.join(if tabs { "\t" } else { " " }) + self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amend(file: &str, query: &str, passage: &str, grade: Option<Grade>) -> String {
        String::from_utf8(amended(file.as_bytes(), query, passage, grade).unwrap()).unwrap()
    }

    #[test]
    fn a_new_file_has_a_header() {
        assert_eq!(amend("", "q1", "d1", Some(1)), "query-id\tcorpus-id\tscore\nq1\td1\t1\n");
        assert_eq!(amend("", "q1", "d1", None), "");
    }

    /// Traps: a grade that also stands in an id, odd spacing, CRLF, duplicates, a missing last line end.
    #[test]
    fn other_lines_and_the_rest_of_the_line_stay_to_the_byte() {
        let file = "\u{feff}query-id\tcorpus-id\tscore\r\nq1\t d1 \t1 \r\n\r\nq1\td11\t1\r\nq2\td1\t0";
        assert_eq!(
            amend(file, "q1", "d1", Some(3)),
            "\u{feff}query-id\tcorpus-id\tscore\r\nq1\t d1 \t3 \r\n\r\nq1\td11\t1\r\nq2\td1\t0"
        );
        assert_eq!(amend(file, "q2", "d1", Some(2)), file.replace("q2\td1\t0", "q2\td1\t2"));
        assert_eq!(
            amend(file, "q1", "d11", None),
            "\u{feff}query-id\tcorpus-id\tscore\r\nq1\t d1 \t1 \r\n\r\nq2\td1\t0"
        );
        assert_eq!(amend(file, "q2", "d9", Some(1)), format!("{file}\r\nq2\td9\t1\r\n"));
        assert_eq!(
            amend(file, "q1", "d9", Some(1)),
            file.replace("q1\td11\t1\r\n", "q1\td11\t1\r\nq1\td9\t1\r\n")
        );
        assert_eq!(amend("q 1 1\nq 1 1\nq 2 1\n", "q", "1", None), "q 2 1\n");
    }

    #[test]
    fn trec_lines_stay_trec_lines() {
        assert_eq!(amend("q1 0 d1 1\n", "q1", "d2", Some(2)), "q1 0 d1 1\nq1 0 d2 2\n");
        assert_eq!(amend("q1 Q0 d1  1\n", "q1", "d1", Some(0)), "q1 Q0 d1  0\n");
        assert_eq!(amend("q1 0 d1 1\n", "q1", "a b", Some(2)), "q1 0 d1 1\nq1\t0\ta b\t2\n");
    }

    /// Trap: a file of nothing but a header is refused at the next start.
    #[test]
    fn the_last_judgment_becomes_unjudged() {
        assert_eq!(amend("q1\td1\t1\n", "q1", "d1", None), "q1\td1\t-1\n");
        assert_eq!(amend("q1\td1\t1\nq1\td2\t1\n", "q1", "d1", None), "q1\td2\t1\n");
    }

    #[test]
    fn what_is_no_qrels_file_is_refused() {
        assert!(amended(b"{\"q\": 1}\n{\"q\": 2}\n", "q", "d", Some(1)).unwrap_err().contains("line 1"));
        assert!(amended(b"q\td\t1\nq\td\tmuch\n", "q", "d", Some(1)).unwrap_err().contains("line 2"));
        assert!(amended(b"\xff", "q", "d", Some(1)).is_err());
        assert!(amended(b"", "q", "d\t1", Some(1)).is_err());
    }
}
