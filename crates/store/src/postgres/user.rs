//! People who can log in, and what lets them choose a password.
//!
//! How many there are, who has which email and which of them are admins is said of all rows together: whoever changes
//! it holds [`Lock::Users`]. A user's sessions come and go under the lock of the user's row.

use domain::id::UserId;
use domain::time::Timestamp;
use domain::user::{Email, Invite, PasswordHash, Role, Session, User, UserState};
use tokio_postgres::Row;

use super::fault::Fault;
use super::lock::{Lock, hold};
use super::sql::{Bin, Db, Text, Whole, Word, execute, read, row, rows, statements, transact};
use super::{Postgres, session};
use crate::error::{Error, Result};
use crate::row::{InviteUse, UserChange};

statements! {
    HOW_MANY_USERS = r#"select count(*) from "user""#;
    INSERT = r#"insert into "user" (id, email, email_folded, name, role, disabled, password, created_at, last_seen_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"#;
    GET = r#"select id, email, name, role, disabled, password, created_at, last_seen_at from "user" where id = $1
                for update"#;
    BY_EMAIL = r#"select id, email, name, role, disabled, password, created_at, last_seen_at
                    from "user" where email_folded = $1"#;
    /// All of them: people make them, one by one.
    USERS = r#"select id, email, name, role, disabled, password, created_at, last_seen_at
                 from "user" order by id desc"#;
    TAKEN = r#"select 1 from "user" where email_folded = $1 and id <> $2"#;
    OTHER_ADMINS = r#"select count(*) from "user"
                       where role = 'admin' and not disabled and password is not null and id <> $1"#;
    UPDATE = r#"update "user" set email = $2, email_folded = $3, name = $4, role = $5, disabled = $6, password = $7
                 where id = $1"#;
    SEEN = r#"update "user" set last_seen_at = $2 where id = $1"#;
    DELETE = r#"delete from "user" where id = $1"#;
    INVITE = "insert into invite (digest, user_id, expires_at) values ($1, $2, $3)";
    INVITED = "select digest, user_id, expires_at from invite where digest = $1";
    DELETE_INVITES = "delete from invite where user_id = $1";
}

pub(super) async fn first(store: &Postgres, user: User, begun: Session) -> Result<()> {
    transact!(store, "user_first", async |db| {
        hold(db, Lock::Users).await?;
        if count(db).await? > 0 {
            return Err(Error::UsersThere.into());
        }
        insert(db, &user).await?;
        session::insert(db, &begun).await
    })
}

pub(super) async fn create(store: &Postgres, user: User, invite: Invite, max: u32) -> Result<()> {
    transact!(store, "user_create", async |db| {
        hold(db, Lock::Users).await?;
        if count(db).await? >= max {
            return Err(Error::TooManyUsers { max }.into());
        }
        refuse_taken(db, user.id, &user.email).await?;
        insert(db, &user).await?;
        put_invite(db, &invite).await
    })
}

pub(super) async fn is_empty(store: &Postgres) -> Result<bool> {
    read!(store, "user_none", async |db| Ok(count(db).await? == 0))
}

pub(super) async fn by_email(store: &Postgres, email: &Email) -> Result<Option<User>> {
    read!(store, "user_by_email", async |db| row(db, BY_EMAIL, &[&email.folded()], read).await)
}

pub(super) async fn list(store: &Postgres) -> Result<Vec<User>> {
    read!(store, "user_list", async |db| rows(db, USERS, &[], read).await)
}

pub(super) async fn change(store: &Postgres, user: UserId, change: UserChange) -> Result<User> {
    transact!(store, "user_change", async |db| {
        hold(db, Lock::Users).await?;
        let was = get(db, user).await?;
        let mut is = was.clone();
        let UserChange { email, name, role, disabled, password } = change.clone();
        if let Some(email) = email {
            refuse_taken(db, user, &email).await?;
            is.email = email;
        }
        is.name = name.unwrap_or(is.name);
        is.role = role.unwrap_or(is.role);
        is.disabled = disabled.unwrap_or(is.disabled);
        if let Some(password) = password {
            if was.password.as_ref() != Some(&password.old) {
                return Err(Error::UserChanged { user }.into());
            }
            is.password = Some(password.new);
            session::end_all(db, user, Some(password.keep)).await?;
        }
        if !is_active_admin(&is) {
            refuse_last_admin(db, &was).await?;
        }
        if is.disabled {
            shut_out(db, user).await?;
        }
        update(db, &is).await?;
        Ok(is)
    })
}

pub(super) async fn delete(store: &Postgres, user: UserId) -> Result<()> {
    transact!(store, "user_delete", async |db| {
        hold(db, Lock::Users).await?;
        refuse_last_admin(db, &get(db, user).await?).await?;
        shut_out(db, user).await?;
        execute(db, DELETE, &[&Bin(user.to_bytes())]).await.map(drop)
    })
}

pub(super) async fn invite(store: &Postgres, invite: Invite) -> Result<User> {
    transact!(store, "invite_create", async |db| {
        let user = get(db, invite.user).await?;
        if user.disabled {
            return Err(Error::UserDisabled { user: user.id }.into());
        }
        put_invite(db, &invite).await?;
        Ok(user)
    })
}

pub(super) async fn invited(store: &Postgres, digest: [u8; 32]) -> Result<Option<Invite>> {
    read!(store, "invite_by_digest", async |db| row(db, INVITED, &[&Bin(digest)], read_invite).await)
}

