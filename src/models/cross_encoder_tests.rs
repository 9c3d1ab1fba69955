//! Small real graphs of every shape against Python's onnxruntime (`tests/models/make.py` writes both).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::error::ErrorKind;
use crate::models::test_support::options;

#[derive(Deserialize)]
struct Expected {
    pairs: Vec<(String, String)>,
    models: BTreeMap<String, Vec<f32>>,
    n_tokens: Vec<u32>,
    max_tokens: u32,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

fn expected() -> Expected {
    serde_json::from_str(&fs::read_to_string(folder("expected.json")).unwrap()).unwrap()
}

fn open(folder: &Path) -> Result<CrossEncoder> {
    CrossEncoder::open(&CrossEncoderFiles::in_folder(folder)?, &options(), &mut |_| {})
}

/// The logits of a query with all passages, in their order.
fn all(model: &mut CrossEncoder, query: &str, passages: &[&str]) -> Vec<PairLogit> {
    let mut logits = vec![None; passages.len()];
    model.score(query, passages, &|| false, &mut |at, logit| logits[at] = Some(logit)).unwrap();
    logits.into_iter().map(|logit| logit.expect("each is told")).collect()
}

/// The logits of all pairs, a query's passages together.
fn scores(model: &mut CrossEncoder, pairs: &[(String, String)]) -> Vec<PairLogit> {
    pairs
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|group| {
            let passages: Vec<&str> = group.iter().map(|(_, passage)| passage.as_str()).collect();
            all(model, &group[0].0, &passages)
        })
        .collect()
}

/// Traps: type ids left at 0, [SEP] in the wrong place, padding that leaks, the first of two logits, the
/// wrong side cut off, an output of another rank read with a stride.
#[test]
fn every_shape_of_graph_scores_as_python_does() {
    let expected = expected();
    assert_eq!(expected.models.len(), 6);
    for (name, wanted) in &expected.models {
        let mut model = open(&folder(name)).unwrap();
        let got = scores(&mut model, &expected.pairs);
        assert_eq!(got.len(), wanted.len());
        for ((pair, got), wanted) in expected.pairs.iter().zip(&got).zip(wanted) {
            let logit = got.logit.unwrap();
            assert!((logit - wanted).abs() < 1e-5, "{name}, {pair:?}: {logit} where {wanted} is expected");
        }
        for (got, tokens) in got.iter().zip(&expected.n_tokens) {
            assert_eq!(got.n_tokens, *tokens, "{name}");
            assert_eq!(got.truncated, *tokens > expected.max_tokens, "{name}");
        }
    }
}

/// Trap: an order of batches by length that is not undone.
#[test]
fn a_pair_scores_the_same_alone_and_among_others() {
    let expected = expected();
    let mut model = open(&folder("types")).unwrap();
    let together = scores(&mut model, &expected.pairs);
    for ((query, passage), among) in expected.pairs.iter().zip(&together) {
        let alone = all(&mut model, query, &[passage])[0];
        assert!((alone.logit.unwrap() - among.logit.unwrap()).abs() < 1e-5, "{query} {passage}");
    }
}

#[test]
fn an_empty_side_is_no_low_score_and_a_stop_gives_nothing() {
    let mut model = open(&folder("plain")).unwrap();
    let logits = all(&mut model, "dog", &["", "dog", " \n"]);
    let known: Vec<bool> = logits.iter().map(|one| one.logit.is_some()).collect();
    assert_eq!(known, [false, true, false]);
    let mut told = 0;
    model.score("dog", &["dog", ""], &|| true, &mut |_, _| told += 1).unwrap();
    assert_eq!(told, 1, "what needs no run is told, and nothing is run any more");
    assert!(all(&mut model, "dog", &[]).is_empty());
}

#[test]
fn what_is_no_cross_encoder_says_why() {
    let fault = |folder: &Path| {
        let error = open(folder).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        error.to_string()
    };
    assert!(fault(&folder("classifier")).contains("3 numbers a pair"), "{}", fault(&folder("classifier")));
    assert!(fault(&folder("colbert")).contains("contextual"), "{}", fault(&folder("colbert")));
    let root = tempfile::tempdir().unwrap();
    assert!(fault(root.path()).contains("no model.onnx"));
    fs::copy(folder("plain").join("model.onnx"), root.path().join("model.onnx")).unwrap();
    assert!(fault(root.path()).contains("tokenizer.json"));
    fs::copy(folder("plain").join("tokenizer.json"), root.path().join("tokenizer.json")).unwrap();
    open(root.path()).map(|_| ()).unwrap();
    // Trap: weights that lie beside the graph and are missing.
    fs::copy(folder("external").join("model.onnx"), root.path().join("model.onnx")).unwrap();
    assert!(fault(root.path()).contains("cannot load the reranker"));
}

#[test]
fn the_fingerprint_covers_graph_weights_tokenizer_and_limits() {
    let root = tempfile::tempdir().unwrap();
    for name in ["model.onnx", "model.onnx.data", "tokenizer.json", "config.json"] {
        fs::copy(folder("external").join(name), root.path().join(name)).unwrap();
    }
    let print = || CrossEncoderFiles::in_folder(root.path()).unwrap().fingerprint().unwrap();
    let mut seen = vec![print()];
    assert_eq!(print(), seen[0]);
    for (name, text) in [
        ("model.onnx.data", "x"),
        ("config.json", r#"{"max_position_embeddings": 16}"#),
        ("tokenizer.json", "{}"),
        ("model.onnx", "y"),
    ] {
        fs::write(root.path().join(name), text).unwrap();
        assert!(!seen.contains(&print()), "{name} does not count");
        seen.push(print());
    }
}

#[test]
fn the_bundled_cross_encoder_tells_an_answer_from_another_text() {
    let files = CrossEncoderFiles::bundled(&options()).unwrap();
    assert_eq!((files.max_tokens, files.pad_id), (512, 1));
    let mut model = CrossEncoder::open(&files, &options(), &mut |_| {}).unwrap();
    for (query, answer, other) in [
        (
            "how do I get a refund after cancelling a ticket",
            "予約を取り消すと、運賃は七日以内に払い戻されます。",
            "列車に自転車を持ち込むには予約が必要です。",
        ),
        (
            "표를 취소하면 환불은 언제 되나요?",
            "취소한 승차권의 운임은 7일 이내에 환불됩니다.",
            "열차에 자전거를 가지고 타려면 예약이 필요합니다.",
        ),
    ] {
        let logits = all(&mut model, query, &[other, answer]);
        let (other, answer) = (logits[0].logit.unwrap(), logits[1].logit.unwrap());
        assert!(answer > other + 1.0, "{query}: {answer} and {other}");
    }
}
