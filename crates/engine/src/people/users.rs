//! Users: the first, those who are invited, and what they change about themselves.

use std::time::Duration;

use domain::id::UserId;
use domain::token::TokenText;
use domain::user::{Email, Invite, Role, Session, User, UserError, check_password, read_name};
use store::{InviteUse, NewPassword, UserChange};

use super::sessions::begin;
use super::{LoggedIn, PeopleError};
use crate::clock;
use crate::handle::Engine;

/// There is no need for more, and a list of them stays a list.
const USERS_MAX: u32 = 1_000;
/// How long an invite can be taken.
const INVITE_LASTS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a user is to be, as it was written.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
}

/// What users change about themselves; `None` stays.
#[derive(Debug, Default)]
pub struct MeChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub password: Option<PasswordChange>,
}

/// Ends the user's other sessions.
pub struct PasswordChange {
    pub old: String,
    pub new: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

impl Engine {
    /// Whether nobody has set this server up yet: there is no user at all.
    pub async fn needs_setup(&self) -> Result<bool, store::Error> {
        self.inner.store.user_none().await
    }

    /// Makes the first user, an admin. Of two at once, one wins. Errors: `Invalid`, `Store(UsersThere)`.
    pub async fn set_up(&self, email: &str, name: &str, password: String) -> Result<LoggedIn, PeopleError> {
        // Before the slow part, so that it costs nothing once it is done.
        if !self.needs_setup().await? {
            return Err(store::Error::UsersThere.into());
        }
        check_password(&password)?;
        let mut user = read(&NewUser { email: email.to_owned(), name: name.to_owned(), role: Role::Admin })?;
        user.password = Some(self.inner.passwords.hash(password).await);
        let (session, text) = begin(user.id);
        user.last_seen_at = Some(session.created_at);
        self.inner.store.user_first(user.clone(), session).await?;
        Ok(LoggedIn { user, session: text })
    }

    /// Newest first.
    pub async fn users(&self) -> Result<Vec<User>, store::Error> {
        self.inner.store.user_list().await
    }

    /// A new user, and the text that lets them choose a password: it is nowhere else.
    /// Errors: `Invalid`, `Store(EmailTaken | TooManyUsers)`.
    pub async fn invite_user(&self, new: &NewUser) -> Result<(User, TokenText), PeopleError> {
        let user = read(new)?;
        let (invite, text) = new_invite(user.id);
        self.inner.store.user_create(user.clone(), invite, USERS_MAX).await?;
        Ok((user, text))
    }

    /// Another invite in the place of the one before. Who has a password already keeps it until the invite is taken.
    /// Errors: `UserNotFound`, `UserDisabled`.
    pub async fn invite_again(&self, user: UserId) -> Result<(User, TokenText), store::Error> {
        let (invite, text) = new_invite(user);
        Ok((self.inner.store.invite_create(invite).await?, text))
    }

    /// Sets the password that the invite is for, ends the user's sessions and begins a new one. Errors: `Invalid`,
    /// `Store(InviteNotFound)`.
    pub async fn take_invite(
        &self,
        invite: &TokenText,
        password: String,
        name: Option<&str>,
    ) -> Result<LoggedIn, PeopleError> {
        let digest = invite.digest();
        // Before the slow part, so that guesses cost nothing.
        let found = self.inner.store.invite_by_digest(digest).await?;
        let found = found.filter(|invite| invite.expires_at > clock::now()).ok_or(store::Error::InviteNotFound)?;
        check_password(&password)?;
        let name = name.map(read_name).transpose()?;
        let password = self.inner.passwords.hash(password).await;
        let (session, text) = begin(found.user);
        let user = self.inner.store.invite_use(InviteUse { digest, password, name, session }).await?;
        Ok(LoggedIn { user, session: text })
    }

    /// What an admin changes. Errors: `Invalid`, `Store(UserNotFound | LastAdmin)`.
    pub async fn change_user(
        &self,
        user: UserId,
        name: Option<&str>,
        role: Option<Role>,
        disabled: Option<bool>,
    ) -> Result<User, PeopleError> {
        let name = name.map(read_name).transpose()?;
        let change = UserChange { name, role, disabled, ..UserChange::default() };
        Ok(self.inner.store.user_change(user, change).await?)
    }

    /// Errors: `UserNotFound`, `LastAdmin`.
    pub async fn delete_user(&self, user: UserId) -> Result<(), store::Error> {
        self.inner.store.user_delete(user).await
    }

    /// What users change about themselves, in `session`. Errors: `Invalid`, `OldPassword`, `Throttled`,
    /// `Store(EmailTaken)`.
    pub async fn change_me(&self, me: &User, session: &Session, asked: MeChange) -> Result<User, PeopleError> {
        let MeChange { name, email, password } = asked;
        let name = name.as_deref().map(read_name).transpose()?;
        let email = email.as_deref().map(Email::read).transpose()?;
        let password = match password {
            None => None,
            Some(asked) => Some(self.new_password(me, session, asked).await?),
        };
        let change = UserChange { name, email, password, ..UserChange::default() };
        match self.inner.store.user_change(me.id, change).await {
            Err(store::Error::UserChanged { .. }) => Err(PeopleError::OldPassword),
            other => Ok(other?),
        }
    }

    async fn new_password(
        &self,
        me: &User,
        session: &Session,
        asked: PasswordChange,
    ) -> Result<NewPassword, PeopleError> {
        let PasswordChange { old, new } = asked;
        check_password(&new)?;
        let inner = &self.inner;
        inner.throttle.old_password(me.id).map_err(|after| PeopleError::Throttled { after })?;
        if !inner.passwords.matches(old, me.password.clone()).await {
            return Err(PeopleError::OldPassword);
        }
        inner.throttle.old_password_was_right(me.id);
        let old = me.password.clone().ok_or(PeopleError::OldPassword)?;
        Ok(NewPassword { old, new: inner.passwords.hash(new).await, keep: session.digest })
    }
}

fn read(new: &NewUser) -> Result<User, UserError> {
    let now = clock::now();
    Ok(User {
        id: UserId::new(now, clock::random()),
        email: Email::read(&new.email)?,
        name: read_name(&new.name)?,
        role: new.role,
        disabled: false,
        password: None,
        created_at: now,
        last_seen_at: None,
    })
}

fn new_invite(user: UserId) -> (Invite, TokenText) {
    let text = TokenText::from_random([clock::random_wide(), clock::random_wide()]);
    (Invite { digest: text.digest(), user, expires_at: clock::now().plus(INVITE_LASTS) }, text)
}
