//! `unrolled figure`: a view or a value of a run as a picture for a paper or a slide, or as numbers.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::screenshot::{language, size};
use super::{Usage, model, output};
use crate::app::figure::{ExportError, Page, SIZE, Steps, format_of};
use crate::app::screenshot::Headless;
use crate::app::state::{Kept, ModelChoice};
use crate::export::{Figure, Heatmap, LineChart, PictureFormat, figure};
use crate::tape::Intervention;
use crate::trace::Trace;
use crate::trace::timeline::{Granularity, TimelineCommand};
use crate::view::{Command, Language, Selection};

/// Draw a view or a value of a run for a paper or a slide, or write its numbers
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled figure lstm-brackets --view gates --input '([{<>}])' --out gates.svg
  unrolled figure lstm-brackets --view diagram --input '([{<>}])' --at 3 --out step.png
  unrolled figure lstm-brackets --view network --input '([{<>}])' --steps 0..7 --out run.gif
  unrolled figure lstm-brackets --view gradient --input '([{<>}])' --out gradient.csv
  unrolled figure lstm-brackets --value forget_gate --input '([{<>}])' --out gate.svg")]
pub struct Options {
    /// A shipped model or a weights file
    model: String,
    #[command(flatten)]
    what: What,
    /// What the model reads, as it is typed in the window
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    input: String,
    /// Changes values while the model runs, such as 'cell[3..7]=0' at positions 3 to 6; may be repeated
    #[arg(long = "set", value_name = "CHANGE")]
    interventions: Vec<Intervention>,
    /// With --value: how it is drawn
    #[arg(long, value_enum, default_value_t = Kind::Heatmap, conflicts_with = "view")]
    kind: Kind,
    /// With --view: the position whose end is drawn [default: the end of the run]
    #[arg(long, value_name = "N", requires = "view", conflicts_with = "steps")]
    at: Option<usize>,
    /// With --view and a .gif: the first and the last position, both drawn [default: all]
    #[arg(long, value_name = "A..B", requires = "view")]
    steps: Option<Positions>,
    /// With --view and a .gif: how far one frame is from the next
    #[arg(long, value_enum, default_value_t = By::Token, requires = "view")]
    by: By,
    /// With --view: the value that is looked at
    #[arg(long, value_name = "NAME", requires = "view")]
    focus: Option<String>,
    /// With --focus: the unit that is looked at
    #[arg(long, value_name = "N", requires = "focus")]
    unit: Option<usize>,
    /// With --view: another shipped model on the same input; may be repeated
    #[arg(long, value_name = "MODEL", requires = "view")]
    compare: Vec<String>,
    /// With --view: the language of its words, en or zh
    #[arg(long, default_value = "en", value_parser = language, requires = "view")]
    lang: Language,
    /// With --view: width and height in points
    #[arg(long, value_name = "WxH", value_parser = size, requires = "view")]
    size: Option<[u32; 2]>,
    /// The file to write: .svg or .png; of a view also .gif, .csv, .json or .safetensors
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// A view or a value.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The view, as on the stage
    #[arg(long, value_name = "VIEW")]
    view: Option<String>,
    /// The named value
    #[arg(long, value_name = "NAME")]
    value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A grid of colours: positions by units
    Heatmap,
    /// A line for each unit
    Curves,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// A position
    Token,
    /// A part of the model
    Layer,
    /// One operation
    Operation,
}

/// The first and the last position of an animation.
#[derive(Clone, Copy, Debug)]
struct Positions(usize, usize);

impl FromStr for Positions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ends = text.split_once("..");
        let ends = ends.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let (from, to) = ends.ok_or_else(|| format!("`{text}` is no range such as 0..7"))?;
        Ok(Self(from, to))
    }
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let bytes = match (&options.what.view, &options.what.value) {
        (Some(view), _) => of_view(options, view)?,
        (None, Some(name)) => of_value(options, name)?,
        (None, None) => return Err(Usage("give --view or --value".to_owned()).into()),
    };
    output::write_to(&options.out, &bytes)
}

