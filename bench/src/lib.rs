//! Load, and what it is compared with.
//!
//! [`load`] is a loader that tests use too: the crash test keeps its ledger of answers by it. [`open_load`] is one
//! that does not wait for answers.
//! [`first_line`] sets Hookflow beside `limit bare`, an axum handler that does nothing, on the same
//! machine in the same minutes. [`history`] sets servers on large histories beside one on none. [`live`] says what those who listen live cost.
//!
//! Invariants
//! - Only loopback addresses are ever loaded.
//! - A number in a report comes with how it was measured; an answer that is not a success ends the run.

pub mod connection;
pub mod cores;
pub mod first_line;
pub mod history;
pub mod live;
pub mod load;
pub mod machine;
pub mod open_load;
pub mod page;
pub mod process;
mod servers;
