//! How soon what is full has room again: what is before a sender, by how fast it has been drained of late.

use std::time::{Duration, Instant};

use crate::clock;

/// A rate is taken over windows of this length.
const WINDOW: Duration = Duration::from_secs(1);
/// What a sender is told, in seconds.
const SOONEST_S: u32 = 1;
const LATEST_S: u32 = 60;

/// How much leaves, a second.
#[derive(Debug)]
pub(crate) struct Rate {
    since: Instant,
    left: f64,
    /// Of the window before, a second.
    before: f64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { since: Instant::now(), left: 0.0, before: 0.0 }
    }
}

impl Rate {
    pub(crate) fn add(&mut self, amount: usize, now: Instant) {
        let window = now.saturating_duration_since(self.since);
        if window >= WINDOW {
            (self.before, self.left, self.since) = (self.left / window.as_secs_f64(), 0.0, now);
        }
        self.left += amount as f64;
    }

    /// A window that has begun counts by itself only once it is long enough to say something.
    fn per_second(&self, now: Instant) -> f64 {
        let window = now.saturating_duration_since(self.since).as_secs_f64();
        if window >= WINDOW.as_secs_f64() / 2.0 { self.left / window } else { self.before.max(self.left) }
    }

    /// Seconds in which `before` is gone at this rate.
    pub(crate) fn drains_in(&self, before: usize, now: Instant) -> f64 {
        let rate = self.per_second(now);
        if rate > 0.0 { before as f64 / rate } else { f64::INFINITY }
    }
}

/// What `Retry-After` says when there may be room in so many seconds: up to twice as much, so that those who were
/// turned away together do not come back together.
pub(crate) fn retry_after_s(seconds: f64) -> u32 {
    let spread = 1.0 + (clock::random() & 0xffff) as f64 / f64::from(0x1_0000_u32);
    // A cast of what is too large, or infinite, is the largest.
    ((seconds * spread).ceil() as u32).clamp(SOONEST_S, LATEST_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drains_fast_is_asked_again_soon_and_what_does_not_drain_at_the_latest() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let mut rate = Rate { since: began, ..Rate::default() };
        assert_eq!(rate.drains_in(1, began), f64::INFINITY);
        for ms in (10..=1_500).step_by(10) {
            rate.add(1, at(ms));
        }
        let seconds = rate.drains_in(300, at(1_500));
        assert!((2.9..3.2).contains(&seconds), "100 a second: {seconds}");
        assert!(rate.drains_in(300, at(60_000)) > 60.0, "nothing has left for a while");
    }

    #[test]
    fn what_is_said_is_spread_and_within_bounds() {
        assert_eq!((retry_after_s(0.0), retry_after_s(f64::INFINITY), retry_after_s(1e12)), (1, 60, 60));
        let said: std::collections::BTreeSet<u32> = (0..200).map(|_| retry_after_s(4.0)).collect();
        assert!(said.iter().all(|seconds| (4..=8).contains(seconds)) && said.len() > 2, "{said:?}");
    }
}
