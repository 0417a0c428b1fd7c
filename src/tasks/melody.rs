//! Melodies: a note and one to three figures are given at one position; the model then writes the
//! notes that follow, reading back the last one.
//!
//! A figure is a list of steps on the white keys, each from the note before. So the same figure
//! from another note is the same list of steps: a model that reads back its last note needs only
//! to know where in the figure it is, and how one step moves any note. Both are learned from other
//! starts, which is why it can be right on a note with figures that it has never seen together.
//! Figures are put together because there must be many more melodies than a model can learn by
//! heart: with single ones, of which there are about 120, it does that instead.
//!
//! The score is the share of melodies that are right from the second note to the end.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{right_sequences, while_right};
use super::{Batch, Example, InputError, Sequence, Tally, Targets, Task, TaskSpec, Token, words};
use crate::models::ConfigError;
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

/// The figures: steps on the white keys, each from the note before. `ode` is the beginning of
/// the Ode to Joy (Beethoven 1824).
const FIGURES: [(&str, &[i8]); 12] = [
    ("turn", &[1, -1, -1, 1]),
    ("mordent", &[1, -1]),
    ("cadence", &[3, 1, -4]),
    ("arch", &[1, 1, 1, 1, -1, -1, -1, -1]),
    ("valley", &[-1, -1, -1, -1, 1, 1, 1, 1]),
    ("triad", &[2, 2, 3, -3, -2, -2]),
    ("rise", &[2, -1, 2, -1]),
    ("fall", &[-2, 1, -2, 1]),
    ("leap", &[4, -1, -1, -1, -1]),
    ("up", &[1, 1, 1, 1, 1, 1, 1]),
    ("down", &[-1, -1, -1, -1, -1, -1, -1]),
    ("ode", &[0, 1, 1, 0, -1, -1, -1]),
];

/// Figures in a melody, at most.
const PARTS: usize = 3;

/// One feature a key, and for each part of the melody one a figure.
const FEATURES: usize = KEYS + PARTS * FIGURES.len();
/// More positions than the longest melody has, which is 25; a model that has not ended by then is
/// stopped.
const LONGEST: usize = 32;

/// Which figures there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Melody {
    /// Figures that are used, the first ones of twelve.
    pub figures: usize,
    /// Figures in a melody, 1 to 3.
    pub parts: usize,
}

/// What is given: the number of a key, and those of the figures in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Start {
    key: usize,
    figures: Vec<usize>,
}

impl Start {
    /// The keys of the melody, the first included; none where it leaves the keyboard.
    fn keys(&self) -> Option<Vec<usize>> {
        let mut keys = vec![self.key];
        for step in self.figures.iter().flat_map(|figure| FIGURES[*figure].1) {
            let key = keys[keys.len() - 1].checked_add_signed(isize::from(*step))?;
            keys.push(Some(key).filter(|key| *key < KEYS)?);
        }
        Some(keys)
    }

    /// The position that is given.
    fn features(&self) -> Vec<f32> {
        let mut features = one_hot(self.key);
        for (part, figure) in self.figures.iter().enumerate() {
            features[KEYS + part * FIGURES.len() + figure] = 1.0;
        }
        features
    }

    /// What a position gives, if it gives a figure.
    fn read(features: &[f32]) -> Option<Self> {
        let parts = features.get(KEYS..FEATURES)?.chunks(FIGURES.len());
        let figures: Vec<usize> =
            parts.map_while(|part| part.iter().position(|feature| *feature > 0.5)).collect();
        (!figures.is_empty()).then(|| Self { key: argmax(&features[..KEYS]), figures })
    }

    /// The starts from which these figures stay on the keyboard; there may be none.
    fn all(figures: &[usize]) -> Vec<Self> {
        let starts = (0..KEYS).map(|key| Self { key, figures: figures.to_vec() });
        starts.filter(|start| start.keys().is_some()).collect()
    }

    fn text(&self) -> String {
        let figures = self.figures.iter().map(|figure| FIGURES[*figure].0);
        std::iter::once(OUTPUTS[self.key]).chain(figures).collect::<Vec<_>>().join(" ")
    }
}

impl Melody {
    fn figures(&self) -> usize {
        self.figures.clamp(1, FIGURES.len())
    }

    fn parts(&self) -> usize {
        self.parts.clamp(1, PARTS)
    }

    fn names(&self) -> Vec<&'static str> {
        FIGURES[..self.figures()].iter().map(|(name, _)| *name).collect()
    }

    fn allowed(&self) -> String {
        let (parts, names) = (self.parts(), self.names());
        let (all, first) = (names.join(", "), names[0]);
        format!("a note from C4 to C6 and 1 to {parts} figures ({all}): G4 {first}")
    }
}

