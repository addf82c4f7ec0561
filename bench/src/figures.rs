//! Numbers as the page shows them.

use std::time::Duration;

/// The middle value; the mean of the two in the middle of an even number.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        len if len % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// The lowest and the highest; nothing has both 0.
pub(crate) fn spread(values: &[f64]) -> (f64, f64) {
    let lowest = values.iter().copied().reduce(f64::min).unwrap_or_default();
    let highest = values.iter().copied().reduce(f64::max).unwrap_or_default();
    (lowest, highest)
}

/// Of a whole number, thousands apart: `12,345`.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(spread(&[2.0, 1.0, 3.0]), (1.0, 3.0));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([7.0, 123.4, 1_234.0, 1_234_567.0].map(grouped), ["7", "123", "1,234", "1,234,567"]);
    }
}
