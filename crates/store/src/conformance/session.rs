//! Browsers that are logged in.

use domain::id::UserId;
use domain::user::{Role, Session, User};

use super::numbered::at;
use super::user::{hash, invite, user};
use crate::Store;
use crate::error::Error;
use crate::row::{InviteUse, Login, UserChange};

/// With a digest of its own, of user `of`.
pub(super) fn session(n: i64, of: i64) -> Session {
    Session { digest: [u8::try_from(n).unwrap(); 32], user: user(of).id, created_at: at(n), used_at: at(n) }
}

pub(super) fn login(n: i64, of: i64) -> Login {
    Login { session: session(n, of), password: hash(of), replaces: None, used_before: at(0), max: 10 }
}

/// User `n`, active, without a session.
async fn active(store: &dyn Store, n: i64) -> User {
    store.user_create(User { role: Role::Viewer, ..user(n) }, invite(n), 10).await.unwrap();
    let session = session(99, n);
    store.invite_use(InviteUse { digest: invite(n).digest, password: hash(n), name: None, session }).await.unwrap();
    store.session_end([99; 32]).await.unwrap();
    User { role: Role::Viewer, password: Some(hash(n)), last_seen_at: Some(at(99)), ..user(n) }
}

async fn lives(store: &dyn Store, n: u8) -> bool {
    store.session_by_digest([n; 32]).await.unwrap().is_some()
}

pub async fn a_session_is_its_users_until_it_ends(store: &dyn Store) {
    let one = active(store, 1).await;
    let seen = User { last_seen_at: Some(at(5)), ..one };
    assert_eq!(store.session_create(login(5, 1)).await.unwrap(), seen);
    assert_eq!(store.session_by_digest([5; 32]).await.unwrap(), Some((session(5, 1), seen.clone())));
    store.session_used([5; 32], at(8)).await.unwrap();
    let used = Session { used_at: at(8), ..session(5, 1) };
    let seen = User { last_seen_at: Some(at(8)), ..seen };
    assert_eq!(store.session_by_digest([5; 32]).await.unwrap(), Some((used, seen)));
    for _ in 0..2 {
        store.session_end([5; 32]).await.unwrap();
        assert!(!lives(store, 5).await);
        // Its use is written some time later, and it may be gone by then.
        store.session_used([5; 32], at(9)).await.unwrap();
    }
    assert_eq!(store.user_list().await.unwrap()[0].last_seen_at, Some(at(8)));
}

pub async fn only_an_active_user_with_that_password_gets_one(store: &dyn Store) {
    active(store, 1).await;
    store.user_create(user(2), invite(2), 10).await.unwrap();
    let of_old_password = store.session_create(Login { password: hash(7), ..login(5, 1) }).await;
    assert!(matches!(of_old_password, Err(Error::UserChanged { .. })), "{of_old_password:?}");
    let of_invited = store.session_create(login(5, 2)).await;
    assert!(matches!(of_invited, Err(Error::UserChanged { .. })), "{of_invited:?}");
    store.user_change(user(1).id, UserChange { disabled: Some(true), ..UserChange::default() }).await.unwrap();
    let of_disabled = store.session_create(login(5, 1)).await;
    assert!(matches!(of_disabled, Err(Error::UserChanged { .. })), "{of_disabled:?}");
    let mut of_nobody = login(5, 1);
    of_nobody.session.user = UserId::from_bytes([9; 16]);
    assert!(matches!(store.session_create(of_nobody).await, Err(Error::UserNotFound { .. })));
    assert!(!lives(store, 5).await);
}

pub async fn a_login_ends_the_session_it_replaces_and_idle_ones(store: &dyn Store) {
    active(store, 1).await;
    active(store, 2).await;
    for n in [10, 11, 12, 13] {
        store.session_create(login(n, 1)).await.unwrap();
    }
    store.session_used([10; 32], at(20)).await.unwrap();
    store.session_create(Login { replaces: Some([13; 32]), ..login(21, 2) }).await.unwrap();
    assert!(!lives(store, 13).await);
    store.session_create(Login { used_before: at(12), ..login(22, 2) }).await.unwrap();
    let left = [lives(store, 10).await, lives(store, 11).await, lives(store, 12).await, lives(store, 21).await];
    assert_eq!(left, [true, false, true, true], "11 was not used for too long");
}

pub async fn a_user_has_no_more_sessions_than_allowed(store: &dyn Store) {
    active(store, 1).await;
    active(store, 2).await;
    store.session_create(login(9, 2)).await.unwrap();
    for n in [10, 11, 12] {
        store.session_create(login(n, 1)).await.unwrap();
    }
    store.session_used([10; 32], at(20)).await.unwrap();
    store.session_create(Login { max: 3, ..login(21, 1) }).await.unwrap();
    let left = [9, 10, 11, 12, 21];
    let mut alive = Vec::new();
    for n in left {
        alive.push(lives(store, n).await);
    }
    assert_eq!(alive, [true, true, false, true, true], "the one that was used longest ago goes");
}
