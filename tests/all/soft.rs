//! The program's own rasteriser as egui_kittest's renderer, so that no test needs a graphics driver.

use egui_kittest::{Harness, HarnessBuilder};
use unrolled::app::offscreen::Rasteriser;
use unrolled::app::screenshot::Headless;
use unrolled::view::theme;

/// A renderer for `Harness::builder().renderer(…)`.
#[derive(Default)]
pub struct Soft(Rasteriser);

impl egui_kittest::TestRenderer for Soft {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.apply(delta);
    }

    fn render(
        &mut self,
        ctx: &egui::Context,
        output: &egui::FullOutput,
    ) -> Result<image::RgbaImage, String> {
        let density = ctx.pixels_per_point();
        let size = (ctx.content_rect().size() * density).round();
        let triangles = ctx.tessellate(output.shapes.clone(), density);
        Ok(self.0.paint(size.x as usize, size.y as usize, density, &triangles))
    }
}

/// The whole window in a harness: its first frame sets fonts and themes, the others draw. A missing glyph and an input without a
/// name make a test fail.
pub fn open(builder: HarnessBuilder<Headless>, headless: Headless) -> Harness<'static, Headless> {
    let mut is_new = true;
    let mut harness = builder.renderer(Soft::default()).build_ui_state(
        move |ui, headless: &mut Headless| {
            if std::mem::take(&mut is_new) {
                theme::apply(ui.ctx());
            } else {
                headless.ui(ui);
            }
        },
        headless,
    );
    harness.run_steps(3);
    harness
}
