//! People who can log in, and what lets them choose a password.

use domain::id::UserId;
use domain::time::Timestamp;
use domain::user::{Email, Invite, PasswordHash, Role, Session, User, UserState};
use rusqlite::{Connection, Row, params};

use super::fault::Fault;
use super::sql::{Word, execute, row, rows, statements};
use super::{Sqlite, session};
use crate::error::{Error, Result};
use crate::row::{InviteUse, UserChange};

statements! {
    HOW_MANY_USERS = r#"select count(*) from "user""#;
    INSERT = r#"insert into "user" (id, email, email_folded, name, role, disabled, password, created_at, last_seen_at)
                values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"#;
    GET = r#"select id, email, name, role, disabled, password, created_at, last_seen_at from "user" where id = ?1"#;
    BY_EMAIL = r#"select id, email, name, role, disabled, password, created_at, last_seen_at
                    from "user" where email_folded = ?1"#;
    /// All of them: people make them, one by one.
    USERS = r#"select id, email, name, role, disabled, password, created_at, last_seen_at
                 from "user" order by id desc"#;
    TAKEN = r#"select 1 from "user" where email_folded = ?1 and id <> ?2"#;
    OTHER_ADMINS = r#"select count(*) from "user"
                       where role = 'admin' and disabled = 0 and password is not null and id <> ?1"#;
    UPDATE = r#"update "user" set email = ?2, email_folded = ?3, name = ?4, role = ?5, disabled = ?6, password = ?7
                 where id = ?1"#;
    SEEN = r#"update "user" set last_seen_at = ?2 where id = ?1"#;
    DELETE = r#"delete from "user" where id = ?1"#;
    INVITE = "insert into invite (digest, user_id, expires_at) values (?1, ?2, ?3)";
    INVITED = "select digest, user_id, expires_at from invite where digest = ?1";
    DELETE_INVITES = "delete from invite where user_id = ?1";
}

pub(super) async fn first(store: &Sqlite, user: User, begun: Session) -> Result<()> {
    store
        .write("user_first", 0, move |db| {
            if count(db)? > 0 {
                return Err(Error::UsersThere.into());
            }
            insert(db, &user)?;
            Ok(session::insert(db, &begun)?)
        })
        .await
}

pub(super) async fn create(store: &Sqlite, user: User, invite: Invite, max: u32) -> Result<()> {
    store
        .write("user_create", 0, move |db| {
            if count(db)? >= max {
                return Err(Error::TooManyUsers { max }.into());
            }
            refuse_taken(db, user.id, &user.email)?;
            insert(db, &user)?;
            Ok(put_invite(db, &invite)?)
        })
        .await
}

pub(super) async fn is_empty(store: &Sqlite) -> Result<bool> {
    store.read("user_none", |db| Ok(count(db)? == 0)).await
}

pub(super) async fn by_email(store: &Sqlite, email: &Email) -> Result<Option<User>> {
    let folded = email.folded().to_owned();
    store.read("user_by_email", move |db| Ok(row(db, BY_EMAIL, [folded], read)?)).await
}

pub(super) async fn list(store: &Sqlite) -> Result<Vec<User>> {
    store.read("user_list", |db| Ok(rows(db, USERS, [], read)?)).await
}

pub(super) async fn change(store: &Sqlite, user: UserId, change: UserChange) -> Result<User> {
    store
        .write("user_change", 0, move |db| {
            let was = get(db, user)?;
            let mut is = was.clone();
            let UserChange { email, name, role, disabled, password } = change.clone();
            if let Some(email) = email {
                refuse_taken(db, user, &email)?;
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
                session::end_all(db, user, Some(password.keep))?;
            }
            if !is_active_admin(&is) {
                refuse_last_admin(db, &was)?;
            }
            if is.disabled {
                shut_out(db, user)?;
            }
            update(db, &is)?;
            Ok(is)
        })
        .await
}

pub(super) async fn delete(store: &Sqlite, user: UserId) -> Result<()> {
    store
        .write("user_delete", 0, move |db| {
            refuse_last_admin(db, &get(db, user)?)?;
            shut_out(db, user)?;
            execute(db, DELETE, [user.to_bytes()])?;
            Ok(())
        })
        .await
}

pub(super) async fn invite(store: &Sqlite, invite: Invite) -> Result<User> {
    store
        .write("invite_create", 0, move |db| {
            let user = get(db, invite.user)?;
            if user.disabled {
                return Err(Error::UserDisabled { user: user.id }.into());
            }
            put_invite(db, &invite)?;
            Ok(user)
        })
        .await
}

pub(super) async fn invited(store: &Sqlite, digest: [u8; 32]) -> Result<Option<Invite>> {
    store.read("invite_by_digest", move |db| Ok(row(db, INVITED, [digest], read_invite)?)).await
}