pub(super) async fn take(store: &Postgres, taken: InviteUse) -> Result<User> {
    transact!(store, "invite_use", async |db| {
        let InviteUse { digest, password, name, session: begun } = taken.clone();
        // Whose it is, first: what it is worth is said under the lock of that user's row.
        let invite = row(db, INVITED, &[&Bin(digest)], read_invite).await?.ok_or(Error::InviteNotFound)?;
        let user = get(db, invite.user).await;
        let invite = row(db, INVITED, &[&Bin(digest)], read_invite).await?;
        invite.filter(|invite| invite.expires_at > begun.created_at).ok_or(Error::InviteNotFound)?;
        let mut user = user?;
        user.password = Some(password);
        user.name = name.unwrap_or(user.name);
        user.last_seen_at = Some(begun.created_at);
        shut_out(db, user.id).await?;
        update(db, &user).await?;
        seen(db, user.id, begun.created_at).await?;
        session::insert(db, &Session { user: user.id, ..begun }).await?;
        Ok(user)
    })
}

async fn count(db: &Db) -> Result<u32, Fault> {
    Ok(row(db, HOW_MANY_USERS, &[], |row| Ok(row.try_get::<_, Whole<u32>>(0)?.0)).await?.unwrap_or(0))
}

/// The user, whom nobody else changes until the transaction ends.
pub(super) async fn get(db: &Db, user: UserId) -> Result<User, Fault> {
    Ok(row(db, GET, &[&Bin(user.to_bytes())], read).await?.ok_or(Error::UserNotFound { user })?)
}

async fn insert(db: &Db, user: &User) -> Result<(), Fault> {
    execute(
        db,
        INSERT,
        &[
            &Bin(user.id.to_bytes()),
            &user.email.as_str(),
            &user.email.folded(),
            &user.name.as_bytes(),
            &user.role.as_str(),
            &user.disabled,
            &user.password.as_ref().map(PasswordHash::as_str),
            &user.created_at.as_micros(),
            &user.last_seen_at.map(Timestamp::as_micros),
        ],
    )
    .await
    .map(drop)
}

async fn update(db: &Db, user: &User) -> Result<(), Fault> {
    execute(
        db,
        UPDATE,
        &[
            &Bin(user.id.to_bytes()),
            &user.email.as_str(),
            &user.email.folded(),
            &user.name.as_bytes(),
            &user.role.as_str(),
            &user.disabled,
            &user.password.as_ref().map(PasswordHash::as_str),
        ],
    )
    .await
    .map(drop)
}

pub(super) async fn seen(db: &Db, user: UserId, at: Timestamp) -> Result<(), Fault> {
    execute(db, SEEN, &[&Bin(user.to_bytes()), &at.as_micros()]).await.map(drop)
}

async fn refuse_taken(db: &Db, user: UserId, email: &Email) -> Result<(), Fault> {
    match row(db, TAKEN, &[&email.folded(), &Bin(user.to_bytes())], |_| Ok(())).await? {
        Some(()) => Err(Error::EmailTaken.into()),
        None => Ok(()),
    }
}

fn is_active_admin(user: &User) -> bool {
    user.role == Role::Admin && user.state() == UserState::Active
}

/// Of a user who is about to be an active admin no more.
async fn refuse_last_admin(db: &Db, user: &User) -> Result<(), Fault> {
    let read = |row: &Row| Ok(row.try_get::<_, Whole<u32>>(0)?.0);
    let others = row(db, OTHER_ADMINS, &[&Bin(user.id.to_bytes())], read).await?.unwrap_or(0);
    if is_active_admin(user) && others == 0 { Err(Error::LastAdmin.into()) } else { Ok(()) }
}

/// No way in is left but the password.
async fn shut_out(db: &Db, user: UserId) -> Result<(), Fault> {
    session::end_all(db, user, None).await?;
    execute(db, DELETE_INVITES, &[&Bin(user.to_bytes())]).await.map(drop)
}

/// In the place of earlier ones.
async fn put_invite(db: &Db, invite: &Invite) -> Result<(), Fault> {
    let user = Bin(invite.user.to_bytes());
    execute(db, DELETE_INVITES, &[&user]).await?;
    execute(db, INVITE, &[&Bin(invite.digest), &user, &invite.expires_at.as_micros()]).await.map(drop)
}

fn read_invite(row: &Row) -> Result<Invite, Fault> {
    Ok(Invite {
        digest: row.try_get::<_, Bin<32>>(0)?.0,
        user: UserId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
        expires_at: Timestamp::from_micros(row.try_get(2)?),
    })
}

fn read(row: &Row) -> Result<User, Fault> {
    read_from(row, 0)
}

/// The columns of a user from `first` on.
pub(super) fn read_from(row: &Row, first: usize) -> Result<User, Fault> {
    Ok(User {
        id: UserId::from_bytes(row.try_get::<_, Bin<16>>(first)?.0),
        email: Email::read(row.try_get(first + 1)?).map_err(Fault::unreadable)?,
        name: row.try_get::<_, Text>(first + 2)?.0,
        role: row.try_get::<_, Word<Role>>(first + 3)?.0,
        disabled: row.try_get(first + 4)?,
        password: row.try_get::<_, Option<String>>(first + 5)?.map(PasswordHash::from_stored),
        created_at: Timestamp::from_micros(row.try_get(first + 6)?),
        last_seen_at: row.try_get::<_, Option<i64>>(first + 7)?.map(Timestamp::from_micros),
    })
}
