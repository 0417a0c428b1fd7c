//! The lessons of all languages: embedded in the program, or given as files by whoever may read them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::parse::split_id;
use super::text::pages;
use super::{Diagnostic, Lesson, PageText, Place, parse_bytes};

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// The language of a file that stands in no language's folder.
const DEFAULT_LANGUAGE: &str = "en";

/// Lessons in teaching order, each in one language or more.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// By number and id, then by language.
    shelves: BTreeMap<(u32, String), BTreeMap<String, Shelved>>,
    /// Remarks on files that are no lesson, by file name.
    misplaced: Vec<(String, Diagnostic)>,
    /// The text of all pages, made when somebody searches.
    texts: OnceLock<Vec<PageText>>,
}

#[derive(Clone, Debug)]
struct Shelved {
    file: String,
    lesson: Lesson,
    diagnostics: Vec<Diagnostic>,
}

/// A lesson taken from a library.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// The language it is in, which may not be the one asked for.
    pub language: &'a str,
    /// The file it was read from, relative to the lessons' folder.
    pub file: &'a str,
    /// What is wrong with it, including that it is in another language.
    pub diagnostics: Vec<Diagnostic>,
}

impl Library {
    /// The lessons that ship with the program.
    #[must_use]
    pub fn embedded() -> Self {
        let folders = EMBEDDED.dirs();
        let files = folders
            .flat_map(Dir::files)
            .map(|file| (file.path().to_string_lossy().into_owned(), file.contents()));
        Self::shelve(files)
    }

