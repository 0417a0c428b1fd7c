//! Token shift: how much of the token at the cursor and of the one before it enters R, K and V.

use egui::{Align2, FontId, Rect, RichText, Sense, Ui, pos2, vec2};

use super::super::{Command, Scene, Selection, number, theme, tr_with};
use super::Drawn;
use super::data::{MIXES, SHIFTED};

const HEIGHT: f32 = 16.0;
const NAME: f32 = 22.0;

/// Draws a bar for each of R, K and V of the selected channel, cut where the shares of the two tokens
/// meet.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>) {
    let Some(channel) = drawn.chosen else { return };
    let share = |name: &str| scene.trace.row(name, 0).and_then(|row| row.get(channel).copied());
    let mixes = MIXES.iter().map(|mix| (mix, drawn.name(mix.share)));
    let shares: Vec<_> = mixes.filter_map(|(mix, name)| Some((mix, share(&name)?, name))).collect();
    if shares.is_empty() {
        return;
    }
    let dark = ui.visuals().dark_mode;
    let colors = [theme::series(dark)[1], theme::series(dark)[0]];
    let now = scene.now();
    let entry = |name: &str, at: i32| scene.trace.row(name, at)?.get(channel).copied();
    let both = [0, 1].map(|back| entry(&drawn.name(SHIFTED), now as i32 - back));
    let token = |at: Option<usize>| {
        let token = at.and_then(|at| scene.trace.tokens().get(at));
        token.map_or_else(|| scene.tr("decay.nothing").to_owned(), |token| format!("“{token}”"))
    };
    let tokens = [token(Some(now)), token(now.checked_sub(1))];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let words = RichText::new(scene.tr("decay.shift")).small().weak();
        ui.label(words).on_hover_text(scene.tr("decay.shift_hint"));
        let keys = ["decay.shift_now", "decay.shift_before"];
        for ((key, color), token) in keys.into_iter().zip(colors).zip(&tokens) {
            let words = tr_with(scene.language, key, &[("token", token)]);
            ui.label(RichText::new(format!("■ {words}")).small().color(color));
        }
    });
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let width = (outer.width() - theme::GAP_LARGE) / shares.len() as f32;
    for (at, (mix, share, name)) in shares.into_iter().enumerate() {
        let corner = outer.min + vec2(at as f32 * (width + 0.5 * theme::GAP_LARGE), 0.0);
        let place = Rect::from_min_size(corner, vec2(width, HEIGHT));
        let painter = ui.painter().clone();
        let from = pos2(place.left(), place.center().y);
        let font = FontId::proportional(12.5);
        painter.text(from, Align2::LEFT_CENTER, mix.symbol, font, theme::text(dark));
        let bar = Rect::from_min_max(place.min + vec2(NAME, 2.0), place.max - vec2(44.0, 2.0));
        if share.is_finite() {
            let cut = bar.left() + share.clamp(0.0, 1.0) * bar.width();
            let halves = [(bar.left(), cut), (cut, bar.right())];
            for ((left, right), color) in halves.into_iter().zip(colors) {
                let half = Rect::from_x_y_ranges(left..=right, bar.y_range());
                painter.rect_filled(half, 0.0, color);
            }
        }
        let text = number(share);
        let from = pos2(bar.right() + 5.0, place.center().y);
        painter.text(from, Align2::LEFT_CENTER, text, FontId::monospace(11.5), theme::text(dark));
        let response = ui.interact(place, ui.scope_id().with(("shift", &name)), Sense::click());
        let input = drawn.name(mix.input);
        let sum = share * both[0].unwrap_or(f32::NAN) + (1.0 - share) * both[1].unwrap_or(f32::NAN);
        let text = |entry: Option<f32>| entry.map_or("–".to_owned(), number);
        let words = [
            ("name", format!("{input}[{now}][{channel}]")),
            ("share", number(share)),
            ("now", text(both[0])),
            ("rest", number(1.0 - share)),
            ("before", text(both[1])),
            ("sum", number(sum)),
        ];
        let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
        let words = tr_with(scene.language, "decay.shift_of", &words);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
        if response.on_hover_text(&words).clicked() {
            scene.commands.push(Command::Select(Some(Selection::new(&input, Some(channel)))));
        }
    }
}
