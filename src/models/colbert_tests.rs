//! A small ColBERT-shaped graph against Python (`tests/models/make.py` writes both).

use std::fs;

use safetensors::Dtype;
use serde::Deserialize;

use super::*;
use crate::models::late::max_sim;
use crate::models::test_support::options;

#[derive(Deserialize)]
struct Expected {
    pairs: Vec<(String, String)>,
    colbert: Vec<f32>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/colbert")
}

fn copy() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder()).unwrap().flatten() {
        fs::copy(entry.path(), root.path().join(entry.file_name())).unwrap();
    }
    root
}

fn open(folder: &Path) -> Colbert {
    Colbert::open(folder, &options(), &mut |_| {}).unwrap()
}

fn encode(model: &mut Colbert, role: Role, texts: &[&str]) -> Vec<(TokenVectors, bool)> {
    let mut all = vec![None; texts.len()];
    model.encode(role, texts, &|| false, &mut |at, vectors, cut| all[at] = Some((vectors, cut))).unwrap();
    all.into_iter().map(|one| one.expect("each is told")).collect()
}

/// Traps: no marker or the wrong one, masks that are attended to or left out of the match, punctuation
/// that is matched, padding that is matched, a length cut without its [SEP].
#[test]
fn scores_are_those_of_python() {
    let expected: Expected = {
        let file = folder().with_file_name("expected.json");
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    };
    let mut model = open(&folder());
    let queries: Vec<&str> = expected.pairs.iter().map(|(query, _)| query.as_str()).collect();
    let passages: Vec<&str> = expected.pairs.iter().map(|(_, passage)| passage.as_str()).collect();
    let asked = encode(&mut model, Role::Query, &queries);
    let read = encode(&mut model, Role::Passage, &passages);
    assert_eq!(expected.colbert.len(), 15);
    for (at, wanted) in expected.colbert.iter().enumerate() {
        let score = max_sim(&asked[at].0, &read[at].0).unwrap().score;
        // Python keeps f32, this f16.
        assert!(
            (score - wanted).abs() < 1e-3,
            "{:?}: {score} where {wanted} is expected",
            expected.pairs[at]
        );
    }
    assert!(read.iter().any(|(_, truncated)| *truncated) && read.iter().any(|(_, truncated)| !*truncated));
}

/// Traps: places counted in the ids and not in what is kept of them; a marker taken for a word; a mask told
/// as what it matches; a special token that the text spells out.
#[test]
fn each_vector_is_known_by_its_place_in_the_text_or_by_its_name() {
    let mut model = open(&folder());
    let told = |model: &Colbert, role, text: &str| -> Vec<String> {
        let tokens = model.tokens(role, text).unwrap().into_iter();
        let words = tokens.map(|token| match token {
            ColbertToken::Text((start, end)) => text[start as usize..end as usize].to_owned(),
            ColbertToken::Added(name) => format!("<{name}>"),
        });
        words.collect()
    };
    let mut query = told(&model, Role::Query, "When?  my [MASK] dög");
    assert_eq!(query.split_off(8), ["<[MASK]>"; 8]);
    assert_eq!(query, ["<[CLS]>", "<[Q]>", "When", "?", "my", "[MASK]", "dög", "<[SEP]>"]);
    let passage = told(&model, Role::Passage, "A dog, a train. ");
    assert_eq!(passage, ["<[CLS]>", "<[D]>", "A", "dog", "a", "train", "<[SEP]>"], "no punctuation");
    // Cut, and as many as there are vectors.
    let long = "a dog. ".repeat(20);
    for (role, text) in [(Role::Query, long.as_str()), (Role::Passage, &long), (Role::Passage, "")] {
        let vectors = &encode(&mut model, role, &[text])[0].0;
        let tokens = told(&model, role, text);
        assert_eq!(tokens.len(), vectors.len());
        assert_eq!(tokens.last().unwrap(), "<[SEP]>");
    }
}

#[test]
fn a_query_is_filled_up_with_masks_where_the_model_wants_it() {
    let mut model = open(&folder());
    assert_eq!(encode(&mut model, Role::Query, &["dog"])[0].0.len(), 16);
    assert_eq!(encode(&mut model, Role::Passage, &["dog ."])[0].0.len(), 4, "[CLS] [D] dog [SEP]");
    let root = copy();
    fs::remove_file(root.path().join("artifact.metadata")).unwrap();
    fs::write(
        root.path().join("config_sentence_transformers.json"),
        r#"{"query_prefix": "[unused0] ", "document_prefix": "[unused1] ", "query_length": 16,
            "document_length": 24, "do_query_expansion": false, "skiplist_words": []}"#,
    )
    .unwrap();
    let mut plain = open(root.path());
    assert_ne!(plain.fingerprint(), model.fingerprint());
    assert_eq!(encode(&mut plain, Role::Query, &["dog"])[0].0.len(), 4);
    assert_eq!(encode(&mut plain, Role::Passage, &["dog ."])[0].0.len(), 5);
}

/// Two of the graph's eight values, times two and minus one: what that makes of a vector is known.
#[test]
fn a_projection_beside_the_graph_is_applied() {
    let root = copy();
    let weights: Vec<f32> =
        (0..16).map(|at| [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0][at % 10]).collect();
    // Rows: [2 0 0 0 0 0 0 0] and [0 -1 2 0 0 0 0 0].
    let bytes: Vec<u8> = weights.iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = safetensors::tensor::TensorView::new(Dtype::F32, vec![2, 8], &bytes).unwrap();
    fs::create_dir(root.path().join("1_Dense")).unwrap();
    let file = root.path().join("1_Dense/model.safetensors");
    fs::write(&file, safetensors::serialize([("linear.weight", view)], None).unwrap()).unwrap();
    let mut projected = open(root.path());
    let mut plain = open(&folder());
    assert_ne!(projected.fingerprint(), plain.fingerprint());
    let (small, whole) =
        (encode(&mut projected, Role::Passage, &["a dog"]), encode(&mut plain, Role::Passage, &["a dog"]));
    assert_eq!((small[0].0.dim, whole[0].0.dim), (2, 8));
    for (small, whole) in small[0].0.vectors.chunks(2).zip(whole[0].0.vectors.chunks(8)) {
        let whole: Vec<f32> = whole.iter().map(|value| value.to_f32()).collect();
        let (x, y) = (2.0 * whole[0], -whole[1] + 2.0 * whole[2]);
        let norm = (x * x + y * y).sqrt();
        assert!((small[0].to_f32() - x / norm).abs() < 5e-3 && (small[1].to_f32() - y / norm).abs() < 5e-3);
    }
    fs::write(&file, b"nothing").unwrap();
    let error = Colbert::open(root.path(), &options(), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("model.safetensors"), "{error}");
}

#[test]
fn a_cross_encoder_is_no_late_interaction_model() {
    let folder = folder().with_file_name("plain");
    let error = Colbert::open(&folder, &options(), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no late-interaction model"), "{error}");
}
