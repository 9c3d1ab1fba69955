//! Reranking services over HTTP, well served: the exact requests that each documents, and its answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use rankscope::domain::{DocIdx, Score};
use rankscope::error::Result;
use rankscope::rerank::http::{Budget, Consent, Retry, SERVICES, Spec, open_in, service};
use rankscope::rerank::{Cancel, Pair, Reranker};
use serde_json::{Value, json};

use crate::fakes::{Asked, Fake, Reply, gzip, protocols};

pub const KEY: &str = "k3y-0f-th3-t3sts";

/// A spec that asks a fake: agreed to pay, and quick to repeat.
pub fn spec(name: &str, url: &str) -> Spec {
    let service = service(name).unwrap();
    Spec {
        url: Some(url.to_owned()),
        model: (service.default_model.is_none() && name != "tei").then(|| "the-model".to_owned()),
        consent: Consent::Given,
        retry: Retry {
            attempts: 3,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(2),
            total: Duration::from_secs(20),
        },
        ..Spec::new(service)
    }
}

/// Every key variable is set, and nothing else.
pub fn with_key(name: &str) -> Option<String> {
    SERVICES.iter().any(|service| service.key_variables.contains(&name)).then(|| KEY.to_owned())
}

pub fn pairs(texts: &[String]) -> Vec<Pair<'_>> {
    texts.iter().enumerate().map(|(nth, text)| Pair { doc: DocIdx(nth as u32), text }).collect()
}

/// Passages whose scores the fakes take from their first word.
pub fn passages(count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("{} passage", (nth * 7) % count)).collect()
}

pub fn expected(count: usize) -> Vec<Option<Score>> {
    (0..count).map(|nth| Some(((nth * 7) % count) as Score)).collect()
}

pub fn score(reranker: &mut dyn Reranker, texts: &[String]) -> Result<Vec<Option<Score>>> {
    reranker.score("when is it refunded", &pairs(texts), &Cancel::default())
}

/// Method, path, key and body are those of the vendors' references.
#[test]
fn requests_are_as_documented() {
    type Protocol = fn(&Asked) -> Reply;
    let cases: [(&str, &str, Protocol, Value); 8] = [
        (
            "cohere",
            "/v2/rerank",
            protocols::cohere,
            json!({"model": "rerank-v3.5", "documents": "TEXTS", "top_n": 3}),
        ),
        (
            "voyage",
            "/v1/rerank",
            protocols::voyage,
            json!({"model": "rerank-2.5", "documents": "TEXTS", "top_k": 3, "return_documents": false,
                "truncation": true}),
        ),
        (
            "jina",
            "/v1/rerank",
            protocols::jina,
            json!({"model": "jina-reranker-v2-base-multilingual", "documents": "TEXTS", "top_n": 3,
                "return_documents": false}),
        ),
        (
            "mixedbread",
            "/v1/reranking",
            protocols::mixedbread,
            json!({"model": "mixedbread-ai/mxbai-rerank-large-v2", "input": "TEXTS", "top_k": 3,
                "return_input": false}),
        ),
        (
            "vllm",
            "/v1/rerank",
            protocols::vllm,
            json!({"model": "the-model", "documents": "TEXTS", "top_n": 3, "truncate_prompt_tokens": -1,
                "use_activation": true}),
        ),
        (
            "infinity",
            "/rerank",
            protocols::infinity,
            json!({"model": "the-model", "documents": "TEXTS", "top_n": 3, "return_documents": false,
                "raw_scores": false}),
        ),
        (
            "litellm",
            "/rerank",
            protocols::litellm,
            json!({"model": "the-model", "documents": "TEXTS", "top_n": 3, "return_documents": false}),
        ),
        (
            "http",
            "/rerank",
            protocols::cohere,
            json!({"model": "the-model", "documents": "TEXTS", "top_n": 3}),
        ),
    ];
    for (name, path, protocol, mut body) in cases {
        let fake = Fake::start(move |asked, _| protocol(asked));
        let mut reranker = open_in(spec(name, &fake.url()), &with_key).unwrap();
        let texts: Vec<String> = ["0.25 a", "0.75 \"b\"\n", "0.5 払い戻し"].map(str::to_owned).to_vec();
        assert_eq!(score(&mut *reranker, &texts).unwrap(), [Some(0.25), Some(0.75), Some(0.5)], "{name}");
        let asked = fake.asked();
        let [asked] = &asked[..] else { panic!("{name}: {} requests", asked.len()) };
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", path), "{name}");
        assert_eq!(asked.header("authorization"), Some(format!("Bearer {KEY}").as_str()), "{name}");
        assert_eq!(asked.header("content-type"), Some("application/json"), "{name}");
        assert_eq!(asked.header("accept"), Some("application/json"), "{name}");
        assert!(asked.header("user-agent").unwrap().starts_with("rankscope/"), "{name}");
        body["query"] = json!("when is it refunded");
        let field = if name == "mixedbread" { "input" } else { "documents" };
        body[field] = json!(texts);
        assert_eq!(asked.json(), body, "{name}");
    }
}

