//! What every kind with an effect lets an author say about failing and being interrupted.

use std::time::Duration;

use domain::flow::plan::{self, Policy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a failure that may pass is tried again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    /// How often it is tried, the first time included.
    #[serde(default = "attempts")]
    #[schemars(range(min = 1, max = 100))]
    attempts: u32,
    /// Milliseconds between the first attempt and the second, then twice as many each time, give or take a tenth. A
    /// longer `Retry-After` of the answer is waited for instead.
    #[serde(default = "pause_ms")]
    #[schemars(range(min = 0, max = 3_600_000))]
    pause_ms: u64,
    /// No pause is longer than this many milliseconds, whatever a `Retry-After` asks for.
    #[serde(default = "pause_max_ms")]
    #[schemars(range(min = 0, max = 86_400_000))]
    pause_max_ms: u64,
    /// No attempt begins later than this many milliseconds after the first one began.
    #[serde(default = "total_max_ms")]
    #[schemars(range(min = 0, max = 604_800_000))]
    total_max_ms: u64,
}

fn attempts() -> u32 {
    3
}

fn pause_ms() -> u64 {
    1_000
}

fn pause_max_ms() -> u64 {
    60_000
}

fn total_max_ms() -> u64 {
    3_600_000
}

/// When a crash left the outcome unknown.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhenInterrupted {
    /// Runs it again, with the same `Idempotency-Key`: once more at most, and not at all by a far side that honours it.
    #[default]
    RunAgain,
    /// Waits until a person says how to go on, so that it never happens twice.
    Ask,
}

pub(crate) fn policy(retry: Option<&Retry>, interrupted: WhenInterrupted, ignore_failure: bool) -> Policy {
    Policy {
        retry: retry.map_or_else(plan::Retry::default, |retry| plan::Retry {
            attempts_max: retry.attempts,
            pause: Duration::from_millis(retry.pause_ms),
            pause_max: Duration::from_millis(retry.pause_max_ms),
            total_max: Duration::from_millis(retry.total_max_ms),
        }),
        interrupted: match interrupted {
            WhenInterrupted::RunAgain => plan::Interrupted::RunAgain,
            WhenInterrupted::Ask => plan::Interrupted::Ask,
        },
        ignore_failure,
    }
}
