//! Reranking services over HTTP, badly served: every error status, slow and broken answers, wrong ones,
//! redirects, cancelled waits. And through all of it no message shows the key.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use rankscope::error::Error;
use rankscope::rerank::http::{Ledger, Retry, Spec, Timeouts, open_in};
use rankscope::rerank::{Cancel, Reranker};
use serde_json::json;

use crate::fakes::{Fake, Gate, Reply, protocols};
use crate::http_rerank::{KEY, expected, pairs, passages, score, spec, with_key};

/// The error of scoring three passages at a fake that answers so.
fn fault(name: &str, handler: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let fake = Fake::start(move |_, before| handler(before));
    let mut reranker = open_in(spec(name, &fake.url()), &with_key).unwrap();
    let error = score(&mut *reranker, &passages(3)).unwrap_err();
    (error, fake.asked().len())
}

/// A refusal is said with its status, the server's words and a next step; it is not repeated, as it would
/// come again.
#[test]
fn refusals_are_told_and_not_repeated() {
    for (status, advice) in [
        (400, "docs.cohere.com"),
        (401, "COHERE_API_KEY or CO_API_KEY"),
        (402, "credit"),
        (403, "right to this model"),
        (404, "model or the address"),
        (413, "single passage"),
        (422, "docs.cohere.com"),
        (424, "is it a reranker"),
        (498, "COHERE_API_KEY"),
    ] {
        // One passage, so that 413 cannot be met by smaller requests.
        let fake = Fake::start(move |_, _| Reply::status(status, r#"{"message": "so \u001b[31mit is"}"#));
        let mut reranker = open_in(spec("cohere", &fake.url()), &with_key).unwrap();
        let error = score(&mut *reranker, &passages(1)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("status {status}")) && text.contains("so ␛[31mit is"), "{text}");
        assert!(text.contains("Cohere (rerank-v3.5)") && text.contains(advice), "{text}");
        assert_eq!(error.kind.exit_code(), 4);
        assert_eq!(fake.asked().len(), 1, "{text}");
    }
}

#[test]
fn what_may_pass_is_repeated_and_then_told() {
    for status in [429, 500, 502, 503, 504] {
        let (error, requests) = fault("voyage", move |_| Reply::status(status, r#"{"detail": "not now"}"#));
        let text = error.to_string();
        assert!(text.contains(&format!("status {status}")) && text.contains("not now"), "{text}");
        assert!(text.contains("after 3 attempts"), "{text}");
        assert_eq!(requests, 3, "{status}");

        let fake = Fake::start(move |asked, before| match before {
            0 | 1 => Reply::status(status, ""),
            _ => protocols::voyage(asked),
        });
        let mut reranker = open_in(spec("voyage", &fake.url()), &with_key).unwrap();
        assert_eq!(score(&mut *reranker, &passages(3)).unwrap(), expected(3), "{status}");
    }
}

/// Trap: an own schedule that is quicker than the service asks for. What counts is when the server is asked
/// again, by its own clock: however slow the machine is, that is not before the moment that it named.
#[test]
fn the_wait_that_is_asked_for_is_kept() {
    for by_date in [false, true] {
        let named: Arc<Mutex<Option<SystemTime>>> = Arc::default();
        let early: Arc<Mutex<Option<Duration>>> = Arc::default();
        let (name, seen) = (Arc::clone(&named), Arc::clone(&early));
        let fake = Fake::start(move |asked, before| match before {
            0 => {
                let now = SystemTime::now();
                let (wish, at) = match by_date {
                    // A date has no fractions of a second: it is what is written that must be waited for.
                    true => {
                        let wish = httpdate::fmt_http_date(now + Duration::from_secs(2));
                        let at = httpdate::parse_http_date(&wish).unwrap();
                        (wish, at)
                    }
                    false => ("0.3".to_owned(), now + Duration::from_millis(300)),
                };
                *name.lock().unwrap() = Some(at);
                Reply::Full(429, vec![("retry-after", wish)], Vec::new())
            }
            _ => {
                let at = name.lock().unwrap().unwrap();
                *seen.lock().unwrap() = at.duration_since(SystemTime::now()).ok();
                protocols::cohere(asked)
            }
        });
        let mut reranker = open_in(spec("cohere", &fake.url()), &with_key).unwrap();
        assert_eq!(score(&mut *reranker, &passages(3)).unwrap(), expected(3));
        assert_eq!(fake.asked().len(), 2);
        let early = early.lock().unwrap().unwrap_or_default();
        // The clock of the day may be set a little while one waits by another.
        assert!(early < Duration::from_millis(50), "asked again {early:?} too early, by date: {by_date}");
    }
    // A wait beyond the total is not begun.
    let (error, requests) =
        fault("cohere", |_| Reply::Full(429, vec![("Retry-After", "3600".to_owned())], Vec::new()));
    assert!(error.to_string().contains("it asks for 3600 s"), "{error}");
    assert_eq!(requests, 1);
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let whole = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"results\": [";
    for cut in ["", "HTTP/1.1 2", whole] {
        let (error, requests) = fault("jina", move |_| Reply::Raw(cut.as_bytes().to_vec()));
        let text = error.to_string();
        assert!(text.contains("Jina") && text.contains("after 3 attempts"), "{cut:?}: {text}");
        assert_eq!(requests, 3);
        let fake = Fake::start(move |asked, before| match before {
            0 => Reply::Raw(cut.as_bytes().to_vec()),
            _ => protocols::jina(asked),
        });
        let mut reranker = open_in(spec("jina", &fake.url()), &with_key).unwrap();
        assert_eq!(score(&mut *reranker, &passages(3)).unwrap(), expected(3));
    }
    let (error, _) = fault("jina", |_| Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()));
    assert!(error.to_string().contains("Jina"), "{error}");
}

#[test]
fn nobody_there_is_told() {
    // The port of this end of a connection is taken, so nobody else can listen there, and nobody does.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut reranker = open_in(spec("vllm", &format!("http://127.0.0.1:{port}")), &with_key).unwrap();
    let text = score(&mut *reranker, &passages(1)).unwrap_err().to_string();
    assert!(text.contains("refused"), "{text}");
    assert!(
        text.contains("vLLM (the-model) at http://127.0.0.1") && text.contains("is the server running"),
        "{text}"
    );
}

#[test]
fn a_slow_answer_ends_at_the_limit() {
    let quick = |read, attempt| Timeouts {
        connect: Duration::from_secs(5),
        read: Duration::from_millis(read),
        attempt: Duration::from_millis(attempt),
    };
    // A second is enough to connect and send, also where the machine is busy.
    for (timeouts, said) in [(quick(200, 60_000), "nothing came"), (quick(60_000, 1000), "no answer within")]
    {
        for begun in ["", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"results\""] {
            let gate = Gate::default();
            let held = gate.clone();
            let fake = Fake::start(move |_, _| Reply::Stuck(begun.as_bytes().to_vec(), held.clone()));
            let spec = Spec {
                timeouts,
                retry: Retry { attempts: 1, ..Retry::default() },
                ..spec("mixedbread", &fake.url())
            };
            let ledger = spec.ledger.clone();
            let mut reranker = open_in(spec, &with_key).unwrap();
            let start = Instant::now();
            let text = score(&mut *reranker, &passages(3)).unwrap_err().to_string();
            gate.open();
            assert!(text.contains(said) && text.contains("Mixedbread"), "{text}");
            assert!(start.elapsed() < Duration::from_secs(30));
            assert_eq!(ledger.usage().unanswered, 1, "it may have been billed");
        }
    }
}

/// Wrong answers are refused whole, at once: they would come again.
#[test]
fn a_wrong_answer_is_refused_and_named() {
    let item = |index: i64, score: serde_json::Value| json!({"index": index, "relevance_score": score});
    let results = |items: Vec<serde_json::Value>| json!({"results": items}).to_string();
    let good = || vec![item(0, json!(0.1)), item(1, json!(0.2))];
    let with = |last: serde_json::Value| results([good(), vec![last]].concat());
    for (body, said) in [
        (with(item(3, json!(0.3))), "scored index 3, but 3 texts were sent"),
        (with(item(-1, json!(0.3))), "below 0"),
        (with(item(1, json!(0.3))), "index 1 twice"),
        (results(good()), "scored 2 of 3 texts; index 2"),
        (with(item(2, json!("0.3"))), "a string as \"relevance_score\""),
        (with(item(2, json!(null))), "null as \"relevance_score\""),
        (with(item(2, json!(0.3))).replace("0.3", "NaN"), "not a number"),
        (with(item(2, json!(0.3))).replace("0.3", "-Infinity"), "not a number"),
        (with(json!({"relevance_score": 0.3})), "item 3 has no \"index\""),
        ("<!doctype html><title>Sign in</title>".to_owned(), "a web page instead of JSON"),
        (String::new(), "an empty answer"),
        ("{\"results\": [".to_owned(), "breaks off after 13 bytes"),
    ] {
        let sent = body.clone();
        let (error, requests) = fault("cohere", move |_| Reply::status(200, &sent));
        let text = error.to_string();
        assert!(text.contains("Cohere (rerank-v3.5)") && text.contains(said), "{body}: {text}");
        assert_eq!(requests, 1, "{body}");
    }
    let (error, _) = fault("cohere", |_| {
        Reply::Full(200, vec![("content-encoding", "gzip".to_owned())], b"\x1f\x8bnonsense".to_vec())
    });
    assert!(error.to_string().contains("Cohere"), "{error}");
}

/// Trap: a body without an end fills the memory.
#[test]
fn an_answer_without_an_end_is_not_read_to_it() {
    let (error, _) = fault("cohere", |_| Reply::Full(200, Vec::new(), vec![b' '; (64 << 20) + 1]));
    assert!(error.to_string().contains("more than 64 MiB"), "{error}");
}

/// Trap: the key follows a redirect to another host.
#[test]
fn a_redirect_is_not_followed() {
    let other = Fake::start(|asked, _| protocols::cohere(asked));
    for status in [301, 302, 307, 308] {
        let target = format!("{}/v2/rerank", other.url());
        let (error, requests) =
            fault("cohere", move |_| Reply::Full(status, vec![("location", target.clone())], Vec::new()));
        assert!(error.to_string().contains(&format!("redirects (status {status})")), "{error}");
        assert_eq!(requests, 1);
    }
    assert!(other.asked().is_empty(), "the other host is never asked");
}

/// Trap: one failed request throws away what the others brought.
#[test]
fn what_arrived_before_a_failure_is_kept() {
    let fake = Fake::start(|asked, _| match asked.json()["documents"].as_array().unwrap().len() {
        100 => protocols::cohere(asked),
        _ => Reply::status(400, r#"{"message": "not this one"}"#),
    });
    let one_by_one = Spec { concurrency: 1, ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(one_by_one, &with_key).unwrap();
    let texts = passages(250);
    let mut kept = vec![None; 250];
    let outcome = reranker.score_each("q", &pairs(&texts), &Cancel::default(), &mut |place, score| {
        kept[place] = Some(score);
    });
    assert!(outcome.unwrap_err().to_string().contains("not this one"));
    let known: Vec<_> = expected(250).into_iter().map(Some).take(200).collect();
    assert_eq!((&kept[..200], &kept[200..]), (&known[..], &[None; 50][..]));
}

/// What the fakes would keep one waiting for. Half of it has passed only where nobody was cancelled.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Cancels from another thread as soon as the fake was asked `requests` times.
fn cancelled_after(
    fake: &Fake,
    requests: usize,
    reranker: &mut dyn Reranker,
    count: usize,
) -> (Vec<usize>, Duration) {
    let (texts, cancel) = (passages(count), Cancel::default());
    let mut kept = Vec::new();
    let since = std::thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            let start = Instant::now();
            while fake.asked().len() < requests {
                assert!(start.elapsed() < Duration::from_secs(30));
                std::thread::yield_now();
            }
            cancel.cancel();
            Instant::now()
        });
        let outcome = reranker.score_each("q", &pairs(&texts), &cancel, &mut |place, _| kept.push(place));
        assert_eq!(outcome, Ok(()), "a cancelled list is no failure");
        canceller.join().unwrap()
    });
    kept.sort_unstable();
    (kept, since.elapsed())
}

