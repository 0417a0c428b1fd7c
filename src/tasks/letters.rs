//! Letters to be recalled: 10×10 pixels of ±1, of which some are flipped. An associative memory
//! that has stored the letters finds the way back by itself.
//!
//! Position 0 is the picture. Each further position names one unit, which is then set to the sign
//! of its field; the scores are the fields of all units. Which unit comes next is decided here, in
//! turn, leaving out the units that would not change, until none would: the asynchronous dynamics
//! of Hopfield 1982, in a fixed order instead of a random one, so that a run can be repeated.
//!
//! Hebb's rule stores patterns well that hardly overlap and have about as many pixels on as off. So
//! the letters are drawn bold, and those that overlap least come first: the first five can be told
//! apart, and with each further one more are lost.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Batch, Example, InputError, LONGEST_INPUT, Sequence, Tally, Targets, Task, TaskSpec, Token,
    words,
};
use crate::models::ConfigError;
use crate::tape::Var;
use crate::tensor::argmax;
use crate::tensor::random::Random;

/// The letters, in the order in which they are stored.
const NAMES: [&str; 12] = ["A", "L", "Z", "M", "S", "T", "X", "C", "J", "H", "O", "K"];
/// Six letters side by side, then six more.
const GLYPHS: [[&str; SIDE]; 2] = [
    [
        // A          L          Z          M          S          T
        "...####... ####...... ########## ##......## .######### ##########",
        "...####... ####...... ########## ###....### ########## ##########",
        "..######.. ####...... ......#### ####..#### ###....... ##########",
        "..##..##.. ####...... .....####. ########## ###....... ...####...",
        ".###..###. ####...... ....####.. ########## ########## ...####...",
        ".########. ####...... ..####.... ##.####.## ########## ...####...",
        ".########. ####...... .####..... ##..##..## .......### ...####...",
        "###....### ########## ####...... ##......## .......### ...####...",
        "###....### ########## ########## ##......## ########## ...####...",
        "###....### ########## ########## ##......## #########. ...####...",
    ],
    [
        // X          C          J          H          O          K
        "###....### ..######## ......#### ###....### ..######.. ###...####",
        "####..#### .######### ......#### ###....### .########. ###..####.",
        ".########. ####...... ......#### ###....### ####..#### ###.####..",
        "..######.. ###....... ......#### ###....### ###....### #######...",
        "...####... ###....... ......#### ########## ###....### ######....",
        "...####... ###....... ......#### ########## ###....### ######....",
        "..######.. ###....... ####..#### ###....### ###....### #######...",
        ".########. ####...... ########## ###....### ####..#### ###.####..",
        "####..#### .######### .########. ###....### .########. ###..####.",
        "###....### ..######## ..######.. ###....### ..######.. ###...####",
    ],
];
/// Pixels in a row and rows in a letter.
const SIDE: usize = 10;
/// Pixels in a letter.
const PIXELS: usize = SIDE * SIDE;
/// A memory that has not come to rest after so many updates is stopped; the energy falls at each,
/// so that this is far more than any run needs.
const LONGEST_RUN: usize = 400;
/// Sums that are 0 on paper may be off by that much. Fields that are not 0 are at least 1/50 in
/// size, with weights divided by the number of units.
const ROUNDING: f32 = 1e-4;
/// The noise of typed pictures has a stream of random numbers of its own.
const NOISE_STREAM: u64 = 4;

/// How many letters are stored and how much noise there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letters {
    /// Letters that are stored, 1 to 12.
    pub count: usize,
    /// Pixels that are flipped, 1 to 50.
    pub flipped: usize,
}

impl Letters {
    fn count(&self) -> usize {
        self.count.clamp(1, NAMES.len())
    }

    fn allowed() -> String {
        let names = NAMES.map(String::from).join(" ");
        format!("{names}, one with noise (A~25), or ten rows of # and . with / between")
    }
}

impl Task for Letters {
    fn generate(&self, random: &mut Random) -> Example {
        let letter = random.below(self.count());
        // Beyond half of the pixels the negative of the letter is nearer.
        let flipped = self.flipped.clamp(1, PIXELS / 2);
        let sequence = Sequence::Numbers(vec![noisy(letter, flipped, random)]);
        Example::new(self, sequence)
    }

