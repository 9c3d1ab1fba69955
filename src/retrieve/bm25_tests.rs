use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Score as TantivyScore, Term};

use proptest::prelude::*;

use super::*;
use crate::corpus::Collection;
use crate::domain::AnalyzerChoice;
use crate::index::lexical::tests::{analyzers, collection, index, titled};

fn search(collection: &Collection, query: &str, parameters: Bm25) -> Vec<Hit> {
    let index = index(collection);
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters };
    leg.retrieve(QueryInput { text: query, vector: None }, 1000).unwrap()
}

fn passages() -> Vec<String> {
    let words = ["ferry", "refund", "ticket", "harbour", "late", "fee", "cabin", "dog", "予約", "の"];
    let mut state = 7u32;
    (0..200)
        .map(|i| {
            let length = 1 + i % 120;
            let mut text = String::new();
            for _ in 0..length {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text += words[(state >> 16) as usize % words.len()];
                text += " ";
            }
            text
        })
        .collect()
}

/// The scores are tantivy's own at its k1 = 1.2 and b = 0.75.
#[test]
fn equals_tantivy_at_its_defaults() {
    let passages = passages();
    let collection = collection(&passages.iter().map(String::as_str).collect::<Vec<_>>());
    let index = index(&collection);
    let (searcher, field) = index.tantivy_searcher();
    for query in ["refund", "late ferry fee", "予約 dog dog"] {
        let clauses: Vec<(Occur, Box<dyn Query>)> = index
            .chain(DocIdx(0))
            .terms(query)
            .into_iter()
            .map(|token| {
                let term = Term::from_field_text(field, &token.term);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(query) as Box<dyn Query>)
            })
            .collect();
        let theirs: Vec<(TantivyScore, DocAddress)> = searcher
            .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(1000).order_by_score())
            .unwrap();
        let ours = search(&collection, query, Bm25::default());
        assert_eq!(ours.len(), theirs.len(), "{query}");
        for (our, (their, _)) in ours.iter().zip(&theirs) {
            assert!((our.score - their).abs() <= 1e-4, "{query}: {} against {their}", our.score);
        }
    }
}

/// Trap: an engine that ignores length would rank the long passage, which has the word twice, first.
#[test]
fn length_and_saturation_do_their_work() {
    let long = format!("fee fee {}", "other ".repeat(60));
    let collection = collection(&["fee once", &long]);
    let order = |b| search(&collection, "fee", Bm25 { b, ..Bm25::default() })[0].doc;
    assert_eq!(order(0.75), DocIdx(0));
    assert_eq!(order(0.0), DocIdx(1));
}

#[test]
fn equal_scores_go_by_id_descending_and_the_depth_cuts() {
    let collection = collection(&["tie", "tie", "tie"]);
    let docs: Vec<u32> = search(&collection, "tie", Bm25::default()).iter().map(|h| h.doc.0).collect();
    assert_eq!(docs, [2, 1, 0]);
    let index = index(&collection);
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    assert_eq!(leg.retrieve(QueryInput { text: "tie", vector: None }, 2).unwrap().len(), 2);
}

#[test]
fn the_parts_add_up_and_name_what_is_missing() {
    let collection = collection(&["refund refund fee", "ferry", "fee"]);
    let index = index(&collection);
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    let hits = leg.retrieve(QueryInput { text: "refund dog refund fee", vector: None }, 10).unwrap();
    let parts = leg.explain("refund dog refund fee", hits[0].doc).unwrap();
    let sum: f32 = parts.terms.iter().map(|t| t.score).sum();
    assert!((sum - hits[0].score).abs() < 1e-5);
    let names: Vec<(&str, u32, u32)> =
        parts.terms.iter().map(|t| (t.term.as_str(), t.query_tf, t.tf)).collect();
    assert_eq!(names, [("refund", 2, 2), ("dog", 1, 0), ("fee", 1, 1)]);
}

#[test]
fn a_query_without_terms_finds_nothing() {
    assert!(search(&collection(&["a"]), "… !", Bm25::default()).is_empty());
}

/// A collection of small passages with titles, drawn from few words so that terms meet.
fn titled_passages() -> impl Strategy<Value = Vec<(String, String)>> {
    let word = proptest::sample::select(vec!["ferry", "refund", "cabin", "late", "dog", "fee"]);
    let words = |most| proptest::collection::vec(word.clone(), 0..most).prop_map(|words| words.join(" "));
    proptest::collection::vec((words(4), words(12)), 1..12)
}

