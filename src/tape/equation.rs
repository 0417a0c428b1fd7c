//! Formulas typeset from the nodes that computed a value, so that none can disagree with what ran.

use super::graph::{EVERYWHERE, Graph, Node, NodeId};
use crate::tensor::slice;

/// How tightly a piece of LaTeX holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// a + b: needs parentheses inside a product.
    Sum,
    /// a ⊙ b: needs parentheses inside a matrix product.
    Elementwise,
    /// a b: needs parentheses under a power.
    Product,
    /// Needs none.
    Atom,
}

/// A piece of LaTeX that knows when it needs parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tex {
    /// The LaTeX.
    pub text: String,
    /// How tightly it holds together.
    pub binding: Binding,
}

impl Tex {
    /// LaTeX that never needs parentheses.
    #[must_use]
    pub fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Atom }
    }

    /// LaTeX of a product.
    #[must_use]
    pub fn product(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Product }
    }

    /// LaTeX of a sum.
    #[must_use]
    pub fn sum(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Sum }
    }

    /// A number to three significant digits; infinities and NaN by name.
    #[must_use]
    pub fn number(value: f32) -> Self {
        let text = match value {
            _ if value.is_nan() => r"\text{NaN}".to_owned(),
            f32::INFINITY => r"\infty".to_owned(),
            f32::NEG_INFINITY => r"-\infty".to_owned(),
            _ => {
                let magnitude = value.abs();
                if magnitude == 0.0 {
                    "0".to_owned()
                } else if (1e-3..1e4).contains(&magnitude) {
                    let digits = 2 - magnitude.log10().floor() as i32;
                    format!("{value:.*}", digits.clamp(0, 5) as usize)
                } else {
                    let exponent = magnitude.log10().floor();
                    format!(r"{:.2}\cdot 10^{{{exponent}}}", value / 10_f32.powf(exponent))
                }
            }
        };
        // A minus sign binds like a sum, so that a·(−b) gets its parentheses.
        Self { binding: if text.starts_with('-') { Binding::Sum } else { Binding::Atom }, text }
    }

    /// LaTeX of an elementwise product.
    #[must_use]
    pub fn elementwise(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Elementwise }
    }

    /// Fit to stand in an elementwise product or after a minus sign.
    #[must_use]
    pub fn as_factor(&self) -> String {
        if self.binding == Binding::Sum { self.parenthesised() } else { self.text.clone() }
    }

    /// Fit to stand in a matrix product, which is written without a sign and so binds more tightly
    /// than an elementwise one.
    #[must_use]
    pub fn as_matrix_factor(&self) -> String {
        if self.binding < Binding::Product { self.parenthesised() } else { self.text.clone() }
    }

    /// Fit to carry a power or an index.
    #[must_use]
    pub fn as_base(&self) -> String {
        if self.binding == Binding::Atom { self.text.clone() } else { self.parenthesised() }
    }

    /// Fit to carry a power also where it is a fraction, which binds like an atom elsewhere.
    #[must_use]
    pub fn as_base_of_power(&self) -> String {
        if self.text.starts_with(r"\frac") { self.parenthesised() } else { self.as_base() }
    }

    fn parenthesised(&self) -> String {
        format!(r"\left({}\right)", self.text)
    }
}

/// A value's formula and what it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// The value's symbol; empty for an unnamed step of a calculation.
    pub left: String,
    /// What it was computed as; empty for what comes from outside.
    pub right: String,
    /// The named values and parameters on the right, in order of appearance, each once.
    pub terms: Vec<NodeId>,
}

impl Equation {
    /// The whole formula on one line.
    #[must_use]
    pub fn latex(&self) -> String {
        match (self.left.is_empty(), self.right.is_empty()) {
            (true, _) => self.right.clone(),
            (_, true) => self.left.clone(),
            _ => format!("{} = {}", self.left, self.right),
        }
    }
}

impl Graph {
    /// The formula of a node in terms of the nearest named values and parameters, positions
    /// relative to its own: `f_{t} = \sigma\left(x_{t}\,W_{xf} + …\right)`.
    ///
    /// `decorate` may wrap a term's symbol, for instance in a colour.
    #[must_use]
    pub fn equation(&self, node: NodeId, decorate: &dyn Fn(NodeId, String) -> String) -> Equation {
        let mut terms = Vec::new();
        let here = self.node(node);
        let mut term = |graph: &Self, id: NodeId| {
            if !terms.contains(&id) {
                terms.push(id);
            }
            Tex::atom(decorate(id, graph.symbol(id, Subscript::Relative(here.position))))
        };
        let left = match here.name {
            Some(_) => decorate(node, self.symbol(node, Subscript::Relative(here.position))),
            None => String::new(),
        };
        let right =
            if here.is_leaf() { String::new() } else { self.expand(node, true, &mut term).text };
        Equation { left, right, terms }
    }

