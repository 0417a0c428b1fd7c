//! Makes the rules of the [`table`]: fills in its verbs and things, and numbers what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::{Category, Form, Grammar, Part, Person, Rule, Word};
use super::table;

/// The rules of the table.
pub fn table() -> Grammar {
    Draft::of_table().compile()
}

/// A rule as it is written.
struct Line {
    category: String,
    chinese: String,
    english: String,
    weight: f32,
    person: Option<Person>,
    is_clause: bool,
}

/// The table with its `*` and `M` filled in.
#[derive(Default)]
struct Draft {
    lines: Vec<Line>,
    words: Vec<(String, String)>,
}

impl Draft {
    fn of_table() -> Self {
        let mut draft = Self::default();
        draft.words();
        draft.things();
        draft.verbs();
        draft.parts();
        draft.sentences();
        draft.prune();
        draft
    }

    fn line(&mut self, category: &str, chinese: &str, english: &str, weight: f32) -> &mut Line {
        for part in chinese.split_whitespace() {
            if let Some(name) = part.strip_suffix('?')
                && !self.lines.iter().any(|line| line.category == part)
            {
                self.line(part, "", "", 3.0);
                self.line(part, name, name, 2.0);
            }
        }
        let at = self.lines.len();
        self.lines.push(Line {
            category: category.to_owned(),
            chinese: chinese.to_owned(),
            english: english.to_owned(),
            weight,
            person: None,
            is_clause: false,
        });
        &mut self.lines[at]
    }

    fn word(&mut self, category: &str, chinese: &str, english: &str) -> &mut Line {
        self.words.push((chinese.to_owned(), english.to_owned()));
        self.line(category, chinese, english, 1.0)
    }

    fn words(&mut self) {
        for (chinese, english, person) in table::PRONOUNS {
            let person = match person {
                1 => Person::First,
                2 => Person::Several,
                _ => Person::Third,
            };
            self.word("PRONOUN", chinese, english).person = Some(person);
        }
        for (category, words) in [
            ("NAME", table::NAMES),
            ("PERSON", table::PEOPLE),
            ("PAST", table::PAST),
            ("FUTURE", table::FUTURE),
            ("OUTSIDE", table::OUTSIDE),
            ("INSIDE", table::INSIDE),
            ("SHOP", table::MARKETS),
            ("GOAL", table::GOALS),
            ("SPOT", table::SPOTS),
            ("NUMBER", table::NUMBERS),
            ("POSTURE", table::POSTURES),
        ] {
            for (chinese, english) in words {
                self.word(category, chinese, english);
            }
        }
        for (first, second, english) in table::ACTIONS {
            self.word("ACTION", &format!("{first}{second}"), english);
            self.line("DID", &format!("{first}了{second}"), english, 1.0);
            self.line("DONE", &format!("{first}过{second}"), english, 1.0);
        }
        for (category, chinese, english) in table::BEFORE {
            self.word(category, chinese, english);
        }
    }

    /// Nouns, what they may be, and what stands around them.
    fn things(&mut self) {
        for (at, (chinese, measure, english, may_be)) in table::NOUNS.iter().enumerate() {
            self.word(&format!("NOUN{at}"), chinese, english);
            for (category, words) in [("COLOUR", table::COLOURS), ("SIZE", table::SIZES)] {
                for (chinese, english) in words.iter().filter(|word| may_be.contains(word.0)) {
                    self.line(&format!("{category}{at}"), chinese, english, 1.0);
                }
            }
            let fill = |side: &str| with_number(side, &["ADJ", "NOUN", "COLOUR", "SIZE"], at);
            for (chinese, english, weight) in table::ADJECTIVES {
                self.line(&format!("ADJ{at}"), &fill(chinese), &fill(english), *weight);
            }
            for (kind, chinese, english, weight) in table::PHRASES {
                let chinese = fill(chinese).replace(" M ", &format!(" {measure} "));
                self.line(&format!("{kind}THING{at}"), &chinese, &fill(english), *weight);
            }
        }
    }

