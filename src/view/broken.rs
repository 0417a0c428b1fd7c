//! Long formulas cut into lines that fit, at their relations and sums, so that they stay readable in
//! a narrow column.

/// A formula's part that stays in one line, with the brackets that are open where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    open: usize,
}

/// Before what a line may begin.
const BREAKS: [&str; 4] = [" = ", " + ", " - ", " \\odot "];

/// The formula in lines of which each is as long as `fits` lets it be. A bracket that is open at the
/// end of a line stays open there and is closed where it ends.
pub fn lines(latex: &str, mut fits: impl FnMut(&str, usize) -> bool) -> Vec<String> {
    let pieces = pieces(latex);
    let mut lines = Vec::new();
    let mut start = 0;
    while start < pieces.len() {
        let mut end = start + 1;
        while end < pieces.len() && fits(&line(&pieces, start, end + 1), lines.len()) {
            end += 1;
        }
        lines.push(line(&pieces, start, end));
        start = end;
    }
    lines
}

/// Pieces `start..end` as a formula by itself.
fn line(pieces: &[Piece], start: usize, end: usize) -> String {
    let text: String = pieces[start..end].iter().map(|piece| piece.text.as_str()).collect();
    let open = pieces.get(end).map_or(0, |next| next.open);
    let (before, after) = ("\\left.".repeat(pieces[start].open), "\\right.".repeat(open));
    format!("{before}{}{after}", text.trim_start())
}

/// Cuts at every place where a line may begin: outside braces, which hold fractions, indices and
/// roots.
fn pieces(latex: &str) -> Vec<Piece> {
    let mut pieces = vec![Piece { text: String::new(), open: 0 }];
    let (mut braces, mut open) = (0_usize, 0_usize);
    let mut at = 0;
    while let Some(next) = latex[at..].chars().next() {
        let rest = &latex[at..];
        let is_break = braces == 0 && BREAKS.iter().any(|sign| rest.starts_with(sign));
        if is_break && !pieces.last().is_some_and(|piece| piece.text.is_empty()) {
            pieces.push(Piece { text: String::new(), open });
        }
        let length = match next {
            '\\' => command(rest),
            _ => next.len_utf8(),
        };
        match &rest[..length] {
            "{" | "\\begin" => braces += 1,
            "}" | "\\end" => braces = braces.saturating_sub(1),
            "\\left" if braces == 0 => open += 1,
            "\\right" if braces == 0 => open = open.saturating_sub(1),
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.text.push_str(&rest[..length]);
        }
        at += length;
    }
    pieces
}

/// The length of the command that a text begins with.
fn command(text: &str) -> usize {
    let letters = text[1..].chars().take_while(char::is_ascii_alphabetic).count();
    if letters > 0 { 1 + letters } else { 1 + text[1..].chars().next().map_or(0, char::len_utf8) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::math;

    /// Lines of at most so many letters.
    fn cut(latex: &str, letters: usize) -> Vec<String> {
        lines(latex, |line, _| line.len() <= letters)
    }

    #[test]
    fn lines_begin_at_signs_and_brackets_stay_open_between_them() {
        let gate = r"z_7 = \sigma\left(0.621 + 6.00 + 0.483\right) = 0.999";
        assert_eq!(cut(gate, 100), [gate]);
        let lines = cut(gate, 40);
        let expected = [r"z_7 = \sigma\left(0.621 + 6.00\right.", r"\left.+ 0.483\right) = 0.999"];
        assert_eq!(lines, expected);
        for line in cut(gate, 1) {
            assert_eq!(math::check(&line, true), Ok(()), "{line}");
        }
    }

    #[test]
    fn what_stands_in_braces_is_not_cut() {
        let share = r"a = \frac{b + c}{d - e} + \sqrt{f = g}";
        assert_eq!(cut(share, 1), ["a", r"= \frac{b + c}{d - e}", r"+ \sqrt{f = g}"]);
        let arrow = r"a \leftarrow b + c";
        assert_eq!(cut(arrow, 1), [r"a \leftarrow b", "+ c"]);
        assert!(cut("", 1).len() <= 1);
        assert_eq!(cut("\\", 1), ["\\"]);
    }
}
