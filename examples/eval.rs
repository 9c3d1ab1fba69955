//! What `rankscope eval` does, as a program of one's own: evaluate a folder, print the means and what
//! became of the golds, write the page.
//!
//! ```sh
//! cargo run --example eval -- sample_corpus report.html
//! ```

use rankscope::domain::Fate;
use rankscope::export::Format;
use rankscope::{EngineOptions, Evaluation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "sample_corpus".to_owned());
    let evaluation = Evaluation::of(EngineOptions::new(folder))?;
    let snapshot = &evaluation.snapshot;
    for mean in &snapshot.by_metric {
        let reranked = mean.reranked.map_or(f64::NAN, |both| both.reranked);
        println!("{:<28} {:.4} → {reranked:.4}", mean.metric.to_string(), mean.first);
    }
    let golds = || snapshot.queries.iter().flat_map(|row| &row.golds);
    for fate in Fate::ALL {
        println!("{:<28} {}", fate.words(), golds().filter(|gold| gold.fate == Some(fate)).count());
    }
    println!("{}", snapshot.verdict);
    if let Some(file) = arguments.next() {
        std::fs::write(file, Format::Html.write(&evaluation, &[])?)?;
    }
    Ok(())
}
