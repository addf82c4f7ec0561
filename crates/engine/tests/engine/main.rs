//! The engine over a real store: what callers get, what is on disk by then, what goes on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

mod authoring;
mod bench;
mod counters;
mod crash;
mod effects;
mod executions;
mod export;
mod failures;
mod faulty;
mod limits;
mod live;
mod lost;
mod resolve;
mod retries;
mod runs;
mod several;
mod sink;
