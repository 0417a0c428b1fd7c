//! Which steps of a run an animation shows.

use serde::{Deserialize, Serialize};

use super::ExportError;
use crate::export::gif::MOST_FRAMES;
use crate::trace::Walk;
use crate::trace::timeline::{Granularity, Timeline, TimelineCommand};

/// Positions, and how far one frame is from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// The first position.
    pub from: usize,
    /// The last one.
    pub to: usize,
    /// How far one step goes.
    pub by: Granularity,
}

impl Steps {
    /// Where the cursor of a walk stands in each frame: after every step that ends at one of the
    /// positions.
    ///
    /// # Errors
    /// If there are no such positions or too many steps.
    pub fn cursors(self, walk: &dyn Walk, positions: usize) -> Result<Vec<usize>, ExportError> {
        let Self { from, to, by } = self;
        if from > to || to >= positions {
            return Err(ExportError::NoSteps { from, to, last: positions.saturating_sub(1) });
        }
        let mut timeline = Timeline::default();
        let mut cursors = Vec::new();
        loop {
            let before = timeline.cursor();
            timeline.apply(TimelineCommand::Forward(Some(by)), walk);
            if timeline.cursor() == before {
                break;
            }
            if (from..=to).contains(&timeline.position(walk)) {
                cursors.push(timeline.cursor());
            }
        }
        if cursors.len() > MOST_FRAMES {
            return Err(ExportError::TooMany { count: cursors.len() });
        }
        Ok(cursors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::trace::Trace;

    #[test]
    fn each_step_within_the_positions_is_a_frame() {
        let checkpoint = checkpoint::shipped("rnn-brackets").unwrap();
        let sequence = checkpoint.parse("([{}])").unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let cursors = |from, to, by| Steps { from, to, by }.cursors(&trace, trace.n_positions());
        let tokens = cursors(1, 3, Granularity::Token).unwrap();
        assert_eq!(tokens.len(), 3);
        let operations = cursors(1, 3, Granularity::Operation).unwrap();
        assert!(operations.len() > 3 && operations.ends_with(&tokens[2..]));
        assert!(operations[0] > trace.ticks().iter().filter(|tick| tick.position == 0).count());
        assert!(matches!(cursors(3, 1, Granularity::Token), Err(ExportError::NoSteps { .. })));
        let error = cursors(0, 99, Granularity::Token).unwrap_err().to_string();
        assert!(error.contains("positions 0 to 5"), "{error}");
    }

    #[test]
    fn too_many_frames_are_said() {
        let checkpoint = checkpoint::shipped("lstm-brackets").unwrap();
        let sequence = checkpoint.parse(&"()".repeat(60)).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let steps = Steps { from: 0, to: 100, by: Granularity::Operation };
        let error = steps.cursors(&trace, trace.n_positions()).unwrap_err().to_string();
        assert!(error.contains("frames are too many") && error.contains("larger steps"), "{error}");
    }
}