/// Traps: a new list that waits for the whole old one to be paid, or throws away what is paid already.
#[test]
fn winding_down_sends_nothing_more_and_waits_for_what_is_on_its_way() {
    let gate = Gate::default();
    let held = gate.clone();
    let fake = Fake::start(move |asked, _| {
        held.wait();
        protocols::cohere(asked)
    });
    let one_by_one = Spec { concurrency: 1, ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(one_by_one, &with_key).unwrap();
    let (texts, cancel) = (passages(reranker.batch() * 3), Cancel::default());
    let mut kept = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while fake.asked().is_empty() {
                std::thread::yield_now();
            }
            cancel.wind_down();
            gate.open();
        });
        let outcome = reranker.score_each("q", &pairs(&texts), &cancel, &mut |_, _| kept += 1);
        assert_eq!(outcome, Ok(()), "it is no failure");
    });
    assert_eq!((kept, fake.asked().len()), (texts.len() / 3, 1));
}

#[test]
fn cancelling_ends_the_wait_between_attempts() {
    let fake = Fake::start(|_, _| Reply::Full(429, vec![("retry-after", "60".to_owned())], Vec::new()));
    let patient = Retry { total: Duration::from_secs(600), ..Retry::default() };
    let mut reranker = open_in(Spec { retry: patient, ..spec("cohere", &fake.url()) }, &with_key).unwrap();
    let (kept, took) = cancelled_after(&fake, 1, &mut *reranker, 3);
    assert!(kept.is_empty());
    assert!(took < A_MINUTE / 2, "{took:?}");
}

