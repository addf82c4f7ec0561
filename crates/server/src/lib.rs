//! Floor 3: HTTP and nothing else.

mod error;
mod listener;
mod metrics;
mod standing;

pub use listener::{HEAD_BYTES_MIN, ListenerLimits};
