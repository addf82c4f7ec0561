//! Browsers that are logged in, known by the digest of what their cookie holds.

use domain::id::UserId;
use domain::time::Timestamp;
use domain::user::{Session, User, UserState};
use rusqlite::{Connection, params};

use super::sql::{execute, row, statements};
use super::{Sqlite, user};
use crate::error::{Error, Result};
use crate::row::Login;

statements! {
    INSERT = "insert into session (digest, user_id, created_at, used_at) values (?1, ?2, ?3, ?4)";
    BY_DIGEST = r#"select s.digest, s.user_id, s.created_at, s.used_at,
                          u.id, u.email, u.name, u.role, u.disabled, u.password, u.created_at, u.last_seen_at
                     from session s join "user" u on u.id = s.user_id where s.digest = ?1"#;
    USED = "update session set used_at = ?2 where digest = ?1 returning user_id";
    DELETE = "delete from session where digest = ?1";
    DELETE_ALL = "delete from session where user_id = ?1 and (?2 is null or digest <> ?2)";
    DELETE_IDLE = "delete from session where used_at < ?1";
    DELETE_BEYOND = "delete from session where digest in
                       (select digest from session where user_id = ?1 order by used_at desc limit -1 offset ?2)";
}

pub(super) async fn create(store: &Sqlite, login: Login) -> Result<User> {
    store
        .write("session_create", 0, move |db| {
            let Login { session, password, replaces, used_before, max } = &login;
            let mut owner = user::get(db, session.user)?;
            if owner.state() != UserState::Active || owner.password.as_ref() != Some(password) {
                return Err(Error::UserChanged { user: owner.id }.into());
            }
            if let Some(replaced) = replaces {
                execute(db, DELETE, [replaced])?;
            }
            execute(db, DELETE_IDLE, [used_before.as_micros()])?;
            execute(db, DELETE_BEYOND, params![owner.id.to_bytes(), max.saturating_sub(1)])?;
            insert(db, session)?;
            user::seen(db, owner.id, session.created_at)?;
            owner.last_seen_at = Some(session.created_at);
            Ok(owner)
        })
        .await
}

pub(super) async fn by_digest(store: &Sqlite, digest: [u8; 32]) -> Result<Option<(Session, User)>> {
    store
        .read("session_by_digest", move |db| {
            Ok(row(db, BY_DIGEST, [digest], |row| {
                let session = Session {
                    digest: row.get(0)?,
                    user: UserId::from_bytes(row.get(1)?),
                    created_at: Timestamp::from_micros(row.get(2)?),
                    used_at: Timestamp::from_micros(row.get(3)?),
                };
                Ok((session, user::read_from(row, 4)?))
            })?)
        })
        .await
}

pub(super) async fn used(store: &Sqlite, digest: [u8; 32], at: Timestamp) -> Result<()> {
    store
        .write("session_used", 0, move |db| {
            let owner = row(db, USED, params![digest, at.as_micros()], |row| Ok(UserId::from_bytes(row.get(0)?)))?;
            owner.map_or(Ok(()), |owner| Ok(user::seen(db, owner, at)?))
        })
        .await
}

pub(super) async fn end(store: &Sqlite, digest: [u8; 32]) -> Result<()> {
    store.write("session_end", 0, move |db| Ok(execute(db, DELETE, [digest]).map(drop)?)).await
}

pub(super) fn insert(db: &Connection, session: &Session) -> rusqlite::Result<()> {
    let (created, used) = (session.created_at.as_micros(), session.used_at.as_micros());
    execute(db, INSERT, params![session.digest, session.user.to_bytes(), created, used]).map(drop)
}

/// All of a user's, but for one.
pub(super) fn end_all(db: &Connection, user: UserId, but: Option<[u8; 32]>) -> rusqlite::Result<()> {
    execute(db, DELETE_ALL, params![user.to_bytes(), but]).map(drop)
}