    /// Verbs with the things that they are done to.
    fn verbs(&mut self) {
        let things = |verb: usize| {
            let named = table::VERBS[verb].4.split(' ');
            named.filter_map(|name| table::NOUNS.iter().position(|noun| noun.0 == name))
        };
        for (verb, (chinese, english, ..)) in table::VERBS.iter().enumerate() {
            self.word(&format!("VERB{verb}"), chinese, english);
            for thing in things(verb) {
                for kind in ["ONE", "THAT", "BARE"] {
                    let phrase = format!("{kind}THING{thing}");
                    self.line(&format!("{kind}{verb}"), &phrase, &phrase, 1.0);
                }
                for other in (0..table::VERBS.len()).filter(|other| *other != verb) {
                    if table::VERBS[other].2.contains('的') && things(other).any(|t| t == thing) {
                        let clause = format!("CLAUSE{other}THING{thing}");
                        self.line(&format!("CLAUSE{verb}"), &clause, &clause, 1.0);
                    }
                }
                if table::VERBS[verb].2.contains('的') {
                    for (chinese, english, weight) in table::CLAUSES {
                        let fill =
                            |side: &str| with_number(&of_verb(side, verb), &["ADJ", "NOUN"], thing);
                        let (category, chinese) =
                            (format!("CLAUSE{verb}THING{thing}"), fill(chinese));
                        self.line(&category, &chinese, &fill(english), *weight).is_clause = true;
                    }
                }
            }
            for (pattern, category, chinese, english, weight) in table::PARTS_OF_VERBS {
                if table::VERBS[verb].2.contains(pattern) {
                    let [category, chinese, english] =
                        [category, chinese, english].map(|side| of_verb(side, verb));
                    self.line(&category, &chinese, &english, *weight);
                }
            }
        }
    }

    fn parts(&mut self) {
        for (category, chinese, english, weight) in table::PARTS {
            self.line(category, chinese, english, *weight).is_clause = chinese.contains('的');
        }
    }

    fn sentences(&mut self) {
        for (pattern, chinese, english, weight) in table::SENTENCES {
            if !chinese.contains('*') {
                self.line("SENTENCE", chinese, english, *weight);
                continue;
            }
            let verbs: Vec<usize> =
                (0..table::VERBS.len()).filter(|v| table::VERBS[*v].2.contains(pattern)).collect();
            for verb in &verbs {
                let weight = weight / verbs.len() as f32;
                self.line("SENTENCE", &of_verb(chinese, *verb), &of_verb(english, *verb), weight);
            }
        }
        for (chinese, english, weight) in table::SHORT {
            self.line("SHORT", chinese, english, *weight);
        }
    }

    /// Leaves out what needs a part that there is not: some verbs have no relative clauses, and
    /// some nouns no colours.
    fn prune(&mut self) {
        loop {
            let known: BTreeSet<String> = self.lines.iter().map(|l| l.category.clone()).collect();
            let before = self.lines.len();
            self.lines.retain(|line| {
                line.chinese
                    .split_whitespace()
                    .all(|part| !is_category(part) || known.contains(part))
            });
            if self.lines.len() == before {
                return;
            }
        }
    }

    fn compile(self) -> Grammar {
        let mut categories = BTreeMap::new();
        for line in &self.lines {
            let next = categories.len();
            categories.entry(line.category.clone()).or_insert(next);
        }
        let mut grammar = Grammar {
            characters: Vec::new(),
            pieces: Vec::new(),
            words: self.words,
            sentence: categories.get("SENTENCE").copied().unwrap_or_default(),
            short: categories.get("SHORT").copied().unwrap_or_default(),
            rules: categories.iter().map(|_| Vec::new()).collect(),
        };
        for name in ["a", "an"] {
            number_of(name, &mut grammar.pieces);
        }
        for line in &self.lines {
            let rule = grammar.rule(line, &categories);
            grammar.rules[categories[&line.category]].push(rule);
        }
        grammar
    }
}

