//! How often a measure fell into each of a few ranges, counted without a lock.
//!
//! Not here: how anyone is shown the counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of ranges of time, in microseconds: from a flush of a fast disk to a flow that waits.
const TIMES: &[u64] = &[
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    600_000_000,
    3_600_000_000,
];
const MICROS_PER_SECOND: f64 = 1e6;

/// Upper bounds of ranges of a number of things.
const NUMBERS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// Counts measures by range. Adding one costs two atomic additions and allocates nothing.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// How many measures make one of the unit that is shown.
    per_unit: f64,
    /// One more than there are bounds: what lies above the last.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has counted, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// How many measures lie in the range that ends at each bound (inclusive) and begins above the one
    /// before. Seconds for times; the last bound is infinite.
    pub ranges: Vec<(f64, u64)>,
    /// Of all measures, in the same unit.
    pub sum: f64,
}

impl Histogram {
    pub fn of_times() -> Self {
        Self::new(TIMES, MICROS_PER_SECOND)
    }

    pub fn of_numbers() -> Self {
        Self::new(NUMBERS, 1.0)
    }

    fn new(bounds: &'static [u64], per_unit: f64) -> Self {
        Self {
            bounds,
            per_unit,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Of a histogram of times.
    pub fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn add(&self, measure: u64) {
        let range = self.bounds.partition_point(|bound| *bound < measure);
        self.counts[range].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(measure, Ordering::Relaxed);
    }

    /// Measures that are being added meanwhile may be missing from the sum.
    #[allow(clippy::cast_precision_loss, reason = "a sum beyond 2^53 is known well enough")]
    pub fn distribution(&self) -> Distribution {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.per_unit).chain([f64::INFINITY]);
        Distribution {
            ranges: bounds.zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed))).collect(),
            sum: self.sum.load(Ordering::Relaxed) as f64 / self.per_unit,
        }
    }
}

impl Distribution {
    /// Of all measures.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(distribution: &Distribution) -> Vec<(f64, u64)> {
        distribution.ranges.iter().copied().filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_measure_counts_in_the_range_whose_bound_it_does_not_exceed() {
        let numbers = Histogram::of_numbers();
        for number in [0, 1, 2, 3, 5, 1_000, 1_001, 9_999] {
            numbers.add(number);
        }
        let counted = numbers.distribution();
        assert_eq!(filled(&counted), [(1.0, 2), (2.0, 1), (5.0, 2), (1_000.0, 1), (f64::INFINITY, 2)]);
        assert!((counted.count(), counted.sum) == (8, 12_011.0), "{counted:?}");
    }

    #[test]
    fn times_are_shown_in_seconds() {
        let times = Histogram::of_times();
        for time in [Duration::ZERO, Duration::from_millis(30), Duration::from_millis(50), Duration::MAX] {
            times.add_time(time);
        }
        assert_eq!(filled(&times.distribution()), [(0.0001, 1), (0.05, 2), (f64::INFINITY, 1)]);
    }

    #[test]
    fn bounds_rise() {
        for bounds in [TIMES, NUMBERS] {
            assert!(bounds.is_sorted() && bounds.windows(2).all(|two| two[0] != two[1]));
        }
    }
}
