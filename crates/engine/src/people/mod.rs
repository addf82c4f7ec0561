//! People: who they are, what lets them in, and who keeps guessing.
//! ```text
//! set up ──▶ first admin ──invites──▶ users ──choose a password──▶ log in ──▶ session
//! ```
//! A session is checked against the store at every request, so that it is of no use from the moment it
//! ended, its user was disabled or deleted, or has another role.
//!
//! Not here: cookies and requests (`server`), what a role allows (`domain::user`).

mod passwords;
mod sessions;
mod throttle;
mod users;

use std::time::Duration;

use domain::token::TokenText;
use domain::user::{User, UserError};

pub(crate) use passwords::Passwords;
pub use sessions::Look;
pub(crate) use throttle::Throttle;
pub use users::{MeChange, NewUser, PasswordChange};

/// A user in a new session; its text is nowhere else.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    pub user: User,
    pub session: TokenText,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// It cannot be so; the text says why.
    #[error(transparent)]
    Invalid(#[from] UserError),
    /// Unknown, disabled, without a password yet, or not with this one: the caller is not told which.
    #[error("email address or password is wrong")]
    Wrong,
    /// The old password, of someone who is logged in.
    #[error("the old password is wrong")]
    OldPassword,
    /// Too many have failed; nothing was looked at.
    #[error("too many attempts have failed")]
    Throttled { after: Duration },
    /// `EmailTaken`, `LastAdmin`, `UsersThere`, … speak for themselves.
    #[error("the store refused or failed")]
    Store(#[from] store::Error),
}
