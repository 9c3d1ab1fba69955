//! The demands on a report as JUnit XML, the form in which build servers show tests: one test case a
//! demand, with the metrics as properties of the suite.
//!
//! Elements and attributes are those that Jenkins, GitLab and GitHub's actions read. What XML cannot
//! hold (control characters in ids) is made visible first.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::corpus::Collection;
use crate::engine::Snapshot;
use crate::error::{Error, Result};
use crate::judge::Demand;
use crate::text::visible;

/// The whole document.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn report(snapshot: &Snapshot, collection: &Collection, demands: &[Demand]) -> Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut writer, snapshot, collection, demands).map_err(|e| Error::bug(format!("JUnit: {e}")))?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(|e| Error::bug(format!("JUnit: {e}")))?;
    text.push('\n');
    Ok(text)
}

fn document(
    writer: &mut Writer<Vec<u8>>,
    snapshot: &Snapshot,
    collection: &Collection,
    demands: &[Demand],
) -> std::io::Result<()> {
    let (tests, failures) = (demands.len().to_string(), Demand::unmet(demands).to_string());
    let counts = [("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", "0")];
    let name = format!("rankscope.{}", visible(&collection.name));
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites").with_attributes(counts);
    suites.write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attribute(("name", name.as_str()));
        suite.with_attributes(counts).write_inner_content(|writer| {
            properties(writer, snapshot)?;
            demands.iter().try_for_each(|demand| case(writer, &name, demand))?;
            let verdict = visible(&snapshot.verdict);
            writer.create_element("system-out").write_text_content(BytesText::new(&verdict)).map(drop)
        })?;
        Ok(())
    })?;
    Ok(())
}

/// The metrics of both lists, as they are in the other reports.
fn properties(writer: &mut Writer<Vec<u8>>, snapshot: &Snapshot) -> std::io::Result<()> {
    if snapshot.by_metric.is_empty() {
        return Ok(());
    }
    writer.create_element("properties").write_inner_content(|writer| {
        for mean in &snapshot.by_metric {
            let reranked = mean.reranked.map(|both| both.reranked);
            for (list, value) in [("first", Some(mean.first)), ("reranked", reranked)] {
                let Some(value) = value else { continue };
                let (name, value) = (format!("{list} {}", mean.metric), value.to_string());
                let property = writer.create_element("property");
                property.with_attributes([("name", &*name), ("value", &*value)]).write_empty()?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, suite: &str, demand: &Demand) -> std::io::Result<()> {
    let (words, answer) = (visible(&demand.words), visible(&demand.answer));
    let case = writer.create_element("testcase").with_attributes([("classname", suite), ("name", &*words)]);
    if demand.met {
        return case.write_empty().map(drop);
    }
    let failure = |writer: &mut Writer<Vec<u8>>| {
        let failure = writer.create_element("failure");
        let failure = failure.with_attributes([("message", &*answer), ("type", "threshold")]);
        failure.write_text_content(BytesText::new(&answer)).map(drop)
    };
    case.write_inner_content(failure).map(drop)
}
