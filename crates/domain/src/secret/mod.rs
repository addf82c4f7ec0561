//! Secrets: stored values that are never shown again.
//! ```text
//! config     "Bearer {{ secrets.shop }}"                          author
//! journal    "Bearer ‹secret:shop›"  + Slot /headers/0/value @ 7   what the machine renders and keeps
//! sent       "Bearer sk_live_…"                                   slot::fill, in the worker, just before
//! came back  "denied: ‹secret:shop›"                              Redaction, before anything else sees it
//! ```
//! Invariants
//! - No template comes to a secret's value: the machine never has one.
//! - What is filled in is known by its place, which the renderer noted. Data that looks like a mark is data.
//!
//! Not here: who may set one and where values are cached (`engine::secrets`), which fields take one (`nodes`).

mod redaction;
mod seal;
mod slot;
mod view;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

pub use redaction::Redaction;
pub use seal::{KeyId, NONCE_BYTES, Sealed, SecretKey, UnsealError};
pub use slot::{NotAtSlot, Slot, fill};

/// Shorter values are guessed, and their echo is told from ordinary text by nobody. Blanks at the ends do not count.
pub const VALUE_BYTES_MIN: usize = 8;
pub const VALUE_BYTES_MAX: usize = 64 << 10;
/// There is no need for more, and a list of them stays a list.
pub const SECRETS_MAX: usize = 1_000;
const NAME_BYTES_MAX: usize = 64;

/// `[a-z][a-z0-9_]{0,63}`: what stands behind `secrets.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(Box<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a secret is a letter a-z followed by letters, digits and `_`, {NAME_BYTES_MAX} characters at most"
)]
pub struct NotAName;

impl SecretName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands in the place of the value wherever something is recorded or shown.
    pub fn mark(&self) -> String {
        format!("‹secret:{self}›")
    }
}

impl FromStr for SecretName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let legal = text.len() <= NAME_BYTES_MAX
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if legal { Ok(Self(text.into())) } else { Err(NotAName) }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SecretName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The value itself: not printed, and wiped from memory when it goes.
#[derive(Clone)]
pub struct SecretValue(Zeroizing<String>);

/// Why a text cannot be the value of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    #[error(
        "a secret has at least {VALUE_BYTES_MIN} bytes, blanks at its ends not counted: a shorter one can be guessed, \
         and could not be told from ordinary text where it comes back"
    )]
    TooShort,
    #[error("a secret has at most {VALUE_BYTES_MAX} bytes")]
    TooLong,
}

impl SecretValue {
    pub fn new(text: String) -> Result<Self, BadValue> {
        let text = Zeroizing::new(text);
        if text.trim().len() < VALUE_BYTES_MIN {
            return Err(BadValue::TooShort);
        }
        if text.len() > VALUE_BYTES_MAX {
            return Err(BadValue::TooLong);
        }
        Ok(Self(text))
    }

    /// To send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        let longest = format!("a{}", "b".repeat(63));
        for name in ["a", "shop_token", "a1", longest.as_str()] {
            assert_eq!(name.parse::<SecretName>().unwrap().as_str(), name);
        }
        for name in ["", "1a", "_a", "A", "aB", "a-b", "a.b", "ä", "a ", &format!("{longest}c")] {
            assert_eq!(name.parse::<SecretName>(), Err(NotAName), "{name}");
        }
        assert_eq!("shop".parse::<SecretName>().unwrap().mark(), "‹secret:shop›");
    }

    #[test]
    fn values_are_not_too_short_and_not_too_long_and_are_not_printed() {
        let new = |text: &str| SecretValue::new(text.to_owned()).map(|_| ());
        assert_eq!(new("1234567"), Err(BadValue::TooShort));
        assert_eq!(new("  1234567\n"), Err(BadValue::TooShort));
        assert_eq!(new("12345678"), Ok(()));
        assert_eq!(new(&"x".repeat(VALUE_BYTES_MAX)), Ok(()));
        assert_eq!(new(&"x".repeat(VALUE_BYTES_MAX + 1)), Err(BadValue::TooLong));
        let value = SecretValue::new("hunter2hunter2".to_owned()).unwrap();
        assert_eq!((format!("{value:?}").as_str(), value.reveal()), ("SecretValue(…)", "hunter2hunter2"));
    }
}
