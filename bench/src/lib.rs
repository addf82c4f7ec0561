//! Load, and what it is compared with.
//!
//! [`load`] is a loader that tests use too: the crash test keeps its ledger of answers by it. [`open_load`] sends
//! whether or not it is answered. [`throughput`] sets Hookflow beside the programs of `limit`, on the same cores in
//! the same minutes; [`nodes`] does so on PostgreSQL with one server to three; [`history`] sets it beside itself with millions of executions;
//! [`live`] says what those who listen cost.
//!
//! Invariants
//! - Only loopback addresses are ever loaded.
//! - A number in a report comes with how it was measured; an answer that is not a success ends the run.

pub mod backlog;
pub mod body;
pub mod connection;
pub mod cores;
mod figures;
pub mod history;
pub mod live;
pub mod load;
pub mod machine;
pub mod nodes;
pub mod open_load;
pub mod page;
pub mod peers;
pub mod process;
mod servers;
pub mod throughput;
mod workflows;
