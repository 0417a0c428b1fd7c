//! Names that are meant by names that are misspelled.

/// The candidate that most resembles `word`, if any does: the ending of a dotted name, a part of a
/// name, or at most a third of the letters different.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    if word.is_empty() {
        return None;
    }
    let cost = |candidate: &str| {
        let is_part = candidate.rsplit('.').next() == Some(&word)
            || candidate.split(['-', '_', '.']).any(|part| part == word);
        if is_part { 0 } else { distance(&word, &candidate.to_lowercase()) }
    };
    let best = candidates.into_iter().map(|c| (cost(c), c)).min_by_key(|(cost, _)| *cost)?;
    (best.0 <= word.chars().count().div_ceil(3)).then_some(best.1)
}

/// A sentence that offers the nearest candidate, or else where to look.
pub fn hint<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    nearest(word, candidates)
        .map_or_else(|| otherwise.to_owned(), |candidate| format!("did you mean `{candidate}`?"))
}

/// Letters to insert, delete, replace or swap with a neighbour (restricted Damerau–Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_parts_are_recognised_and_nonsense_is_not() {
        let names = ["input_gate", "forget_gate", "layer0.cell", "lstm-brackets"];
        assert_eq!(nearest("forgot_gate", names), Some("forget_gate"));
        assert_eq!(nearest("Forget_Gate", names), Some("forget_gate"));
        assert_eq!(nearest("cell", names), Some("layer0.cell"));
        assert_eq!(nearest("lsmt-brackets", names), Some("lstm-brackets"));
        assert_eq!(nearest("lstm", names), Some("lstm-brackets"));
        assert_eq!(nearest("attention", names), None);
        assert_eq!(nearest("", names), None);
    }
}
