//! What reranking over HTTP costs: sums as the services report them, limits that hold, and nobody pays who
//! was not asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rankscope::rerank::Cancel;
use rankscope::rerank::http::{Budget, Consent, Price, Quote, Spec, Usage, open_in, service};
use serde_json::json;

use crate::fakes::{Fake, Reply, protocols};
use crate::http_rerank::{expected, pairs, passages, score, spec, with_key};

#[test]
fn what_services_report_is_summed() {
    type Protocol = fn(&crate::fakes::Asked) -> Reply;
    let cases: [(&str, Protocol, f64, u64, Option<f64>); 6] = [
        ("cohere", protocols::cohere, 4.0, 0, Some(4.0 * 0.002)),
        ("voyage", protocols::voyage, 0.0, 4 * 26, Some(4.0 * 26.0 * 0.05e-6)),
        ("jina", protocols::jina, 0.0, 4 * 815, Some(4.0 * 815.0 * 0.05e-6)),
        ("mixedbread", protocols::mixedbread, 0.0, 4 * 120, Some(4.0 * 120.0 * 0.15e-6)),
        ("vllm", protocols::vllm, 0.0, 4 * 56, None),
        ("litellm", protocols::litellm, 0.0, 4 * 77, None),
    ];
    for (name, protocol, search_units, tokens, usd) in cases {
        let fake = Fake::start(move |asked, _| protocol(asked));
        let spec = spec(name, &fake.url());
        let ledger = spec.ledger.clone();
        let mut reranker = open_in(spec, &with_key).unwrap();
        // Two lists of two requests each.
        let limit = reranker.batch() / 4;
        for _ in 0..2 {
            assert_eq!(score(&mut *reranker, &passages(limit + 1)).unwrap(), expected(limit + 1), "{name}");
        }
        let Usage { usd_estimate, .. } = ledger.usage();
        let expected = Usage { requests: 4, unanswered: 0, search_units, tokens, usd_estimate };
        assert_eq!(ledger.usage(), expected, "{name}");
        assert_eq!(usd_estimate.is_some(), usd.is_some(), "{name}");
        assert!((usd_estimate.unwrap_or_default() - usd.unwrap_or_default()).abs() < 1e-12, "{name}");
        let latency = ledger.latency().unwrap();
        assert_eq!(latency.requests, 4);
        assert!(latency.p50_ms > 0.0 && latency.p50_ms <= latency.p95_ms);
    }
}

/// Trap: stopping after the limit was passed. What was scored within it is kept.
#[test]
fn the_request_that_would_pass_the_limit_is_not_sent() {
    let fake = Fake::start(|asked, _| protocols::cohere(asked));
    let limited = Spec {
        consent: Consent::ByBudget,
        budget: Budget { max_usd: Some(0.005), ..Budget::default() },
        ..spec("cohere", &fake.url())
    };
    let mut reranker = open_in(limited, &with_key).unwrap();
    let texts = passages(400);
    let mut kept = 0;
    let outcome = reranker.score_each("q", &pairs(&texts), &Cancel::default(), &mut |_, _| kept += 1);
    let text = outcome.unwrap_err().to_string();
    assert!(text.contains("of $0.0050") && text.contains("--max-cost"), "{text}");
    assert_eq!((fake.asked().len(), kept), (2, 200), "two search units at $0.002");
    assert!(score(&mut *reranker, &passages(3)).is_err(), "and so it stays");
    assert_eq!(fake.asked().len(), 2);
}

#[test]
fn a_limit_on_tokens_holds_too() {
    let fake = Fake::start(|asked, _| protocols::voyage(asked));
    let budget = Budget { max_tokens: Some(59), ..Budget::default() };
    let limited = Spec { consent: Consent::ByBudget, budget, ..spec("voyage", &fake.url()) };
    let mut reranker = open_in(limited, &with_key).unwrap();
    // About 8 tokens for the query and its passage; the service reports 26 each time.
    for _ in 0..2 {
        score(&mut *reranker, &passages(1)).unwrap();
    }
    assert!(score(&mut *reranker, &passages(1)).unwrap_err().to_string().contains("52 of 59 tokens"));
    assert_eq!(fake.asked().len(), 2);
}

