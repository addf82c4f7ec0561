//! Every limit of a workflow document, by name. Lengths of text are in characters.

use std::ops::RangeInclusive;

/// Bytes of a workflow file.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Values in a file, scalars, lists and objects, each use of a YAML alias counted.
pub const FILE_VALUES_MAX: usize = 100_000;
/// Lists and objects inside each other. Documents travel as JSON, which many readers refuse below 128.
pub const DEPTH_MAX: usize = 120;

pub const TITLE_MAX: usize = 200;
pub const DESCRIPTION_MAX: usize = 10_000;
pub const NOTE_MAX: usize = 2_000;
pub const TAGS_MAX: usize = 20;
pub const TAG_MAX: usize = 50;
/// User names and passwords of an endpoint.
pub const CREDENTIAL_MAX: usize = 255;

pub const RETENTION_DAYS: RangeInclusive<u64> = 1..=3_650;
pub const RETENTION_EXECUTIONS: RangeInclusive<u64> = 1..=100_000_000;

/// 0 for none; a year at most.
pub const TIMEOUT_MS: RangeInclusive<u64> = 0..=31_536_000_000;
/// Longer than ten minutes, no proxy on the way keeps a connection open.
pub const ANSWER_DEADLINE_MS: RangeInclusive<u64> = 1..=600_000;
pub const ANSWER_DEADLINE_MS_DEFAULT: u64 = 30_000;

/// Nodes in a flow, those in branches included.
pub const NODES_MAX: usize = 1_000;
/// Branches inside each other.
pub const BRANCH_DEPTH_MAX: usize = 32;
/// Branches of one node.
pub const BRANCHES_MAX: usize = 64;