    /// The formula of one entry with this run's numbers in it:
    /// `f_{3} = \sigma\left(0.31 + 1.22\right) = 0.822`.
    #[must_use]
    pub fn equation_with_numbers(&self, node: NodeId, row: usize, column: usize) -> String {
        let number = |id: NodeId| {
            let value = self.value(id);
            let at = [
                row.min(value.nrows().saturating_sub(1)),
                column.min(value.ncols().saturating_sub(1)),
            ];
            Tex::number(value.get(at).copied().unwrap_or(f32::NAN))
        };
        let here = self.node(node);
        let mut parts = Vec::new();
        if here.name.is_some() {
            parts.push(format!("{}[{column}]", self.symbol(node, Subscript::Absolute)));
        }
        if !here.is_leaf() && here.op.is_elementwise() {
            parts.push(self.substitute(node, true, &number).text);
        }
        parts.push(number(node).text);
        parts.join(" = ")
    }

    /// A named value's symbol with its position.
    #[must_use]
    pub fn symbol(&self, id: NodeId, subscript: Subscript) -> String {
        let node = self.node(id);
        let Some(name) = node.name else {
            return if node.is_leaf() { format_constant(node) } else { String::new() };
        };
        let name = self.name(name);
        let layer = match numbers(&name.name) {
            numbers if numbers.is_empty() => String::new(),
            numbers => format!("^{{({numbers})}}"),
        };
        let symbol = match direction(&name.name) {
            Some(arrow) => format!(r"{arrow}{{{}}}", name.symbol),
            None => name.symbol.clone(),
        };
        if node.position == EVERYWHERE {
            return format!("{symbol}{layer}");
        }
        let position = match subscript {
            Subscript::Absolute => node.position.to_string(),
            Subscript::Relative(EVERYWHERE) => "t".to_owned(),
            Subscript::Relative(base) => match node.position - base {
                0 => "t".to_owned(),
                offset => format!("t{offset:+}"),
            },
        };
        format!("{symbol}_{{{position}}}{layer}")
    }

    fn expand(&self, id: NodeId, is_root: bool, term: &mut dyn FnMut(&Self, NodeId) -> Tex) -> Tex {
        let node = self.node(id);
        if !is_root && (node.name.is_some() || node.is_leaf()) {
            return term(self, id);
        }
        let inputs: Vec<Tex> =
            node.inputs.iter().map(|input| self.expand(*input, false, term)).collect();
        node.op.latex(&inputs, &node.attribute)
    }

    fn substitute(&self, id: NodeId, is_root: bool, number: &dyn Fn(NodeId) -> Tex) -> Tex {
        let node = self.node(id);
        if !is_root && (node.name.is_some() || node.is_leaf() || !node.op.is_elementwise()) {
            return number(id);
        }
        let inputs: Vec<Tex> =
            node.inputs.iter().map(|input| self.substitute(*input, false, number)).collect();
        node.op.latex(&inputs, &node.attribute)
    }
}

/// How a symbol shows its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscript {
    /// t, t−1, … relative to the given position.
    Relative(i32),
    /// The number itself.
    Absolute,
}

/// The numbers of the scopes of a name, counted from 1: `2` for `encoder.layer1.backward.cell`, `2,4`
/// for the fourth head of that layer.
fn numbers(name: &str) -> String {
    let scopes = name.split('.').rev().skip(1).collect::<Vec<_>>().into_iter().rev();
    let digits = scopes.map(|scope| scope.trim_start_matches(|c: char| !c.is_ascii_digit()));
    let numbers = digits.filter_map(|digits| digits.parse().ok()).map(|n: u32| (n + 1).to_string());
    numbers.collect::<Vec<_>>().join(",")
}

/// The arrow over the symbols of a direction of reading (Schuster & Paliwal 1997; Graves 2013).
fn direction(name: &str) -> Option<&'static str> {
    name.rsplit('.').skip(1).find_map(|scope| match scope {
        "forward" => Some(r"\overrightarrow"),
        "backward" => Some(r"\overleftarrow"),
        _ => None,
    })
}

fn format_constant(node: &Node) -> String {
    match slice(&node.value) {
        [single] => Tex::number(*single).text,
        _ => r"\text{constant}".to_owned(),
    }
}