#[test]
fn tei_is_asked_what_it_serves() {
    let fake = Fake::start(|asked, _| protocols::tei(asked, 4));
    let mut reranker = open_in(spec("tei", &fake.url()), &with_key).unwrap();
    assert!(
        reranker.fingerprint().contains("BAAI/bge-reranker-base 2cfc18c9415c912f9d8155881c133215df768a70")
    );
    assert_eq!(reranker.batch(), 4 * 4, "batches of what the server takes, four at once");
    assert_eq!(score(&mut *reranker, &passages(6)).unwrap(), expected(6));
    let asked = fake.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("GET", "/info"));
    assert_eq!(asked[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let mut bodies: Vec<Value> = asked[1..].iter().map(Asked::json).collect();
    bodies.sort_by_key(|body| body["texts"].as_array().unwrap().len());
    assert_eq!(bodies.len(), 2);
    assert_eq!(
        bodies[0],
        json!({"query": "when is it refunded", "texts": passages(6)[4..], "raw_scores": false,
            "return_text": false, "truncate": true})
    );
}

/// A gateway that hides `/info`: the server's limit is found by being refused, and remembered.
#[test]
fn a_batch_that_is_too_large_is_split_until_it_fits() {
    let fake = Fake::start(|asked, _| match asked.target.as_str() {
        "/tei/info" => Reply::status(404, "not here"),
        _ => protocols::tei(asked, 5),
    });
    let mut reranker = open_in(spec("tei", &format!("{}/tei", fake.url())), &with_key).unwrap();
    assert_eq!(score(&mut *reranker, &passages(20)).unwrap(), expected(20));
    let sizes = |from: usize| -> Vec<usize> {
        fake.asked()[from..].iter().map(|asked| asked.json()["texts"].as_array().unwrap().len()).collect()
    };
    assert_eq!(sizes(1), [20, 10, 5, 5, 10, 5, 5]);
    assert_eq!(score(&mut *reranker, &passages(10)).unwrap(), expected(10));
    assert_eq!(sizes(8), [5, 5], "it is not tried again");
}

#[test]
fn a_server_that_serves_something_else_is_noticed_when_it_is_opened() {
    let fake = Fake::start(|_, _| {
        Reply::json(
            &json!({"model_id": "intfloat/e5-small", "model_type": {"embedding": {"pooling": "mean"}}}),
        )
    });
    let error = open_in(spec("tei", &fake.url()), &with_key).err().unwrap().to_string();
    assert!(error.contains("intfloat/e5-small") && error.contains("not reranker"), "{error}");
    let fake = Fake::start(|asked, _| protocols::tei(asked, 32));
    let wanted = Spec { model: Some("BAAI/bge-reranker-large".to_owned()), ..spec("tei", &fake.url()) };
    let error = open_in(wanted, &with_key).err().unwrap().to_string();
    assert!(error.contains("serves BAAI/bge-reranker-base"), "{error}");
}

/// Traps: order of answers for order of questions across batches; more at once than allowed, or one by one.
#[test]
fn several_requests_are_on_their_way_at_once() {
    let (together, running, most) =
        (Arc::new(Barrier::new(2)), AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let fake = Fake::start(move |asked, _| {
        seen.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        together.wait();
        running.fetch_sub(1, Ordering::SeqCst);
        protocols::cohere(asked)
    });
    let two = Spec { concurrency: 2, ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(two, &with_key).unwrap();
    assert_eq!(reranker.batch(), 200);
    assert_eq!(score(&mut *reranker, &passages(360)).unwrap(), expected(360));
    assert_eq!(fake.asked().len(), 4);
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[test]
fn a_compressed_answer_is_unpacked() {
    let fake = Fake::start(|asked, _| {
        assert!(asked.header("accept-encoding").unwrap().contains("gzip"));
        let Reply::Full(status, _, body) = protocols::jina(asked) else { panic!() };
        Reply::Full(status, vec![("content-encoding", "gzip".to_owned())], gzip(&body))
    });
    let mut reranker = open_in(spec("jina", &fake.url()), &with_key).unwrap();
    assert_eq!(score(&mut *reranker, &passages(3)).unwrap(), expected(3));
}

/// A blank text has no score, which is not a low score; services refuse it.
#[test]
fn what_is_blank_is_not_sent() {
    let fake = Fake::start(|asked, _| protocols::cohere(asked));
    let mut reranker = open_in(spec("cohere", &fake.url()), &with_key).unwrap();
    let texts = ["0.5 a", " \n", "0.75 b", ""].map(str::to_owned);
    assert_eq!(score(&mut *reranker, &texts).unwrap(), [Some(0.5), None, Some(0.75), None]);
    let blank = reranker.score("  ", &pairs(&texts), &Cancel::default()).unwrap();
    assert_eq!(blank, [None; 4]);
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn a_fingerprint_names_what_changes_scores_and_no_key() {
    let fingerprint = |spec: Spec| open_in(spec, &with_key).unwrap().fingerprint().to_owned();
    let plain = || spec("cohere", "http://127.0.0.1:1");
    let base = fingerprint(plain());
    for other in [
        Spec { model: Some("rerank-v4.0-pro".to_owned()), ..plain() },
        Spec { max_tokens_per_doc: Some(512), ..plain() },
        Spec { url: Some("http://127.0.0.1:2".to_owned()), ..plain() },
        Spec { url: None, ..plain() },
        spec("http", "http://127.0.0.1:1"),
    ] {
        assert_ne!(fingerprint(other), base);
    }
    let dearer =
        Spec { budget: Budget { max_usd: Some(9.0), ..Budget::default() }, concurrency: 9, ..plain() };
    assert_eq!(fingerprint(dearer), base, "nothing here changes a score");
    assert!(!base.contains(KEY));
    assert_eq!(open_in(plain(), &with_key).unwrap().id(), "cohere:rerank-v3.5");
}

/// Traps: a vendor's key that a stranger's URL collects; a key that anyone on the way can read.
#[test]
fn a_key_goes_only_where_it_belongs() {
    let open = |spec: Spec, variables: &'static [(&str, &str)]| {
        open_in(spec, &move |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    };
    let error = open(Spec { url: None, ..spec("cohere", "") }, &[]).err().unwrap().to_string();
    assert!(error.contains("COHERE_API_KEY or CO_API_KEY"), "{error}");

    // Through a proxy, so that a foreign host can be watched.
    let proxy = Fake::start(|asked, _| protocols::cohere(asked));
    let variables: &'static [(&str, &str)] = Box::leak(Box::new([
        ("COHERE_API_KEY", KEY),
        ("HTTP_PROXY", Box::leak(proxy.url().into_boxed_str()) as &str),
    ]));
    let mut reranker = open(spec("cohere", "http://gateway.example"), variables).unwrap();
    assert_eq!(score(&mut *reranker, &passages(3)).unwrap(), expected(3));
    let asked = proxy.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("CONNECT", "gateway.example:80"));
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "{asked:?}");

    let own: &'static [(&str, &str)] = &[("RANKSCOPE_RERANK_KEY", KEY)];
    for (name, url) in [("cohere", "http://gateway.example"), ("vllm", "http://10.0.0.1:8000")] {
        let error = open(spec(name, url), own).err().unwrap().to_string();
        assert!(error.contains("unencrypted") && !error.contains(KEY), "{error}");
        assert!(open(Spec { plain_http: true, ..spec(name, url) }, own).is_ok(), "the person may say so");
    }
    assert!(
        open(spec("vllm", "http://10.0.0.1:8000"), &[]).is_ok(),
        "without a key there is nothing to lose"
    );
}

