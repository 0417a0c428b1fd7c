//! `unrolled trace`: a run of a model, every value of it, as a file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Usage, model, output};
use crate::export::table::{self, GradientOf, TableFormat};
use crate::tape::Intervention;
use crate::tasks::Remark;
use crate::trace::Trace;

/// Run a model on an input and write every named value, parameter and gradient
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled trace lstm-brackets --input '([{<>}])' --out run.json
  unrolled trace lstm-brackets --input '([])' --grad cell --out run.safetensors
  unrolled trace gru-adding --input '0.3 0.5* 0.1 0.9*' --set 'update_gate[1..3]=0' --out - --format csv")]
pub struct Options {
    /// A shipped model or a weights file
    model: String,
    /// What the model reads, as it is typed in the window
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    input: String,
    /// Adds the gradients of the sum of this value's entries at the last position, or at `NAME[3]`
    #[arg(long, value_name = "NAME")]
    grad: Option<String>,
    /// Changes values while the model runs, such as 'cell[3..7]=0', 'hidden[2][5]*=0.5',
    /// 'hidden=clamp(-1,1)'; may be repeated
    #[arg(long = "set", value_name = "CHANGE")]
    interventions: Vec<Intervention>,
    /// The file to write: .safetensors, .json or .csv; `-` is standard output
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// The format, if the file's name does not say it
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Json,
    Safetensors,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let format = format(options)?;
    let checkpoint = model::load(&options.model)?;
    let trace = model::record(&checkpoint, &options.input, &options.interventions)?;
    let gradients = options.grad.as_deref().map(|name| gradients(&trace, name)).transpose()?;
    output::write_to(&options.out, &table::run(&trace, gradients.as_ref(), format)?)?;
    remarks(&trace).iter().for_each(|line| output::note(line));
    Ok(())
}

/// What one would like to know beside the numbers: what the model wrote, and whether that counts.
fn remarks(trace: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    let last = trace.n_positions().saturating_sub(1);
    if let Some(written) = trace.written(last).filter(|_| trace.given() < trace.n_positions()) {
        lines.push(format!("{} wrote: {written}", trace.model()));
    }
    if trace.is_cut() {
        let count = trace.n_positions() - trace.given();
        lines.push(format!("it was stopped after {count} symbols, before it had ended"));
    }
    if let Some(Remark { position, found, nearest }) = trace.remark() {
        let nearest = nearest.as_ref().map_or(String::new(), |near| format!("; nearest: {near}"));
        let place = match found.as_str() {
            "" => format!("the input ends at position {position} where its task goes on"),
            found => format!("`{found}` at position {position} is none of its task's inputs"),
        };
        lines.push(format!("{place}, so nobody knows the right answer{nearest}"));
    }
    lines
}

fn format(options: &Options) -> anyhow::Result<TableFormat> {
    match options.format {
        Some(Format::Csv) => Ok(TableFormat::Csv),
        Some(Format::Json) => Ok(TableFormat::Json),
        Some(Format::Safetensors) => Ok(TableFormat::Safetensors),
        None if options.out.as_os_str() == "-" => Ok(TableFormat::Json),
        None => TableFormat::of(&options.out).ok_or_else(|| {
            Usage(format!(
                "--out {}: the name must end in .safetensors, .json or .csv, or --format must say which it is",
                options.out.display()
            ))
            .into()
        }),
    }
}

/// The gradients of `NAME`, or of `NAME[3]`.
fn gradients(trace: &Trace, text: &str) -> anyhow::Result<GradientOf> {
    let last = trace.n_positions().saturating_sub(1);
    let (name, position) = match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        None => (text, last),
        Some((name, position)) => {
            let position = position.trim().parse().ok().filter(|position| *position <= last);
            let position = position.ok_or_else(|| {
                Usage(format!("--grad {text}: the input has the positions 0 to {last}"))
            })?;
            (name, position)
        }
    };
    let name = model::known_name(trace, name.trim())?;
    GradientOf::new(trace, name, position)
        .ok_or_else(|| Usage(format!("--grad {text}: there is no such value there")).into())
}
