//! What every kind with an effect lets an author say about failing and being interrupted.

use std::time::Duration;

use domain::flow::plan::{self, Policy};
use schemars::JsonSchema;
use serde::Deserialize;

/// When a failure that may pass is tried again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    /// How often it is tried, the first time included.
    #[serde(default = "attempts")]
    #[schemars(range(min = 1, max = 100))]
    attempts: u32,
    /// Milliseconds before the second attempt; doubled before each further one, give or take a tenth.
    #[serde(default = "pause_ms")]
    #[schemars(range(min = 0, max = 3_600_000))]
    pause_ms: u64,
    /// The longest pause, in milliseconds. No `Retry-After` is waited for longer than this.
    #[serde(default = "pause_max_ms")]
    #[schemars(range(min = 0, max = 86_400_000))]
    pause_max_ms: u64,
    /// No attempt begins later than this many milliseconds after the first one.
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
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhenInterrupted {
    /// Runs it again with the same idempotency key.
    #[default]
    RunAgain,
    /// Waits until a person says how to go on: never twice.
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
