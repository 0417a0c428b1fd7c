//! A tree to a value, over a borrowed trace. Rows are fetched only when they are looked at.

use super::functions::{self, map};
use super::operators::{arithmetic, compare, misfit};
use super::syntax::{Kind, Node};
use super::value::Value;
use super::{ExpressionError, VARIABLES, ValueSource, Values};

/// One evaluation.
pub(super) struct Run<'a> {
    pub(super) values: &'a dyn Values,
    now: i64,
    /// What was read so far, each once.
    pub(super) reads: Vec<ValueSource>,
}

impl<'a> Run<'a> {
    pub(super) fn new(values: &'a dyn Values, now: usize) -> Self {
        Self { values, now: i64::try_from(now).unwrap_or(i64::MAX), reads: Vec::new() }
    }

    pub(super) fn value(&mut self, node: &Node) -> Result<Value, ExpressionError> {
        let at_node = |error: ExpressionError| error.at(node.offset);
        match &node.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Path(path) => self.path(path).map_err(at_node),
            Kind::Index(whole, index) => {
                let whole = self.value(whole)?;
                let position = self.value(index)?;
                self.index(&whole, &position).map_err(at_node)
            }
            Kind::Call(function, arguments) => {
                let arguments = arguments
                    .iter()
                    .map(|argument| self.value(argument))
                    .collect::<Result<Vec<Value>, _>>()?;
                function.call(self, &arguments).map_err(at_node)
            }
            Kind::Not(operand) => match self.value(operand)? {
                Value::Bool(truth) => Ok(Value::Bool(!truth)),
                Value::Mask(mask) => Ok(Value::Mask(mask.iter().map(|truth| !truth).collect())),
                other => Err(at_node(misfit("!", &other, None))),
            },
            Kind::Negate(operand) => match self.value(operand)? {
                Value::Integer(integer) => Ok(Value::Integer(integer.saturating_neg())),
                other => map(&other, |x| -x).ok_or_else(|| at_node(misfit("-", &other, None))),
            },
            Kind::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                arithmetic(*operator, &left, &right).map_err(at_node)
            }
            Kind::Compare(comparison, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                compare(*comparison, &left, &right).map_err(at_node)
            }
            Kind::Logic(all, operands) => self.logic(*all, operands, node.offset),
        }
    }

    /// A number for each position of a value; NaN where it does not exist.
    pub(super) fn track(&mut self, name: &str, reduce: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        self.note_read(name, None);
        let values = self.values;
        let at = |position: usize| {
            let row = values.row(name, i64::try_from(position).unwrap_or(i64::MAX));
            match row.map(widen) {
                Some(row) if !row.is_empty() => reduce(&row),
                _ => f64::NAN,
            }
        };
        (0..values.n_positions()).map(at).collect()
    }

    fn note_read(&mut self, name: &str, position: Option<i64>) {
        let read = ValueSource { name: name.to_owned(), position };
        if !self.reads.contains(&read) {
            self.reads.push(read);
        }
    }

    /// The longest part of the path that names something; the rest are properties.
    fn path(&mut self, path: &[String]) -> Result<Value, ExpressionError> {
        for n_parts in (1..=path.len()).rev() {
            let Some((head, properties)) = path.split_at_checked(n_parts) else {
                continue;
            };
            let name = head.join(".");
            let Some(mut value) = self.named(&name) else {
                continue;
            };
            for property in properties {
                let function = functions::find(property).filter(|function| function.takes(1));
                let Some(function) = function else {
                    return Err(self.no_property(&name, property, path));
                };
                value = function.call(self, &[value])?;
            }
            return Ok(value);
        }
        let is_function = |part: &String| functions::find(part).is_some();
        let n_properties = path.iter().rev().take_while(|part| is_function(part)).count();
        let n_name_parts = path.len().saturating_sub(n_properties).max(1);
        let name = path.get(..n_name_parts).unwrap_or_default().join(".");
        let mut names = self.values.names();
        // What is misspelled may be the gradient of a value.
        let gradients: Vec<String> = names.iter().map(|name| format!("grad.{name}")).collect();
        names.extend(gradients.into_iter().filter(|name| self.values.has(name)));
        let candidates = names.iter().map(String::as_str).chain(VARIABLES);
        Err(ExpressionError::new(format!("there is no value called `{name}`"))
            .nearest(&name, candidates))
    }

    /// A slip in `x.y` may be in a property of `x` or in a value called `x.y`.
    fn no_property(&self, name: &str, property: &str, path: &[String]) -> ExpressionError {
        let error = ExpressionError::new(format!("`{name}` has no `{property}`"))
            .nearest(property, functions::names());
        if error.hint.is_some() {
            return error;
        }
        let names = self.values.names();
        error.nearest(&path.join("."), names.iter().map(String::as_str))
    }

    fn named(&self, name: &str) -> Option<Value> {
        let n_positions = self.values.n_positions();
        let count = i64::try_from(n_positions).unwrap_or(i64::MAX);
        let tokens =
            || (0..n_positions).map(|position| self.values.token(position).unwrap_or_default());
        match name {
            "now" => Some(Value::Integer(self.now)),
            "n_positions" => Some(Value::Integer(count)),
            "last_position" => Some(Value::Integer(count - 1)),
            _ if self.values.has(name) => Some(Value::Series(name.to_owned())),
            "tokens" => Some(Value::Tokens(tokens().collect())),
            _ => None,
        }
    }

    fn index(&mut self, whole: &Value, index: &Value) -> Result<Value, ExpressionError> {
        let Some(position) = index.as_integer() else {
            let message = format!("[ ] takes a whole number, not {}", index.kind());
            return Err(ExpressionError::new(message));
        };
        let natural = usize::try_from(position).ok();
        let outside = |what: &str, length: usize| {
            let message = format!("there is no {what} {position}");
            ExpressionError::new(message).hint(match length {
                0 => "it has none".to_owned(),
                _ => format!("they go from 0 to {}", length - 1),
            })
        };
        match whole {
            Value::Series(name) => {
                let n_positions = self.values.n_positions();
                let row = self.values.row(name, position);
                let row =
                    row.ok_or_else(|| outside(&format!("position of `{name}` at"), n_positions))?;
                self.note_read(name, Some(position));
                Ok(Value::Vector(widen(row)))
            }
            Value::Vector(entries) => {
                let entry = natural.and_then(|natural| entries.get(natural));
                entry
                    .map(|&entry| Value::Number(entry))
                    .ok_or_else(|| outside("entry", entries.len()))
            }
            Value::Track(entries) => {
                let entry = natural.and_then(|natural| entries.get(natural));
                entry
                    .map(|&entry| Value::Number(entry))
                    .ok_or_else(|| outside("position", entries.len()))
            }
            Value::Mask(mask) => {
                let truth = natural.and_then(|natural| mask.get(natural));
                truth
                    .map(|&truth| Value::Bool(truth))
                    .ok_or_else(|| outside("position", mask.len()))
            }
            Value::Tokens(tokens) => {
                let token = natural.and_then(|natural| tokens.get(natural));
                token
                    .map(|token| Value::Text(token.clone()))
                    .ok_or_else(|| outside("position", tokens.len()))
            }
            other => Err(ExpressionError::new(format!("[ ] does not work on {}", other.kind()))),
        }
    }

    /// `&&` and `||`: on truths they stop as soon as the answer is known, on conditions they go position by position.
    fn logic(
        &mut self,
        all: bool,
        operands: &[Node],
        offset: usize,
    ) -> Result<Value, ExpressionError> {
        let symbol = if all { "&&" } else { "||" };
        let mut result: Option<Value> = None;
        for operand in operands {
            let next = self.value(operand)?;
            let joined = match (result, next) {
                (None, first @ (Value::Bool(_) | Value::Mask(_))) => first,
                (Some(Value::Bool(_)), second @ Value::Bool(_)) => second,
                (Some(Value::Mask(left)), Value::Mask(right)) => {
                    let join = |(left, right): (&bool, &bool)| {
                        if all { *left && *right } else { *left || *right }
                    };
                    Value::Mask(left.iter().zip(&right).map(join).collect())
                }
                (left, right) => {
                    let operands = (left.as_ref().unwrap_or(&right), left.as_ref().map(|_| &right));
                    return Err(misfit(symbol, operands.0, operands.1).at(offset));
                }
            };
            if joined == Value::Bool(!all) {
                return Ok(joined);
            }
            result = Some(joined);
        }
        result.ok_or_else(|| ExpressionError::new(format!("{symbol} has nothing to join")))
    }
}

fn widen(row: Vec<f32>) -> Vec<f64> {
    row.into_iter().map(f64::from).collect()
}
