//! Logging in and out, and what a cookie is worth.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::id::UserId;
use domain::time::Timestamp;
use domain::token::TokenText;
use domain::user::{Email, Session, User, UserState};
use store::Login;

use super::{LoggedIn, PeopleError};
use crate::clock;
use crate::handle::{Engine, Inner};

/// Browsers of one user; the one that was used longest ago is logged out.
pub(super) const SESSIONS_PER_USER_MAX: u32 = 50;

/// How a session that is looked up is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Someone does something with it: it stays alive.
    Use,
    /// It is only asked whether it still is.
    Ask,
}

impl Engine {
    /// A session for whoever knows the password; `replaces` is the one that the browser had before.
    /// Errors: `Wrong`, after the same work whatever is wrong; `Throttled`; `Store`.
    pub async fn log_in(
        &self,
        email: &str,
        password: String,
        from: IpAddr,
        replaces: Option<&TokenText>,
    ) -> Result<LoggedIn, PeopleError> {
        let inner = &self.inner;
        let email = Email::read(email).ok();
        // What is no address is nobody's: all of them are one account.
        let account = email.as_ref().map_or("", Email::folded);
        inner.throttle.login(account, from).map_err(|after| PeopleError::Throttled { after })?;
        let user = match &email {
            Some(email) => inner.store.user_by_email(email).await?,
            None => None,
        };
        let hash = user.as_ref().and_then(|user| user.password.clone());
        let matches = inner.passwords.matches(password, hash).await;
        let user = user.filter(|user| matches && user.state() == UserState::Active).ok_or(PeopleError::Wrong)?;
        let password = user.password.clone().ok_or(PeopleError::Wrong)?;

        let (session, text) = begin(user.id);
        let login = Login {
            used_before: inner.idle_since(session.created_at),
            session,
            password,
            replaces: replaces.map(TokenText::digest),
            max: SESSIONS_PER_USER_MAX,
        };
        let user = match inner.store.session_create(login).await {
            // Disabled, deleted or with another password since it was looked at.
            Err(store::Error::UserChanged { .. } | store::Error::UserNotFound { .. }) => Err(PeopleError::Wrong),
            other => Ok(other?),
        }?;
        inner.throttle.logged_in(account, from);
        Ok(LoggedIn { user, session: text })
    }

    /// Whose session it is, as long as it is one.
    pub async fn session(&self, text: &TokenText, look: Look) -> Result<Option<(Session, User)>, store::Error> {
        let inner = &self.inner;
        let now = clock::now();
        let found = inner.store.session_by_digest(text.digest()).await?;
        let found = found.filter(|(session, user)| inner.is_alive(session, now) && user.state() == UserState::Active);
        if let Some((session, _)) = &found
            && look == Look::Use
            && inner.seen.is_news(session.digest, Some(session.used_at), now)
        {
            inner.note_session(session.digest, now);
        }
        Ok(found)
    }

    /// How long a session lasts at most.
    pub fn session_max(&self) -> Duration {
        self.inner.limits.session_max
    }

    /// Of no use from now on.
    pub async fn log_out(&self, session: &Session) -> Result<(), store::Error> {
        self.inner.store.session_end(session.digest).await
    }
}

/// A session of the user from now on, and what the cookie is to hold.
pub(super) fn begin(user: UserId) -> (Session, TokenText) {
    let now = clock::now();
    let text = TokenText::from_random([clock::random_wide(), clock::random_wide()]);
    (Session { digest: text.digest(), user, created_at: now, used_at: now }, text)
}

impl Inner {
    fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        // A clock that was set back makes nothing older.
        session.used_at > self.idle_since(now) && now.since(session.created_at) < self.limits.session_max
    }

    /// What was not used since is over.
    fn idle_since(&self, now: Timestamp) -> Timestamp {
        now.minus(self.limits.session_idle)
    }

    /// Beside the request: it waits for no write.
    fn note_session(self: &Arc<Self>, digest: [u8; 32], at: Timestamp) {
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = inner.store.session_used(digest, at).await {
                inner.store_failed(&error);
            }
        });
    }
}