pub(super) async fn take(store: &Sqlite, taken: InviteUse) -> Result<User> {
    store
        .write("invite_use", 0, move |db| {
            let InviteUse { digest, password, name, session: begun } = taken.clone();
            let invite = row(db, INVITED, [digest], read_invite)?;
            let invite = invite.filter(|invite| invite.expires_at > begun.created_at).ok_or(Error::InviteNotFound)?;
            let mut user = get(db, invite.user)?;
            user.password = Some(password);
            user.name = name.unwrap_or(user.name);
            user.last_seen_at = Some(begun.created_at);
            shut_out(db, user.id)?;
            update(db, &user)?;
            seen(db, user.id, begun.created_at)?;
            session::insert(db, &Session { user: user.id, ..begun })?;
            Ok(user)
        })
        .await
}

fn count(db: &Connection) -> rusqlite::Result<u32> {
    Ok(row(db, HOW_MANY_USERS, [], |row| row.get(0))?.unwrap_or(0))
}

pub(super) fn get(db: &Connection, user: UserId) -> Result<User, Fault> {
    Ok(row(db, GET, [user.to_bytes()], read)?.ok_or(Error::UserNotFound { user })?)
}

fn insert(db: &Connection, user: &User) -> rusqlite::Result<()> {
    let seen = user.last_seen_at.map(Timestamp::as_micros);
    let params = params![
        user.id.to_bytes(),
        user.email.as_str(),
        user.email.folded(),
        user.name,
        user.role.as_str(),
        user.disabled,
        user.password.as_ref().map(PasswordHash::as_str),
        user.created_at.as_micros(),
        seen,
    ];
    execute(db, INSERT, params).map(drop)
}

fn update(db: &Connection, user: &User) -> rusqlite::Result<()> {
    let params = params![
        user.id.to_bytes(),
        user.email.as_str(),
        user.email.folded(),
        user.name,
        user.role.as_str(),
        user.disabled,
        user.password.as_ref().map(PasswordHash::as_str),
    ];
    execute(db, UPDATE, params).map(drop)
}

pub(super) fn seen(db: &Connection, user: UserId, at: Timestamp) -> rusqlite::Result<()> {
    execute(db, SEEN, params![user.to_bytes(), at.as_micros()]).map(drop)
}

fn refuse_taken(db: &Connection, user: UserId, email: &Email) -> Result<(), Fault> {
    match row(db, TAKEN, params![email.folded(), user.to_bytes()], |_| Ok(()))? {
        Some(()) => Err(Error::EmailTaken.into()),
        None => Ok(()),
    }
}

fn is_active_admin(user: &User) -> bool {
    user.role == Role::Admin && user.state() == UserState::Active
}

/// Of a user who is about to be an active admin no more.
fn refuse_last_admin(db: &Connection, user: &User) -> Result<(), Fault> {
    let others: u32 = row(db, OTHER_ADMINS, [user.id.to_bytes()], |row| row.get(0))?.unwrap_or(0);
    if is_active_admin(user) && others == 0 { Err(Error::LastAdmin.into()) } else { Ok(()) }
}

/// No way in is left but the password.
fn shut_out(db: &Connection, user: UserId) -> rusqlite::Result<()> {
    session::end_all(db, user, None)?;
    execute(db, DELETE_INVITES, [user.to_bytes()]).map(drop)
}

/// In the place of earlier ones.
fn put_invite(db: &Connection, invite: &Invite) -> rusqlite::Result<()> {
    execute(db, DELETE_INVITES, [invite.user.to_bytes()])?;
    execute(db, INVITE, params![invite.digest, invite.user.to_bytes(), invite.expires_at.as_micros()]).map(drop)
}

fn read_invite(row: &Row<'_>) -> rusqlite::Result<Invite> {
    Ok(Invite {
        digest: row.get(0)?,
        user: UserId::from_bytes(row.get(1)?),
        expires_at: Timestamp::from_micros(row.get(2)?),
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    read_from(row, 0)
}

/// The columns of a user from `first` on.
pub(super) fn read_from(row: &Row<'_>, first: usize) -> rusqlite::Result<User> {
    let email: String = row.get(first + 1)?;
    Ok(User {
        id: UserId::from_bytes(row.get(first)?),
        email: Email::read(&email)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into()))?,
        name: row.get(first + 2)?,
        role: row.get::<_, Word<Role>>(first + 3)?.0,
        disabled: row.get(first + 4)?,
        password: row.get::<_, Option<String>>(first + 5)?.map(PasswordHash::from_stored),
        created_at: Timestamp::from_micros(row.get(first + 6)?),
        last_seen_at: row.get::<_, Option<i64>>(first + 7)?.map(Timestamp::from_micros),
    })
}