    /// The lessons of a folder: (file name, bytes), the name relative to the folder, such as `zh/05-lstm.md`.
    /// A file in no language's folder counts as English; other files than `.md` and READMEs are passed over.
    #[must_use]
    pub fn from_files(files: &[(String, Vec<u8>)]) -> Self {
        Self::shelve(files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())))
    }

    fn shelve<'a>(files: impl Iterator<Item = (String, &'a [u8])>) -> Self {
        let mut library = Self::default();
        // In order of name, so that the same folder gives the same library however it was listed.
        let files: BTreeMap<String, &[u8]> = files.collect();
        for (file, bytes) in files {
            library.add(&file, bytes);
        }
        library
    }

    fn add(&mut self, file: &str, bytes: &[u8]) {
        let mut folders: Vec<&str> = file.split(['/', '\\']).collect();
        let Some(name) = folders.pop().and_then(|name| name.strip_suffix(".md")) else {
            return;
        };
        if name.eq_ignore_ascii_case("readme") {
            return;
        }
        let language = folders.last().copied().unwrap_or(DEFAULT_LANGUAGE);
        let start = Place { line: 1, column: 1 };
        if split_id(name).0.is_none() {
            let hint = Some("name it NN-id.md, such as 05-lstm.md".to_owned());
            let remark = Diagnostic::warning(
                start,
                "the file's name has no number; the lesson comes first",
                hint,
            );
            self.misplaced.push((file.to_owned(), remark));
        }
        let (lesson, diagnostics) = parse_bytes(name, bytes);
        let twin =
            self.shelves.keys().find(|(number, id)| *id == lesson.id && *number != lesson.number);
        if let Some((number, id)) = twin {
            let message = format!("lesson `{id}` has the number {number} elsewhere");
            let hint = Some("give it one number in all languages".to_owned());
            self.misplaced.push((file.to_owned(), Diagnostic::error(start, message, hint)));
        }
        let shelf = self.shelves.entry((lesson.number, lesson.id.clone())).or_default();
        let shelved = Shelved { file: file.to_owned(), lesson, diagnostics };
        if let Some(hidden) = shelf.insert(language.to_owned(), shelved) {
            let message = format!("this lesson is hidden by {file}");
            self.misplaced.push((
                hidden.file,
                Diagnostic::error(start, message, Some("delete one".to_owned())),
            ));
        }
    }

    /// The ids of all lessons in teaching order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.shelves.keys().map(|(_, id)| id.as_str())
    }

    /// The languages that a lesson is written in.
    pub fn languages(&self, id: &str) -> impl Iterator<Item = &str> {
        self.shelf(id).into_iter().flat_map(|shelf| shelf.keys().map(String::as_str))
    }

    /// A lesson in a language, or else in one that it is written in, with a diagnostic that says so.
    #[must_use]
    pub fn get(&self, language: &str, id: &str) -> Option<Found<'_>> {
        let shelf = self.shelf(id)?;
        let fallback = || shelf.get_key_value(DEFAULT_LANGUAGE).or_else(|| shelf.first_key_value());
        let (found, shelved) = shelf.get_key_value(language).or_else(fallback)?;
        let mut diagnostics = shelved.diagnostics.clone();
        if found != language {
            let start = Place { line: 1, column: 1 };
            let message =
                format!("the lesson is not written in `{language}` yet; this is `{found}`");
            let hint = Some(format!("add {language}/{:02}-{id}.md", shelved.lesson.number));
            diagnostics.insert(0, Diagnostic::warning(start, message, hint));
        }
        Some(Found { lesson: &shelved.lesson, language: found, file: &shelved.file, diagnostics })
    }

    /// Takes a lesson from another library, in place of what this one has of it in that language.
    pub fn keep(&mut self, from: &Self, id: &str, language: &str) {
        let mut shelves = from.shelves.iter();
        let Some((key, shelf)) = shelves.find(|((_, shelf_id), _)| shelf_id == id) else { return };
        if let Some(kept) = shelf.get(language) {
            let shelf = self.shelves.entry(key.clone()).or_default();
            shelf.insert(language.to_owned(), kept.clone());
            self.texts.take();
        }
    }

    /// The text of every opening and stop, in every language, in teaching order.
    #[must_use]
    pub fn texts(&self) -> &[PageText] {
        self.texts.get_or_init(|| {
            let shelved = self.shelves.values().flatten();
            shelved.flat_map(|(language, shelved)| pages(&shelved.lesson, language)).collect()
        })
    }

    /// What was remarked when the files were read: (file name, diagnostic).
    pub fn diagnostics(&self) -> impl Iterator<Item = (&str, &Diagnostic)> {
        let shelved = self.shelves.values().flat_map(BTreeMap::values);
        let remarks = shelved.flat_map(|shelved| {
            shelved.diagnostics.iter().map(|remark| (shelved.file.as_str(), remark))
        });
        remarks.chain(self.misplaced.iter().map(|(file, remark)| (file.as_str(), remark)))
    }

    /// The file that a lesson was read from, relative to the lessons' folder.
    #[must_use]
    pub fn file(&self, language: &str, id: &str) -> Option<&str> {
        Some(self.shelf(id)?.get(language)?.file.as_str())
    }

    fn shelf(&self, id: &str) -> Option<&BTreeMap<String, Shelved>> {
        let mut shelves = self.shelves.iter();
        shelves.find(|((_, shelf_id), _)| shelf_id == id).map(|(_, shelf)| shelf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(files: &[(&str, &str)]) -> Library {
        let files: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
            .collect();
        Library::from_files(&files)
    }

    const TEXT: &str = "+++\ntitle = \"T\"\nmodel = \"m\"\n+++\n";

    #[test]
    fn lessons_come_in_the_order_of_their_numbers() {
        let library = library(&[
            ("en/10-b.md", TEXT),
            ("en/02-c.md", TEXT),
            ("zh/02-c.md", TEXT),
            ("en/README.md", ""),
        ]);
        assert_eq!(library.ids().collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!(library.languages("c").collect::<Vec<_>>(), ["en", "zh"]);
        assert_eq!(library.diagnostics().count(), 0);
    }

    #[test]
    fn a_missing_language_falls_back_and_says_so() {
        let library = library(&[("02-c.md", TEXT)]);
        let found = library.get("zh", "c").expect("the English lesson");
        assert_eq!(found.language, "en");
        assert!(found.diagnostics[0].hint.as_deref().unwrap_or_default().contains("zh/02-c.md"));
        assert!(library.get("en", "c").expect("itself").diagnostics.is_empty());
        assert!(library.get("en", "d").is_none());
    }

    #[test]
    fn badly_named_files_are_reported() {
        let library = library(&[("en/lstm.md", TEXT), ("zh/03-lstm.md", TEXT)]);
        assert_eq!(library.diagnostics().count(), 2);
    }

    #[test]
    fn the_embedded_library_holds_no_readme() {
        assert!(Library::embedded().ids().all(|id| id != "README"));
    }
}
