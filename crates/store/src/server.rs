//! Servers on a database, and what each of them does there.

use domain::id::ServerId;
use serde::{Deserialize, Serialize};

/// What a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerRole {
    #[default]
    All,
    /// Takes webhooks and runs what a caller waits for.
    Hooks,
    /// Runs what nobody waits for.
    Worker,
    /// Serves people.
    Admin,
}

impl ServerRole {
    pub const EVERY: [Self; 4] = [Self::All, Self::Hooks, Self::Worker, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Hooks => "hooks",
            Self::Worker => "worker",
            Self::Admin => "admin",
        }
    }

    /// Whether it takes up what is nobody's.
    pub const fn claims(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }

    /// Whether webhooks arrive there.
    pub const fn takes_hooks(self) -> bool {
        matches!(self, Self::All | Self::Hooks)
    }

    /// Whether the pages and the API are there.
    pub const fn serves_people(self) -> bool {
        matches!(self, Self::All | Self::Admin)
    }
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not all, hooks, worker or admin")]
pub struct NotARole;

impl std::str::FromStr for ServerRole {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::EVERY.into_iter().find(|role| role.as_str() == text).ok_or(NotARole)
    }
}

/// A server that starts.
#[derive(Debug, Clone)]
pub struct NewServer {
    pub id: ServerId,
    pub role: ServerRole,
    /// Of its admin listener, for people.
    pub address: String,
    /// Of the program.
    pub version: String,
    /// Tells whether its key is the one that the database was first served with; not the key.
    pub key_check: String,
    /// Its key takes the place of that one, on purpose.
    pub key_is_new: bool,
    /// The same process before it was declared dead: what that one owned and nobody has taken is this one's.
    pub formerly: Option<ServerId>,
}

/// A server that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHead {
    pub id: ServerId,
    pub role: ServerRole,
    pub address: String,
    pub version: String,
    /// Whether somebody listens there to what happens on others.
    pub looks_on: bool,
}