#[test]
fn a_server_of_ones_own_needs_a_url_and_a_model() {
    let error = open_in(Spec::new(service("tei").unwrap()), &with_key).err().unwrap();
    assert_eq!(error.kind.exit_code(), 2);
    let without = Spec { model: None, ..spec("vllm", "http://127.0.0.1:1") };
    let error = open_in(without, &with_key).err().unwrap().to_string();
    assert!(error.contains("--rerank vllm:MODEL"), "{error}");
    assert!(open_in(Spec { model: None, ..spec("http", "http://127.0.0.1:1") }, &with_key).is_ok());
}

/// An authority of one's own is trusted by its file, and not without it.
#[test]
fn certificates_are_checked() {
    let fake = Fake::start_tls(|asked, _| protocols::cohere(asked));
    let with_file = |file: Option<String>| {
        let environment = move |name: &str| match name {
            "RANKSCOPE_CA_FILE" => file.clone(),
            name => with_key(name),
        };
        score(&mut *open_in(spec("cohere", &fake.url()), &environment).unwrap(), &passages(3))
    };
    let ca = crate::fakes::tls::ca_file();
    assert_eq!(with_file(Some(ca.display().to_string())).unwrap(), expected(3));
    // Another authority: its certificate is read, and does not vouch for this server.
    let other = ca.with_file_name("leaf.pem");
    let text = with_file(Some(other.display().to_string())).unwrap_err().to_string();
    assert!(text.contains("certificate is not trusted") && text.contains("RANKSCOPE_CA_FILE"), "{text}");
    assert!(with_file(None).is_err(), "the system does not know it");
    assert_eq!(fake.asked().len(), 1, "a server that is not trusted gets no request");
}
