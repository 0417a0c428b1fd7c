//! Characters as symbols: how a text is brought into one form, how its characters are shown, and
//! which one was meant by one that a model does not know.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Stands for all characters that are too rare for the vocabulary.
pub const RARE: char = '□';
/// How the ends of lines, spaces and tabs are shown, and may be typed.
const SHOWN: [(char, char); 3] = [('\n', '⏎'), (' ', '␣'), ('\t', '⇥')];

/// Every character, one behind another. So a symbol of any vocabulary is a part of one constant, a
/// `&'static str` like the symbols of all other tasks; made when the first is asked for.
static ALL: LazyLock<String> = LazyLock::new(|| ('\0'..=char::MAX).collect());

/// A character as a text of its own.
#[must_use]
pub fn as_str(character: char) -> &'static str {
    // The characters before it: blocks of one, two, three and four bytes, with a gap of surrogates.
    let code = character as usize;
    let start = match character.len_utf8() {
        1 => code,
        2 => 0x80 + 2 * (code - 0x80),
        3 => {
            let gap = if code < 0xE000 { 0 } else { 0x800 };
            0x80 + 2 * 0x780 + 3 * (code - 0x800 - gap)
        }
        _ => 0x80 + 2 * 0x780 + 3 * (0xF800 - 0x800) + 4 * (code - 0x1_0000),
    };
    ALL.get(start..start + character.len_utf8()).unwrap_or_default()
}

/// A character as a symbol on the screen: what cannot be seen as a sign for it.
#[must_use]
pub fn shown(character: char) -> &'static str {
    let sign = SHOWN.iter().find(|(meant, _)| *meant == character).map(|(_, sign)| *sign);
    as_str(sign.unwrap_or(character))
}

/// A text in one form: composed (NFC), lines ended by `\n`, signs for spaces and ends of lines as
/// what they stand for, and without characters that nobody can see.
pub fn normalised(text: &str) -> impl Iterator<Item = char> {
    let mut after_return = false;
    let lines = text.chars().filter_map(move |character| {
        let is_rest = after_return && character == '\n';
        after_return = character == '\r';
        match character {
            '\n' if is_rest => None,
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            // Spaces of other widths; the ideographic one, by which Chinese paragraphs begin, stays.
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => Some(' '),
            _ => {
                let meant = SHOWN.iter().find(|(_, sign)| *sign == character);
                let character = meant.map_or(character, |(meant, _)| *meant);
                (!is_invisible(character)).then_some(character)
            }
        }
    });
    lines.nfc()
}

/// Whether a vocabulary may hold a character: one that normalising leaves as it is.
#[must_use]
pub fn is_symbol(character: char) -> bool {
    let mut spelled = [0; 4];
    let spelled = character.encode_utf8(&mut spelled);
    is_nfc(spelled) && normalised(spelled).eq([character])
}

/// Control characters other than the ends of lines and tabs, marks of direction, and what selects or
/// joins the forms of others.
fn is_invisible(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => character.is_control(),
    }
}

/// The character of a vocabulary that is nearest to one that is not in it: another width, case or
/// accent, another quotation mark or dash.
#[must_use]
pub fn nearest(character: char, knows: impl Fn(char) -> bool) -> Option<char> {
    const ALIKE: [&str; 11] = [
        "'‘’′`´＇",
        "\"“”„«»「」『』＂",
        "-–—―‐‑−－",
        ".。．…・",
        ",，、",
        ":：",
        ";；",
        "!！",
        "?？",
        "(（【[［",
        ")）】]］",
    ];
    let mut spelled = [0; 4];
    let spelled: &str = character.encode_utf8(&mut spelled);
    let alike = ALIKE.iter().filter(|group| group.contains(character));
    let found = std::iter::empty()
        .chain(spelled.nfkc())
        .chain(character.to_lowercase())
        .chain(character.to_uppercase())
        .chain(alike.flat_map(|group| group.chars()))
        .chain(spelled.nfkd().take(1))
        .chain(spelled.nfkd().take(1).flat_map(char::to_lowercase))
        .find(|candidate| *candidate != character && knows(*candidate));
    found.or_else(|| Some(RARE).filter(|rare| knows(*rare)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found_among_all() {
        for character in '\0'..=char::MAX {
            let mut spelled = [0; 4];
            assert_eq!(as_str(character), character.encode_utf8(&mut spelled), "{character:?}");
        }
    }

    #[test]
    fn one_text_has_one_form() {
        let form = |text: &str| normalised(text).collect::<String>();
        assert_eq!(form("a\r\nb\rc\nd\u{2028}e"), "a\nb\nc\nd\ne");
        assert_eq!(form("e\u{301} \u{feff}\u{202e}x\u{0}"), "é x");
        assert_eq!(form("one␣two⏎three⇥four"), "one two\nthree\tfour");
        assert_eq!(form("中\u{3000}文\u{a0}"), "中\u{3000}文 ");
    }

    #[test]
    fn only_what_normalising_leaves_alone_is_a_symbol() {
        assert!("aé中\n \t□🙂\u{3000}".chars().all(is_symbol));
        assert!(!"\r\0\u{202e}⏎␣\u{212b}\u{a0}".chars().any(is_symbol));
    }

    #[test]
    fn what_was_meant_is_offered() {
        let near = |character: char, known: &str| nearest(character, |c| known.contains(c));
        assert_eq!(near('É', "eé"), Some('é'));
        assert_eq!(near('É', "ae"), Some('e'));
        assert_eq!(near('Ａ', "abc"), Some('a'));
        assert_eq!(near('Ａ', "xyz"), None);
        assert_eq!(near('Ａ', "ABC"), Some('A'));
        assert_eq!(near('“', "'\""), Some('"'));
        assert_eq!(near('，', ",a"), Some(','));
        assert_eq!(near('—', "a-"), Some('-'));
        assert_eq!(near('🙂', "ab"), None);
        assert_eq!(near('🙂', "ab□"), Some('□'));
    }
}
