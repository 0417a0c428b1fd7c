//! Melodies: a note and a figure are given at one position; the model then writes the notes that
//! follow, reading back the last one.
//!
//! A figure is a list of steps on the white keys, each from the note before. So the same figure
//! from another note is the same list of steps: a model that reads back its last note needs only
//! to know where in the figure it is, and how one step moves any note. Both are learned from other
//! pairs, which is why it can be right on pairs of a note and a figure that it has never seen.
//!
//! The score is the share of melodies that are right from the second note to the end.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{cross_entropy, right_sequences, while_right};
use super::{
    Batch, Example, InputError, Measure, Sequence, Tally, Targets, Task, TaskSpec, Token, words,
};
use crate::models::ConfigError;
use crate::tape::Var;
use crate::tensor::argmax;
use crate::tensor::random::Random;

/// The white keys, then the end.
const OUTPUTS: [&str; 16] =
    ["C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5", "D5", "E5", "F5", "G5", "A5", "B5", "C6", "∎"];
const KEYS: usize = 15;
const END: usize = 15;
/// Middle C, the first key, as MIDI counts.
const MIDDLE_C: usize = 60;
/// The white keys of an octave in semitones above C.
const SEMITONES: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];

/// The figures: steps on the white keys, each from the note before. `ode` is the first line of the
/// Ode to Joy (Beethoven 1824).
const FIGURES: [(&str, &[i8]); 8] = [
    ("turn", &[1, -1, -1, 1]),
    ("cadence", &[3, 1, -4]),
    ("arch", &[1, 1, 1, 1, -1, -1, -1, -1]),
    ("valley", &[-1, -1, -1, -1, 1, 1, 1, 1]),
    ("triad", &[2, 2, 3, -3, -2, -2]),
    ("up", &[1, 1, 1, 1, 1, 1, 1]),
    ("down", &[-1, -1, -1, -1, -1, -1, -1]),
    ("ode", &[0, 1, 1, 0, -1, -1, -1, -1, 0, 1, 1, 0, -1, 0]),
];
/// Said after a figure that is to be played again from where it ended.
const TWICE: &str = "twice";

/// One feature a key, one a figure, and one for `twice`.
const FEATURES: usize = KEYS + FIGURES.len() + 1;
/// More positions than the longest melody has, which is `ode` twice; a model that has not ended by
/// then is stopped.
const LONGEST: usize = 32;

/// Which figures there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Melody {
    /// Figures that are used, the first ones of eight.
    pub figures: usize,
}

/// What is given: the number of a key, of a figure, and whether it is played twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    key: usize,
    figure: usize,
    is_twice: bool,
}

impl Start {
    /// The keys of the melody, the first included; none where it leaves the keyboard.
    fn keys(self) -> Option<Vec<usize>> {
        let mut keys = vec![self.key];
        for _ in 0..=usize::from(self.is_twice) {
            for step in FIGURES[self.figure].1 {
                let key = keys[keys.len() - 1].checked_add_signed(isize::from(*step))?;
                keys.push(Some(key).filter(|key| *key < KEYS)?);
            }
        }
        Some(keys)
    }

    /// The position that is given.
    fn features(self) -> Vec<f32> {
        let mut features = one_hot(self.key);
        features[KEYS + self.figure] = 1.0;
        features[FEATURES - 1] = f32::from(u8::from(self.is_twice));
        features
    }

    /// What a position gives, if it gives a figure.
    fn read(features: &[f32]) -> Option<Self> {
        let figure = features.get(KEYS..FEATURES - 1)?.iter().position(|f| *f > 0.5)?;
        Some(Self {
            key: argmax(&features[..KEYS]),
            figure,
            is_twice: features[FEATURES - 1] > 0.5,
        })
    }

    /// The starts from which a figure stays on the keyboard.
    fn all(figure: usize, is_twice: bool) -> Vec<Self> {
        let starts = (0..KEYS).map(|key| Self { key, figure, is_twice });
        starts.filter(|start| start.keys().is_some()).collect()
    }

    fn text(self) -> String {
        let twice = if self.is_twice { " twice" } else { "" };
        format!("{} {}{twice}", OUTPUTS[self.key], FIGURES[self.figure].0)
    }
}

impl Melody {
    fn figures(&self) -> usize {
        self.figures.clamp(1, FIGURES.len())
    }

    fn names(&self) -> Vec<&'static str> {
        FIGURES[..self.figures()].iter().map(|(name, _)| *name).collect()
    }

    fn allowed(&self) -> String {
        let names = self.names().join(", ");
        format!("a note from C4 to C6, a figure ({names}) and perhaps {TWICE}: G4 turn")
    }
}

