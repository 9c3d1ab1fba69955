//! The screen under load: from a key to its frame, and the frame alone, with 1,000 judged queries over legs of
//! depth 1,000.
//!
//! A key is pressed, all queries are judged anew, the picture is taken and drawn, and what has changed is
//! turned into bytes for a terminal in memory. Nothing is left out but the terminal itself and the threads
//! between. Once with everything judged before the answer, and once as the program does it, which answers
//! after 8 ms at most and judges the rest behind (`rejudging`).

mod harness;

use std::time::Duration;

use rankscope::engine::synthetic::{JUDGE_AT_ONCE, Size};
use rankscope::error::Result;
use rankscope::tui::synthetic::Screen;

/// Milliseconds, of the product.
const KEY: Option<f64> = Some(16.0);
const FRAME: Option<f64> = Some(2.0);

fn main() -> Result<()> {
    let size = Size { queries: 1000, passages: 100_000, depth: 1000, golds: 3, legs: 2 };
    let mut screen = Screen::new(size, (200, 60), 1)?;
    for (name, budget) in [("all judged", Duration::MAX), ("as the program answers", JUDGE_AT_ONCE)] {
        screen.answer_within(budget);
        let mut keys = "<<<>>>[]".chars().cycle();
        harness::measure(&format!("key to frame, 200 x 60, α and N, {name}"), KEY, || {
            keys.next().into_iter().for_each(|key| screen.press(key));
            screen.draw();
        });
    }
    // Keys that ask the engine nothing: what is left is the screen's own share.
    let mut keys = "!!tt".chars().cycle();
    harness::measure("key to frame, 200 x 60, nothing asked", KEY, || {
        keys.next().into_iter().for_each(|key| screen.press(key));
        screen.draw();
    });
    harness::measure("frame, 200 x 60, nothing changed", FRAME, || {
        screen.draw();
    });
    for (view, name) in
        [('1', "query"), ('2', "collection"), ('3', "curves"), ('4', "languages"), ('6', "passages")]
    {
        screen.press(view);
        harness::measure(&format!("frame, 200 x 60, {name} view"), FRAME, || {
            screen.draw();
        });
    }
    screen.press('1');
    let small = Size { queries: 100, passages: 10_000, ..size };
    for size in [(80, 24), (120, 40)] {
        let mut screen = Screen::new(small, size, 1)?;
        harness::measure(&format!("frame, {} x {}, query view", size.0, size.1), FRAME, || {
            screen.draw();
        });
    }
    Ok(())
}
