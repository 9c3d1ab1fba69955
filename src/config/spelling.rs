//! Settings as they are written: a key and a value each, for a settings file, and as flags for a command
//! line. One list for both, so that neither forgets a knob.

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Value};

use crate::domain::rerankers::run_file;
use crate::domain::{Ann, FirstStage, LegId, SecondStage, Settings};
use crate::durable;
use crate::error::{Error, Result};

/// A setting by its key in the file. Without a value it is not set, and what the program comes with holds.
#[derive(Debug, Clone)]
pub struct Written {
    pub key: &'static str,
    pub value: Option<Value>,
}

impl Written {
    fn says(&self) -> String {
        self.value.as_ref().map_or_else(String::new, |value| value.to_string().trim().to_owned())
    }
}

/// Every setting, for a first stage of the legs named.
pub fn all(settings: &Settings, legs: &[String]) -> Vec<Written> {
    let leg = |leg: LegId| legs.get(leg.0).cloned().unwrap_or_default();
    let first = match settings.first {
        FirstStage::Hybrid => "hybrid".to_owned(),
        FirstStage::Only(only) => leg(only),
    };
    let mut weights = InlineTable::new();
    for (name, weight) in legs.iter().zip(&settings.weights) {
        if let Some(weight) = weight {
            weights.insert(name, number(*weight));
        }
    }
    let count = |n: usize| Some(Value::from(i64::try_from(n).unwrap_or(i64::MAX)));
    let ann = settings.ann.unwrap_or_default();
    [
        ("first", Some(first.into())),
        ("fusion", Some(settings.fusion.name().into())),
        ("alpha", Some(number(settings.alpha))),
        ("weights", (!weights.is_empty()).then_some(Value::InlineTable(weights))),
        ("rrf-k", settings.rrf_k.map(number)),
        ("depth", count(settings.depth)),
        ("window", settings.window.and_then(count)),
        ("n", count(settings.candidates)),
        ("k", count(settings.deliver)),
        ("rerank", Some(settings.reranker.to_string().into())),
        ("blend", Some(number(settings.blend))),
        ("threshold", settings.threshold.map(number)),
        ("rel-level", Some(i64::from(settings.rel_level).into())),
        ("ann", Some(settings.ann.is_some().into())),
        ("ann-ef", (ann != Ann::default()).then(|| count(ann.ef)).flatten()),
        ("bm25-k1", Some(number(settings.bm25.k1))),
        ("bm25-b", Some(number(settings.bm25.b))),
        ("title-boost", Some(number(settings.bm25.title_boost))),
        ("analyzer", Some(settings.analysis.analyzer.name().into())),
        ("fold-han", Some(settings.analysis.fold_han.into())),
    ]
    .map(|(key, value)| Written { key, value })
    .into()
}

/// A number as a person would write it: whole where it is whole.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { Value::from(value as i64) } else { Value::from(value) }
}

/// What `settings` have otherwise than `base`.
pub fn differences(settings: &Settings, base: &Settings, legs: &[String]) -> Vec<Written> {
    let pairs = all(settings, legs).into_iter().zip(all(base, legs));
    pairs.filter(|(now, before)| now.says() != before.says()).map(|(now, _)| now).collect()
}

/// A settings file with these settings: keys that it has keep their place and comments, others come
/// behind, where they differ from what the program comes with. Keys that are no settings stay.
///
/// # Errors
/// A sentence, where the file is no TOML.
pub fn amended(file: &str, settings: &Settings, legs: &[String]) -> Result<String, String> {
    let mut document: DocumentMut =
        file.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let different: Vec<&str> =
        differences(settings, &Settings::default(), legs).iter().map(|written| written.key).collect();
    for written in all(settings, legs) {
        match (document.get_mut(written.key), written.value) {
            (Some(item), Some(value)) => replace(item, value),
            (Some(_), None) => drop(document.remove(written.key)),
            (None, Some(value)) if different.contains(&written.key) => {
                document.insert(written.key, Item::Value(value));
            }
            (None, _) => {}
        }
    }
    Ok(document.to_string())
}

fn replace(item: &mut Item, value: Value) {
    if let (Some(table), Value::InlineTable(values)) = (item.as_table_mut(), &value) {
        table.clear();
        for (key, value) in values {
            table.insert(key, Item::Value(value.clone()));
        }
        return;
    }
    match item.as_value_mut() {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => *item = Item::Value(value),
    }
}

/// The flags that set these settings where `base` holds without them. What no flag can take back (a
/// threshold that the file sets, say) is not among them.
pub fn flags(settings: &Settings, base: &Settings, legs: &[String]) -> Vec<String> {
    let mut flags = Vec::new();
    for written in differences(settings, base, legs) {
        let Some(value) = &written.value else {
            // Not set: what it stands for under these settings says the same.
            match written.key {
                "window" => flags.extend(["--window".to_owned(), settings.depth.to_string()]),
                "rrf-k" => flags.extend(["--rrf-k".to_owned(), settings.rrf_k().to_string()]),
                "weights" => {
                    for (name, weight) in legs.iter().zip(settings.leg_weights(legs.len())) {
                        flags.extend(["--weight".to_owned(), format!("{name}={weight}")]);
                    }
                }
                _ => {}
            }
            continue;
        };
        let text = value.as_str().map_or_else(|| value.to_string().trim().to_owned(), str::to_owned);
        match written.key {
            "rerank" => flags.extend(rerank(&settings.reranker)),
            "weights" => {
                for (name, weight) in value.as_inline_table().into_iter().flat_map(InlineTable::iter) {
                    flags.extend(["--weight".to_owned(), format!("{name}={}", weight.to_string().trim())]);
                }
            }
            "n" | "k" => flags.extend([format!("-{}", written.key), text]),
            "ann" | "fold-han" => flags.extend((text == "true").then(|| format!("--{}", written.key))),
            key => flags.extend(flag(&format!("--{key}"), text)),
        }
    }
    flags
}

