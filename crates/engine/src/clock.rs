//! Where time and randomness come from.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::id::EndpointKey;
use domain::time::Timestamp;

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Random numbers fetched from the operating system at a time: one call costs as much as a hundred of them.
const FETCHED: usize = 64;

thread_local! {
    /// Fetched and not given out yet.
    static READY: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// For ids: unique, and not to be guessed.
pub(crate) fn random() -> u64 {
    READY.with_borrow_mut(|ready| {
        if ready.is_empty() {
            let mut bytes = [0; FETCHED * 8];
            getrandom::fill(&mut bytes).expect("the operating system's generator does not fail where Hookflow runs");
            let (numbers, _) = bytes.as_chunks();
            ready.extend(numbers.iter().copied().map(u64::from_ne_bytes));
        }
        ready.pop().unwrap_or_default()
    })
}

pub(crate) fn new_key() -> EndpointKey {
    EndpointKey::from_random(random_wide())
}

pub(crate) fn random_wide() -> u128 {
    u128::from(random()) << 64 | u128::from(random())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_random_number_is_given_out_twice() {
        let numbers: HashSet<u64> = (0..FETCHED * 5).map(|_| random()).collect();
        assert_eq!(numbers.len(), FETCHED * 5);
    }
}
