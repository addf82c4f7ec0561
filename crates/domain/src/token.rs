//! What a program shows to use the API, and what that allows.
//!
//! The token itself is shown once, when it is made; what is kept is its SHA-256. It holds 256 random
//! bits, so a plain digest is as good as a slow one.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{TokenId, base36};
use crate::time::Timestamp;

/// One thing a token allows. Each stands for itself; only `Admin` allows everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See workflows, executions with all that came in and went out, requests, the live feed.
    Read,
    /// Test, replay, cancel.
    Operate,
    /// Change workflows and secrets.
    Author,
    /// Everything, tokens too.
    Admin,
}

impl Scope {
    pub const ALL: &[Self] = &[Self::Read, Self::Operate, Self::Author, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }
}

/// What every token begins with, so that scanners of repositories and logs know one.
const PREFIX: &str = "hookflow_";
const LENGTH: usize = PREFIX.len() + 50;

/// The token itself: `hookflow_` and 256 random bits as 50 base-36 digits. Not printed in passing.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

impl TokenText {
    pub fn from_random(bits: [u128; 2]) -> Self {
        Self(format!("{PREFIX}{}{}", base36(bits[0]), base36(bits[1])))
    }

    /// `None` for what cannot be one of ours.
    pub fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() == LENGTH && text.starts_with(PREFIX))?;
        Some(Self(text.to_owned()))
    }

    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// To show it, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// A token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    /// For people, to tell it from others.
    pub name: String,
    /// SHA-256 of the text that is shown.
    pub digest: [u8; 32],
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// Never, if absent.
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|has| *has == scope || *has == Scope::Admin)
    }

    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_random_bits_are_in_the_text() {
        let texts = [[0, 0], [1, 0], [0, 1], [u128::MAX, 0], [0, u128::MAX], [u128::MAX, u128::MAX]].map(|bits| {
            let text = TokenText::from_random(bits);
            assert_eq!((text.reveal().len(), text.reveal().is_ascii()), (59, true));
            assert_eq!(TokenText::read(text.reveal().as_bytes()), Some(text.clone()));
            text.reveal().to_owned()
        });
        let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len());
    }

    #[test]
    fn what_is_kept_is_the_sha_256_of_the_text() {
        let text = TokenText::from_random([0, 0]);
        assert_eq!(text.reveal(), "hookflow_00000000000000000000000000000000000000000000000000");
        let start: Vec<_> = text.digest()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(start.concat(), "8c529755");
        assert_eq!(format!("{text:?}"), "TokenText(…)");
    }

    #[test]
    fn only_admin_allows_everything() {
        let token = |scopes: &[Scope]| Token {
            id: TokenId::from_bytes([0; 16]),
            name: String::new(),
            digest: [0; 32],
            scopes: scopes.to_vec(),
            created_at: Timestamp::from_micros(0),
            expires_at: Some(Timestamp::from_micros(10)),
            last_used_at: None,
        };
        for scope in Scope::ALL {
            assert!(token(&[Scope::Admin]).allows(*scope) && token(&[*scope]).allows(*scope));
            assert!(!token(&[]).allows(*scope));
        }
        assert!(!token(&[Scope::Author]).allows(Scope::Read) && !token(&[Scope::Author]).allows(Scope::Admin));
        let expires = |now| token(&[]).has_expired(Timestamp::from_micros(now));
        assert!(!expires(9) && expires(10));
    }
}
