//! The hybrid setting as a search engine's own query.
//!
//! In: the settings and the legs. Out: a [`Snippet`]: the requests that do there what is done here, in
//! the engine's language, and in plain words what they do not do. No engine is asked, nothing is sent.
//!
//! A setting can be said in an engine when one of its methods puts the same passages in the same order
//! (`form` finds out which); else the snippet holds the engine's nearest method and says so first. Names
//! of parameters are those of the engines' documentation, looked up in November 2026; versions are named
//! where a parameter is young.

mod elasticsearch;
mod form;
mod milvus;
mod opensearch;
mod pgvector;
mod qdrant;
mod weaviate;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::domain::{FirstStage, FusionMethod, LegId, LegName, LegScale, Settings};
use crate::text::visible;
use form::Form;

/// The engines that a setting can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    OpenSearch,
    Elasticsearch,
    Qdrant,
    Weaviate,
    Milvus,
    /// PostgreSQL with its own full-text search and the extension pgvector.
    Pgvector,
}

impl Engine {
    pub const ALL: [Self; 6] =
        [Self::OpenSearch, Self::Elasticsearch, Self::Qdrant, Self::Weaviate, Self::Milvus, Self::Pgvector];

    /// The name that `export --to` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenSearch => "opensearch",
            Self::Elasticsearch => "elasticsearch",
            Self::Qdrant => "qdrant",
            Self::Weaviate => "weaviate",
            Self::Milvus => "milvus",
            Self::Pgvector => "pgvector",
        }
    }

    /// The name that it calls itself by.
    pub fn title(self) -> &'static str {
        match self {
            Self::OpenSearch => "OpenSearch",
            Self::Elasticsearch => "Elasticsearch",
            Self::Qdrant => "Qdrant",
            Self::Weaviate => "Weaviate",
            Self::Milvus => "Milvus",
            Self::Pgvector => "PostgreSQL with pgvector",
        }
    }

    /// The engine after this one, round and round.
    pub fn next(self) -> Self {
        let place = Self::ALL.iter().position(|&engine| engine == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }

    /// What begins a remark in its snippets.
    pub fn comment(self) -> &'static str {
        if self == Self::Pgvector { "--" } else { "#" }
    }

    /// The engine whose method this is; `None` for a method of several or of none.
    pub fn of(method: FusionMethod) -> Option<Self> {
        let family = method.name().split('-').next();
        match family {
            Some("elastic") => Some(Self::Elasticsearch),
            _ => Self::ALL.into_iter().find(|engine| Some(engine.name()) == family),
        }
    }

    /// The setting in this engine's terms. `legs` are all of them; those without a weight are left out.
    pub fn snippet(self, settings: &Settings, legs: &[LegName]) -> Snippet {
        let hybrid = Hybrid::of(settings, legs);
        let mut snippet = match self {
            Self::OpenSearch => opensearch::snippet(&hybrid),
            Self::Elasticsearch => elasticsearch::snippet(&hybrid),
            Self::Qdrant => qdrant::snippet(&hybrid),
            Self::Weaviate => weaviate::snippet(&hybrid),
            Self::Milvus => milvus::snippet(&hybrid),
            Self::Pgvector => pgvector::snippet(&hybrid),
        };
        snippet.engine = Some(self);
        if let Some(there) = &snippet.emulated
            && (snippet.unlike.is_some() || there.fusion != settings.fusion)
        {
            snippet.flags = Some(flags(there, legs));
        }
        hybrid.common_notes(&mut snippet.notes);
        snippet
    }
}

/// One request to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `POST /passages/_search`; empty for SQL.
    pub line: String,
    /// JSON, GraphQL or SQL.
    pub body: String,
}

/// A setting in an engine's terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snippet {
    engine: Option<Engine>,
    pub calls: Vec<Call>,
    /// Why its order is another one than here; `None` where the method can be said.
    pub unlike: Option<String>,
    /// What the requests do not say, and what to look after; a sentence each.
    pub notes: Vec<String>,
    /// The fusion of these requests as rankscope emulates it, over the same legs and window.
    pub emulated: Option<Settings>,
    /// The same as options of the command line, where it is not the setting itself.
    flags: Option<String>,
}

impl Snippet {
    /// The whole text: what it is and what it is not as comments, then the requests.
    pub fn text(&self) -> String {
        let sign = self.engine.map_or("#", Engine::comment);
        let mut out = String::new();
        let title = self.engine.map_or("", Engine::title);
        match &self.unlike {
            None => _ = writeln!(out, "{sign} {title}: the same fusion as here."),
            Some(why) => _ = writeln!(out, "{sign} {title}: NOT the same fusion as here: {}.", visible(why)),
        }
        if let Some(flags) = &self.flags {
            let _ = writeln!(out, "{sign} rankscope computes what this query fuses with {}", visible(flags));
        }
        for note in &self.notes {
            let _ = writeln!(out, "{sign} - {}.", visible(note));
        }
        for call in &self.calls {
            out.push('\n');
            if !call.line.is_empty() {
                let _ = writeln!(out, "{}", call.line);
            }
            let _ = writeln!(out, "{}", call.body);
        }
        out
    }
}

/// One leg that speaks.
struct Voice<'a> {
    name: &'a str,
    scale: LegScale,
    weight: f64,
}

/// The first stage as far as engines care.
struct Hybrid<'a> {
    settings: &'a Settings,
    form: Form,
    voices: Vec<Voice<'a>>,
    /// By `LegId`, of all legs: to say an emulation's weights.
    places: Vec<LegId>,
    legs: usize,
}

