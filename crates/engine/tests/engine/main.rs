//! The engine over a real SQLite store: what callers get, what is on disk by then, what goes on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

mod authoring;
mod bench;
mod counters;
mod crash;
mod executions;
mod export;
mod failures;
mod faulty;
mod limits;
mod live;
mod runs;
