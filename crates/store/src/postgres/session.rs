//! Browsers that are logged in, known by the digest of what their cookie holds.

use domain::id::UserId;
use domain::time::Timestamp;
use domain::user::{Session, User, UserState};

use super::fault::Fault;
use super::sql::{Bin, Db, execute, read, row, statements, transact};
use super::{Postgres, user};
use crate::error::{Error, Result};
use crate::row::Login;

statements! {
    INSERT = "insert into session (digest, user_id, created_at, used_at) values ($1, $2, $3, $4)";
    BY_DIGEST = r#"select s.digest, s.user_id, s.created_at, s.used_at,
                          u.id, u.email, u.name, u.role, u.disabled, u.password, u.created_at, u.last_seen_at
                     from session s join "user" u on u.id = s.user_id where s.digest = $1"#;
    /// The user before the session, as for all that changes both.
    LOCK_OWNER = r#"select 1 from "user" where id = (select user_id from session where digest = $1) for update"#;
    USED = "update session set used_at = $2 where digest = $1 returning user_id";
    DELETE = "delete from session where digest = $1";
    DELETE_ALL = "delete from session where user_id = $1 and ($2::bytea is null or digest <> $2)";
    /// Here and below: one that somebody else is about to delete is left to them, else two could wait for each other.
    DELETE_IDLE = "delete from session where digest in
                     (select digest from session where used_at < $1 for update skip locked)";
    DELETE_BEYOND = "delete from session where digest in
                       (select digest from session where user_id = $1 order by used_at desc offset $2
                           for update skip locked)";
}

pub(super) async fn create(store: &Postgres, login: Login) -> Result<User> {
    transact!(store, "session_create", async |db| {
        let Login { session, password, replaces, used_before, max } = &login;
        let mut owner = user::get(db, session.user).await?;
        if owner.state() != UserState::Active || owner.password.as_ref() != Some(password) {
            return Err(Error::UserChanged { user: owner.id }.into());
        }
        if let Some(replaced) = replaces {
            execute(db, DELETE, &[&Bin(*replaced)]).await?;
        }
        execute(db, DELETE_IDLE, &[&used_before.as_micros()]).await?;
        let left = i64::from(max.saturating_sub(1));
        execute(db, DELETE_BEYOND, &[&Bin(owner.id.to_bytes()), &left]).await?;
        insert(db, session).await?;
        user::seen(db, owner.id, session.created_at).await?;
        owner.last_seen_at = Some(session.created_at);
        Ok(owner)
    })
}

pub(super) async fn by_digest(store: &Postgres, digest: [u8; 32]) -> Result<Option<(Session, User)>> {
    read!(store, "session_by_digest", async |db| {
        row(db, BY_DIGEST, &[&Bin(digest)], |row| {
            let session = Session {
                digest: row.try_get::<_, Bin<32>>(0)?.0,
                user: UserId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
                created_at: Timestamp::from_micros(row.try_get(2)?),
                used_at: Timestamp::from_micros(row.try_get(3)?),
            };
            Ok((session, user::read_from(row, 4)?))
        })
        .await
    })
}

pub(super) async fn used(store: &Postgres, digest: [u8; 32], at: Timestamp) -> Result<()> {
    let digest = Bin(digest);
    transact!(store, "session_used", async |db| {
        row(db, LOCK_OWNER, &[&digest], |_| Ok(())).await?;
        let owner =
            row(db, USED, &[&digest, &at.as_micros()], |row| Ok(UserId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0)))
                .await?;
        match owner {
            Some(owner) => user::seen(db, owner, at).await,
            None => Ok(()),
        }
    })
}

pub(super) async fn end(store: &Postgres, digest: [u8; 32]) -> Result<()> {
    transact!(store, "session_end", async |db| execute(db, DELETE, &[&Bin(digest)]).await.map(drop))
}

pub(super) async fn insert(db: &Db, session: &Session) -> Result<(), Fault> {
    let (created, used) = (session.created_at.as_micros(), session.used_at.as_micros());
    let (digest, user) = (Bin(session.digest), Bin(session.user.to_bytes()));
    execute(db, INSERT, &[&digest, &user, &created, &used]).await.map(drop)
}

/// All of a user's, but for one.
pub(super) async fn end_all(db: &Db, user: UserId, but: Option<[u8; 32]>) -> Result<(), Fault> {
    execute(db, DELETE_ALL, &[&Bin(user.to_bytes()), &but.map(Bin)]).await.map(drop)
}