/// A run alone has a flag of its own: its name may have signs that mean something in a plan.
fn rerank(plan: &SecondStage) -> Vec<String> {
    match plan.rerankers().as_slice() {
        &[name] if *plan == SecondStage::of(name) && run_file(name).is_some() => {
            flag("--reranked", run_file(name).unwrap_or_default().to_owned())
        }
        _ => flag("--rerank", plan.to_string()),
    }
}

/// A flag with its value; in one word where the value would be taken for a flag.
pub fn flag(name: &str, value: String) -> Vec<String> {
    match value.starts_with('-') {
        true => vec![format!("{name}={value}")],
        false => vec![name.to_owned(), value],
    }
}

/// Arguments as one line for a shell.
pub fn shell_line(arguments: &[String]) -> String {
    let quote = |argument: &String| {
        shlex::try_quote(argument).map_or_else(|_| argument.clone(), std::borrow::Cow::into_owned)
    };
    arguments.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Writes the settings into a settings file, as [`amended`] does.
///
/// # Errors
/// When the file cannot be read or written, or is no TOML; and for a second stage that names an address,
/// which a settings file must not have.
pub fn write(file: &Path, settings: &Settings, legs: &[String]) -> Result<()> {
    if let Some(name) = settings.reranker.rerankers().into_iter().find(|name| name.contains("://")) {
        return Err(Error::input(format!(
            "{name} is not written: a file must not decide where texts are sent"
        ))
        .in_file(file)
        .advise("choose a reranker without an address, or keep the command line that y shows"));
    }
    let before =
        String::from_utf8(durable::read(file)?).map_err(|_| Error::input("not valid UTF-8").in_file(file))?;
    let after = amended(&before, settings, legs).map_err(|fault| Error::input(fault).in_file(file))?;
    durable::write(file, after.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::Patch;
    use super::*;
    use crate::domain::FusionMethod;

    fn legs() -> Vec<String> {
        ["bm25", "dense"].map(str::to_owned).to_vec()
    }

    fn turned() -> Settings {
        Settings {
            first: FirstStage::Only(LegId(1)),
            fusion: FusionMethod::Convex,
            alpha: 0.35,
            weights: vec![Some(0.5), Some(2.0)],
            rrf_k: Some(20.0),
            depth: 500,
            window: Some(100),
            candidates: 80,
            deliver: 5,
            reranker: SecondStage::of("cross-encoder"),
            blend: 0.1,
            threshold: Some(-1.5),
            ann: Some(Ann { ef: 64 }),
            rel_level: 2,
            bm25: crate::domain::Bm25 { k1: 0.9, b: 0.4, title_boost: 2.0 },
            analysis: crate::domain::Analysis {
                analyzer: crate::domain::AnalyzerChoice::Bigrams,
                fold_han: true,
            },
        }
    }

    /// Trap: a knob that is added later and written nowhere comes back as its default.
    #[test]
    fn what_is_written_reads_back_as_the_same_settings() {
        for settings in [Settings::default(), turned()] {
            let file = amended("", &settings, &legs()).unwrap();
            let patch = super::super::parse(&file).unwrap();
            let file_name = Path::new("rankscope.toml");
            let read = super::super::resolve(file_name, &patch, &Patch::default(), &legs()).unwrap();
            assert_eq!(read, settings, "{file}");
        }
        assert_eq!(amended("", &Settings::default(), &legs()).unwrap(), "", "nothing but differences");
    }

    #[test]
    fn comments_order_and_unknown_keys_stay() {
        let file = "# mine\nn = 20 # enough\n\n# not ours\nteam = \"search\"\nwindow = 50\nk = 7\n\n[weights]\nbm25 = 1 # w\n";
        let settings = Settings { candidates: 80, deliver: 10, alpha: 0.3, ..Settings::default() };
        let settings = Settings { weights: vec![Some(3.0)], ..settings };
        let now = amended(file, &settings, &legs()).unwrap();
        assert!(
            now.starts_with("# mine\nn = 80 # enough\n\n# not ours\nteam = \"search\"\nk = 10\n"),
            "{now}"
        );
        assert!(now.contains("alpha = 0.3\n") && now.contains("bm25 = 3"), "{now}");
        assert!(!now.contains("window"), "{now}");
        assert!(now.find("alpha").unwrap() < now.find("[weights]").unwrap(), "{now}");
        assert!(amended("n = ", &settings, &legs()).is_err());
    }

    #[test]
    fn flags_say_what_differs() {
        let base = Settings { window: Some(100), ..Settings::default() };
        let line = shell_line(&flags(&turned(), &base, &legs()));
        assert_eq!(
            line,
            "--first dense --fusion convex --alpha 0.35 --weight 'bm25=0.5' --weight 'dense=2' --rrf-k 20 --depth 500 \
             -n 80 -k 5 --rerank cross-encoder --blend 0.1 '--threshold=-1.5' --rel-level 2 --ann --ann-ef 64 \
             --bm25-k1 0.9 --bm25-b 0.4 --title-boost 2 --analyzer bigrams --fold-han"
        );
        let unset = shell_line(&flags(&Settings::default(), &base, &legs()));
        assert_eq!(unset, "--window 1000", "what the file sets and the screen does not");
        let cascade =
            Settings { reranker: "late-interaction > cross-encoder@20".parse().unwrap(), ..base.clone() };
        assert_eq!(
            shell_line(&flags(&cascade, &base, &legs())),
            "--rerank 'late-interaction > cross-encoder@20'"
        );
    }
}
