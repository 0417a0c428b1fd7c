//! Where the learner stands in a run: a state machine over the ticks of a trace.
//!
//! The cursor counts the operations that are done, from 0 (nothing yet) to all of them.

use serde::{Deserialize, Serialize};

use super::{Tick, Walk};

/// The slowest and the fastest speed of playing.
pub const SPEEDS: std::ops::RangeInclusive<f32> = 0.25..=4.0;

/// How far one step goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// To the end of a position.
    #[default]
    Token,
    /// To the end of a part of the model.
    Layer,
    /// One operation.
    Operation,
}

impl Granularity {
    /// From coarse to fine.
    pub const ALL: [Self; 3] = [Self::Token, Self::Layer, Self::Operation];

    /// Steps in a second at speed 1.
    fn rate(self) -> f32 {
        match self {
            Self::Token => 1.0,
            Self::Layer => 2.0,
            Self::Operation => 6.0,
        }
    }
}

/// The learner's place in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    cursor: usize,
    granularity: Granularity,
    speed: f32,
    is_playing: bool,
    /// The part of a step that has been played but not yet taken.
    #[serde(skip)]
    played: f32,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            cursor: 0,
            granularity: Granularity::Token,
            speed: 1.0,
            is_playing: false,
            played: 0.0,
        }
    }
}

/// What a learner can do with the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimelineCommand {
    /// One step forward, of the granularity given or chosen.
    Forward(Option<Granularity>),
    /// One step back.
    Back(Option<Granularity>),
    /// To the start of the run, where nothing is computed.
    Home,
    /// To the end.
    End,
    /// To the end of a position.
    Position(usize),
    /// To a number of operations done.
    Cursor(usize),
    /// Plays if paused and pauses if playing.
    TogglePlay,
    /// Chooses how far a step goes.
    Granularity(Granularity),
    /// Chooses the speed of playing.
    Speed(f32),
    /// Lets this many seconds of playing pass.
    Elapse(f32),
}

impl Timeline {
    /// How many operations are done.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// How far a step goes.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The speed of playing.
    #[must_use]
    pub fn speed(&self) -> f32 {
        self.speed
    }

    /// Whether it plays.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// The operation done last.
    #[must_use]
    pub fn tick<'t>(&self, over: &'t dyn Walk) -> Option<&'t Tick> {
        over.walk().last(self.cursor)
    }

    /// The position of the operation done last; before the first, that of the first.
    #[must_use]
    pub fn position(&self, over: &dyn Walk) -> usize {
        let first = || over.walk().all().first().map_or(0, |tick| tick.position);
        self.tick(over).map_or_else(first, |tick| tick.position)
    }

    /// Carries out a command. No command leaves the cursor outside the run.
    pub fn apply(&mut self, command: TimelineCommand, over: &dyn Walk) {
        let ticks = over.walk().all();
        self.cursor = self.cursor.min(ticks.len());
        match command {
            TimelineCommand::Forward(granularity) => {
                self.pause();
                self.cursor = forward(ticks, self.cursor, granularity.unwrap_or(self.granularity));
            }
            TimelineCommand::Back(granularity) => {
                self.pause();
                self.cursor = back(ticks, self.cursor, granularity.unwrap_or(self.granularity));
            }
            TimelineCommand::Home => {
                self.pause();
                self.cursor = 0;
            }
            TimelineCommand::End => {
                self.pause();
                self.cursor = ticks.len();
            }
            TimelineCommand::Position(position) => {
                self.pause();
                // Not by the order of positions: a sequence may be read from its end as well.
                self.cursor = over.walk().end_of(position);
            }
            TimelineCommand::Cursor(cursor) => {
                self.pause();
                self.cursor = cursor.min(ticks.len());
            }
            TimelineCommand::TogglePlay => {
                if self.is_playing {
                    self.pause();
                } else {
                    self.is_playing = true;
                    // Play at the end starts again, as on any player.
                    if self.cursor == ticks.len() {
                        self.cursor = 0;
                    }
                }
            }
            TimelineCommand::Granularity(granularity) => self.granularity = granularity,
            TimelineCommand::Speed(speed) => {
                if speed.is_finite() {
                    self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
                }
            }
            TimelineCommand::Elapse(seconds) => self.elapse(ticks, seconds),
        }
    }

    /// Moves to the corresponding place of a new run of the same kind: as far into the same
    /// position as before, so that editing a token does not lose the place.
    pub fn carry_over(&mut self, old: &dyn Walk, new: &dyn Walk) {
        let (old, new) = (old.walk(), new.walk());
        let Some(position) = old.last(self.cursor).map(|tick| tick.position) else { return };
        let done = old.done_of(position, self.cursor);
        // An intervention adds operations: what was complete stays complete.
        let was_complete = self.cursor == old.end_of(position);
        let reached = new.nth_of(position, done).filter(|_| !was_complete);
        self.cursor = reached.unwrap_or_else(|| new.end_of(position));
    }

    fn pause(&mut self) {
        self.is_playing = false;
        self.played = 0.0;
    }

    fn elapse(&mut self, ticks: &[Tick], seconds: f32) {
        if !self.is_playing || !seconds.is_finite() || seconds < 0.0 {
            return;
        }
        // A window that was hidden for long does not race through the run when it is back.
        self.played += seconds.min(0.5) * self.speed * self.granularity.rate();
        while self.played >= 1.0 && self.is_playing {
            self.played -= 1.0;
            self.cursor = forward(ticks, self.cursor, self.granularity);
            if self.cursor == ticks.len() {
                self.pause();
            }
        }
    }
}

