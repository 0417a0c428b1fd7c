//! Fonts, formulas and themes on a small page: every character has a glyph, every widget a name, and formulas stand on the line.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use unrolled::palette::Scale;
use unrolled::view::flow::Flow;
use unrolled::view::math::MathCache;
use unrolled::view::theme;
use unrolled::view::words::{Language, tr};

use crate::soft::Soft;

const SYMBOLS: &str =
    "h\u{303} c\u{303} W\u{303}  σ ⊙ ∂ → ‖x‖ hₜ₋₁ Wᵀ 门 ℝⁿ ∈ ∑ ∇ ⟨q, k⟩ ⌊x⌋ ✓ ✗ ▶ ■ ● ⏮ ⏸ ⏭ ⌘K …";
const TALL: &str = r"\frac{\partial L}{\partial h_t}";
const LSTM: &str = r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t, \qquad f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)";

fn page(ui: &mut egui::Ui, math: &mut MathCache) {
    let dark = ui.visuals().dark_mode;
    egui::Frame::new().fill(ui.visuals().panel_fill).inner_margin(24).show(ui, |ui| {
        ui.label(egui::RichText::new("The forget gate 遗忘门").text_style(theme::title_style()));
        ui.label(theme::lesson_text(SYMBOLS));
        ui.label(egui::RichText::new(SYMBOLS).monospace());
        english(ui, math);
        math.show(ui, LSTM, true);
        chinese(ui, math);
        wrapped(ui, math);
        ui.horizontal(|ui| {
            let _ = ui.button(tr(Language::English, "timeline.play"));
            let _ = ui.selectable_label(true, tr(Language::Chinese, "timeline.token"));
            let _ = ui.selectable_label(false, tr(Language::Chinese, "timeline.layer"));
            ui.hyperlink_to("Hochreiter & Schmidhuber 1997", "https://example.org");
            ui.colored_label(theme::error(dark), "NaN");
            ui.weak("weak text");
        });
        let mut speed = 0.4;
        ui.add(egui::Slider::new(&mut speed, 0.0..=1.0).text("Speed"));
        ramps(ui, dark);
    });
}

fn english(ui: &mut egui::Ui, math: &mut MathCache) {
    let mut flow = Flow::lesson(ui);
    flow.text("Each unit of the state ");
    flow.math(ui, math, "c_t").expect("typeset");
    flow.text(" is kept in part: the gate ");
    flow.math(ui, math, r"f_t = \sigma(W_f x_t + b_f)").expect("typeset");
    flow.text(" decides how much. Its gradient ");
    flow.math(ui, math, TALL).expect("typeset");
    flow.text(" then fades as ");
    let bold = egui::TextFormat {
        font_id: egui::FontId::new(theme::LESSON_SIZE, theme::bold_family()),
        ..flow.format()
    };
    flow.styled("a product of gates", bold);
    flow.text(", now ");
    flow.words(ui, "0.73", &egui::FontId::monospace(14.5), theme::accent(ui.visuals().dark_mode));
    flow.text(" after three steps, and the row with the tall fraction is higher than its neighbours, which are not.");
    let flown = flow.show(ui);
    assert_eq!(flown.boxes.len(), 4);
    assert!(
        flown.boxes.iter().all(|rect| flown.response.rect.expand(1.0).contains_rect(*rect)),
        "{:?}",
        flown.boxes
    );
}

fn chinese(ui: &mut egui::Ui, math: &mut MathCache) {
    let mut flow = Flow::lesson(ui);
    flow.math(ui, math, r"\tilde{c}_t").expect("typeset");
    flow.text("是候选值，遗忘门");
    flow.math(ui, math, "f_t").expect("typeset");
    flow.text("逐元素地决定旧状态保留多少。当");
    flow.math(ui, math, r"f_t \approx 1").expect("typeset");
    flow.text("时，梯度几乎原样传回；当它接近零时，过去就被忘掉了。这正是长短期记忆网络能够学习长程依赖的原因。");
    flow.show(ui);
}

fn wrapped(ui: &mut egui::Ui, math: &mut MathCache) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.label("In a wrapping row too, ");
        math.show(ui, "h_t = o_t \\odot \\tanh(c_t)", false);
        ui.label(" stands on the line, also g ");
        math.show(ui, "x_i", false);
        ui.label("; an error shows as ");
        math.show(ui, r"\nonsense{x}", false);
        ui.label(".");
    });
}

