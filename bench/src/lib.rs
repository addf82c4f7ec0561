//! Load, and what it is compared with.
//!
//! [`load`] is a loader that tests use too: the crash test keeps its ledger of answers by it.
//! [`first_line`] sets Hookflow beside [`bare`], an axum handler that does nothing, on the same
//! machine in the same minutes. [`live`] says what those who listen live cost.
//!
//! Invariants
//! - Only loopback addresses are ever loaded.
//! - A number in a report comes with how it was measured; an answer that is not a success ends the run.

pub mod bare;
pub mod connection;
pub mod cores;
pub mod first_line;
pub mod live;
pub mod load;
pub mod machine;
pub mod page;
pub mod peers;
mod servers;
