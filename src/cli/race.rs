//! `unrolled race`: the live training of the window without the window, and its verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value as Json, json};

use super::list::rounded;
use super::{Usage, output};
use crate::app::trainers::Trainers;
use crate::training::live::{Lane, Live, Order, TrainCommand};
use crate::training::race::{CONTESTANTS, GOAL, HIDDEN, LEARNING_RATE, LENGTH, PLACES, Settings};

/// Between two lines of a contestant.
const PAUSE: Duration = Duration::from_secs(2);

/// Train RNN, LSTM and GRU side by side on the same data and say which of them reach 99 %
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled race
  unrolled race --length 100 --seed 3 --seconds 30 --json

Each contestant trains on a thread of its own, as in the window. The verdict is asked for at the
length trained for, on held-out sequences.")]
pub struct Options {
    /// Shipped models that race, two to four
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    /// Units of the hidden state
    #[arg(long, value_name = "N", default_value_t = Settings::default().hidden)]
    hidden: usize,
    /// Positions of the longest sequence
    #[arg(long, value_name = "T", default_value_t = Settings::default().length)]
    length: usize,
    /// The largest learning rate [default: the recipe's]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f32>,
    /// The seed of initial weights and data
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The longest that the race may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    seconds: f64,
    /// Write the verdict as JSON
    #[arg(long)]
    json: bool,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut live = Live::new(settings(options)?);
    let mut trainers = Trainers::new(Arc::new(|| ()));
    let start = Instant::now();
    perform(&mut trainers, live.apply(TrainCommand::Start))?;
    let limit = Duration::try_from_secs_f64(options.seconds.max(0.0)).unwrap_or(Duration::MAX);
    let mut told = vec![start; live.lanes().len()];
    while start.elapsed() < limit && !live.is_finished() {
        let Some(report) = trainers.wait(Duration::from_millis(100)) else { continue };
        let at = report.contestant;
        live.take(report);
        let lane = &live.lanes()[at];
        if lane.is_finished || told[at].elapsed() >= PAUSE {
            told[at] = Instant::now();
            output::note(&line(lane, options.length, start.elapsed().as_secs_f64()));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    for thread in trainers.end() {
        // A thread that panicked has said so.
        let _ = thread.join();
    }
    let verdicts: Vec<Json> = live.lanes().iter().map(|lane| verdict(lane, &live)).collect();
    if options.json {
        let settings = live.settings();
        return output::write_json(&json!({
            "hidden": settings.hidden,
            "length": settings.length,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
            "seconds": tenths(seconds),
            "goal": GOAL,
            "contestants": verdicts,
        }));
    }
    let mut text = String::new();
    for (lane, verdict) in live.lanes().iter().zip(&verdicts) {
        text += &in_words(lane, verdict, options.length);
    }
    output::write(text.as_bytes())
}

/// Refused rather than corrected: a measurement must be of what was asked.
fn settings(options: &Options) -> anyhow::Result<Settings> {
    let default = Settings::default();
    let mut settings = Settings {
        hidden: options.hidden,
        length: options.length,
        learning_rate: options.learning_rate.unwrap_or(default.learning_rate),
        seed: options.seed,
        ..default
    };
    if !options.models.is_empty() {
        settings.contestants.clear();
        for id in &options.models {
            let known = CONTESTANTS.iter().find(|known| *known == id);
            let known = known.ok_or_else(|| {
                Usage(format!("`{id}` does not race; those that do: {}", CONTESTANTS.join(", ")))
            })?;
            settings.contestants.push(known);
        }
        if !PLACES.contains(&settings.contestants.len()) {
            return Err(Usage("two to four models can race".to_owned()).into());
        }
    }
    if settings.clone().within_bounds() != settings {
        let (h, l, r) = (HIDDEN, LENGTH, LEARNING_RATE);
        return Err(Usage(format!(
            "--hidden can be {} to {}, --length {} to {}, --learning-rate {:e} to {:e}",
            h.start(),
            h.end(),
            l.start(),
            l.end(),
            r.start(),
            r.end()
        ))
        .into());
    }
    Ok(settings)
}

fn perform(trainers: &mut Trainers, orders: Vec<Order>) -> anyhow::Result<()> {
    for order in orders {
        trainers.perform(order).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

fn line(lane: &Lane, length: usize, seconds: f64) -> String {
    let loss = lane.history.last().map_or(f32::NAN, |progress| progress.loss);
    let score = lane.latest.as_ref().and_then(|latest| latest.score_at(length));
    format!(
        "{seconds:5.1} s  {:<4}  update {:>5}  loss {loss:.4}  held-out accuracy at T = {length}: {}",
        lane.spec.title,
        lane.updates(),
        score.map_or("–".to_owned(), |score| format!("{:.1} %", 100.0 * score)),
    )
}

fn verdict(lane: &Lane, live: &Live) -> Json {
    let latest = lane.latest.as_ref();
    let scores = latest.map(|latest| {
        let scores = latest.scores.iter().map(|(length, score)| (length.to_string(), json!(score)));
        Json::Object(scores.collect())
    });
    json!({
        "model": lane.id,
        "reaches_goal": lane.reached.is_some(),
        "after_updates": lane.reached.map(|(reached, _)| reached.step),
        "after_seconds": lane.reached.map(|(_, seconds)| tenths(seconds)),
        "confirmed_score": lane.reached.map(|(reached, _)| rounded(reached.score)),
        "diverged_at": lane.diverged,
        "loss_too_large_since": lane.diverges_since(),
        "updates": lane.updates(),
        "seconds": tenths(lane.seconds),
        "score": latest.and_then(|latest| latest.score_at(live.settings().length)),
        "scores_by_length": scores,
    })
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

fn in_words(lane: &Lane, verdict: &Json, length: usize) -> String {
    let title = lane.spec.title;
    let end = format!("{} updates in {} s", verdict["updates"], verdict["seconds"]);
    let percent = |score: f64| format!("{:.1} %", 100.0 * score);
    match (lane.diverged, lane.reached) {
        (Some(step), _) => {
            format!("{title}: the loss or a gradient is no finite number from update {step} on\n")
        }
        (None, Some((reached, seconds))) => format!(
            "{title}: {} at T = {length} after {} updates, {seconds:.1} s ({end})\n",
            percent(reached.score),
            reached.step,
        ),
        (None, None) if lane.diverges_since().is_some() => {
            let step = lane.diverges_since().unwrap_or_default();
            format!(
                "{title}: diverges, the loss is more than twice the first since update {step} ({end})\n"
            )
        }
        (None, None) => {
            let score = verdict["score"].as_f64().map_or("nothing measured".to_owned(), percent);
            format!("{title}: misses {} at T = {length}: {score} after {end}\n", percent(GOAL))
        }
    }
}
