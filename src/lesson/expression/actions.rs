//! The functions that need more than a line.

use super::ExpressionError;
use super::evaluate::Run;
use super::functions::{index, map};
use super::value::{Value, significant};

pub(super) fn held(position: Option<usize>) -> Result<Value, ExpressionError> {
    position.map(index).ok_or_else(|| {
        ExpressionError::new("the condition never holds in this run")
            .hint("change the threshold or the input")
    })
}

/// The first entry that no other beats; NaN beats nothing.
pub(super) fn extreme(entries: &[f64], beats: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (entry_idx, &entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.is_nan()) {
        if best.is_none_or(|(_, record)| beats(entry, record)) {
            best = Some((entry_idx, entry));
        }
    }
    best.map(|(entry_idx, _)| entry_idx)
}

pub(super) fn entropy(probabilities: &[f64]) -> f64 {
    // p ln p goes to 0 with p.
    let terms = probabilities.iter().filter(|&&p| p != 0.0).map(|p| -p * p.ln());
    terms.sum()
}

pub(super) fn half_life(kept: f64) -> f64 {
    // A factor of 1 or more never forgets; 0 forgets at once.
    if kept >= 1.0 { f64::INFINITY } else { 0.5_f64.ln() / kept.ln() }
}

pub(super) fn round(_: &mut Run, arguments: &[Value]) -> Result<Value, ExpressionError> {
    const MOST_DIGITS: i64 = 12;
    let digits = arguments.get(1).map_or(Some(0), Value::as_integer);
    let digits = digits.filter(|digits| (0..=MOST_DIGITS).contains(digits));
    let digits = digits
        .ok_or_else(|| ExpressionError::new(format!("`round` takes 0 to {MOST_DIGITS} digits")))?;
    if let (0, Some(Value::Number(number))) = (digits, arguments.first())
        && number.abs() < 1e15
    {
        return Ok(Value::Integer(number.round() as i64));
    }
    let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    let rounded = arguments.first().and_then(|value| map(value, |x| (x * scale).round() / scale));
    rounded.ok_or_else(|| ExpressionError::new("`round` works on numbers and vectors"))
}

pub(super) fn percent(_: &mut Run, arguments: &[Value]) -> Result<Value, ExpressionError> {
    let number = arguments.first().and_then(Value::as_number);
    let number = number.ok_or_else(|| ExpressionError::new("`percent` works on a number"))?;
    Ok(Value::Text(format!("{} %", significant(100.0 * number))))
}

pub(super) fn unit(run: &mut Run, arguments: &[Value]) -> Result<Value, ExpressionError> {
    let [Value::Series(name), unit] = arguments else {
        return Err(ExpressionError::new("`unit` takes the name of a value and a number")
            .hint("write unit(forget_gate, 5)"));
    };
    let unit = unit.as_integer().and_then(|unit| usize::try_from(unit).ok());
    let unit = unit.ok_or_else(|| ExpressionError::new("a unit is a whole number from 0"))?;
    let track = run.track(name, |row| row.get(unit).copied().unwrap_or(f64::NAN));
    if track.iter().all(|entry| entry.is_nan()) {
        return Err(ExpressionError::new(format!("`{name}` has no unit {unit}")));
    }
    Ok(Value::Track(track))
}

pub(super) fn symbol(run: &mut Run, arguments: &[Value]) -> Result<Value, ExpressionError> {
    let index = natural(arguments)?;
    let text = run.values.symbol(index).map(Value::Text);
    text.ok_or_else(|| ExpressionError::new(format!("the output vocabulary has no symbol {index}")))
}

pub(super) fn token(run: &mut Run, arguments: &[Value]) -> Result<Value, ExpressionError> {
    let position = natural(arguments)?;
    let text = run.values.token(position).map(Value::Text);
    text.ok_or_else(|| {
        ExpressionError::new(format!("there is no input token at position {position}"))
    })
}

pub(super) fn natural(arguments: &[Value]) -> Result<usize, ExpressionError> {
    let integer = arguments.first().and_then(Value::as_integer);
    let natural = integer.and_then(|integer| usize::try_from(integer).ok());
    natural.ok_or_else(|| ExpressionError::new("this takes a whole number from 0"))
}
