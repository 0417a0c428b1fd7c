//! The program's own rasteriser as egui_kittest's renderer, so that no test needs a graphics driver.

use unrolled::app::offscreen::Rasteriser;

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