impl Task for Melody {
    fn generate(&self, random: &mut Random) -> Example {
        let figure = random.below(self.figures());
        let is_twice = random.chance(0.5);
        let start = *random.choose(&Start::all(figure, is_twice));
        let mut numbers = vec![start.features()];
        numbers.extend(start.keys().unwrap_or_default().into_iter().skip(1).map(one_hot));
        let sequence = Sequence::Numbers(numbers);
        let targets = self.targets(&sequence);
        Example { sequence, targets }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let keys = keys(sequence);
        let Sequence::Numbers(numbers) = sequence else { return Targets::Symbols(Vec::new()) };
        let start = numbers.first().and_then(|first| Start::read(first));
        let Some(mut answer) = start.and_then(Start::keys) else {
            return Targets::Symbols(vec![None; sequence.len()]);
        };
        answer.push(END);
        while_right(0, &answer[1..], &keys[1..])
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let unknown = |word: &str, at: usize, nearest: Option<String>| InputError::Unknown {
            found: words::shown(word),
            at,
            allowed: self.allowed(),
            nearest,
        };
        let mut typed = words::split(text);
        let (at, note) =
            typed.next().ok_or_else(|| InputError::Empty { allowed: self.allowed() })?;
        let key = OUTPUTS[..KEYS].iter().position(|known| known.eq_ignore_ascii_case(note));
        let known = &OUTPUTS[..KEYS];
        let key = key.ok_or_else(|| words::unknown(note, at, &self.allowed(), known))?;
        let names = self.names();
        let example = format!("{} {}", OUTPUTS[key], names[0]);
        let (place, name) = typed.next().ok_or_else(|| unknown(note, at, Some(example)))?;
        let figure = names.iter().position(|known| known.eq_ignore_ascii_case(name));
        let figure = figure.ok_or_else(|| words::unknown(name, place, &self.allowed(), &names))?;
        let is_twice = match typed.next() {
            None => false,
            Some((_, word)) if word.eq_ignore_ascii_case(TWICE) => true,
            Some((at, word)) => return Err(words::unknown(word, at, &self.allowed(), &[TWICE])),
        };
        if let Some((at, more)) = typed.next() {
            return Err(unknown(more, at, None));
        }
        let start = Start { key, figure, is_twice };
        if start.keys().is_none() {
            let fitting = Start::all(figure, is_twice);
            let nearest = fitting.into_iter().min_by_key(|other| other.key.abs_diff(key));
            return Err(unknown(&start.text(), at, nearest.map(Start::text)));
        }
        Ok(Sequence::Numbers(vec![start.features()]))
    }

    fn tokens(&self, sequence: &Sequence) -> Vec<String> {
        let Sequence::Numbers(numbers) = sequence else { return Vec::new() };
        let token = |features: &Vec<f32>| match Start::read(features) {
            Some(start) => start.text(),
            None => OUTPUTS[argmax(&features[..KEYS.min(features.len())])].to_owned(),
        };
        numbers.iter().map(token).collect()
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn given(&self, sequence: &Sequence) -> usize {
        sequence.len().min(1)
    }

    fn next(&self, read: &Sequence, scores: &[f32]) -> Option<Token> {
        let key = Some(argmax(scores)).filter(|key| *key < END && read.len() < LONGEST)?;
        Some(Token::Numbers(one_hot(key)))
    }

    fn is_written_by_model(&self) -> bool {
        true
    }

    fn notes(&self, sequence: &Sequence) -> Vec<u8> {
        let midi = |key: usize| MIDDLE_C + 12 * (key / 7) + SEMITONES[key % 7];
        keys(sequence).into_iter().filter_map(|key| u8::try_from(midi(key)).ok()).collect()
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &OUTPUTS
    }

    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        cross_entropy(scores, batch)
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_sequences(scores, batch, tally);
    }

    fn measure(&self) -> Measure {
        Measure::Accuracy
    }
}

/// A position that gives a key and nothing else.
fn one_hot(key: usize) -> Vec<f32> {
    (0..FEATURES).map(|at| f32::from(u8::from(at == key))).collect()
}

