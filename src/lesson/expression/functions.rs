//! The functions of the expression language, as a table from which help and the guide for authors are made.

use super::ExpressionError;
use super::actions::{entropy, extreme, half_life, held, percent, round, symbol, token, unit};
use super::evaluate::Run;
use super::value::Value;

/// A function that expressions can call.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How to call it.
    pub usage: &'static str,
    /// What it gives.
    pub meaning: &'static str,
    action: Action,
    /// The fewest and the most arguments.
    arity: (usize, usize),
}

#[derive(Clone, Copy)]
enum Action {
    /// Entries to one number: a vector or several numbers give a number, a value at all positions gives one for each.
    Reduce(fn(&[f64]) -> f64),
    /// Entries to the index of one; as `Reduce`, but the answer is an index or a position.
    Pick(fn(&[f64]) -> Option<usize>),
    /// Each entry to another.
    Each(fn(f64) -> f64),
    /// A condition for each position to one answer.
    Judge(fn(&[bool]) -> Result<Value, ExpressionError>),
    /// Anything else.
    Other(fn(&mut Run, &[Value]) -> Result<Value, ExpressionError>),
}

/// The most numbers that `min(a, b, …)` takes.
const MANY: usize = 16;
const ONE: (usize, usize) = (1, 1);

/// All functions, in the order of the guide.
pub const FUNCTIONS: &[Function] = &[
    function(
        "min",
        "min(v)",
        "the smallest entry",
        Action::Reduce(|xs| xs.iter().copied().fold(f64::INFINITY, f64::min)),
        (1, MANY),
    ),
    function(
        "max",
        "max(v)",
        "the largest entry",
        Action::Reduce(|xs| xs.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        (1, MANY),
    ),
    function(
        "mean",
        "mean(v)",
        "the mean of the entries",
        Action::Reduce(|xs| xs.iter().sum::<f64>() / xs.len() as f64),
        (1, MANY),
    ),
    function(
        "sum",
        "sum(v)",
        "the sum of the entries",
        Action::Reduce(|xs| xs.iter().sum()),
        (1, MANY),
    ),
    function(
        "norm",
        "norm(v)",
        "the Euclidean length √Σv²",
        Action::Reduce(|xs| xs.iter().map(|x| x * x).sum::<f64>().sqrt()),
        (1, MANY),
    ),
    function(
        "entropy",
        "entropy(p)",
        "−Σ p ln p of a distribution, in nats",
        Action::Reduce(entropy),
        (1, MANY),
    ),
    function(
        "argmin",
        "argmin(v)",
        "index (or position) of the smallest",
        Action::Pick(|xs| extreme(xs, |a, b| a < b)),
        (1, MANY),
    ),
    function(
        "argmax",
        "argmax(v)",
        "index (or position) of the largest",
        Action::Pick(|xs| extreme(xs, |a, b| a > b)),
        (1, MANY),
    ),
    function("abs", "abs(x)", "the size without the sign", Action::Each(f64::abs), ONE),
    function("ln", "ln(x)", "the natural logarithm", Action::Each(f64::ln), ONE),
    function("exp", "exp(x)", "e to the power x", Action::Each(f64::exp), ONE),
    function("sqrt", "sqrt(x)", "the square root", Action::Each(f64::sqrt), ONE),
    function(
        "halflife",
        "halflife(x)",
        "tokens until half is forgotten when the factor x is kept per step, ln ½ / ln x",
        Action::Each(half_life),
        ONE,
    ),
    function(
        "round",
        "round(x, digits)",
        "rounded to so many decimals (0 if left out)",
        Action::Other(round),
        (1, 2),
    ),
    function("percent", "percent(x)", "text such as 93.4 %", Action::Other(percent), ONE),
    function(
        "unit",
        "unit(name, i)",
        "one unit of a value at all positions",
        Action::Other(unit),
        (2, 2),
    ),
    function(
        "first",
        "first(condition)",
        "first position where it holds",
        Action::Judge(|mask| held(mask.iter().position(|&x| x))),
        ONE,
    ),
    function(
        "last",
        "last(condition)",
        "last position where it holds",
        Action::Judge(|mask| held(mask.iter().rposition(|&x| x))),
        ONE,
    ),
    function(
        "count",
        "count(condition)",
        "how many positions it holds at",
        Action::Judge(|mask| Ok(index(mask.iter().filter(|&&x| x).count()))),
        ONE,
    ),
    function(
        "any",
        "any(condition)",
        "whether it holds anywhere",
        Action::Judge(|mask| Ok(Value::Bool(mask.contains(&true)))),
        ONE,
    ),
    function(
        "all",
        "all(condition)",
        "whether it holds everywhere",
        Action::Judge(|mask| Ok(Value::Bool(!mask.contains(&false)))),
        ONE,
    ),
    function(
        "symbol",
        "symbol(i)",
        "text of entry i of the output vocabulary",
        Action::Other(symbol),
        ONE,
    ),
    function(
        "token",
        "token(p)",
        "text of the input token at position p",
        Action::Other(token),
        ONE,
    ),
];

const fn function(
    name: &'static str,
    usage: &'static str,
    meaning: &'static str,
    action: Action,
    arity: (usize, usize),
) -> Function {
    Function { name, usage, meaning, action, arity }
}

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.usage)
    }
}

