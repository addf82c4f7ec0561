//! Breaks a real server on purpose and compares what it acknowledged with what is left.
//! ```text
//! load ──requests──▶ hookflow ──effects──▶ sink
//!  │ every answer      │ killed, cut off,     │ every key
//!  ▼                   ▼ starved, drained     ▼
//! ledger (fsynced)   its database           log (fsynced)
//!  └──────────── compared after each fault ───┘
//! ```
//! Invariants
//! - An answer counts as acknowledged once its line in the ledger is on disk, an effect happened once its line
//!   in the sink's log is.
//! - What is random comes from a seed that is printed.
//! - Only processes started here are stopped, by their id; only loopback addresses are spoken to, and the far ends of
//!   cables that were made here.
//!
//! Not here: what a server promises (`docs/guides/what-a-2xx-means.md`), faults inside the store (its own tests).

pub mod dice;
pub mod figures;
pub mod kept;
pub mod ledger;
pub mod link;
pub mod load;
pub mod page;
pub mod proxy;
pub mod relay;
pub mod rows;
pub mod server;
pub mod sink;
pub mod site;
pub mod steady;
pub mod stored;
pub mod written;