/// BM25F as the paper has it, from the fields' own counts, in f64. Lengths are below 40, where tantivy
/// keeps them exactly.
fn restated(passages: &[(String, String)], query: &str, parameters: Bm25) -> Vec<Option<f64>> {
    let count =
        |field: &str, term: &str| field.split_whitespace().filter(|word| *word == term).count() as f64;
    let length = |field: &str| field.split_whitespace().count() as f64;
    let Bm25 { k1, b, title_boost } = parameters;
    let n = passages.len() as f64;
    let weighted = |(title, text): &(String, String)| title_boost * length(title) + length(text);
    let average = passages.iter().map(weighted).sum::<f64>() / n;
    let score = |passage: &(String, String)| {
        let mut score = None;
        for term in query.split_whitespace() {
            let df =
                passages.iter().filter(|(title, text)| count(title, term) + count(text, term) > 0.0).count();
            let tf = title_boost * count(&passage.0, term) + count(&passage.1, term);
            if tf > 0.0 {
                let idf = (1.0 + (n - df as f64 + 0.5) / (df as f64 + 0.5)).ln();
                let norm = k1 * (1.0 - b + b * weighted(passage) / average);
                *score.get_or_insert(0.0) += idf * tf * (k1 + 1.0) / (tf + norm);
            }
        }
        score
    };
    passages.iter().map(score).collect()
}

proptest! {
    #[test]
    fn field_weights_are_those_of_the_paper(
        passages in titled_passages(),
        query in "(ferry|refund|fee|dog)( (late|cabin|fee)){0,2}",
        k1 in 0.0..3.0f64,
        b in 0.0..=1.0f64,
        title_boost in prop_oneof![Just(0.0), Just(1.0), 0.0..5.0f64],
    ) {
        let collection = titled(&passages.iter().map(|(title, text)| ("sw", &**title, &**text)).collect::<Vec<_>>());
        let parameters = Bm25 { k1, b, title_boost };
        let index = LexicalIndex::in_memory(&collection, &analyzers(AnalyzerChoice::Words, &collection)).unwrap();
        let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters };
        let hits = leg.retrieve(QueryInput { text: &query, vector: None }, 1000).unwrap();
        let expected = restated(&passages, &query, parameters);
        prop_assert_eq!(hits.len(), expected.iter().flatten().count());
        for hit in hits {
            let score = expected[hit.doc.index()].unwrap();
            prop_assert!((f64::from(hit.score) - score).abs() <= 1e-4 * (1.0 + score), "{} against {score}", hit.score);
            let parts = leg.explain(&query, hit.doc).unwrap();
            let sum: f32 = parts.terms.iter().map(|term| term.score).sum();
            prop_assert!((sum - hit.score).abs() <= 1e-4 * (1.0 + sum), "parts {sum} of {}", hit.score);
            for term in &parts.terms {
                let in_title = passages[hit.doc.index()].0.split_whitespace().filter(|word| *word == term.term);
                prop_assert_eq!(term.title_tf as usize, in_title.count());
            }
        }
    }
}

/// Trap: titles as an index of their own, with statistics of their own, give other scores at weight 1
/// than the one field, and the knob jumps there.
#[test]
fn the_title_knob_passes_smoothly_through_one_field() {
    let passages = [("en", "Refund fees", "for a cabin"), ("en", "Cabins", "refund of fees, fees, fees")];
    let collection = titled(&passages);
    let score = |title_boost| search(&collection, "refund fees", Bm25 { title_boost, ..Bm25::default() });
    let (under, at, over) = (score(1.0 - 1e-6), score(1.0), score(1.0 + 1e-6));
    for hits in [&under, &over] {
        assert!(hits.iter().zip(&at).all(|(a, b)| a.doc == b.doc && (a.score - b.score).abs() < 1e-4));
    }
    assert_eq!(at[0].doc, DocIdx(1));
    assert_eq!(score(4.0)[0].doc, DocIdx(0), "the title decides");
    let plain =
        titled(&[("en", "", "Refund fees for a cabin"), ("en", "", "Cabins refund of fees, fees, fees")]);
    assert_eq!(search(&plain, "refund fees", Bm25::default()), at, "weight 1 is one field, to the bit");
}

/// Trap: an English query read as English only misses what a passage of another language shares with it,
/// and read by all chains at once it meets German passages by English stems.
#[test]
fn a_passage_meets_the_query_as_its_own_language_reads_it() {
    let collection = titled(&[
        ("ja", "", "running は英語で走る"),
        ("de", "", "run auf die Bank"),
        ("en", "", "trains run late"),
        ("ko", "", "부산역에서 KTX를 탄다"),
    ]);
    let found = |query: &str| -> Vec<u32> {
        let mut docs: Vec<u32> =
            search(&collection, query, Bm25::default()).iter().map(|h| h.doc.0).collect();
        docs.sort_unstable();
        docs
    };
    assert_eq!(found("running"), [0, 2]);
    assert_eq!(found("KTX"), [3]);
    let index = index(&collection);
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    let terms = |doc| -> Vec<String> {
        leg.explain("running", DocIdx(doc)).unwrap().terms.into_iter().map(|term| term.term).collect()
    };
    assert_eq!((terms(0), terms(2)), (vec!["running".to_owned()], vec!["run".to_owned()]));
}
