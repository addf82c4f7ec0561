//! Where tests make this program fail, each by its name: to panic, to abort, to be slow, to get an error.
//!
//! Without the feature `fail_points`, which no build for use has, [`reach`] is nothing at all.

/// In the store: a batch is written, and is committed next; and right behind that.
pub const COMMIT_BEFORE: &str = "commit_before";
pub const COMMIT_AFTER: &str = "commit_after";
pub const MIGRATION_STEP: &str = "migration_step";
/// In the engine: what was accepted is on disk, and its caller is told next.
pub const ACK_BEFORE: &str = "ack_before";
/// Around the write that says that an effect begins.
pub const NODE_START_BEFORE: &str = "node_start_before";
pub const NODE_START_AFTER: &str = "node_start_after";
/// Around the effect itself.
pub const EFFECT_BEFORE: &str = "effect_before";
pub const EFFECT_AFTER: &str = "effect_after";
/// Around the write that says how it ended.
pub const NODE_FINISH_BEFORE: &str = "node_finish_before";
pub const NODE_FINISH_AFTER: &str = "node_finish_after";
pub const LEASE_RENEW: &str = "lease_renew";

pub const ALL: [&str; 11] = [
    COMMIT_BEFORE,
    COMMIT_AFTER,
    MIGRATION_STEP,
    ACK_BEFORE,
    NODE_START_BEFORE,
    NODE_START_AFTER,
    EFFECT_BEFORE,
    EFFECT_AFTER,
    NODE_FINISH_BEFORE,
    NODE_FINISH_AFTER,
    LEASE_RENEW,
];

/// Whether there are any.
pub const ON: bool = cfg!(feature = "fail_points");

/// A test wants it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("made to fail")]
pub struct MadeToFail;

#[cfg(feature = "fail_points")]
pub fn reach(point: &str) -> Result<(), MadeToFail> {
    fail::fail_point!(point, |_| Err(MadeToFail));
    Ok(())
}

#[cfg(not(feature = "fail_points"))]
#[inline(always)]
#[allow(clippy::inline_always, clippy::unnecessary_wraps, reason = "nothing may be left of it")]
pub const fn reach(_: &str) -> Result<(), MadeToFail> {
    Ok(())
}
