//! Numbers compared exactly, whichever of i64, u64 and f64 holds them.

use std::cmp::Ordering;

use serde_json::Number;

use crate::value::Value;

/// A JSON number by its value: `1`, `1.0` and `1e0` are the same.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Whole(i128),
    /// Not whole, or beyond the integers that JSON numbers are kept in; finite.
    Real(f64),
}

/// From here on every double lies beyond u64, and in magnitude beyond i64.
const WHOLE_END: f64 = 18_446_744_073_709_551_616.0;

impl Exact {
    fn of(number: &Number) -> Self {
        if let Some(whole) = number.as_i128() {
            return Self::Whole(whole);
        }
        let real = number.as_f64().unwrap_or(f64::MAX);
        // In this range the conversion is exact.
        if real.fract() == 0.0 && real.abs() < WHOLE_END { Self::Whole(real as i128) } else { Self::Real(real) }
    }

    /// A number, or text that is one in JSON's grammar, read as it would be read from a body.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Self::of(number)),
            // The reader would also take blanks around the number.
            Value::String(text)
                if !text.starts_with(char::is_whitespace) && text.ends_with(|last: char| last.is_ascii_digit()) =>
            {
                serde_json::from_str(text).ok().as_ref().map(Self::of)
            }
            _ => None,
        }
    }

    pub(super) fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Real(left), Self::Real(right)) => left.total_cmp(&right),
            (Self::Whole(left), Self::Real(right)) => whole_to_real(left, right),
            (Self::Real(left), Self::Whole(right)) => whole_to_real(right, left).reverse(),
        }
    }
}

/// `real` is not whole or out of range, so the two are never equal.
fn whole_to_real(whole: i128, real: f64) -> Ordering {
    if real.abs() >= WHOLE_END {
        return if real > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    if whole <= real.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}