fn ramps(ui: &mut egui::Ui, dark: bool) {
    for scale in [Scale::unit(dark), Scale::signed(1.0, dark)] {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(512.0, 24.0), egui::Sense::hover());
        for (i, rgb) in scale.ramp(33).into_iter().enumerate() {
            let cell = egui::Rect::from_min_size(
                rect.min + egui::vec2(i as f32 * 16.0, 0.0),
                egui::vec2(16.0, 24.0),
            );
            ui.painter().rect_filled(cell, 0.0, theme::color(rgb));
        }
    }
}

/// Draws the page with kittest's panic on missing glyphs on, which is its default.
fn drawn(theme: egui::Theme, density: f32) -> image::RgbaImage {
    let mut harness = Harness::builder()
        .with_size([720.0, 680.0])
        .with_pixels_per_point(density)
        .renderer(Soft::default())
        .build_ui_state(
            |ui, math: &mut Option<MathCache>| {
                let first = math.is_none();
                if first {
                    theme::apply(ui.ctx());
                    ui.ctx().set_theme(theme);
                    *math = Some(MathCache::default());
                    return;
                }
                if let Some(math) = math {
                    page(ui, math);
                }
            },
            None,
        );
    harness.run();
    harness.get_by_label(LSTM);
    harness.render().expect("the page can be drawn")
}

#[test]
fn a_page_is_drawn_in_both_themes_with_every_glyph() {
    for (theme, density, name) in
        [(egui::Theme::Light, 1.0, "light"), (egui::Theme::Dark, 2.0, "dark")]
    {
        let picture = drawn(theme, density);
        if let Some(folder) = std::env::var_os("UNROLLED_PICTURES") {
            picture
                .save(std::path::Path::new(&folder).join(format!("assets-{name}.png")))
                .expect("the folder can be written");
        }
        let page = picture.get_pixel(2, 2).0;
        let inked = picture.pixels().filter(|pixel| pixel.0 != page).count();
        assert!(inked > 20_000, "{name}: {inked} pixels differ from the page");
    }
}

#[test]
fn the_same_page_gives_the_same_picture() {
    assert_eq!(drawn(egui::Theme::Light, 1.0), drawn(egui::Theme::Light, 1.0));
}

#[test]
fn the_fonts_have_every_character_of_the_lessons_word_lists_and_tasks() {
    let ctx = egui::Context::default();
    theme::apply(&ctx);
    let mut output = ctx.run_ui(egui::RawInput::default(), |_| {});
    output.textures_delta.clear();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = String::new();
    for folder in ["assets/i18n", "lessons", "lessons/en", "lessons/zh"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else { continue };
        for path in files
            .map(|file| file.expect("the folder can be read").path())
            .filter(|path| path.is_file())
        {
            written += &std::fs::read_to_string(&path).expect("a text file");
        }
    }
    for spec in unrolled::tasks::TASKS {
        let config = serde_json::from_str(spec.tiny).expect("JSON");
        let task = (spec.build)(&config).expect("a task");
        written.extend(task.input_symbols().iter().chain(task.output_symbols()).copied());
    }
    let font = egui::FontId::proportional(theme::BODY_SIZE);
    let missing: std::collections::BTreeSet<char> = written
        .chars()
        .filter(|c| !c.is_control())
        .filter(|&c| !ctx.fonts_mut(|fonts| fonts.has_glyph(&font, c)))
        .collect();
    assert!(missing.is_empty(), "run assets/fonts/subset.py again: {missing:?}");
}

#[test]
fn chinese_in_a_formula_is_refused_and_wide_formulas_are_set_smaller() {
    let ctx = egui::Context::default();
    let mut math = MathCache::default();
    assert!(math.get(&ctx, r"\text{门}", false, 16.0).is_err_and(|message| message.contains('门')));
    let wide = format!("x = {}", "a + ".repeat(60) + "a");
    let mut harness = Harness::builder()
        .with_size([400.0, 100.0])
        .renderer(Soft::default())
        .build_ui(move |ui| {
            let response = math.show(ui, &wide, true);
            assert!(response.rect.width() <= 400.0);
        });
    harness.run();
}

#[test]
fn a_screenshot_needs_no_window() {
    let ctx = egui::Context::default();
    theme::apply(&ctx);
    ctx.set_theme(egui::Theme::Dark);
    let picture =
        unrolled::app::offscreen::screenshot(egui::vec2(120.0, 60.0), 1.5, 3, &ctx, |ui| {
            egui::CentralPanel::default().show(ui, |ui| ui.heading("门 gate"));
        });
    assert_eq!(picture.dimensions(), (180, 90));
    let [r, g, b, a] = picture.get_pixel(1, 1).0;
    assert_eq!(([r, g, b], a), ([29, 31, 37], 255), "the dark panel");
    assert!(picture.pixels().any(|pixel| pixel.0[0] > 200), "light text");
}
