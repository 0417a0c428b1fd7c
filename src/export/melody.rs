//! Melodies as a score and as sound: a Standard MIDI File of type 0 (MIDI 1.0 Detailed
//! Specification, *Standard MIDI Files 1.0*), and a WAV file of 16-bit PCM.
//!
//! Sound is made by additions and multiplications alone, so that it is the same on every machine.

use std::path::Path;

use super::extension;

/// How long a note is, in seconds.
const NOTE_SECS: f64 = 0.4;
/// Ticks of a note in a score, which is a quarter note there.
const TICKS: u16 = 480;
/// How strongly a note is struck, of 127.
const VELOCITY: u8 = 80;
/// Samples a second.
const RATE: u32 = 44_100;
/// How long a note sounds on after the next one has begun, in notes.
const RING: usize = 3;
/// Two semitones differ by this factor: the twelfth root of 2.
const SEMITONE: f64 = 1.059_463_094_359_295_3;
/// A note reaches its full strength in this many samples, so that it does not click.
const ATTACK: usize = 200;
/// What is left of a note's strength from one sample to the next: half of it after 0.16 s.
const DECAY: f64 = 0.999_9;
/// The strength of one note; four that sound at once stay within a sample's range.
const STRENGTH: f64 = 0.24;

/// How a melody is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MelodyFormat {
    /// A score: which note, when.
    Midi,
    /// Sound.
    Wav,
}

impl MelodyFormat {
    /// The format that a file's ending asks for.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match extension(path).as_str() {
            "mid" | "midi" => Some(Self::Midi),
            "wav" => Some(Self::Wav),
            _ => None,
        }
    }
}

/// A melody of MIDI note numbers, one after the other, as a file's bytes.
#[must_use]
pub fn render(notes: &[u8], format: MelodyFormat) -> Vec<u8> {
    match format {
        MelodyFormat::Midi => midi(notes),
        MelodyFormat::Wav => wav(notes),
    }
}

fn midi(notes: &[u8]) -> Vec<u8> {
    // The tempo in microseconds to a quarter note, three bytes.
    let tempo = ((NOTE_SECS * 1e6) as u32).to_be_bytes();
    let mut track = vec![0, 0xff, 0x51, 3, tempo[1], tempo[2], tempo[3]];
    for note in notes {
        let key = note & 0x7f;
        track.extend([0, 0x90, key, VELOCITY]);
        // A length of two times seven bits, the first marked as not the last.
        track.extend([0x80 | (TICKS >> 7) as u8, (TICKS & 0x7f) as u8, 0x80, key, 0]);
    }
    track.extend([0, 0xff, 0x2f, 0]);
    let mut file = b"MThd\0\0\0\x06\0\0\0\x01".to_vec();
    file.extend(TICKS.to_be_bytes());
    file.extend(b"MTrk");
    file.extend((track.len() as u32).to_be_bytes());
    file.extend(track);
    file
}

fn wav(notes: &[u8]) -> Vec<u8> {
    let samples = sound(notes);
    let size = 2 * samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // Plain samples, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((2 * RATE).to_le_bytes());
    // Two bytes at a time, sixteen bits each.
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    for sample in samples {
        let value = (sample * f64::from(i16::MAX)) as i16;
        file.extend(value.to_le_bytes());
    }
    file
}

/// Every note as a triangle wave that dies away.
fn sound(notes: &[u8]) -> Vec<f64> {
    let length = (NOTE_SECS * f64::from(RATE)) as usize;
    let mut samples = vec![0.0; (notes.len() + RING) * length];
    for (at, note) in notes.iter().enumerate() {
        let step = frequency(*note) / f64::from(RATE);
        // A quarter of the way through its period a triangle wave starts from zero.
        let (mut phase, mut strength) = (0.25, STRENGTH);
        let own = samples.iter_mut().skip(at * length).take((1 + RING) * length);
        for (since, sample) in own.enumerate() {
            let rise = (since as f64 / ATTACK as f64).min(1.0);
            *sample += rise * strength * (1.0 - 4.0 * (phase - 0.5_f64).abs());
            phase += step;
            phase -= phase.floor();
            strength *= DECAY;
        }
    }
    samples
}

/// A note's frequency in Hz: note 69 is 440.
fn frequency(note: u8) -> f64 {
    let semitones = i32::from(note) - 69;
    let factor = SEMITONE.powi(semitones.abs());
    if semitones < 0 { 440.0 / factor } else { 440.0 * factor }
}

#[cfg(test)]
mod tests {
    use midly::{Format, MidiMessage, Smf, Timing, TrackEventKind};

    use super::*;

    const NOTES: [u8; 4] = [60, 64, 67, 84];

    #[test]
    fn a_score_reads_back_as_the_same_notes_one_after_the_other() {
        let bytes = render(&NOTES, MelodyFormat::Midi);
        let score = Smf::parse(&bytes).unwrap();
        assert_eq!(score.header.format, Format::SingleTrack);
        assert_eq!(score.header.timing, Timing::Metrical(TICKS.into()));
        let (mut time, mut struck, mut ended) = (0, Vec::new(), Vec::new());
        for event in &score.tracks[0] {
            time += event.delta.as_int();
            if let TrackEventKind::Midi { message, .. } = event.kind {
                match message {
                    MidiMessage::NoteOn { key, .. } => struck.push((time, key.as_int())),
                    MidiMessage::NoteOff { key, .. } => ended.push((time, key.as_int())),
                    _ => panic!("{message:?}"),
                }
            }
        }
        assert_eq!(struck, [(0, 60), (480, 64), (960, 67), (1440, 84)]);
        assert_eq!(ended, [(480, 60), (960, 64), (1440, 67), (1920, 84)]);
        assert_eq!(Smf::parse(&render(&[], MelodyFormat::Midi)).unwrap().tracks[0].len(), 2);
    }

    #[test]
    fn sound_has_the_pitch_of_its_notes_and_dies_away() {
        // The A above middle C is 440 Hz, the C an octave and three semitones below 130.8 Hz.
        for (note, hertz) in [(69, 440.0), (48, 130.8)] {
            let bytes = render(&[note], MelodyFormat::Wav);
            let mut reader = hound::WavReader::new(bytes.as_slice()).unwrap();
            let spec = reader.spec();
            assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 44_100, 16));
            let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
            let second = &samples[..44_100];
            let rising = second.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
            assert!((rising as f64 - hertz).abs() <= 1.5, "{note}: {rising}");
            let peak = |part: &[i16]| part.iter().map(|s| s.unsigned_abs()).max().unwrap();
            let (begin, end) = (peak(&samples[..4410]), peak(&samples[samples.len() - 4410..]));
            assert!(begin > 5000 && end < begin / 50, "{begin} {end}");
        }
    }

    #[test]
    fn notes_that_sound_together_never_leave_the_range() {
        let samples = sound(&[60; 12]);
        assert!(samples.iter().all(|sample| sample.abs() < 1.0));
        assert_eq!(render(&NOTES, MelodyFormat::Wav), render(&NOTES, MelodyFormat::Wav));
    }

    #[test]
    fn the_ending_says_the_format() {
        let of = |path: &str| MelodyFormat::of(Path::new(path));
        assert_eq!(of("a.MID"), Some(MelodyFormat::Midi));
        assert_eq!(of("a.wav"), Some(MelodyFormat::Wav));
        assert_eq!(of("a.mp3"), None);
    }
}
