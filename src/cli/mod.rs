//! The command line: the same engine without the window.
//!
//! Every command has a file with its options and what it does. What is found ends on standard
//! output, what happens meanwhile and what goes wrong on standard error. The exit status is 0, 1
//! where the work failed, 2 where the command itself is wrong.

mod check;
mod eval;
mod figure;
mod list;
mod model;
mod new;
mod open;
mod output;
mod race;
mod screenshot;
mod trace;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Step through small, really trained sequence models and see what happens inside.
///
/// Without a command, the window opens on the course map.
#[derive(Debug, Parser)]
#[command(
    name = "unrolled",
    version,
    after_help = "Examples:
  unrolled                            open the window
  unrolled open lstm                  open a lesson
  unrolled list models                see what there is
  unrolled eval --all                 recompute every score on fresh data

`unrolled COMMAND --help` has an example for each command."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Open(open::Options),
    List(list::Options),
    Trace(trace::Options),
    Train(train::Options),
    Race(race::Options),
    Eval(eval::Options),
    Check(check::Options),
    Figure(figure::Options),
    New(new::Options),
    Screenshot(screenshot::Options),
}

/// A command that is wrong in itself, so that trying again would not help.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Reads the command line, does what it says and gives the exit status.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads any more is no failure.
            let _ = error.print();
            return exit_code(error.exit_code());
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(&format!("error: {error:#}"));
            exit_code(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn run(command: Option<Command>) -> anyhow::Result<()> {
    match command {
        None => open::home(),
        Some(Command::Open(options)) => open::run(&options),
        Some(Command::List(options)) => list::run(&options),
        Some(Command::Trace(options)) => trace::run(&options),
        Some(Command::Train(options)) => train::run(&options),
        Some(Command::Race(options)) => race::run(&options),
        Some(Command::Eval(options)) => eval::run(&options),
        Some(Command::Check(options)) => check::run(&options),
        Some(Command::Figure(options)) => figure::run(&options),
        Some(Command::New(options)) => new::run(&options),
        Some(Command::Screenshot(options)) => screenshot::run(&options),
    }
}

fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_consistent_and_every_command_has_an_example() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(help.contains(&format!("unrolled {name}")), "{name}: {help}");
            assert!(command.get_about().is_some(), "{name}");
        }
    }
}
