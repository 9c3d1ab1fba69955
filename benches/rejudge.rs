//! All judged queries judged anew, as on every key press: fusion, ranks, fates, metrics, ceilings.
//!
//! Made-up pools with a fixed seed, two legs to depth 1,000. Growth in the number of queries shows that
//! the cost is linear in pool rows.

mod harness;

use std::time::Duration;

use rankscope::domain::{FusionMethod, SecondStage, Settings};
use rankscope::engine::synthetic::{Desk, Size};

fn main() {
    let size = Size { queries: 1000, passages: 100_000, depth: 1000, golds: 3, legs: 2 };
    let mut desk = Desk::new(size, 1);
    println!(
        "1,000 queries x 2 legs x depth 1,000: {} pool rows, {} MB",
        desk.pool_rows(),
        harness::resident_mb()
    );
    let alone = Settings { reranker: SecondStage::none(), ..Settings::default() };
    let mut alpha = 0.0;
    // Another α every time: nothing may be kept from the run before.
    let mut turn = |settings: &mut Settings| {
        alpha = (alpha + 0.37) % 1.0;
        settings.alpha = 0.02 + 0.96 * alpha;
    };
    for fusion in [FusionMethod::Rrf, FusionMethod::Convex, FusionMethod::OpenSearchL2Harmonic] {
        let mut settings = Settings { fusion, ..alone.clone() };
        let name = format!("rejudge, {}, first stage", fusion.name());
        harness::measure(&name, Some(16.0), || {
            turn(&mut settings);
            desk.judge(&settings, Duration::MAX);
        });
    }
    desk.score_all(2);
    for (name, blend) in
        [("rejudge, rrf, with reranker", 0.0), ("rejudge, rrf, with reranker and blend", 0.3)]
    {
        let mut settings = Settings { blend, ..Settings::default() };
        harness::measure(name, Some(16.0), || {
            turn(&mut settings);
            desk.judge(&settings, Duration::MAX);
        });
    }
    for queries in [100, 1000, 10_000] {
        let mut desk = Desk::new(Size { queries, ..size }, 1);
        let rows = desk.pool_rows();
        let mut settings = alone.clone();
        harness::measure(&format!("rejudge, rrf, {queries} queries, {rows} pool rows"), None, || {
            turn(&mut settings);
            desk.judge(&settings, Duration::MAX);
        });
    }
}
