//! Where time and randomness come from.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::id::EndpointKey;
use domain::time::Timestamp;

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// For ids. The operating system's generator does not fail on the systems Hookflow runs on.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}

pub(crate) fn new_key() -> EndpointKey {
    EndpointKey::from_random(random_wide())
}

pub(crate) fn random_wide() -> u128 {
    u128::from(random()) << 64 | u128::from(random())
}
