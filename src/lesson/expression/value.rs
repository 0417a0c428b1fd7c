//! What expressions compute with, and how an answer is written for the reader.

use super::ExpressionError;

/// A value on the way to an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Integer(i64),
    Bool(bool),
    Text(String),
    /// The entries of a value at one position.
    Vector(Vec<f64>),
    /// A value at all positions, by name; its rows are fetched when they are needed.
    Series(String),
    /// A number for each position; NaN where the value does not exist.
    Track(Vec<f64>),
    /// A truth for each position.
    Mask(Vec<bool>),
    /// The input token at each position.
    Tokens(Vec<String>),
}

impl Value {
    /// What the value is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) | Self::Integer(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Text(_) => "text",
            Self::Vector(_) => "a vector",
            Self::Series(_) => "a value at all positions",
            Self::Track(_) => "a number for each position",
            Self::Mask(_) => "a condition for each position",
            Self::Tokens(_) => "a text for each position",
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Integer(integer) => Some(*integer as f64),
            _ => None,
        }
    }

    /// A whole number; one that went through arithmetic counts as well.
    pub(super) fn as_integer(&self) -> Option<i64> {
        /// Above this a float no longer holds every integer.
        const LARGEST: f64 = 9.0e15;
        match self {
            Self::Integer(integer) => Some(*integer),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < LARGEST => {
                Some(*number as i64)
            }
            _ => None,
        }
    }
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A real number; may be infinite, never NaN.
    Number(f64),
    /// A position, an index or a count.
    Integer(i64),
    /// A condition.
    Bool(bool),
    /// A symbol, a token or a percentage.
    Text(String),
    /// The entries of a value at a position, or a number for each position.
    Vector(Vec<f32>),
}

impl Answer {
    pub(super) fn of(value: &Value) -> Result<Self, ExpressionError> {
        let not_an_answer = |hint: &str| {
            let message = format!("this gives {}, not an answer", value.kind());
            Err(ExpressionError::new(message).hint(hint))
        };
        match value {
            Value::Number(number) if number.is_nan() => {
                Err(ExpressionError::new("the result is not a number (NaN)"))
            }
            Value::Number(number) => Ok(Self::Number(*number)),
            Value::Integer(integer) => Ok(Self::Integer(*integer)),
            Value::Bool(truth) => Ok(Self::Bool(*truth)),
            Value::Text(text) => Ok(Self::Text(text.clone())),
            Value::Vector(entries) | Value::Track(entries) => {
                Ok(Self::Vector(entries.iter().map(|&entry| entry as f32).collect()))
            }
            Value::Series(name) => not_an_answer(&format!("write {name}[now] or {name}.mean")),
            Value::Mask(_) => {
                not_an_answer("put first(), last(), count(), any() or all() around it")
            }
            Value::Tokens(_) => not_an_answer("write token(now)"),
        }
    }

    /// The answer as the page shows it: three significant digits, long vectors shortened to their ends.
    #[must_use]
    pub fn display(&self) -> String {
        /// Entries of a vector shown before the last one.
        const N_SHOWN: usize = 3;
        match self {
            Self::Number(number) => significant(*number),
            Self::Integer(integer) => integer.to_string().replace('-', "−"),
            Self::Bool(truth) => truth.to_string(),
            Self::Text(text) => text.clone(),
            Self::Vector(entries) => {
                let shown = |entry: &f32| significant(f64::from(*entry));
                let mut texts: Vec<String> = entries.iter().take(N_SHOWN).map(shown).collect();
                if entries.len() > N_SHOWN + 1 {
                    texts.push("…".to_owned());
                }
                if entries.len() > N_SHOWN {
                    texts.extend(entries.last().map(shown));
                }
                format!("[{}]", texts.join(", "))
            }
        }
    }
}

/// A number with three significant digits, in scientific notation where a row of zeros would hide its size.
pub(super) fn significant(number: f64) -> String {
    const DIGITS: i32 = 3;
    const LARGE: f64 = 1e6;
    const SMALL: f64 = 1e-4;
    if number.is_nan() {
        return "–".to_owned();
    }
    let sign = if number < 0.0 { "−" } else { "" };
    let size = number.abs();
    if size.is_infinite() {
        return format!("{sign}∞");
    }
    if size == 0.0 {
        return "0".to_owned();
    }
    if (SMALL..LARGE).contains(&size) {
        // Rounding first, so that 0.9996 becomes 1.00 and not 1.000.
        let rounded: f64 = format!("{size:.2e}").parse().unwrap_or(size);
        let magnitude = rounded.log10().floor() as i32;
        let decimals = usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0);
        return format!("{sign}{size:.decimals$}");
    }
    let scientific = format!("{size:.2e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let raised: String = exponent.chars().map(superscript).collect();
    format!("{sign}{mantissa}×10{raised}")
}

fn superscript(digit: char) -> char {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = digit.to_digit(10).and_then(|digit| RAISED.get(digit as usize));
    raised.copied().unwrap_or('⁻')
}
