//! Finds the tree of a Chinese sentence, or the place where it leaves the grammar.
//!
//! Every part is looked for at most once at each place (a top-down parser with a memory, Norvig
//! 1991), and only where what comes before allows it. So the furthest character that was compared is
//! the first one that no sentence of the grammar continues with.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::grammar::{Category, GRAMMAR, Part, Tree};

/// The ways in which a part may begin at one place: where each ends, and its tree.
type Found = Rc<Vec<(usize, Rc<Tree>)>>;

/// What a sentence is to the grammar.
pub enum Reading {
    /// A sentence; its trees, of which all mean the same.
    Known(Vec<Rc<Tree>>),
    /// No sentence.
    Unknown {
        /// The first character that nothing allows; the length where only more is missing.
        at: usize,
        /// The characters that could stand there.
        expected: BTreeSet<usize>,
    },
}

/// Reads a sentence by its characters' numbers.
pub fn read(text: &[usize]) -> Reading {
    let places = text.len() + 1;
    let found = vec![None; GRAMMAR.rules.len() * places];
    let mut chart = Chart { text, found, furthest: 0, expected: BTreeSet::new() };
    let whole = chart.category(GRAMMAR.sentence, 0);
    let trees: Vec<Rc<Tree>> =
        whole.iter().filter(|(end, _)| *end == text.len()).map(|(_, tree)| tree.clone()).collect();
    if !trees.is_empty() {
        return Reading::Known(trees);
    }
    // A whole sentence with something behind it.
    let ends = whole.iter().map(|(end, _)| *end).max().unwrap_or(0);
    if ends > chart.furthest {
        return Reading::Unknown { at: ends, expected: BTreeSet::new() };
    }
    Reading::Unknown { at: chart.furthest, expected: chart.expected }
}

struct Chart<'a> {
    text: &'a [usize],
    found: Vec<Option<Found>>,
    furthest: usize,
    expected: BTreeSet<usize>,
}

impl Chart<'_> {
    fn category(&mut self, category: Category, start: usize) -> Found {
        let place = category * (self.text.len() + 1) + start;
        if let Some(found) = &self.found[place] {
            return found.clone();
        }
        let mut all = Vec::new();
        for rule in &GRAMMAR.rules[category] {
            let mut ways = vec![(start, Vec::new())];
            for part in &rule.chinese {
                ways = match part {
                    Part::Character(character) => {
                        ways.retain(|(at, _)| self.is(*character, *at));
                        ways.into_iter().map(|(at, children)| (at + 1, children)).collect()
                    }
                    Part::Category(category) => self.more(*category, ways),
                };
                if ways.is_empty() {
                    break;
                }
            }
            let whole = |(end, children)| (end, Rc::new(Tree { rule, children }));
            all.extend(ways.into_iter().map(whole));
        }
        let all = Rc::new(all);
        self.found[place] = Some(Rc::clone(&all));
        all
    }

    /// The ways in which a category goes on after those so far.
    fn more(
        &mut self,
        category: Category,
        ways: Vec<(usize, Vec<Rc<Tree>>)>,
    ) -> Vec<(usize, Vec<Rc<Tree>>)> {
        let mut next = Vec::new();
        for (at, children) in ways {
            for (end, tree) in self.category(category, at).iter() {
                let mut children = children.clone();
                children.push(tree.clone());
                next.push((*end, children));
            }
        }
        next
    }

    fn is(&mut self, character: usize, at: usize) -> bool {
        if self.text.get(at) == Some(&character) {
            return true;
        }
        if at > self.furthest {
            self.furthest = at;
            self.expected.clear();
        }
        if at == self.furthest {
            self.expected.insert(character);
        }
        false
    }
}