    /// The stored letter that differs in the fewest pixels; the first of equals.
    fn targets(&self, sequence: &Sequence) -> Targets {
        let Sequence::Numbers(numbers) = sequence else { return Targets::Symbols(Vec::new()) };
        let Some(given) = numbers.first() else { return Targets::Symbols(Vec::new()) };
        Targets::Pattern(nearest(given, self.count()).0)
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let text = text.trim_end();
        let at = 1 + text.chars().take_while(|c| c.is_whitespace()).count();
        let word = text.trim_start();
        let picture = match word.chars().next() {
            None => Err(InputError::Empty { allowed: Self::allowed() }),
            Some(first) if first.is_alphanumeric() => read_name(word, at),
            Some(_) => read_rows(text),
        };
        picture.map(|picture| Sequence::Numbers(vec![picture]))
    }

    fn tokens(&self, sequence: &Sequence) -> Vec<String> {
        let Sequence::Numbers(numbers) = sequence else { return Vec::new() };
        let token = |(position, features): (usize, &Vec<f32>)| {
            if position == 0 {
                let (letter, apart) = nearest(features, NAMES.len());
                let noise = if apart > 0 { format!("~{apart}") } else { String::new() };
                format!("{}{noise}", NAMES[letter])
            } else {
                let unit = argmax(features);
                format!("{},{}", 1 + unit / SIDE, 1 + unit % SIDE)
            }
        };
        numbers.iter().enumerate().map(token).collect()
    }

    fn text(&self, sequence: &Sequence) -> String {
        let Sequence::Numbers(numbers) = sequence else { return String::new() };
        let pixel = |pixel: &f32| if *pixel > 0.0 { '#' } else { '.' };
        let rows = numbers.first().map(|given| given.chunks(SIDE)).into_iter().flatten();
        rows.map(|row| row.iter().map(pixel).collect()).collect::<Vec<String>>().join("/")
    }

    fn given(&self, sequence: &Sequence) -> usize {
        sequence.len().min(1)
    }

    fn next(&self, read: &Sequence, scores: &[f32]) -> Option<Token> {
        let Sequence::Numbers(numbers) = read else { return None };
        let state = state(read);
        let first = match numbers.len() {
            0 => return None,
            1 => 0,
            n if n > LONGEST_RUN => return None,
            n => argmax(&numbers[n - 1]) + 1,
        };
        let would_flip = |unit: &usize| {
            let field = scores.get(*unit).copied().unwrap_or(0.0);
            field.abs() > ROUNDING && (field > 0.0) != (state[*unit] > 0.0)
        };
        let unit = (first..first + state.len()).map(|unit| unit % state.len()).find(would_flip)?;
        Some(Token::Numbers((0..state.len()).map(|u| f32::from(u8::from(u == unit))).collect()))
    }

    fn is_written_by_model(&self) -> bool {
        true
    }

    fn patterns(&self) -> Vec<Vec<f32>> {
        (0..self.count()).map(glyph).collect()
    }

    fn pattern_names(&self) -> &'static [&'static str] {
        &NAMES[..self.count()]
    }

    fn judge(&self, written: &Sequence, example: &Example, tally: &mut Tally) {
        let Targets::Pattern(letter) = example.targets else { return };
        tally.count += 1;
        tally.sum += f64::from(u8::from(state(written) == glyph(letter)));
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &[]
    }

    /// A field for each pixel.
    fn outputs(&self) -> usize {
        PIXELS
    }

    /// Nothing: the letters are stored, not learned from examples.
    fn loss<'t>(&self, scores: &[Var<'t>], _: &Batch) -> Var<'t> {
        scores[0].sum().scale(0.0)
    }

    /// Nothing: only where a run ends can be judged.
    fn score(&self, _: &[Array2<f32>], _: &Batch, _: &mut Tally) {}
}

/// A letter's pixels, row by row: 1 where it is drawn, −1 elsewhere.
fn glyph(letter: usize) -> Vec<f32> {
    let column = letter % 6 * (SIDE + 1);
    let rows = GLYPHS[letter / 6].iter();
    let pixels = rows.flat_map(|row| row.bytes().skip(column).take(SIDE));
    pixels.map(|pixel| if pixel == b'#' { 1.0 } else { -1.0 }).collect()
}

/// A letter with that many of its pixels flipped.
fn noisy(letter: usize, flipped: usize, random: &mut Random) -> Vec<f32> {
    let mut pixels = glyph(letter);
    let mut units: Vec<usize> = (0..PIXELS).collect();
    for done in 0..flipped.min(PIXELS) {
        units.swap(done, done + random.below(PIXELS - done));
        pixels[units[done]] *= -1.0;
    }
    pixels
}

