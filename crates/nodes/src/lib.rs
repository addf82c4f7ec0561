//! Floor 1: what workflows are made of.
//!
//! A node kind is one file in `actions/` or `control/` and one line in [`registry`]. It says what
//! its config looks like and compiles it into one of the domain's operations; what touches the world
//! is performed through [`contract::Perform`].
//!
//! Not here: when a node runs (`engine`), what keeps its result (`store`).

pub mod actions;
mod answer;
mod compile;
pub mod contract;
pub mod control;
pub mod expression;
pub mod outbound;
mod registered;
pub mod registry;
pub mod schema;
#[cfg(feature = "testing")]
pub mod testing;
pub mod triggers;

pub use registered::KindInfo;
pub use registry::Registry;
