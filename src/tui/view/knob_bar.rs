//! The bar of knobs: what is set, and where one can turn it.

use ratatui::layout::Rect;

use crate::domain::FirstStage;

use super::super::hit::Target;
use super::super::knobs::{self, Knob};
use super::super::state::{Mode, Pane, State, View};
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, field, slider};

/// How much of the bar fits.
#[derive(Debug, Clone, Copy)]
struct Form {
    alpha: u16,
    candidates: u16,
    deliver: u16,
    /// Names of the legs at the ends of α, and of the knobs that have no slider.
    names: bool,
    gap: u16,
}

const FORMS: [Form; 4] = [
    Form { alpha: 13, candidates: 11, deliver: 7, names: true, gap: 2 },
    Form { alpha: 9, candidates: 7, deliver: 5, names: true, gap: 1 },
    Form { alpha: 7, candidates: 7, deliver: 0, names: false, gap: 1 },
    Form { alpha: 0, candidates: 0, deliver: 0, names: false, gap: 1 },
];
const FIELD: u16 = 6;
/// Cells of a plan that still say which it is.
const LEAST_PLAN: u16 = 16;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let bar = state.bar();
    let widths = |form: &Form| -> u16 {
        let knobs = bar.iter().map(|&knob| width(pen, knob, form, state) + form.gap);
        knobs.sum::<u16>().saturating_sub(form.gap) + 1
    };
    // The last form with sliders cuts the name of a long plan: who has a mouse turns by them.
    let least = |form: &Form| -> u16 {
        let plan = bar.iter().filter(|&&knob| knob == Knob::Reranker && !form.names);
        let cut: u16 = plan.map(|&knob| width(pen, knob, form, state).saturating_sub(LEAST_PLAN)).sum();
        widths(form) - cut
    };
    let form = FORMS.iter().find(|form| least(form) <= area.width).unwrap_or(&FORMS[3]);
    let gaps = (bar.len() as u16).saturating_sub(1).max(1);
    let gap = form.gap + (area.width.saturating_sub(widths(form)) / gaps).min(2);
    let mut x = area.x + 1;
    for &knob in &bar {
        let room = area.right().saturating_sub(x);
        if room == 0 {
            return;
        }
        x += draw_knob(pen, Rect::new(x, area.y, room, 1), knob, form, state) + gap;
    }
}

/// What stands before the slider, the slider's width, what stands after it.
fn parts(knob: Knob, form: &Form, state: &State) -> (String, u16, String) {
    let settings = &state.settings;
    let value = |knob: Knob| knobs::value(knob, settings, &state.legs);
    match knob {
        Knob::Alpha if form.names => {
            let name = |leg: usize| state.legs.get(leg).map_or("", |leg| &*leg.name);
            let (left, right) = (name(0), name(1));
            (format!("α {left} "), form.alpha, format!(" {right} {}", value(knob)))
        }
        Knob::Alpha => ("α ".to_owned(), form.alpha, after(form.alpha, &value(knob))),
        Knob::Weight(leg) => {
            let name = state.legs.get(leg.0).map_or("", |leg| &*leg.name);
            let sign = if form.names { "weight " } else { "" };
            (format!("{sign}{name} "), form.alpha, after(form.alpha, &value(knob)))
        }
        Knob::Candidates => {
            ("N ".to_owned(), form.candidates, after(form.candidates, &settings.candidates.to_string()))
        }
        Knob::Deliver => ("k ".to_owned(), form.deliver, after(form.deliver, &settings.deliver.to_string())),
        Knob::First if form.names => ("first ".to_owned(), 0, settings.first_name(&state.legs).to_owned()),
        Knob::First => (String::new(), 0, settings.first_name(&state.legs).to_owned()),
        Knob::Fusion if form.names => ("fusion ".to_owned(), 0, knobs::method_name(settings)),
        Knob::Fusion => (String::new(), 0, knobs::method_name(settings)),
        Knob::Reranker if form.names => ("rerank ".to_owned(), 0, knobs::reranker_name(settings)),
        Knob::Reranker if settings.reranker.is_none() => (String::new(), 0, "no rerank".to_owned()),
        Knob::Reranker => (String::new(), 0, knobs::reranker_name(settings)),
        // The panel has the others.
        _ => (String::new(), 0, String::new()),
    }
}

fn after(slider: u16, value: &str) -> String {
    if slider == 0 { value.to_owned() } else { format!(" {value}") }
}

fn width(pen: &Pen<'_>, knob: Knob, form: &Form, state: &State) -> u16 {
    let (before, slider, after) = parts(knob, form, state);
    let words = |text: &str| cells::width(&pen.look.words(text)) as u16;
    words(&before) + slider + words(&after)
}

fn draw_knob(pen: &mut Pen<'_>, area: Rect, knob: Knob, form: &Form, state: &State) -> u16 {
    let (before, slider_width, after) = parts(knob, form, state);
    let focused = !state.panel
        && (state.pane == Pane::Knobs && state.view == View::Query && state.knob == knob
            || state.mode == Mode::Number(knob));
    // A knob without effect stays where it is, but steps back.
    let idle = state.settings.first != FirstStage::Hybrid && knob.fuses()
        || matches!(knob, Knob::Alpha | Knob::Weight(_)) && !state.settings.fusion.is_weighted();
    let tone = if idle { Tone::Quiet } else { Tone::Knob };
    let mut used = pen.line(area.x, area.y, area.width, &[piece(before, Tone::Quiet)]);
    if slider_width > 0 {
        let room = slider_width.min(area.width.saturating_sub(used));
        let along = knobs::fraction(knob, &state.settings, state.scope());
        slider::draw(pen, Rect::new(area.x + used, area.y, room, 1), knob, along, tone);
        used += room;
    }
    let start = area.x + used;
    let room = area.width.saturating_sub(used);
    if state.mode == Mode::Number(knob) && !state.panel {
        pen.say(start, area.y, 1.min(room), " ", Tone::Text);
        field::draw(pen, start + 1, area.y, FIELD.min(room.saturating_sub(1)), &state.number);
        let field_area = Rect::new(start + 1, area.y, FIELD.min(room.saturating_sub(1)), 1);
        let style = pen.style(Tone::Highlight);
        pen.tint(field_area, style);
        return used + 1 + FIELD;
    }
    let value = match (knob, form.names) {
        (Knob::Alpha, true) => {
            let (name, value) = after.rsplit_once(' ').unwrap_or(("", &after));
            vec![piece(format!("{name} "), Tone::Quiet), piece(value, tone)]
        }
        _ => vec![piece(after, tone)],
    };
    let wrote = pen.line(start, area.y, room, &value);
    pen.hits.add(Rect::new(area.x, area.y, 2.min(area.width), 1), Target::Knob(knob));
    pen.hits.add(Rect::new(start, area.y, wrote, 1), Target::Knob(knob));
    used += wrote;
    if focused {
        pen.mark_row(Rect::new(area.x, area.y, used, 1), Tone::Cursor);
    }
    used
}
