//! `analyze`: how a text is read, step by step.

use std::io::Read as _;

use serde::Serialize;

use super::args::{Format, OutputArgs, analyzers};
use super::print;
use crate::domain::{Analysis, AnalyzerChoice, Language};
use crate::error::{Error, Result};
use crate::text::{Chain, Detection, Evidence, Recipe, Trace, detection, visible};

#[derive(Debug, clap::Args)]
pub struct AnalyzeArgs {
    /// What to read; - reads standard input
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Language tag (en, ja, zh-Hant) [default: detected]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// How text becomes terms [default: auto]
    #[arg(long, value_name = "NAME", value_parser = analyzers(), env = "RANKSCOPE_ANALYZER")]
    pub analyzer: Option<AnalyzerChoice>,
    /// Read Traditional Chinese characters as Simplified ones
    #[arg(long)]
    pub fold_han: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &AnalyzeArgs) -> Result<()> {
    let text = match args.text.as_str() {
        "-" => from_standard_input()?,
        text => text.to_owned(),
    };
    print(&report(args, &text)?)
}

fn report(args: &AnalyzeArgs, text: &str) -> Result<String> {
    let detected = detection(text);
    let language = args.language.as_deref().map_or_else(|| detected.language.clone(), Language::new);
    let analysis = Analysis { analyzer: args.analyzer.unwrap_or_default(), fold_han: args.fold_han };
    let chain = Chain::new(Recipe::of(analysis, &language), &language);
    let trace = chain.trace(text);
    let report =
        Report { language: &language, given: args.language.is_some(), detected: &detected, trace: &trace };
    match args.output.format() {
        Format::Text => Ok(report.text(args)),
        Format::Json => report.json(args),
    }
}

fn from_standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| Error::input(format!("cannot read standard input: {e}")))?;
    Ok(text)
}

struct Report<'a> {
    language: &'a Language,
    given: bool,
    detected: &'a Detection,
    trace: &'a Trace,
}

#[derive(Serialize)]
struct ReportJson<'a> {
    language: &'a str,
    given: bool,
    detected: DetectedJson<'a>,
    analyzer: &'static str,
    fold_han: bool,
    normalised: &'a str,
    steps: Vec<StepJson<'a>>,
    terms: Vec<TermJson<'a>>,
}

#[derive(Serialize)]
struct DetectedJson<'a> {
    language: &'a str,
    confidence: f64,
    by: &'static str,
}

#[derive(Serialize)]
struct StepJson<'a> {
    name: &'a str,
    terms: &'a [String],
}

#[derive(Serialize)]
struct TermJson<'a> {
    term: &'a str,
    /// Bytes of the text as given.
    start: usize,
    end: usize,
}

impl Report<'_> {
    fn text(&self, args: &AnalyzeArgs) -> String {
        let Detection { language, confidence, evidence } = self.detected;
        let mut out = format!("language   {}", visible(self.language.as_str()));
        match evidence {
            _ if self.given => out += " (given)\n",
            Evidence::Nothing => out += " (could not be told)\n",
            evidence => out += &format!(" (detected by {}, confidence {confidence:.2})\n", evidence.name()),
        }
        if self.given && language != self.language && *evidence != Evidence::Nothing {
            out += &format!("           the text itself looks like {language}\n");
        }
        out += &format!("analyzer   {}\n\n", args.analyzer.unwrap_or_default().name());
        out += &format!("  {:<28} {}\n", "NFKC", visible(&self.trace.normalised));
        let mut before: Option<&[String]> = None;
        for step in &self.trace.steps {
            let line = match before {
                Some(terms) if terms == step.terms.as_slice() => "·".to_owned(),
                _ => in_line(&step.terms),
            };
            out += &format!("  {:<28} {line}\n", step.name);
            before = Some(&step.terms);
        }
        out += &format!("\nterms      {}\n", in_line(self.trace.tokens.iter().map(|token| &token.term)));
        out
    }

    fn json(&self, args: &AnalyzeArgs) -> Result<String> {
        let report = ReportJson {
            language: self.language.as_str(),
            given: self.given,
            detected: DetectedJson {
                language: self.detected.language.as_str(),
                confidence: self.detected.confidence,
                by: self.detected.evidence.name(),
            },
            analyzer: args.analyzer.unwrap_or_default().name(),
            fold_han: args.fold_han,
            normalised: &self.trace.normalised,
            steps: self
                .trace
                .steps
                .iter()
                .map(|step| StepJson { name: &step.name, terms: &step.terms })
                .collect(),
            terms: self
                .trace
                .tokens
                .iter()
                .map(|token| TermJson { term: &token.term, start: token.start, end: token.end })
                .collect(),
        };
        serde_json::to_string_pretty(&report)
            .map(|json| json + "\n")
            .map_err(|e| Error::bug(format!("the analysis as JSON: {e}")))
    }
}

fn in_line<'s>(terms: impl IntoIterator<Item = &'s String>) -> String {
    terms.into_iter().map(|term| visible(term)).collect::<Vec<_>>().join(" │ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(language: Option<&str>, format: Format) -> AnalyzeArgs {
        AnalyzeArgs {
            text: String::new(),
            language: language.map(str::to_owned),
            analyzer: Some(AnalyzerChoice::Auto),
            fold_han: false,
            output: OutputArgs { format, json: false },
        }
    }

    #[test]
    fn every_step_and_the_terms_are_shown() {
        let shown = report(&args(None, Format::Text), "기차표를 환불").unwrap();
        assert!(shown.contains("ko (detected by script, confidence 1.00)"), "{shown}");
        assert!(shown.contains("Korean particles"), "{shown}");
        assert!(shown.ends_with("기차표 │ 기차 │ 차표 │ 표를 │ 환불\n"), "{shown}");
    }

    #[test]
    fn a_language_given_is_taken_and_doubted_aloud() {
        let shown = report(&args(Some("fr"), Format::Text), "予約の取り消し").unwrap();
        assert!(shown.contains("fr (given)") && shown.contains("looks like ja"), "{shown}");
    }

    /// Trap: positions in the normalised text are not positions in the text as given.
    #[test]
    fn terms_in_json_have_their_bytes_in_the_text_as_given() {
        let json = report(&args(Some("ja"), Format::Json), "ﾎﾃﾙ 予約").unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["terms"][0]["term"], "ホテル");
        assert_eq!(
            (json["terms"][0]["start"].as_u64(), json["terms"][0]["end"].as_u64()),
            (Some(0), Some(9))
        );
        assert_eq!(json["steps"][0]["name"], "words (ICU4X)");
    }

    /// Trap: a text with an escape sequence would otherwise reach the terminal raw.
    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        let shown = report(&args(Some("\u{1b}[2J"), Format::Text), "a\u{1b}[31mb").unwrap();
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}