impl<'a> Hybrid<'a> {
    fn of(settings: &'a Settings, legs: &'a [LegName]) -> Self {
        let weights = settings.leg_weights(legs.len());
        let speaking: Vec<(LegId, Voice<'a>)> = (legs.iter().zip(weights).enumerate())
            .filter(|(_, (_, weight))| *weight > 0.0)
            .map(|(at, (leg, weight))| (LegId(at), Voice { name: &leg.name, scale: leg.scale, weight }))
            .collect();
        let (places, voices): (Vec<_>, Vec<_>) = speaking.into_iter().unzip();
        let weights: Vec<f64> = voices.iter().map(|voice| voice.weight).collect();
        Self { settings, form: Form::of(settings, &weights), voices, places, legs: legs.len() }
    }

    fn n(&self) -> usize {
        self.settings.candidates
    }

    /// W, at least N where an engine wants that.
    fn window(&self) -> usize {
        self.settings.window().max(self.n())
    }

    /// Says where the window is deeper than the engine goes.
    fn window_note(&self, most: usize, what: &str, snippet: &mut Snippet) {
        if self.window() > most {
            snippet.notes.push(format!(
                "W is {} here and {most} there, the {what}: hits beyond are not in it",
                self.window()
            ));
        }
    }

    /// The weights, so that they sum to 1 as they are written.
    fn shares(&self) -> Vec<f64> {
        let sum: f64 = self.voices.iter().map(|voice| voice.weight).sum();
        let mut shares: Vec<f64> = self.voices.iter().map(|voice| rounded(voice.weight / sum)).collect();
        if let Some((last, others)) = shares.split_last_mut() {
            *last = rounded(1.0 - others.iter().sum::<f64>());
        }
        shares
    }

    fn weights(&self) -> Vec<f64> {
        self.voices.iter().map(|voice| rounded(voice.weight)).collect()
    }

    fn equal_weights(&self) -> bool {
        self.voices.windows(2).all(|pair| (pair[0].weight - pair[1].weight).abs() < 1e-12)
    }

    /// The settings under which rankscope computes what an engine does with `fusion` and these weights.
    fn emulation(&self, fusion: FusionMethod, weights: &[f64], rrf_k: Option<f64>) -> Settings {
        let mut by_leg = vec![Some(0.0); self.legs];
        for (place, &weight) in self.places.iter().zip(weights) {
            by_leg[place.0] = Some(weight);
        }
        Settings { first: FirstStage::Hybrid, fusion, weights: by_leg, rrf_k, ..self.settings.clone() }
    }

    /// The setting itself, where the engine has the very method.
    fn as_it_is(&self) -> Settings {
        self.settings.clone()
    }

    /// What holds whatever the engine.
    fn common_notes(&self, notes: &mut Vec<String>) {
        let settings = self.settings;
        if self.window() != settings.window() {
            notes.push(format!(
                "here each leg enters with {} hits, fewer than N; the query asks for {}",
                settings.window(),
                self.window()
            ));
        }
        for voice in self.voices.iter().filter(|voice| voice.scale == LegScale::Unknown) {
            notes.push(format!(
                "the leg {} came from a run file: put the query that made it in the place marked with its name",
                voice.name
            ));
        }
        if self.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
            notes.push(
                "terms are cut by the field's analyzer, not by rankscope's; passages and queries must be read alike"
                    .to_owned(),
            );
        }
        if self.voices.iter().any(|voice| voice.scale == LegScale::Cosine) {
            notes.push(
                "put the query's vector, of the same model and scaled to length 1, for the dots".to_owned(),
            );
        }
        if !settings.reranker.is_none() {
            notes.push(format!(
                "the second stage ({}) is not in it: rerank the {} hits afterwards, and deliver {}",
                settings.reranker.name(),
                settings.candidates,
                settings.deliver
            ));
        }
    }
}

/// An emulation as options of the command line.
fn flags(settings: &Settings, legs: &[LegName]) -> String {
    let mut flags = format!("--fusion {}", settings.fusion.name());
    if settings.fusion.default_k().is_some() {
        let _ = write!(flags, " --rrf-k {}", settings.rrf_k());
    }
    if settings.fusion.is_weighted() {
        for (leg, weight) in legs.iter().zip(&settings.weights) {
            let _ = write!(flags, " --weight {}={}", leg.name, weight.unwrap_or_default());
        }
    }
    flags
}

/// Why a method cannot be said, and which stands in its place.
fn nearest(hybrid: &Hybrid<'_>, engine: &str, instead: &str) -> String {
    format!(
        "{engine} has no {} ({}); the nearest is {instead}",
        hybrid.settings.fusion.name(),
        hybrid.settings.fusion.words()
    )
}

/// Weights in few enough decimals to be read; what matters is their ratio.
fn rounded(weight: f64) -> f64 {
    (weight * 1e6).round() / 1e6
}

/// k where the engine wants a whole number from 1 on; and whether that is what it was.
fn whole(k: f64) -> (u64, bool) {
    let whole = k.round().max(1.0);
    (whole as u64, (whole - k).abs() < 1e-9)
}

/// A vector with dots in place of its numbers cannot be parsed: two numbers stand for it.
fn vector() -> serde_json::Value {
    serde_json::json!(["…"])
}

fn pretty(value: &serde_json::Value) -> String {
    // A map of strings, numbers and lists can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