impl Function {
    pub(super) fn takes(&self, n_arguments: usize) -> bool {
        (self.arity.0..=self.arity.1).contains(&n_arguments)
    }

    pub(super) fn call(
        &self,
        run: &mut Run,
        arguments: &[Value],
    ) -> Result<Value, ExpressionError> {
        let wrong = |value: &Value| {
            let message = format!("`{}` does not work on {}", self.name, value.kind());
            ExpressionError::new(message).hint(format!("{} gives {}", self.usage, self.meaning))
        };
        match (self.action, arguments) {
            (Action::Other(action), _) => action(run, arguments),
            (Action::Reduce(reduce), [Value::Series(name)]) => {
                Ok(Value::Track(run.track(name, reduce)))
            }
            (Action::Pick(pick), [Value::Series(name)]) => {
                let pick = |xs: &[f64]| pick(xs).map_or(f64::NAN, |picked| picked as f64);
                Ok(Value::Track(run.track(name, pick)))
            }
            (Action::Reduce(_) | Action::Pick(_), [value]) if value.as_number().is_none() => {
                match value {
                    // Positions where the value does not exist do not count, but they keep their index.
                    Value::Track(entries) if matches!(self.action, Action::Reduce(_)) => {
                        let present: Vec<f64> =
                            entries.iter().copied().filter(|entry| !entry.is_nan()).collect();
                        self.reduce(&present)
                    }
                    Value::Vector(entries) | Value::Track(entries) => self.reduce(entries),
                    other => Err(wrong(other)),
                }
            }
            (Action::Reduce(_) | Action::Pick(_), _) => {
                let number = |value: &Value| value.as_number().ok_or_else(|| wrong(value));
                let numbers = arguments.iter().map(number).collect::<Result<Vec<f64>, _>>()?;
                self.reduce(&numbers)
            }
            (Action::Each(each), [value]) => map(value, each).ok_or_else(|| wrong(value)),
            (Action::Judge(judge), [Value::Mask(mask)]) => judge(mask),
            (Action::Judge(_), [value]) => Err(wrong(value)
                .hint(format!("write a condition, such as {}(forget_gate.min < 0.2)", self.name))),
            _ => Err(ExpressionError::new(format!("write {}", self.usage))),
        }
    }

    fn reduce(&self, entries: &[f64]) -> Result<Value, ExpressionError> {
        if entries.is_empty() {
            return Err(ExpressionError::new(format!(
                "`{}` has nothing to work on here",
                self.name
            )));
        }
        match self.action {
            Action::Reduce(reduce) => Ok(Value::Number(reduce(entries))),
            Action::Pick(pick) => {
                let picked = pick(entries).map(index);
                picked.ok_or_else(|| {
                    ExpressionError::new(format!("`{}` found no number here", self.name))
                })
            }
            _ => Err(ExpressionError::new(format!("write {}", self.usage))),
        }
    }
}

/// Applies a function to each entry of whatever has entries.
pub(super) fn map(value: &Value, each: impl Fn(f64) -> f64) -> Option<Value> {
    let all = |entries: &[f64]| entries.iter().map(|&entry| each(entry)).collect();
    match value {
        Value::Vector(entries) => Some(Value::Vector(all(entries))),
        Value::Track(entries) => Some(Value::Track(all(entries))),
        other => other.as_number().map(|number| Value::Number(each(number))),
    }
}

/// A position or an index as a value.
pub(super) fn index(index: usize) -> Value {
    Value::Integer(i64::try_from(index).unwrap_or(i64::MAX))
}
