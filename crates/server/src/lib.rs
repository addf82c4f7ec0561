//! Floor 3: HTTP and nothing else.

mod body;
mod error;
mod hooks;
mod listener;
mod metrics;
mod probes;
mod standing;

pub use hooks::HookLimits;
pub use listener::{HEAD_BYTES_MIN, ListenerLimits};
