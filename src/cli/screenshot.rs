//! `unrolled screenshot`: the real window's frame without a screen.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use image::ExtendedColorType;

use super::{Usage, output};
use crate::app::files::{is_session, read_lessons};
use crate::app::screenshot::ScreenshotError;
use crate::app::settings::Scale;
use crate::app::{self, ScreenshotRequest};
use crate::export::{PictureFormat, figure};
use crate::lesson::Library;
use crate::view::command::Sheet;
use crate::view::words::Language;

/// Draw a frame of the window as a PNG, without a display
#[derive(Debug, Args)]
#[command(after_help = "Example:
  unrolled screenshot lstm --stop 3 --step 5 --theme dark --lang zh --out lstm.png")]
pub struct Options {
    /// The lesson's id, `map` for the course map, `text` for the page for a text of one's own, or a
    /// session's file
    lesson: String,
    /// The text on that page
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Which stop of the lesson; 0 is the opening [default: 0]
    #[arg(long, value_name = "K")]
    stop: Option<usize>,
    /// How many operations are done [default: where the stop leads]
    #[arg(long, value_name = "N")]
    step: Option<usize>,
    /// Updates of the stop's race before the picture is taken
    #[arg(long, default_value_t = 0, value_name = "N")]
    updates: usize,
    /// The colours of the window
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    theme: Theme,
    /// The language of window and lesson, en or zh; a session has its own
    #[arg(long, default_value = "en", value_parser = language)]
    lang: Language,
    /// Width and height, for example 1280x800
    #[arg(long, default_value = "1280x800", value_name = "WxH", value_parser = size)]
    size: [u32; 2],
    /// Pixels to a point: 2 for a screen of high density
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f32,
    /// In the presenter mode
    #[arg(long)]
    present: bool,
    /// The size of text and controls in percent, 75 to 200
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(75..=200))]
    zoom: u32,
    /// What lies open over the page
    #[arg(long, value_enum)]
    sheet: Option<Over>,
    /// A folder of lessons [default: the built-in lessons]
    #[arg(long, value_name = "FOLDER")]
    lessons: Option<PathBuf>,
    /// The PNG file to write
    #[arg(long, value_name = "F.png")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Theme {
    Dark,
    Light,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Over {
    Keys,
    Search,
    Settings,
    Breakpoints,
    Export,
    Hide,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    if PictureFormat::of(&options.out) != Some(PictureFormat::Png) {
        return Err(
            Usage(format!("--out {}: a screenshot is a .png", options.out.display())).into()
        );
    }
    let session = Some(Path::new(&options.lesson)).filter(|path| is_session(path));
    let request = ScreenshotRequest {
        lesson: Some(options.lesson.clone())
            .filter(|id| id != "map" && id != "text" && session.is_none()),
        text: (options.lesson == "text").then(|| options.text.clone().unwrap_or_default()),
        session: session.map(Path::to_owned),
        presents: options.present,
        stop: options.stop.unwrap_or(0),
        step: options.step,
        updates: options.updates,
        dark: options.theme == Theme::Dark,
        language: options.lang,
        size: options.size,
        pixels_per_point: options.scale,
        zoom: Scale::new(options.zoom),
        sheet: options.sheet.map(|over| match over {
            Over::Keys => Sheet::Keys,
            Over::Search => Sheet::Palette,
            Over::Settings => Sheet::Settings,
            Over::Breakpoints => Sheet::Breakpoints,
            Over::Export => Sheet::Export,
            Over::Hide => Sheet::Hide,
        }),
    };
    let library = match &options.lessons {
        Some(folder) => read_lessons(folder)?,
        None => Library::embedded(),
    };
    let picture = app::screenshot(&request, library).map_err(|error| match error {
        ScreenshotError::Run(_) => anyhow::Error::from(error),
        _ => Usage(error.to_string()).into(),
    })?;
    let (width, height) = picture.dimensions();
    let png = figure::png(picture.as_raw(), width, height, ExtendedColorType::Rgba8)?;
    output::write_to(&options.out, &png)
}

/// The language of a short name.
pub fn language(code: &str) -> Result<Language, String> {
    Language::from_code(code).ok_or_else(|| "the languages are en and zh".to_owned())
}

fn scale(text: &str) -> Result<f32, String> {
    let read = text.parse().ok().filter(|scale| (0.5..=4.0).contains(scale));
    read.ok_or_else(|| "write a number from 0.5 to 4".to_owned())
}

pub(super) fn size(text: &str) -> Result<[u32; 2], String> {
    /// Smaller than any window, larger than any screen.
    const SIDES: std::ops::RangeInclusive<u32> = 200..=8000;
    let read = |side: &str| side.parse().ok().filter(|side| SIDES.contains(side));
    text.split_once(['x', '×', 'X'])
        .and_then(|(width, height)| Some([read(width)?, read(height)?]))
        .ok_or_else(|| "write width x height, each from 200 to 8000, as in 1280x800".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_sensible_numbers() {
        assert_eq!(size("1280x800"), Ok([1280, 800]));
        for wrong in ["", "1280", "0x0", "1280x", "9999999999x10", "-1x300", "99999x99999"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
