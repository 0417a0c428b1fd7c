//! Moving through the run, forward or backward, and stopping at marks.

use std::sync::Arc;

use super::state::State;
use super::update::{fail, tell};
use crate::lesson::{Breakpoint, marks};
use crate::trace::Walk;
use crate::trace::timeline::{Timeline, TimelineCommand};
use crate::view::command::BreakpointCommand;
use crate::view::tr_with;

/// Where the learner stands, in the walk that they are in.
fn current(state: &mut State) -> Option<(&mut Timeline, Arc<dyn Walk>)> {
    let run = state.run.as_ref()?;
    Some(match (&mut state.back, &run.backward) {
        (Some(back), Some(backward)) => (back, Arc::<_>::clone(backward) as Arc<dyn Walk>),
        _ => (&mut state.timeline, Arc::<_>::clone(&run.trace) as Arc<dyn Walk>),
    })
}

/// Carries out a command of the timeline in the walk that the learner is in.
pub(super) fn step(state: &mut State, command: TimelineCommand) {
    let loss = state.run.as_ref().and_then(|run| run.backward.as_ref()).map(|b| b.position());
    let is_back = state.back.is_some();
    let marked = marked(state);
    let Some((timeline, over)) = current(state) else { return };
    let (before, was_playing) = (timeline.cursor(), timeline.is_playing());
    let command = match command {
        // Behind the loss there is nothing to walk back through.
        TimelineCommand::Position(at) if is_back && loss.is_some_and(|loss| at > loss) => {
            TimelineCommand::Home
        }
        command => command,
    };
    timeline.apply(command, &*over);
    match command {
        // What playing stopped at has been read.
        TimelineCommand::TogglePlay => {
            let _ = state.message.take_if(|message| !message.is_error);
        }
        TimelineCommand::Elapse(_) if was_playing => {
            let walk = over.walk();
            let is_passed = |end: &usize| (before + 1..=timeline.cursor()).contains(end);
            let ends = marked.into_iter().filter_map(|(at, condition)| {
                let end = walk.nth_of(at, 1).map(|_| walk.end_of(at)).filter(is_passed)?;
                Some((end, at, condition))
            });
            if let Some((end, at, condition)) = ends.min() {
                timeline.apply(TimelineCommand::Cursor(end), &*over);
                let at = at.to_string();
                let words = [("position", at.as_str()), ("condition", condition.as_str())];
                let text = tr_with(state.kept.language, "timeline.stopped_at", &words);
                tell(state, text);
            }
        }
        _ => {}
    }
}

/// Walks backward from the loss, or forward again.
pub(super) fn walk_back(state: &mut State, back: bool) {
    let Some(run) = &state.run else { return };
    if back && run.backward.is_none() {
        let text = tr_with(state.kept.language, "timeline.no_loss", &[]);
        fail(state, text);
        return;
    }
    state.back = back.then(|| {
        let mut timeline = Timeline::default();
        timeline.apply(TimelineCommand::Granularity(state.timeline.granularity()), &*run.trace);
        timeline.apply(TimelineCommand::Speed(state.timeline.speed()), &*run.trace);
        timeline
    });
    // The chain rule uses the values of the whole run.
    if state.back.is_some() {
        state.timeline.apply(TimelineCommand::End, &*run.trace);
    }
}

/// Positions with a mark, and the condition that holds there.
fn marked(state: &State) -> Vec<(usize, String)> {
    let pairs = state.breakpoints.iter().zip(&state.marks);
    pairs
        .flat_map(|(breakpoint, marks)| {
            marks.at.iter().map(|at| (*at, breakpoint.condition.clone()))
        })
        .collect()
}

/// Looks where the conditions hold in the run on the stage.
pub(super) fn set_marks(state: &mut State) {
    state.marks = match &state.run {
        Some(run) => marks(&state.breakpoints, &*run.trace),
        None => Vec::new(),
    };
}

/// Changes the conditions at which playing stops, or goes to where one holds.
pub(super) fn breakpoint(state: &mut State, command: BreakpointCommand) {
    match command {
        BreakpointCommand::Add(text) => {
            let condition = text.trim();
            let is_new = state.breakpoints.iter().all(|known| known.condition != condition);
            if condition.is_empty() || !is_new {
                return;
            }
            state.breakpoints.push(Breakpoint::new(condition));
        }
        BreakpointCommand::Remove(at) if at < state.breakpoints.len() => {
            state.breakpoints.remove(at);
        }
        BreakpointCommand::Switch(at, is_on) => {
            if let Some(breakpoint) = state.breakpoints.get_mut(at) {
                breakpoint.is_on = is_on;
            }
        }
        BreakpointCommand::Remove(_) => return,
        BreakpointCommand::Next => return go_to_mark(state, true),
        BreakpointCommand::Previous => return go_to_mark(state, false),
    }
    set_marks(state);
}

/// To the nearest mark before or after the cursor.
fn go_to_mark(state: &mut State, forward: bool) {
    let marked = marked(state);
    let Some((timeline, over)) = current(state) else { return };
    let (cursor, walk) = (timeline.cursor(), over.walk());
    let ends = marked.iter().filter_map(|(at, _)| walk.nth_of(*at, 1).map(|_| walk.end_of(*at)));
    let nearest = if forward {
        ends.filter(|end| *end > cursor).min()
    } else {
        ends.filter(|end| *end < cursor).max()
    };
    if let Some(end) = nearest {
        timeline.apply(TimelineCommand::Cursor(end), &*over);
    }
}
