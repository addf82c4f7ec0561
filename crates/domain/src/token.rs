//! What a program shows to use the API, and what that allows.
//!
//! The token itself is shown once, when it is made; what is kept is its SHA-256. It holds 256 random
//! bits, so a plain digest is as good as a slow one.

use serde::{Deserialize, Serialize};

use crate::id::TokenId;
use crate::time::Timestamp;

/// One thing a token allows. Each stands for itself; only `Admin` allows everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See workflows, executions with all that came in and went out, requests, the live feed.
    Read,
    /// Test, replay, cancel.
    Operate,
    /// Change workflows.
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