impl Grammar {
    fn rule(&mut self, line: &Line, categories: &BTreeMap<String, Category>) -> Rule {
        let (mut chinese, mut children) = (Vec::new(), Vec::new());
        for part in line.chinese.split_whitespace() {
            if is_category(part) {
                chinese.push(Part::Category(categories[part]));
                children.push(part);
            } else {
                let mut utf8 = [0; 4];
                chinese.extend(part.chars().map(|character| {
                    let character = character.encode_utf8(&mut utf8);
                    Part::Character(number_of(character, &mut self.characters))
                }));
            }
        }
        let child = |name: &str| children.iter().position(|child| *child == name).unwrap_or(0);
        let (mut english, mut is_several) = (Vec::new(), false);
        for form in line.english.split('|') {
            let words: Vec<&str> = form.split_whitespace().collect();
            let mut said = Vec::new();
            for word in &words {
                let (name, subject) = word.split_once('@').unwrap_or((word, ""));
                let (name, form) = name.split_once(':').unwrap_or((name, ""));
                let auxiliary = AUXILIARIES.iter().find(|verb| verb.0 == name);
                if is_category(name) {
                    is_several |= form == "several";
                    let form = match FORMS.iter().position(|forms| forms.contains(&form)) {
                        Some(form) => Form::Number(form),
                        None if !subject.is_empty() => Form::After(child(subject)),
                        None if words.len() == 1 => Form::Inherited,
                        None => Form::Number(0),
                    };
                    said.push(Word::Child { child: child(name), form });
                } else if let Some((_, forms)) = auxiliary.filter(|_| !subject.is_empty()) {
                    let forms = forms.map(|form| number_of(form, &mut self.pieces));
                    said.push(Word::Auxiliary { forms, subject: child(subject) });
                } else {
                    said.push(Word::Piece(number_of(word, &mut self.pieces)));
                }
            }
            english.push(said);
        }
        let is_one_part =
            matches!(english[..], [ref said] if matches!(said[..], [Word::Child { .. }]));
        let person = match line.person {
            None if is_several => Some(Person::Several),
            None if is_one_part => None,
            None => Some(Person::Third),
            known => known,
        };
        Rule { weight: line.weight, chinese, english, person, is_clause: line.is_clause }
    }
}

/// The names of the forms by their place in the table.
const FORMS: [&[&str]; 5] = [
    &["base", "one", "subject"],
    &["s", "several", "object"],
    &["past", "bare"],
    &["done"],
    &["ing"],
];

/// Verbs that English needs and Chinese does not: for I, for several and you, for one other.
const AUXILIARIES: [(&str, [&str; 3]); 3] = [
    ("be", ["am", "are", "is"]),
    ("was", ["was", "were", "was"]),
    ("have", ["have", "have", "has"]),
];

/// Categories are written in capitals, and at least two of them: `I` is a word.
fn is_category(part: &str) -> bool {
    part.len() > 1 && part.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
}

/// One side of a rule for one verb.
fn of_verb(side: &str, verb: usize) -> String {
    side.replace("PLACE*", table::VERBS[verb].3).replace('*', &verb.to_string())
}

/// One side of a rule with the number of a thing behind the parts that depend on it.
fn with_number(side: &str, names: &[&str], number: usize) -> String {
    let filled = side.split_whitespace().map(|word| {
        let (name, form) = word.split_at(word.find(':').unwrap_or(word.len()));
        if names.contains(&name) { format!("{name}{number}{form}") } else { word.to_owned() }
    });
    filled.collect::<Vec<_>>().join(" ")
}

/// The number of a symbol, which is added where it is new.
fn number_of(symbol: &str, known: &mut Vec<&'static str>) -> usize {
    known.iter().position(|other| *other == symbol).unwrap_or_else(|| {
        // Once for the program: there is one grammar, and symbols are handed out for good.
        known.push(symbol.to_owned().leak());
        known.len() - 1
    })
}
