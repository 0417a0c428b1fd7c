//! `unrolled figure`: one value of a run as a picture for a paper or a slide.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Usage, model, output};
use crate::export::{Figure, Heatmap, LineChart, PictureFormat, figure};
use crate::tape::Intervention;

/// Draw one value of a run, light and captioned, as SVG or PNG
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled figure lstm-brackets --value forget_gate --input '([{<>}])' --out gate.svg
  unrolled figure lstm-brackets --value cell --input '([{<>}])' --kind curves --out cell.png")]
pub struct Options {
    /// A shipped model or a weights file
    model: String,
    /// The named value
    #[arg(long, value_name = "NAME")]
    value: String,
    /// What the model reads, as it is typed in the window
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    input: String,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t = Kind::Heatmap)]
    kind: Kind,
    /// Changes values while the model runs, such as 'cell[3..7]=0'; may be repeated
    #[arg(long = "set", value_name = "CHANGE")]
    interventions: Vec<Intervention>,
    /// The file to write: .svg or .png
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A grid of colours: positions by units
    Heatmap,
    /// A line for each unit
    Curves,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let format = picture_format(&options.out)?;
    let checkpoint = model::load(&options.model)?;
    let trace = model::record(&checkpoint, &options.input, &options.interventions)?;
    let name = model::known_name(&trace, &options.value)?;
    let no_positions =
        || Usage(format!("`{name}` is a parameter; a figure shows a value over the positions"));
    if !trace.value_names().any(|value| value == name) {
        return Err(no_positions().into());
    }
    let bytes = match options.kind {
        Kind::Heatmap => rendered(&Heatmap::of(&trace, name).ok_or_else(no_positions)?, format)?,
        Kind::Curves => rendered(&LineChart::of(&trace, name).ok_or_else(no_positions)?, format)?,
    };
    output::write_to(&options.out, &bytes)
}

fn rendered(figure: &impl Figure, format: PictureFormat) -> anyhow::Result<Vec<u8>> {
    Ok(figure::render(figure, format)?)
}

/// The format that a picture's name asks for.
pub fn picture_format(path: &std::path::Path) -> anyhow::Result<PictureFormat> {
    PictureFormat::of(path).ok_or_else(|| {
        Usage(format!("{}: a picture's name must end in .svg or .png", path.display())).into()
    })
}