fn of_view(options: &Options, view: &str) -> anyhow::Result<Vec<u8>> {
    // A name that says no format is said before anything runs.
    format_of(&options.out).map_err(|error| Usage(error.to_string()))?;
    let checkpoint = model::load(&options.model)?;
    // Everything that is wrong with the input or the changes is said here.
    let trace = model::record(&checkpoint, &options.input, &options.interventions)?;
    let focus = options.focus.as_deref().map(|name| model::known_name(&trace, name)).transpose()?;
    let mut beside = Vec::new();
    for id in &options.compare {
        beside.push(ModelChoice::Opened(Arc::new(model::load(id)?)));
    }
    let kept = Kept { language: options.lang, ..Kept::default() };
    let model = ModelChoice::Opened(Arc::new(checkpoint));
    let interventions = options.interventions.clone();
    let mut window = Headless::with_model(kept, model, &options.input, interventions, beside)?;
    let last = trace.n_positions().saturating_sub(1);
    if let Some(at) = options.at.filter(|at| *at > last) {
        return Err(Usage(format!("--at: this run has positions 0 to {last}, not {at}")).into());
    }
    let place = options.at.map_or(TimelineCommand::End, TimelineCommand::Position);
    window.command(Command::Timeline(place));
    if let Some(name) = focus {
        must_be_over_positions(&trace, name)?;
        let units = trace.row(name, last as i32).or_else(|| trace.row(name, 0));
        let units = units.map_or(usize::MAX, |row| row.len());
        if let Some(unit) = options.unit.filter(|unit| *unit >= units) {
            let most = units - 1;
            return Err(
                Usage(format!("--unit: {name} has the units 0 to {most}, not {unit}")).into()
            );
        }
        window.command(Command::Select(Some(Selection::new(name, options.unit))));
    }
    let by = match options.by {
        By::Token => Granularity::Token,
        By::Layer => Granularity::Layer,
        By::Operation => Granularity::Operation,
    };
    let Positions(from, to) = options.steps.unwrap_or(Positions(0, last));
    let steps = Steps { from, to, by };
    let page = Page::new(window, view, options.size.unwrap_or(SIZE));
    let written = page.and_then(|mut page| page.write_as(&options.out, Some(steps), &mut |_| ()));
    written.map_err(|error| match error {
        ExportError::Figure(_) | ExportError::Table(_) => error.into(),
        error => Usage(error.to_string()).into(),
    })
}

/// A weight has no positions to be drawn over.
fn must_be_over_positions(trace: &Trace, name: &str) -> anyhow::Result<()> {
    let is_value = trace.value_names().any(|value| value == name);
    if is_value { Ok(()) } else { Err(no_positions(name).into()) }
}

fn no_positions(name: &str) -> Usage {
    Usage(format!("`{name}` is a parameter; a figure shows a value over the positions"))
}

fn of_value(options: &Options, value: &str) -> anyhow::Result<Vec<u8>> {
    let format = picture_format(&options.out)?;
    let checkpoint = model::load(&options.model)?;
    let trace = model::record(&checkpoint, &options.input, &options.interventions)?;
    let name = model::known_name(&trace, value)?;
    must_be_over_positions(&trace, name)?;
    let no_positions = || no_positions(name);
    match options.kind {
        Kind::Heatmap => rendered(&Heatmap::of(&trace, name).ok_or_else(no_positions)?, format),
        Kind::Curves => rendered(&LineChart::of(&trace, name).ok_or_else(no_positions)?, format),
    }
}

fn rendered(figure: &impl Figure, format: PictureFormat) -> anyhow::Result<Vec<u8>> {
    Ok(figure::render(figure, format)?)
}

/// The format that a picture's name asks for.
pub fn picture_format(path: &std::path::Path) -> anyhow::Result<PictureFormat> {
    PictureFormat::of(path).ok_or_else(|| {
        Usage(format!("{}: a picture's name must end in .svg or .png; for numbers: --view heatmap --focus NAME", path.display())).into()
    })
}
