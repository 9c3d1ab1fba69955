//! What all benches share: run something many times, print its p50 and p99 beside the budget.

use std::time::{Duration, Instant};

/// Runs `work` for about two seconds, at least ten times after three that do not count, and prints a line.
/// `budget`: the product's own, in milliseconds. Returns the p50 in milliseconds; NaN for what was not asked
/// for (`cargo bench --bench rejudge -- only convex`).
pub fn measure(name: &str, budget: Option<f64>, mut work: impl FnMut()) -> f64 {
    let mut asked = after("only").peekable();
    if asked.peek().is_some() && !asked.any(|part| name.contains(&part)) {
        return f64::NAN;
    }
    for _ in 0..3 {
        work();
    }
    let start = Instant::now();
    let mut times: Vec<f64> = Vec::new();
    while times.len() < 10 || (start.elapsed() < Duration::from_secs(2) && times.len() < 2000) {
        let lap = Instant::now();
        work();
        times.push(lap.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let budget = budget.map_or(String::new(), |budget| format!("   budget {budget} ms"));
    println!("{name:<62} p50 {:>9.3} ms   p99 {:>9.3} ms   n {:>4}{budget}", at(0.5), at(0.99), times.len());
    at(0.5)
}

/// Memory of this process, where the system tells.
#[allow(dead_code, reason = "not every bench measures memory")]
pub fn resident_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.map_or_else(|| "?".to_owned(), |kb| (kb / 1000).to_string())
}

/// What stands after `word` on the command line, without the options that cargo adds.
pub fn after(word: &str) -> impl Iterator<Item = String> {
    let arguments = std::env::args().skip_while(move |argument| argument != word).skip(1);
    arguments.filter(|argument| !argument.starts_with('-'))
}
