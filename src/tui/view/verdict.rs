//! The verdict: what is wrong, in words.

use ratatui::layout::Rect;

use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, wrap};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let (words, tone) = sentence(state);
    let used = pen.line(area.x + 1, area.y, area.width, &[piece("Verdict ", Tone::Key)]);
    let (x, room) = (area.x + 1 + used, area.width.saturating_sub(used + 2));
    let words = pen.look.words(&words).into_owned();
    let lines = wrap::lines(&words, &[], usize::from(room), 99);
    // The last line that fits takes the rest, so that the cut shows.
    let last = usize::from(area.height).saturating_sub(1);
    let text = |line: &Vec<wrap::Stretch>| line.iter().map(|s| s.text.as_str()).collect::<String>();
    for (nth, y) in (area.top()..area.bottom()).enumerate() {
        let shown: String = if nth == last {
            lines.iter().skip(nth).map(text).collect()
        } else {
            lines.get(nth).map(text).unwrap_or_default()
        };
        pen.say(x, y, room, shown.trim_end(), tone);
    }
}

fn sentence(state: &State) -> (String, Tone) {
    let Some(snapshot) = state.snapshot.as_deref() else {
        return (format!("opening {}", state.title), Tone::Quiet);
    };
    if !snapshot.verdict.is_empty() {
        return (snapshot.verdict.clone(), Tone::Strong);
    }
    match snapshot.status.judged {
        (_, 0) => (
            "no judgments in this collection: the lists are shown, golds and metrics need a qrels file"
                .to_owned(),
            Tone::Quiet,
        ),
        (done, all) => (format!("{done} of {all} judged queries are searched"), Tone::Quiet),
    }
}