/// Which of the first `count` letters differs in the fewest pixels, and in how many.
fn nearest(pixels: &[f32], count: usize) -> (usize, usize) {
    let apart = |letter| {
        let pairs = glyph(letter).into_iter().zip(pixels);
        (pairs.filter(|(a, b)| (*a > 0.0) != (**b > 0.0)).count(), letter)
    };
    let (apart, letter) = (0..count).map(apart).min().unwrap_or_default();
    (letter, apart)
}

/// The state after all updates: a unit is only chosen when it flips.
fn state(read: &Sequence) -> Vec<f32> {
    let Sequence::Numbers(numbers) = read else { return Vec::new() };
    let Some((given, chosen)) = numbers.split_first() else { return Vec::new() };
    let mut state = given.clone();
    for unit in chosen.iter().map(|features| argmax(features)) {
        if let Some(pixel) = state.get_mut(unit) {
            *pixel = -*pixel;
        }
    }
    state
}

/// Reads `A` or `A~25`; the same text gives the same noise.
fn read_name(word: &str, at: usize) -> Result<Vec<f32>, InputError> {
    let unknown = |found: &str, at: usize, nearest: Option<String>| InputError::Unknown {
        found: words::shown(found),
        at,
        allowed: Letters::allowed(),
        nearest,
    };
    let (name, noise) = word.split_once(['~', '～']).unwrap_or((word, "0"));
    let letter = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
    let letter = letter.ok_or_else(|| unknown(name, at, None))?;
    let flipped: Option<usize> = noise.trim().parse().ok();
    match flipped.filter(|flipped| *flipped <= PIXELS) {
        Some(flipped) => {
            // FNV-1a, as for what is held out: no seed is needed to tell texts apart.
            let bytes = [u64::from(NAMES[letter].as_bytes()[0]), flipped as u64];
            let seed = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ byte).wrapping_mul(0x0100_0000_01b3)
            });
            Ok(noisy(letter, flipped, &mut Random::new(seed, NOISE_STREAM)))
        }
        None => {
            let most = flipped.map(|_| format!("{}~{PIXELS}", NAMES[letter]));
            Err(unknown(noise, at + name.chars().count() + 1, most))
        }
    }
}

