//! Names that are meant by names that are misspelled.

use crate::tasks::words::nearest;

/// A sentence that offers the nearest candidate, or else where to look.
pub fn hint<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    nearest(word, candidates)
        .map_or_else(|| otherwise.to_owned(), |candidate| format!("did you mean `{candidate}`?"))
}
