//! Floor 2: makes executions happen.
//!
//! Not here: SQL and backends (`store`), HTTP (`server`), what a kind does (`nodes`).

pub mod authoring;
pub mod budget;
pub mod catalog;
pub mod counters;
pub mod handle;
pub mod limits;
pub mod live;
pub mod people;
pub mod preview;
pub mod resolve;
pub mod runs;
pub mod secrets;
pub mod settings;
pub mod tokens;

mod accept;
mod begin;
mod cancel;
mod caught;
mod claims;
mod clock;
mod drain;
mod heartbeat;
mod heavy;
mod others;
mod pace;
mod parsed;
mod presence;
mod readiness;
mod request_log;
mod retention;
mod saving;
mod turns;
mod whole;
mod worker;

pub use handle::Engine;
pub use limits::Limits;
pub use presence::Presence;