impl Task for Melody {
    fn generate(&self, random: &mut Random) -> Example {
        let starts = loop {
            // Short melodies are drawn more often, as they are typed more often: with three parts
            // at most, 5 in 9 have one and 1 in 9 has three, and those that fit fewer starts less.
            let parts = 1 + random.below(self.parts()).min(random.below(self.parts()));
            let figures: Vec<usize> = (0..parts).map(|_| random.below(self.figures())).collect();
            let starts = Start::all(&figures);
            if !starts.is_empty() {
                break starts;
            }
        };
        let start = random.choose(&starts);
        let mut numbers = vec![start.features()];
        numbers.extend(start.keys().unwrap_or_default().into_iter().skip(1).map(one_hot));
        let sequence = Sequence::Numbers(numbers);
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let keys = keys(sequence);
        let Sequence::Numbers(numbers) = sequence else { return Targets::Symbols(Vec::new()) };
        let start = numbers.first().and_then(|first| Start::read(first));
        let Some(mut answer) = start.and_then(|start| start.keys()) else {
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
        let figure = |(at, name): (usize, &str)| {
            let figure = names.iter().position(|known| known.eq_ignore_ascii_case(name));
            figure.ok_or_else(|| words::unknown(name, at, &self.allowed(), &names))
        };
        let figures =
            typed.by_ref().take(self.parts()).map(figure).collect::<Result<Vec<_>, _>>()?;
        if figures.is_empty() {
            // Not every figure has room above or below every note.
            let fits = |figure: &usize| Start { key, figures: vec![*figure] }.keys().is_some();
            let figure = (0..names.len()).find(fits);
            let nearest = figure.map(|figure| format!("{} {}", OUTPUTS[key], names[figure]));
            return Err(unknown(note, at, nearest));
        }
        if let Some((at, more)) = typed.next() {
            return Err(unknown(more, at, None));
        }
        let start = Start { key, figures };
        if start.keys().is_none() {
            let fitting = Start::all(&start.figures);
            let nearest = fitting.into_iter().min_by_key(|other| other.key.abs_diff(key));
            return Err(unknown(&start.text(), at, nearest.map(|start| start.text())));
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

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_sequences(scores, batch, tally);
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
    tiny: r#"{"figures":1,"parts":1}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: Melody = Melody { figures: 12, parts: 3 };

    /// Every figure, every two and every three.
    fn kinds() -> Vec<Vec<usize>> {
        let mut kinds: Vec<Vec<usize>> = vec![vec![]];
        let mut from = 0;
        for _ in 0..PARTS {
            let to = kinds.len();
            for at in from..to {
                kinds.extend(
                    (0..FIGURES.len()).map(|f| [&kinds[at][..], &[f]].concat()).collect::<Vec<_>>(),
                );
            }
            from = to;
        }
        kinds.split_off(1)
    }

    /// Every start with its whole melody, as [`Task::generate`] draws them.
    fn all() -> Vec<(Start, Sequence)> {
        let starts = kinds().into_iter().flat_map(|figures| Start::all(&figures));
        let melody = |start: &Start| {
            let rest = start.keys().unwrap().into_iter().skip(1).map(one_hot);
            Sequence::Numbers(std::iter::once(start.features()).chain(rest).collect())
        };
        starts
            .map(|start| {
                let melody = melody(&start);
                (start, melody)
            })
            .collect()
    }

    #[test]
    fn enough_melodies_are_held_out_and_every_figure_is_met_in_training() {
        let all = all();
        let held_out: Vec<Start> =
            all.iter().filter(|(_, s)| s.is_held_out()).map(|(start, _)| start.clone()).collect();
        assert!(all.len() > 10_000, "{}", all.len());
        let count = |parts: usize| held_out.iter().filter(|s| s.figures.len() == parts).count();
        assert!(count(1) >= 8 && count(2) >= 80 && count(3) >= 800, "{held_out:?}");
        for (figure, (name, _)) in FIGURES.iter().enumerate() {
            let starts = Start::all(&[figure]);
            let seen = starts.iter().filter(|start| !held_out.contains(start)).count();
            assert!(seen >= 5, "{name}: {seen} met in training");
        }
        let longest = all.iter().map(|(_, melody)| melody.len()).max().unwrap();
        assert_eq!(longest, 25);
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
    fn the_ode_is_the_ode_and_a_second_figure_goes_on_from_the_last_note() {
        let keys = |text: &str| {
            let Sequence::Numbers(given) = TASK.parse(text).unwrap() else { panic!() };
            let keys = Start::read(&given[0]).unwrap().keys().unwrap();
            keys.into_iter().map(|key| OUTPUTS[key]).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys("E4 ode"), "E4 E4 F4 G4 G4 F4 E4 D4");
        assert_eq!(keys("C4 cadence"), "C4 F4 G4 C4");
        assert_eq!(keys("C4 up up"), OUTPUTS[..KEYS].join(" "));
        assert_eq!(keys("F4 turn turn"), "F4 G4 F4 E4 F4 G4 F4 E4 F4");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
        assert!(message("C7 up").contains("`C7` (character 1)"));
        assert!(message("C#4 up").contains("did you mean `C4`"));
        // What is offered can be read.
        for note in &OUTPUTS[..KEYS] {
            let Err(InputError::Unknown { nearest, .. }) = TASK.parse(note) else {
                panic!("{note}")
            };
            assert!(nearest.is_some_and(|nearest| TASK.parse(&nearest).is_ok()), "{note}");
        }
        assert!(message("C4 arhc").contains("`arhc` (character 4)"));
        assert!(message("C4 arhc").contains("did you mean `arch`"));
        assert!(message("C4 arch trun").contains("did you mean `turn`"));
        assert!(message("C4 arch turn ode up").contains("`up` (character 18)"));
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