#[test]
fn cancelling_ends_the_wait_for_an_answer_and_keeps_what_came() {
    let gate = Gate::default();
    let held = gate.clone();
    let fake = Fake::start(move |asked, before| match before {
        0 | 3.. => protocols::cohere(asked),
        _ => Reply::Stuck(Vec::new(), held.clone()),
    });
    let one_by_one = Spec { concurrency: 1, ..spec("cohere", &fake.url()) };
    let mut reranker = open_in(one_by_one, &with_key).unwrap();
    let (kept, took) = cancelled_after(&fake, 2, &mut *reranker, 300);
    assert_eq!(kept, (0..100).collect::<Vec<_>>());
    assert!(took < A_MINUTE / 2, "{took:?}");
    gate.open();
    // The connections were closed; the next list opens new ones.
    let start = Instant::now();
    let after = loop {
        match score(&mut *reranker, &passages(3)) {
            Ok(scores) => break scores,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
        }
    };
    assert_eq!(after, expected(3));
}

/// Everything that is logged while a reranker fails.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Servers that quote the key in every way; nothing that a person, a log or a cache sees has it.
#[test]
fn the_key_is_shown_nowhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // For all threads of this process: requests are sent on threads of their own.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mut shown = String::new();
    let quoting = [
        format!("bad key {KEY}"),
        json!({"message": format!("Incorrect API key provided: {KEY}.")}).to_string(),
        json!({"error": {"message": format!("Bearer {KEY}")}}).to_string(),
        json!({"detail": [{"msg": format!("header authorization=Bearer {KEY}")}]}).to_string(),
        format!("<html><title>{KEY}</title>"),
        // So placed that cutting the text first would leave a part of the key.
        format!("{}{KEY}", "x".repeat(295)),
        json!({"results": [{"index": 0, KEY: 1}]}).to_string(),
        json!({"results": KEY}).to_string(),
    ];
    for name in ["cohere", "voyage", "jina", "mixedbread", "vllm", "infinity", "litellm", "http"] {
        for body in &quoting {
            for status in [200, 302, 400, 401, 402, 403, 404, 413, 422, 424, 429, 500, 502, 503] {
                let body = body.clone();
                let fake = Fake::start(move |_, _| {
                    let location = format!("http://127.0.0.1:1/{KEY}");
                    let headers = vec![("location", location), ("x-request-id", KEY.to_owned())];
                    Reply::Full(status, headers, body.clone().into_bytes())
                });
                let spec = Spec { ledger: Ledger::default(), ..spec(name, &fake.url()) };
                shown += &format!("{spec:?} {spec:#?}\n");
                let mut reranker = open_in(spec, &with_key).unwrap();
                let error = score(&mut *reranker, &passages(1)).unwrap_err();
                shown += &format!("{error}\n{error:?}\n{} {}\n", reranker.id(), reranker.fingerprint());
                assert_eq!(fake.asked()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
            }
        }
    }
    for cut in [format!("HTTP/1.1 200 {KEY}\r\nx: {KEY}\r\n"), format!("{KEY}\r\n\r\n"), KEY.to_owned()] {
        let (error, _) = fault("cohere", move |_| Reply::Raw(cut.clone().into_bytes()));
        shown += &format!("{error}\n{error:?}\n");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("rerank request"), "the log has the requests");
    // A part of it would be enough to be a fault: the first eight signs.
    for text in [&shown, &log] {
        assert!(!text.contains(&KEY[..8]), "{}", text.lines().find(|line| line.contains(&KEY[..8])).unwrap());
    }
}
