//! The name that was meant by one that is misspelled.

/// The candidate that most resembles `word`, if one is near enough to be worth offering: the end of a dotted name, a part of a
/// name, or a third of the letters different at most. Capitals do not count.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody types a name this long, and the distance is quadratic.
    const LONGEST: usize = 80;
    let word = word.to_lowercase();
    let letters: Vec<char> = word.chars().collect();
    if letters.is_empty() || letters.len() > LONGEST {
        return None;
    }
    let tolerance = (letters.len() / 3).max(1);
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        // `forget_gate` for `layer0.forget_gate`, `lstm` for `lstm-brackets`: right, but not the whole name.
        let is_end = candidate.strip_suffix(&word).is_some_and(|module| module.ends_with('.'));
        let is_part = || candidate.split(['-', '_', '.']).any(|part| part == word);
        if is_end || is_part() { 0 } else { edit_distance(&letters, &candidate) }
    };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 4 * LONGEST)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|&(distance, _)| distance <= tolerance)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// ``did you mean `…`?``, or nothing when no candidate is near.
#[must_use]
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Insertions, deletions, substitutions and swaps of neighbours from one word to the other (restricted Damerau–Levenshtein).
fn edit_distance(from: &[char], to: &str) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=from.len()).collect();
    let mut previous = None;
    for (to_idx, letter) in to.chars().enumerate() {
        let mut next = vec![to_idx + 1];
        for (from_idx, &expected) in from.iter().enumerate() {
            let cell = |row: &[usize], idx: usize| row.get(idx).copied().unwrap_or(usize::MAX - 1);
            let substituted = cell(&row, from_idx) + usize::from(expected != letter);
            let mut best =
                substituted.min(cell(&row, from_idx + 1) + 1).min(cell(&next, from_idx) + 1);
            let neighbour = from_idx.checked_sub(1);
            if let Some(neighbour) = neighbour
                .filter(|&idx| from.get(idx) == Some(&letter) && previous == Some(expected))
            {
                best = best.min(cell(&before, neighbour) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(letter);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, names: &[&str], expected: Option<&str>) {
        assert_eq!(nearest(word, names.iter().copied()), expected, "{word}");
    }

    #[test]
    fn slips_and_parts_are_recognised_and_nonsense_is_not() {
        let names = ["input_gate", "forget_gate", "layer0.cell", "lstm-brackets"];
        check("forgot_gate", &names, Some("forget_gate"));
        check("Forget_Gate", &names, Some("forget_gate"));
        check("cell", &names, Some("layer0.cell"));
        check("layer0.cell", &["cell", "encoder.layer0.cell"], Some("encoder.layer0.cell"));
        check("lsmt-brackets", &names, Some("lstm-brackets"));
        check("lstm", &names, Some("lstm-brackets"));
        check("mni", &["min", "max"], Some("min"));
        check("attention", &names, None);
        check("", &names, None);
    }
}
