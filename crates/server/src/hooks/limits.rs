//! Every limit of the public endpoints, by name. Defaults stand in `config.default.toml`.

use std::time::Duration;

/// The part of a refused request's headers that goes into the request log: whoever is turned away
/// may send heads of any size the listener takes, and as many as they like.
pub(super) const REFUSED_HEADERS_BYTES_MAX: usize = 8 << 10;

/// What a request to an endpoint may cost.
#[derive(Debug, Clone)]
pub struct HookLimits {
    /// Bytes of a body, as they come and once inflated; more is answered 413.
    pub body_bytes_max: usize,
    /// How deep JSON may nest.
    pub body_depth_max: usize,
    /// How long a body may take to arrive, beside the time it needs at `body_rate_min`; longer is answered 408.
    pub body_timeout: Duration,
    /// Bytes a second.
    pub body_rate_min: u32,
    /// Bodies inflated at the same time: each needs up to some 20 MB beside its bytes.
    pub inflating_max: usize,
    /// Refusals held back for a moment while the machine is behind; more are answered at once.
    pub refusals_held_max: usize,
    /// Executions that a request may come from, one behind the other; more are answered 508.
    pub hops_max: u32,
    /// The part of a refused body that goes into the request log.
    pub refused_body_bytes_max: usize,
}

impl Default for HookLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 10 << 20,
            body_depth_max: 64,
            body_timeout: Duration::from_secs(30),
            body_rate_min: 32 << 10,
            inflating_max: 4,
            refusals_held_max: 1_024,
            hops_max: 16,
            refused_body_bytes_max: 8 << 10,
        }
    }
}
