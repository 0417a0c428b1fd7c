//! A picture of the window on the screen, taken from what the graphics driver has drawn.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Color32, ColorImage, Context, ScreenshotCallback, ViewportCommand};
use image::RgbaImage;

/// A picture that was asked for: it is taken of the next frame, in which no sheet stands in front.
#[derive(Default)]
pub struct Shot {
    is_wanted: bool,
    taken: Arc<Mutex<Option<Arc<ColorImage>>>>,
}

impl Shot {
    /// Asks for a picture.
    pub fn ask(&mut self) {
        self.is_wanted = true;
    }

    /// Call at the beginning of every frame; gives the picture once it is there.
    pub fn frame(&mut self, ctx: &Context) -> Option<RgbaImage> {
        if std::mem::take(&mut self.is_wanted) {
            let (taken, repaint) = (Arc::clone(&self.taken), ctx.clone());
            let callback = ScreenshotCallback::new(move |image| {
                *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                repaint.request_repaint();
            });
            ctx.send_viewport_cmd(ViewportCommand::Screenshot(callback));
        }
        let image = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let [width, height] = image.size.map(|side| side as u32);
        let pixels = image.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect();
        RgbaImage::from_raw(width, height, pixels)
    }
}