/// The keys of a sequence, the first included.
fn keys(sequence: &Sequence) -> Vec<usize> {
    let Sequence::Numbers(numbers) = sequence else { return Vec::new() };
    numbers.iter().map(|features| argmax(&features[..KEYS.min(features.len())])).collect()
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "melody",
    description: "Write the notes of a figure from a given note on",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Melody>("melody", config)?)),
    tiny: r#"{"figures":1}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: Melody = Melody { figures: 8 };

    /// Every start with its whole melody, as [`Task::generate`] draws them.
    fn all() -> Vec<(Start, Sequence)> {
        let kinds = (0..FIGURES.len()).flat_map(|f| [(f, false), (f, true)]);
        let starts = kinds.flat_map(|(figure, is_twice)| Start::all(figure, is_twice));
        let melody = |start: Start| {
            let rest = start.keys().unwrap().into_iter().skip(1).map(one_hot);
            Sequence::Numbers(std::iter::once(start.features()).chain(rest).collect())
        };
        starts.map(|start| (start, melody(start))).collect()
    }

    #[test]
    fn enough_melodies_are_held_out_and_every_figure_is_met_in_training() {
        let all = all();
        let held_out: Vec<Start> =
            all.iter().filter(|(_, s)| s.is_held_out()).map(|(start, _)| *start).collect();
        assert_eq!(all.len(), 147);
        eprintln!("{} {:?}", held_out.len(), held_out.iter().map(|s| s.text()).collect::<Vec<_>>());
        assert!((12..=26).contains(&held_out.len()), "{held_out:?}");
        for (figure, (name, _)) in FIGURES.iter().enumerate() {
            for is_twice in [false, true] {
                let starts = Start::all(figure, is_twice);
                let seen = starts.iter().filter(|start| !held_out.contains(start)).count();
                assert!(seen > 0, "{name} {is_twice} is never met in training");
            }
        }
        let longest = all.iter().map(|(_, melody)| melody.len()).max().unwrap();
        assert_eq!(longest, 29);
        assert!(longest < LONGEST);
    }

    #[test]
    fn figures_are_transposed_and_sound() {
        let notes = |text: &str| {
            let Sequence::Numbers(given) = TASK.parse(text).unwrap() else { panic!() };
            let start = Start::read(&given[0]).unwrap();
            let (_, melody) = all().into_iter().find(|(other, _)| *other == start).unwrap();
            (TASK.tokens(&melody)[1..].join(" "), TASK.notes(&melody))
        };
        let (names, midi) = notes("C4 up");
        assert_eq!(names, "D4 E4 F4 G4 A4 B4 C5");
        assert_eq!(midi, [60, 62, 64, 65, 67, 69, 71, 72]);
        let (names, midi) = notes("c5 triad");
        assert_eq!(names, "E5 G5 C6 G5 E5 C5");
        assert_eq!(midi, [72, 76, 79, 84, 79, 76, 72]);
    }

    #[test]
    fn the_ode_is_the_ode_and_twice_goes_on_from_the_last_note() {
        let keys = |text: &str| {
            let Sequence::Numbers(given) = TASK.parse(text).unwrap() else { panic!() };
            let keys = Start::read(&given[0]).unwrap().keys().unwrap();
            keys.into_iter().map(|key| OUTPUTS[key]).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys("E4 ode"), "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4 D4 D4");
        assert_eq!(keys("C4 cadence"), "C4 F4 G4 C4");
        assert_eq!(keys("C4 up twice"), OUTPUTS[..KEYS].join(" "));
        assert_eq!(keys("F4 turn twice"), "F4 G4 F4 E4 F4 G4 F4 E4 F4");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
        assert!(message("C7 up").contains("`C7` (character 1)"));
        assert!(message("C#4 up").contains("did you mean `C4`"));
        assert!(message("C4").contains("did you mean `C4 turn`"));
        assert!(message("C4 arhc").contains("`arhc` (character 4)"));
        assert!(message("C4 arhc").contains("did you mean `arch`"));
        assert!(message("C4 arch twise").contains("did you mean `twice`"));
        assert!(message("C4 arch twice now").contains("`now` (character 15)"));
        assert!(message("C6 up").contains("did you mean `C5 up`"));
    }

    #[test]
    fn what_the_model_writes_is_read_back_until_it_ends() {
        for (start, melody) in all() {
            let mut read = TASK.parse(&start.text()).unwrap();
            loop {
                let Targets::Symbols(wanted) = TASK.targets(&read) else { panic!() };
                let mut scores = [0.0; OUTPUTS.len()];
                scores[wanted[wanted.len() - 1].unwrap()] = 1.0;
                let Some(token) = TASK.next(&read, &scores) else { break };
                read.push(token);
            }
            assert_eq!(read, melody);
        }
        let mut read = TASK.parse("C4 up").unwrap();
        while let Some(token) = TASK.next(&read, &[1.0; OUTPUTS.len()]) {
            read.push(token);
        }
        assert_eq!(read.len(), LONGEST);
    }
}