#[test]
fn a_paid_service_wants_a_limit_or_a_yes() {
    let unasked = |name: &str| Spec { consent: Consent::ByBudget, ..spec(name, "http://127.0.0.1:1") };
    let error = open_in(unasked("cohere"), &with_key).err().unwrap();
    assert_eq!(error.kind.exit_code(), 2);
    assert!(error.to_string().contains("--max-cost"), "{error}");
    assert!(open_in(unasked("vllm"), &with_key).is_ok(), "one's own server costs nothing");
    let priced = Spec { price: Some(Price::PerMillionTokens(1.0)), ..unasked("litellm") };
    assert!(open_in(priced, &with_key).is_err(), "whoever gives a price says that it bills");

    // A limit in dollars means nothing where no price is known.
    let dollars = Budget { max_usd: Some(1.0), ..Budget::default() };
    let unknown = || Spec { model: Some("rerank-v9".to_owned()), budget: dollars, ..unasked("cohere") };
    let error = open_in(unknown(), &with_key).err().unwrap().to_string();
    assert!(error.contains("no price is known"), "{error}");
    let priced = Spec { price: Some(Price::PerThousandSearchUnits(3.0)), ..unknown() };
    assert!(open_in(priced, &with_key).is_ok());
}

#[test]
fn the_person_is_asked_once_and_before_anything_is_sent() {
    let fake = Fake::start(|asked, _| protocols::cohere(asked));
    let asked = Arc::new(AtomicUsize::new(0));
    let ask = |answers: fn(usize) -> bool| {
        let asked = Arc::clone(&asked);
        Consent::Ask(Arc::new(move |quote: &Quote, _: &Cancel| {
            assert_eq!((quote.passages, quote.estimate.search_units), (120, 2.0));
            assert!((quote.usd_estimate.unwrap() - 0.004).abs() < 1e-12);
            assert!(quote.service.contains("rerank-v3.5") && quote.price_note.contains("list price"));
            answers(asked.fetch_add(1, Ordering::SeqCst))
        }))
    };
    let refusing = Spec { consent: ask(|_| false), ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(refusing, &with_key).unwrap();
    let text = score(&mut *reranker, &passages(120)).unwrap_err().to_string();
    assert!(text.contains("nothing was sent"), "{text}");
    assert!(fake.asked().is_empty());

    let agreeing = Spec { consent: ask(|_| true), ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(agreeing, &with_key).unwrap();
    for _ in 0..2 {
        assert_eq!(score(&mut *reranker, &passages(120)).unwrap(), expected(120));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once each");
}

/// Trap: counting as free what the service may have billed. A refusal is free, a wrong answer is not.
#[test]
fn repetitions_count_as_they_are_billed() {
    let fake = Fake::start(|asked, before| match before {
        0 => Reply::status(503, ""),
        1 => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
        _ => protocols::cohere(asked),
    });
    let spec = spec("cohere", &fake.url());
    let ledger = spec.ledger.clone();
    let mut reranker = open_in(spec, &with_key).unwrap();
    score(&mut *reranker, &passages(3)).unwrap();
    let usage = ledger.usage();
    assert_eq!((usage.requests, usage.unanswered, usage.search_units), (3, 1, 2.0));
    assert_eq!(ledger.latency().unwrap().requests, 1, "only what was answered has a latency");
}

/// A billed service that does not say what it billed: the estimate stands in.
#[test]
fn silence_about_units_is_not_free() {
    let fake = Fake::start(|_, _| Reply::json(&json!({"results": [{"index": 0, "relevance_score": 0.5}]})));
    let spec = spec("cohere", &fake.url());
    let ledger = spec.ledger.clone();
    score(&mut *open_in(spec, &with_key).unwrap(), &["one".to_owned()]).unwrap();
    assert_eq!(ledger.usage().search_units, 1.0);
}

#[test]
fn services_say_what_they_cost() {
    for name in ["cohere", "voyage", "jina", "mixedbread"] {
        let service = service(name).unwrap();
        assert!(service.price_note.contains("billed by") && service.docs_url.starts_with("https://"));
        assert!(service.models.iter().all(|model| model.price.is_some()));
    }
}