/// Reads ten rows of `#` and `.`, with `/` or line breaks between.
fn read_rows(text: &str) -> Result<Vec<f32>, InputError> {
    let unknown = |found: &str, at: usize, nearest: Option<&str>| InputError::Unknown {
        found: words::shown(found),
        at,
        allowed: Letters::allowed(),
        nearest: nearest.map(str::to_owned),
    };
    let mut pixels = Vec::with_capacity(PIXELS);
    let (mut at, mut rows) = (1, 0);
    for row in text.split(['/', '\n']) {
        let before = pixels.len();
        for (offset, character) in row.chars().enumerate() {
            match character {
                '#' => pixels.push(1.0),
                '.' => pixels.push(-1.0),
                c if c.is_whitespace() => {}
                c => {
                    let nearest = match c {
                        '＃' | '*' | '█' | 'x' | 'X' | '1' => Some("#"),
                        '。' | '．' | '·' | '-' | '_' | '0' => Some("."),
                        _ => None,
                    };
                    return Err(unknown(&c.to_string(), at + offset, nearest));
                }
            }
        }
        if pixels.len() != before + SIDE {
            return Err(unknown(row.trim(), at, None));
        }
        rows += 1;
        at += row.chars().count() + 1;
        if pixels.len() > LONGEST_INPUT {
            break;
        }
    }
    match rows {
        SIDE => Ok(pixels),
        n if n > SIDE => Err(InputError::TooLong { found: pixels.len(), longest: PIXELS }),
        _ => Err(unknown(text.trim(), 1, None)),
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "letters",
    description: "Recall a stored letter from a picture with flipped pixels",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Letters>("letters", config)?)),
    tiny: r#"{"count":2,"flipped":10}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Hebb's rule in the plainest words: W = Σ ξᵀξ / N without its diagonal.
    fn weights(patterns: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let weight = |i: usize, j: usize| {
            let sum: f32 = patterns.iter().map(|p| p[i] * p[j]).sum();
            if i == j { 0.0 } else { sum / PIXELS as f32 }
        };
        (0..PIXELS).map(|i| (0..PIXELS).map(|j| weight(i, j)).collect()).collect()
    }

    /// The share of held-out pictures from which the letters are recalled, and how many updates
    /// the longest run took.
    fn recalled(count: usize, examples: usize) -> (f64, usize) {
        let task = Letters { count, flipped: 25 };
        let weights = weights(&task.patterns());
        let mut random = Random::new(1, 0);
        let (mut tally, mut longest) = (Tally::default(), 0);
        for _ in 0..examples {
            let example = task.generate(&mut random);
            let mut read = example.sequence.clone();
            loop {
                let state = state(&read);
                let field = |w: &Vec<f32>| w.iter().zip(&state).map(|(w, s)| w * s).sum();
                let fields: Vec<f32> = weights.iter().map(field).collect();
                let Some(token) = task.next(&read, &fields) else { break };
                read.push(token);
            }
            longest = longest.max(read.len() - 1);
            task.judge(&read, &example, &mut tally);
        }
        (tally.score(), longest)
    }

    #[test]
    fn few_letters_are_recalled_and_many_are_lost() {
        for count in [3, 4, 5] {
            let (share, longest) = recalled(count, 300);
            assert!(share >= 0.97, "{count}: {share}");
            assert!((20..LONGEST_RUN).contains(&longest), "{longest}");
        }
        for count in [10, 12] {
            let (share, longest) = recalled(count, 200);
            assert!(share < 0.5, "{count}: {share}");
            assert!(longest < LONGEST_RUN, "{longest}");
        }
    }

    #[test]
    fn letters_are_about_half_on_and_the_first_five_overlap_little() {
        let overlap = |a: usize, b: usize| -> f32 {
            glyph(a).iter().zip(glyph(b)).map(|(a, b)| a * b).sum::<f32>().abs()
        };
        for (letter, name) in NAMES.iter().enumerate() {
            let on = glyph(letter).iter().filter(|pixel| **pixel > 0.0).count();
            assert!((50..=70).contains(&on), "{name}: {on} pixels");
            assert!(overlap(letter, letter) > 99.0, "{name} is not drawn in ±1");
            for (other, name_of_other) in NAMES.iter().enumerate().take(letter) {
                let limit = if letter < 5 { 16.0 } else { 70.0 };
                assert!(overlap(letter, other) <= limit, "{name} {name_of_other}");
            }
        }
    }

    #[test]
    fn units_come_in_turn_and_only_those_that_would_change() {
        let task = Letters { count: 4, flipped: 25 };
        let mut read = task.parse("A").unwrap();
        let agreeing = state(&read);
        assert_eq!(task.next(&read, &agreeing), None);
        assert_eq!(task.next(&read, &[0.0; PIXELS]), None, "a field of 0 keeps");
        let mut fields = agreeing;
        fields[3] *= -1.0;
        fields[98] *= -1.0;
        for unit in [3, 98] {
            let token = task.next(&read, &fields).unwrap();
            assert_eq!(
                token,
                Token::Numbers((0..PIXELS).map(|u| f32::from(u8::from(u == unit))).collect())
            );
            read.push(token);
        }
        assert_eq!(task.next(&read, &fields), None);
        assert_eq!(task.tokens(&read), ["A", "1,4", "10,9"]);
        assert_eq!(task.text(&read), task.text(&read.beginning(1)));
        // A field that turns against every state never comes to rest.
        while let Some(token) =
            task.next(&read, &state(&read).iter().map(|s| -s).collect::<Vec<_>>())
        {
            read.push(token);
        }
        assert_eq!(read.len(), 1 + LONGEST_RUN);
    }

    #[test]
    fn letters_noise_and_rows_are_read() {
        let task = Letters { count: 4, flipped: 25 };
        let clean = task.parse(" a ").unwrap();
        assert_eq!(clean, Sequence::Numbers(vec![glyph(0)]));
        let noisy = task.parse("A~25").unwrap();
        assert_eq!(task.parse("a ~ 25"), Ok(noisy.clone()));
        assert_eq!(task.tokens(&noisy), ["A~25"]);
        assert_ne!(task.parse("A~24"), Ok(noisy.clone()));
        assert_eq!(task.parse(&task.text(&noisy).replace('/', "\n")), Ok(noisy));
        assert_eq!(task.targets(&task.parse("Z~20").unwrap()), Targets::Pattern(2));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let task = Letters { count: 4, flipped: 25 };
        let message = |text: &str| task.parse(text).unwrap_err().to_string();
        assert!(message("B").contains("`B` (character 1); it knows A L Z"));
        assert!(message("A~101").contains("did you mean `A~100`"));
        assert!(message("A~many").contains("`many` (character 3)"));
        assert!(
            message(&format!("#########*/{}", "##########/".repeat(9)))
                .contains("did you mean `#`")
        );
        assert!(message("##########/###").contains("`###` (character 12)"));
        assert!(message(&["##########"; 9].join("/")).contains("ten rows"));
        assert!(message(&["##########"; 11].join("/")).contains("110 symbols; at most 100"));
        assert!(message(&"##########/".repeat(20_000)).contains("at most 100"));
    }
}