fn same(a: &Tick, b: &Tick, granularity: Granularity) -> bool {
    match granularity {
        Granularity::Token => a.position == b.position,
        Granularity::Layer => a.position == b.position && a.section == b.section,
        Granularity::Operation => false,
    }
}

fn forward(ticks: &[Tick], cursor: usize, granularity: Granularity) -> usize {
    let Some(next) = ticks.get(cursor) else { return ticks.len() };
    let more = ticks[cursor + 1..].iter().take_while(|tick| same(tick, next, granularity)).count();
    cursor + 1 + more
}

fn back(ticks: &[Tick], cursor: usize, granularity: Granularity) -> usize {
    let Some(at) = cursor.checked_sub(1) else { return 0 };
    let more =
        ticks[..at].iter().rev().take_while(|tick| same(tick, &ticks[at], granularity)).count();
    at - more
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[track_caller]
    fn check(commands: &[TimelineCommand], position: usize, at_end_of_position: bool) {
        let trace = example("([{<>}");
        let mut timeline = Timeline::default();
        for command in commands {
            timeline.apply(*command, &trace);
        }
        assert_eq!(timeline.position(&trace), position);
        let next = trace.ticks().get(timeline.cursor());
        assert_eq!(next.is_none_or(|tick| tick.position != position), at_end_of_position);
    }

    use TimelineCommand::{Back, Cursor, Elapse, End, Forward, Home, Position, TogglePlay};

    #[test]
    fn it_starts_paused_before_the_first_operation() {
        let timeline = Timeline::default();
        assert!(!timeline.is_playing());
        assert_eq!(timeline.cursor(), 0);
    }

    #[test]
    fn a_token_step_ends_at_the_end_of_a_position() {
        check(&[Forward(None)], 0, true);
        check(&[Forward(None), Forward(None)], 1, true);
        check(&[Position(4), Back(None)], 3, true);
    }

    #[test]
    fn stepping_forward_and_back_comes_back() {
        let trace = example("([{");
        for granularity in Granularity::ALL {
            let mut timeline = Timeline::default();
            let mut seen = vec![0];
            while timeline.cursor() < trace.ticks().len() {
                timeline.apply(Forward(Some(granularity)), &trace);
                seen.push(timeline.cursor());
            }
            while let Some(cursor) = seen.pop() {
                assert_eq!(timeline.cursor(), cursor, "{granularity:?}");
                timeline.apply(Back(Some(granularity)), &trace);
            }
            assert_eq!(timeline.cursor(), 0);
        }
    }

    #[test]
    fn no_command_leaves_the_run() {
        check(&[Home, Back(None)], 0, false);
        check(&[End, Forward(None)], 5, true);
        check(&[Position(usize::MAX)], 5, true);
        check(&[Cursor(usize::MAX)], 5, true);
    }

    #[test]
    fn playing_ends_at_the_end_and_play_at_the_end_starts_again() {
        let trace = example("()");
        let mut timeline = Timeline::default();
        timeline.apply(TogglePlay, &trace);
        for _ in 0..20 {
            timeline.apply(Elapse(0.3), &trace);
        }
        assert_eq!(timeline.cursor(), trace.ticks().len());
        assert!(!timeline.is_playing());
        timeline.apply(TogglePlay, &trace);
        assert!(timeline.is_playing());
        assert_eq!(timeline.cursor(), 0);
    }

    #[test]
    fn an_edit_keeps_the_place() {
        let (old, new) = (example("([{<"), example("([(<"));
        let mut timeline = Timeline::default();
        timeline.apply(Position(2), &old);
        timeline.apply(Forward(Some(Granularity::Operation)), &old);
        let cursor = timeline.cursor();
        timeline.carry_over(&old, &new);
        assert_eq!(timeline.cursor(), cursor);
        let shorter = example("(");
        timeline.carry_over(&new, &shorter);
        assert_eq!(timeline.cursor(), shorter.ticks().len());
    }
}
