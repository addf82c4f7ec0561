//! Ids: time-ordered, prefixed, one type a noun.
//!
//! 128 bits in the layout of a UUID version 7 (RFC 9562, the sub-millisecond part in `rand_a`),
//! written as a prefix and 25 base-36 digits, so that the order of texts is the order of times.
//!
//! Not here: the clock and the random bits that a new id is made of (`engine`).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Base-36 digits that hold 128 bits.
const WIDTH: usize = 25;

/// So many digits fit a machine word: dividing 128 bits takes long.
const WORD_DIGITS: usize = 12;
const WORD: u128 = 36u128.pow(WORD_DIGITS as u32);

/// 128 bits as 25 base-36 digits, most significant first.
pub fn base36(bits: u128) -> String {
    text(&digits(bits)).to_owned()
}

fn digits(mut bits: u128) -> [u8; WIDTH] {
    let mut digits = [0; WIDTH];
    for places in digits.rchunks_mut(WORD_DIGITS) {
        let mut word = (bits % WORD) as u64;
        bits /= WORD;
        for digit in places.iter_mut().rev() {
            *digit = DIGITS[(word % 36) as usize];
            word /= 36;
        }
    }
    digits
}

fn text(digits: &[u8; WIDTH]) -> &str {
    str::from_utf8(digits).expect("digits are ASCII")
}

fn from_base36(text: &str) -> Option<u128> {
    if text.len() != WIDTH {
        return None;
    }
    text.bytes().try_fold(0u128, |bits, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        bits.checked_mul(36)?.checked_add(digit as u128)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The id of something that came to be at `at`; `random` makes it unique.
            pub fn new(at: Timestamp, random: u64) -> Self {
                let micros = u64::try_from(at.as_micros()).unwrap_or(0);
                let millis = u128::from(micros / 1_000) & 0xffff_ffff_ffff;
                // 0..999 microseconds spread over the 12 bits of `rand_a`.
                let fraction = u128::from((micros % 1_000) * 4_096 / 1_000);
                let random = u128::from(random) & 0x3fff_ffff_ffff_ffff;
                Self(millis << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
            }

            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }

            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(text(&digits(self.0)))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix).and_then(from_base36).map(Self).ok_or(NotAnId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A workflow.
    WorkflowId,
    "wf_"
);
id!(
    /// An immutable copy of a workflow's draft.
    RevisionId,
    "rev_"
);
id!(
    /// One run of one revision for one event.
    ExecutionId,
    "ex_"
);
id!(
    /// One accepted request.
    EventId,
    "ev_"
);
id!(
    /// One refused request.
    RequestId,
    "req_"
);
id!(
    /// One saved sample request.
    SampleId,
    "sam_"
);
id!(
    /// One secret.
    SecretId,
    "sec_"
);
id!(
    /// One token of the API.
    TokenId,
    "tok_"
);
id!(
    /// A person who can log in.
    UserId,
    "usr_"
);
id!(
    /// One server process, from its start to its end.
    ServerId,
    "srv_"
);

/// The random part of an endpoint's URL: 11 to 64 characters `[0-9a-z]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EndpointKey(Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key is 11 to 64 characters 0-9 and a-z")]
pub struct NotAKey;

impl EndpointKey {
    /// A new key from 128 random bits.
    pub fn from_random(bits: u128) -> Self {
        Self(base36(bits).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for EndpointKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointKey {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let legal = (11..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if legal { Ok(Self(text.into())) } else { Err(NotAKey) }
    }
}

impl fmt::Display for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whoever has the key can call the workflow, so it is not shown in passing.
impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointKey(…)")
    }
}

impl<'de> Deserialize<'de> for EndpointKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_from_its_text_and_its_bytes(micros in 0i64..=i64::MAX / 2, random: u64) {
            let id = ExecutionId::new(Timestamp::from_micros(micros), random);
            prop_assert_eq!(id.to_string().parse::<ExecutionId>(), Ok(id));
            prop_assert_eq!(ExecutionId::from_bytes(id.to_bytes()), id);
        }

        #[test]
        fn later_ids_sort_later_as_text(a in 0i64..=1 << 52, b in 0i64..=1 << 52, x: u64, y: u64) {
            let (first, second) = (EventId::new(Timestamp::from_micros(a), x), EventId::new(Timestamp::from_micros(b), y));
            // Microseconds share slots of 1/4096 ms, so neighbours never collide out of order.
            if a < b {
                prop_assert!(first < second && first.to_string() < second.to_string());
            }
        }
    }

    #[test]
    fn ids_of_another_kind_are_refused() {
        let id = EventId::new(Timestamp::from_micros(1), 1).to_string();
        assert_eq!(id.parse::<ExecutionId>(), Err(NotAnId));
        assert_eq!("ex_".parse::<ExecutionId>(), Err(NotAnId));
        assert_eq!("ex_zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<ExecutionId>(), Err(NotAnId));
    }
}
