//! Conditions over a run at which playing stops, and where they hold.

use serde::{Deserialize, Serialize};

use super::Values;
use super::expression::holds;

/// A condition on each position, such as `min(forget_gate[now]) < 0.1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// The condition as typed, in the language of lesson expressions.
    pub condition: String,
    /// Whether it is watched.
    pub is_on: bool,
}

/// Where one condition holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The positions, in order.
    pub at: Vec<usize>,
    /// Why it can be computed nowhere, and how to mend it. Such a condition stops nothing.
    pub error: Option<String>,
}

impl Breakpoint {
    /// A condition that is watched.
    #[must_use]
    pub fn new(condition: impl Into<String>) -> Self {
        Self { condition: condition.into(), is_on: true }
    }

    /// Where it holds, whether it is watched or not.
    #[must_use]
    pub fn marks(&self, values: &dyn Values) -> Marks {
        let mut marks = Marks::default();
        let mut errors: Vec<String> = Vec::new();
        let n_positions = values.n_positions();
        for position in 0..n_positions {
            match holds(&self.condition, values, position) {
                Ok(true) => marks.at.push(position),
                Ok(false) => {}
                Err(error) => {
                    let hint = error.hint.map_or(String::new(), |hint| format!(" ({hint})"));
                    let text = format!("{}{hint}", error.message);
                    // What is misspelled is so at every position; one look is enough.
                    if errors.last() == Some(&text) {
                        return Marks { at: Vec::new(), error: Some(text) };
                    }
                    errors.push(text);
                }
            }
        }
        // A condition that looks one position back has no answer at the first, which is no mistake.
        let fails_everywhere = n_positions > 0 && errors.len() == n_positions;
        marks.error = errors.pop().filter(|_| fails_everywhere);
        marks
    }
}

/// Where each condition holds in a run; nowhere if it is switched off.
#[must_use]
pub fn marks(breakpoints: &[Breakpoint], values: &dyn Values) -> Vec<Marks> {
    let of = |breakpoint: &Breakpoint| {
        if breakpoint.is_on { breakpoint.marks(values) } else { Marks::default() }
    };
    breakpoints.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value `gate` of two units at four positions; `late` exists from position 1 on.
    struct Run;

    impl Values for Run {
        fn n_positions(&self) -> usize {
            4
        }

        fn names(&self) -> Vec<String> {
            vec!["gate".to_owned(), "late".to_owned()]
        }

        fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
            let gate = [[0.9, 0.1], [0.2, 0.05], [0.8, 0.4], [0.1, 0.7]];
            let row = gate.get(usize::try_from(position).ok()?)?;
            match name {
                "gate" => Some(row.to_vec()),
                "late" => (position > 0).then(|| row.to_vec()),
                _ => None,
            }
        }

        fn symbol(&self, _: usize) -> Option<String> {
            None
        }

        fn token(&self, position: usize) -> Option<String> {
            ["a", "b", "a", "c"].get(position).map(|token| (*token).to_owned())
        }
    }

    #[track_caller]
    fn check(condition: &str, at: &[usize]) {
        assert_eq!(
            Breakpoint::new(condition).marks(&Run),
            Marks { at: at.to_vec(), error: None },
            "{condition}"
        );
    }

    #[test]
    fn marks_are_where_the_condition_holds() {
        check("min(gate[now]) < 0.15", &[0, 1, 3]);
        check("token(now) == \"a\"", &[0, 2]);
    }

    #[test]
    fn a_condition_for_each_position_is_read_at_each_position() {
        check("gate.min < 0.15", &[0, 1, 3]);
    }

    #[test]
    fn looking_one_position_back_is_no_mistake_at_the_first() {
        check("argmax(gate[now]) != argmax(gate[now-1])", &[3]);
        check("late[now][0] > 0.5", &[2]);
    }

    #[test]
    fn a_condition_that_holds_nowhere_has_no_marks_and_no_error() {
        check("min(gate[now]) > 2", &[]);
    }

    #[test]
    fn a_misspelled_name_gives_the_nearest_and_marks_nothing() {
        let marks = Breakpoint::new("min(gata[now]) < 0.1").marks(&Run);
        assert!(marks.at.is_empty());
        assert!(marks.error.unwrap().contains("did you mean `gate`?"));
    }

    #[test]
    fn what_is_no_condition_says_what_it_is() {
        for condition in ["gate[now]", "now", "", "min(", "gate"] {
            let marks = Breakpoint::new(condition).marks(&Run);
            assert!(marks.at.is_empty() && marks.error.is_some(), "{condition}: {marks:?}");
        }
    }

    #[test]
    fn a_condition_that_is_switched_off_marks_nothing() {
        let off = Breakpoint { is_on: false, ..Breakpoint::new("true") };
        let found = marks(&[off, Breakpoint::new("now == 2")], &Run);
        assert_eq!(found, [Marks::default(), Marks { at: vec![2], error: None }]);
    }
}
