//! The rules that the table stands for. Each rule has a Chinese and an English side over the same
//! parts (a synchronous grammar, Lewis & Stearns 1968), so that a sentence and its translation are
//! two readings of one tree: the generator grows a tree, and [`super::chart`] finds it again.

use std::rc::Rc;
use std::sync::LazyLock;

use super::compile;
use crate::tensor::random::Random;

/// A category of the grammar, by its number.
pub type Category = usize;

/// The language, compiled once for the program.
pub static GRAMMAR: LazyLock<Grammar> = LazyLock::new(compile::table);

/// All rules, and the symbols that they are made of.
pub struct Grammar {
    /// The Chinese characters, in the order of the table.
    pub characters: Vec<&'static str>,
    /// The English wordpieces, in the order of the table.
    pub pieces: Vec<&'static str>,
    /// Chinese words, each with its English forms.
    pub words: Vec<(String, String)>,
    /// Whole sentences.
    pub sentence: Category,
    /// The shortest of them.
    pub short: Category,
    /// For each category its rules.
    pub rules: Vec<Vec<Rule>>,
}

/// One way to say a category, in both languages.
pub struct Rule {
    pub(super) weight: f32,
    /// The Chinese side.
    pub chinese: Vec<Part>,
    /// The English side in its forms, of which most rules have one.
    pub(super) english: Vec<Vec<Word>>,
    /// How a verb agrees; `None` where the only part decides.
    pub(super) person: Option<Person>,
    /// Whether this is a relative clause.
    pub(super) is_clause: bool,
}

/// A piece of the Chinese side.
#[derive(Clone, Copy)]
pub enum Part {
    /// A character, by its number.
    Character(usize),
    /// Whatever the category may be.
    Category(Category),
}

/// A piece of the English side.
#[derive(Clone, Copy)]
pub enum Word {
    Piece(usize),
    Child {
        child: usize,
        form: Form,
    },
    /// A verb without a Chinese word of its own: its forms for I, for several and for one other.
    Auxiliary {
        forms: [usize; 3],
        subject: usize,
    },
}

/// In which form a part is said.
#[derive(Clone, Copy)]
pub enum Form {
    Number(usize),
    /// The form in which the whole is said, where it is nothing but this part.
    Inherited,
    /// The present of a verb after this part.
    After(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Person {
    First,
    Several,
    Third,
}

/// A rule with what its parts are.
pub struct Tree {
    /// The rule.
    pub rule: &'static Rule,
    /// What each category of its Chinese side is, in their order.
    pub children: Vec<Rc<Self>>,
}

impl Tree {
    /// A random tree of the category; rules are chosen by their weights.
    pub fn grow(category: Category, random: &mut Random) -> Self {
        let rules = &GRAMMAR.rules[category];
        let total: f32 = rules.iter().map(|rule| rule.weight).sum();
        let mut left = random.uniform() * total;
        let chosen = rules.iter().position(|rule| {
            left -= rule.weight;
            left < 0.0
        });
        // Rounding may leave a rest behind the last rule.
        let rule = &rules[chosen.unwrap_or(rules.len() - 1)];
        let children = rule.chinese.iter().filter_map(|part| match part {
            Part::Category(category) => Some(Rc::new(Self::grow(*category, random))),
            Part::Character(_) => None,
        });
        Self { rule, children: children.collect() }
    }

    /// Whether there is a relative clause in it.
    pub fn has_clause(&self) -> bool {
        self.rule.is_clause || self.children.iter().any(|child| child.has_clause())
    }

    /// The numbers of its characters.
    pub fn chinese(&self) -> Vec<usize> {
        let mut said = Vec::new();
        let mut children = self.children.iter();
        for part in &self.rule.chinese {
            match part {
                Part::Character(character) => said.push(*character),
                Part::Category(_) => {
                    said.extend(children.next().map(|child| child.chinese()).unwrap_or_default());
                }
            }
        }
        said
    }

    /// The numbers of its wordpieces.
    pub fn english(&self) -> Vec<usize> {
        let mut said = self.say(0);
        // `a` is said before what sounds; all words of the table sound as they are written.
        let [a, an] = ["a", "an"].map(piece);
        for at in 1..said.len() {
            if said[at - 1] == a && GRAMMAR.pieces[said[at]].starts_with(['a', 'e', 'i', 'o', 'u'])
            {
                said[at - 1] = an;
            }
        }
        said
    }

    fn say(&self, form: usize) -> Vec<usize> {
        let Some(words) = self.rule.english.get(form).or(self.rule.english.first()) else {
            return Vec::new();
        };
        let mut said = Vec::new();
        for word in words {
            match word {
                Word::Piece(piece) => said.push(*piece),
                Word::Child { child, form: wanted } => {
                    let form = match wanted {
                        Form::Number(form) => *form,
                        Form::Inherited => form,
                        Form::After(subject) => {
                            usize::from(self.children[*subject].person() == Person::Third)
                        }
                    };
                    said.extend(self.children[*child].say(form));
                }
                Word::Auxiliary { forms, subject } => {
                    said.push(forms[self.children[*subject].person() as usize]);
                }
            }
        }
        said
    }

    fn person(&self) -> Person {
        let only = || self.children.first().map(|child| child.person());
        self.rule.person.or_else(only).unwrap_or(Person::Third)
    }
}

/// The number of a wordpiece of the table.
pub fn piece(piece: &str) -> usize {
    GRAMMAR.pieces.iter().position(|known| *known == piece).unwrap_or_default()
}
