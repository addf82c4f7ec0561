//! When an effect that failed is tried again.

use sha2::{Digest, Sha256};

use crate::execution::journal::{Failure, INTERRUPTED, NodeRun};
use crate::execution::status::NodeStatus;
use crate::flow::plan::{Interrupted, Policy, Retry};
use crate::time::Timestamp;

/// What has become so far of the effect that is under way. The same from a journal as from what happened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tries {
    /// When the first attempt began.
    since: Option<Timestamp>,
    /// Attempts that failed. One that a crash cut off has not.
    failed: u32,
}

impl Tries {
    /// Takes in an attempt as it is now: begun, or failed.
    pub(super) fn have_seen(&mut self, run: &NodeRun, policy: Policy) {
        if run.attempt == 1 && run.status == NodeStatus::Running {
            *self = Self::default();
        }
        self.since.get_or_insert(run.started_at);
        if run.status != NodeStatus::Error {
            return;
        }
        match &run.error {
            // A person who says that it shall run again means all the tries that it may have.
            Some(error) if error.code == INTERRUPTED => {
                if policy.interrupted == Interrupted::Ask {
                    *self = Self::default();
                }
            }
            _ => self.failed = self.failed.saturating_add(1),
        }
    }

    /// `None`: it has failed for good. `key` is the effect's idempotency key.
    pub(super) fn next_at(&self, retry: &Retry, key: &str, failure: &Failure, now: Timestamp) -> Option<Timestamp> {
        if !failure.may_pass || self.failed >= retry.attempts_max {
            return None;
        }
        let doubled = retry.pause.saturating_mul(1 << self.failed.saturating_sub(1).min(31));
        let asked = failure.retry_after.unwrap_or_default();
        let pause = doubled.min(retry.pause_max).mul_f64(spread(key, self.failed)).max(asked.min(retry.pause_max));
        let at = now.plus(pause);
        (at <= self.since.unwrap_or(now).plus(retry.total_max)).then_some(at)
    }
}

/// 0.9 to 1.1, so that what failed together is not tried again together. From the key, since the machine
/// holds no randomness: a rebuild comes to the same.
fn spread(key: &str, failed: u32) -> f64 {
    let digest = Sha256::new().chain_update(key).chain_update(failed.to_be_bytes()).finalize();
    let drawn = u16::from_be_bytes([digest[0], digest[1]]);
    0.9 + 0.2 * f64::from(drawn) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::execution::journal::NodeError;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
    const RETRY: Retry = Retry {
        attempts_max: 5,
        pause: Duration::from_secs(1),
        pause_max: Duration::from_secs(6),
        total_max: Duration::from_secs(60),
    };

    fn failure(retry_after: Option<u64>) -> Failure {
        Failure { retry_after: retry_after.map(Duration::from_secs), ..Failure::passing(NodeError::new("x.y", "no")) }
    }

    fn pause(failed: u32, failure: &Failure, since: Timestamp) -> Option<f64> {
        let tries = Tries { since: Some(since), failed };
        tries.next_at(&RETRY, "ex_1.call.", failure, NOW).map(|at| at.since(NOW).as_secs_f64())
    }

    #[test]
    fn pauses_double_up_to_the_longest_one_and_keep_within_a_tenth() {
        for (failed, expected) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 6.0)] {
            let pause = pause(failed, &failure(None), NOW).unwrap();
            assert!((expected * 0.9..=expected * 1.1).contains(&pause), "{failed}: {pause}");
        }
        assert_eq!(pause(5, &failure(None), NOW), None, "that was the last one");
        assert_eq!(pause(1, &failure(None), NOW), pause(1, &failure(None), NOW));
        let draws: Vec<_> = (0..200).map(|of| spread(&format!("ex_{of}.call."), 1)).collect();
        assert!(draws.iter().any(|draw| *draw < 0.93) && draws.iter().any(|draw| *draw > 1.07), "{draws:?}");
    }

    #[test]
    fn the_far_side_is_left_alone_as_long_as_it_asks_but_no_longer_than_the_longest_pause() {
        assert_eq!(pause(1, &failure(Some(5)), NOW), Some(5.0));
        assert_eq!(pause(1, &failure(Some(3_600)), NOW), Some(6.0));
        assert!(pause(3, &failure(Some(1)), NOW).unwrap() > 3.5);
    }

    #[test]
    fn nothing_begins_after_the_total_time_and_what_cannot_pass_is_not_tried_again() {
        let since = Timestamp::from_micros(NOW.as_micros() - 59_500_000);
        assert_eq!(pause(1, &failure(None), since), None);
        assert!(pause(1, &failure(None), Timestamp::from_micros(NOW.as_micros() - 50_000_000)).is_some());
        let lasting = Failure { may_pass: false, ..failure(None) };
        assert_eq!(pause(1, &lasting, NOW), None);
    }
}
