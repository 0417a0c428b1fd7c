//! What the operators do to each kind of operand.

use super::ExpressionError;
use super::functions::map;
use super::syntax::{Arithmetic, Comparison};
use super::value::Value;

/// The error for operands that an operator has no meaning for.
pub(super) fn misfit(symbol: &str, left: &Value, right: Option<&Value>) -> ExpressionError {
    let operands = match right {
        Some(right) => format!("{} and {}", left.kind(), right.kind()),
        None => left.kind().to_owned(),
    };
    let error = ExpressionError::new(format!("`{symbol}` does not work on {operands}"));
    match [Some(left), right].into_iter().flatten().find(|value| matches!(value, Value::Series(_)))
    {
        Some(Value::Series(name)) => {
            error.hint(format!("write {name}[now], or {name}.mean for a number at each position"))
        }
        _ => error,
    }
}

type FloatOperator = fn(f64, f64) -> f64;
/// `None` where only a float can hold the result.
type IntegerOperator = fn(i64, i64) -> Option<i64>;

/// Numbers with numbers, entries with entries, and a number with every entry.
pub(super) fn arithmetic(
    operator: Arithmetic,
    left: &Value,
    right: &Value,
) -> Result<Value, ExpressionError> {
    let (symbol, float, integer): (_, FloatOperator, IntegerOperator) = match operator {
        Arithmetic::Add => ("+", |a, b| a + b, i64::checked_add),
        Arithmetic::Subtract => ("-", |a, b| a - b, i64::checked_sub),
        Arithmetic::Multiply => ("*", |a, b| a * b, i64::checked_mul),
        // 1 / 2 is a half here, as on paper.
        Arithmetic::Divide => ("/", |a, b| a / b, |_, _| None),
        Arithmetic::Remainder => ("%", |a, b| a % b, i64::checked_rem),
        Arithmetic::Power => ("**", f64::powf, |_, _| None),
    };
    if let (Value::Integer(left), Value::Integer(right)) = (left, right)
        && let Some(result) = integer(*left, *right)
    {
        return Ok(Value::Integer(result));
    }
    let pairs = |left: &[f64], right: &[f64]| -> Result<Vec<f64>, ExpressionError> {
        if left.len() != right.len() {
            let message =
                format!("`{symbol}` needs equal lengths, not {} and {}", left.len(), right.len());
            return Err(ExpressionError::new(message));
        }
        Ok(left.iter().zip(right).map(|(&left, &right)| float(left, right)).collect())
    };
    match (left, right) {
        (Value::Vector(left), Value::Vector(right)) => pairs(left, right).map(Value::Vector),
        (Value::Track(left), Value::Track(right)) => pairs(left, right).map(Value::Track),
        _ => {
            let result = match (left.as_number(), right.as_number()) {
                (_, Some(number)) => map(left, |entry| float(entry, number)),
                (Some(number), _) => map(right, |entry| float(number, entry)),
                _ => None,
            };
            result.ok_or_else(|| misfit(symbol, left, Some(right)))
        }
    }
}

/// Numbers give a truth; a number for each position gives a condition for each position.
pub(super) fn compare(
    comparison: Comparison,
    left: &Value,
    right: &Value,
) -> Result<Value, ExpressionError> {
    #[expect(clippy::float_cmp, reason = "`==` in a lesson means equal, as its author wrote")]
    let (symbol, holds): (_, fn(f64, f64) -> bool) = match comparison {
        Comparison::Less => ("<", |a, b| a < b),
        Comparison::LessOrEqual => ("<=", |a, b| a <= b),
        Comparison::Greater => (">", |a, b| a > b),
        Comparison::GreaterOrEqual => (">=", |a, b| a >= b),
        Comparison::Equal => ("==", |a, b| a == b),
        // Where a value does not exist nothing holds, not even that it differs.
        Comparison::NotEqual => ("!=", |a, b| a != b && !a.is_nan() && !b.is_nan()),
    };
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let agrees = |equal: bool| equal == (comparison == Comparison::Equal);
    let result = match (left, right) {
        (Value::Text(left), Value::Text(right)) if is_equality => {
            Value::Bool(agrees(left == right))
        }
        (Value::Bool(left), Value::Bool(right)) if is_equality => {
            Value::Bool(agrees(left == right))
        }
        (Value::Tokens(tokens), Value::Text(text)) | (Value::Text(text), Value::Tokens(tokens))
            if is_equality =>
        {
            Value::Mask(tokens.iter().map(|token| agrees(token == text)).collect())
        }
        (Value::Track(left), Value::Track(right)) => {
            Value::Mask(left.iter().zip(right).map(|(&left, &right)| holds(left, right)).collect())
        }
        _ => match (left, left.as_number(), right, right.as_number()) {
            (_, Some(left), _, Some(right)) => Value::Bool(holds(left, right)),
            (Value::Track(track), _, _, Some(number)) => {
                Value::Mask(track.iter().map(|&x| holds(x, number)).collect())
            }
            (_, Some(number), Value::Track(track), _) => {
                Value::Mask(track.iter().map(|&x| holds(number, x)).collect())
            }
            _ => return Err(misfit(symbol, left, Some(right))),
        },
    };
    Ok(result)
}
