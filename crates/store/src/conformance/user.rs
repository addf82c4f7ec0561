//! People who can log in, and their invites.

use domain::id::UserId;
use domain::user::{Email, Invite, PasswordHash, Role, User};

use super::numbered::{at, number};
use super::session::session;
use crate::Store;
use crate::error::Error;
use crate::row::{InviteUse, NewPassword, UserChange};

pub(super) fn hash(n: i64) -> PasswordHash {
    PasswordHash::from_stored(format!("hash {n}"))
}

pub(super) fn user(n: i64) -> User {
    User {
        id: UserId::new(at(n), number(n)),
        email: Email::read(&format!("User{n}@example.com")).unwrap(),
        name: format!("Zoë „{n}“"),
        role: Role::Editor,
        disabled: false,
        password: None,
        created_at: at(n),
        last_seen_at: None,
    }
}

fn admin(n: i64) -> User {
    User { role: Role::Admin, password: Some(hash(n)), ..user(n) }
}

pub(super) fn invite(n: i64) -> Invite {
    Invite { digest: [u8::try_from(n).unwrap(); 32], user: user(n).id, expires_at: at(100) }
}

fn taken(n: i64) -> InviteUse {
    InviteUse { digest: invite(n).digest, password: hash(n), name: None, session: session(40 + n, n) }
}

/// An admin `n`, active.
async fn an_admin(store: &dyn Store, n: i64) {
    store.user_create(User { role: Role::Admin, ..user(n) }, invite(n), 10).await.unwrap();
    store.invite_use(taken(n)).await.unwrap();
}

fn to(change: impl FnOnce(&mut UserChange)) -> UserChange {
    let mut changed = UserChange::default();
    change(&mut changed);
    changed
}

pub async fn there_is_one_first_user(store: &dyn Store) {
    assert!(store.user_none().await.unwrap());
    store.user_first(admin(1), session(1, 1)).await.unwrap();
    assert!(!store.user_none().await.unwrap());
    let second = store.user_first(admin(2), session(2, 2)).await;
    assert!(matches!(second, Err(Error::UsersThere)), "{second:?}");
    assert_eq!(store.user_list().await.unwrap(), [admin(1)]);
    assert_eq!(store.session_by_digest([1; 32]).await.unwrap(), Some((session(1, 1), admin(1))));
    assert_eq!(store.session_by_digest([2; 32]).await.unwrap(), None);
}

pub async fn users_are_listed_newest_first_and_found_by_email(store: &dyn Store) {
    for n in [2, 3, 1] {
        store.user_create(user(n), invite(n), 3).await.unwrap();
    }
    assert_eq!(store.user_list().await.unwrap(), [user(3), user(2), user(1)]);
    let by = async |email: &str| store.user_by_email(&Email::read(email).unwrap()).await.unwrap();
    assert_eq!(by("uSER2@example.com").await, Some(user(2)));
    assert_eq!(by("user4@example.com").await, None);
    let more = store.user_create(user(4), invite(4), 3).await;
    assert!(matches!(more, Err(Error::TooManyUsers { max: 3 })), "{more:?}");
}

pub async fn no_two_users_have_one_email(store: &dyn Store) {
    store.user_create(user(1), invite(1), 10).await.unwrap();
    store.user_create(user(2), invite(2), 10).await.unwrap();
    let email = Some(Email::read("USER1@EXAMPLE.COM").unwrap());
    let twin = store.user_create(User { email: email.clone().unwrap(), ..user(3) }, invite(3), 10).await;
    assert!(matches!(twin, Err(Error::EmailTaken)), "{twin:?}");
    let renamed = store.user_change(user(2).id, to(|change| change.email = email.clone())).await;
    assert!(matches!(renamed, Err(Error::EmailTaken)), "{renamed:?}");
    assert_eq!(store.user_list().await.unwrap(), [user(2), user(1)]);
    let own = store.user_change(user(1).id, to(|change| change.email = email)).await.unwrap();
    assert_eq!(own.email.as_str(), "USER1@EXAMPLE.COM");
}

pub async fn a_change_leaves_the_rest(store: &dyn Store) {
    store.user_create(user(1), invite(1), 10).await.unwrap();
    let named = store.user_change(user(1).id, to(|change| change.name = Some("Ada".into()))).await.unwrap();
    assert_eq!(named, User { name: "Ada".into(), ..user(1) });
    let viewer = store.user_change(user(1).id, to(|change| change.role = Some(Role::Viewer))).await.unwrap();
    assert_eq!(viewer, User { role: Role::Viewer, ..named });
    assert_eq!(store.user_list().await.unwrap(), [viewer]);
    let nobody = store.user_change(user(2).id, UserChange::default()).await;
    assert!(matches!(nobody, Err(Error::UserNotFound { .. })), "{nobody:?}");
}

pub async fn the_last_active_admin_stays(store: &dyn Store) {
    an_admin(store, 1).await;
    // Invited, or disabled: neither can do what an admin does.
    store.user_create(User { role: Role::Admin, ..user(2) }, invite(2), 10).await.unwrap();
    an_admin(store, 3).await;
    store.user_change(user(3).id, to(|change| change.disabled = Some(true))).await.unwrap();
    for change in [
        to(|change| change.disabled = Some(true)),
        to(|change| change.role = Some(Role::Editor)),
        to(|change| (change.name, change.role) = (Some("x".into()), Some(Role::Viewer))),
    ] {
        let refused = store.user_change(user(1).id, change).await;
        assert!(matches!(refused, Err(Error::LastAdmin)), "{refused:?}");
    }
    assert!(matches!(store.user_delete(user(1).id).await, Err(Error::LastAdmin)));
    store.user_delete(user(2).id).await.unwrap();
    store.user_change(user(1).id, to(|change| change.role = Some(Role::Admin))).await.unwrap();
    store.user_change(user(3).id, to(|change| change.disabled = Some(false))).await.unwrap();
    store.user_delete(user(1).id).await.unwrap();
    assert!(matches!(store.user_delete(user(3).id).await, Err(Error::LastAdmin)));
    assert!(matches!(store.user_delete(user(1).id).await, Err(Error::UserNotFound { .. })));
}

pub async fn who_is_disabled_or_deleted_is_out(store: &dyn Store) {
    for n in [1, 2, 3] {
        an_admin(store, n).await;
        store.invite_create(invite(n)).await.unwrap();
    }
    store.user_change(user(1).id, to(|change| change.disabled = Some(true))).await.unwrap();
    store.user_delete(user(2).id).await.unwrap();
    for n in [1, 2, 3] {
        let is_in = n == 3;
        let digest = session(40 + n, n).digest;
        assert_eq!(store.session_by_digest(digest).await.unwrap().is_some(), is_in, "{n}");
        assert_eq!(store.invite_by_digest(invite(n).digest).await.unwrap().is_some(), is_in, "{n}");
    }
    assert!(matches!(store.invite_create(invite(1)).await, Err(Error::UserDisabled { .. })));
    assert!(matches!(store.invite_create(invite(2)).await, Err(Error::UserNotFound { .. })));
}

pub async fn an_invite_is_taken_once(store: &dyn Store) {
    store.user_create(user(1), invite(1), 10).await.unwrap();
    let named = InviteUse { name: Some("Ada".into()), ..taken(1) };
    let user_1 = store.invite_use(named).await.unwrap();
    let expected =
        User { name: "Ada".into(), password: Some(hash(1)), last_seen_at: Some(session(41, 1).created_at), ..user(1) };
    assert_eq!(user_1, expected);
    // Whose session it is, the invite says.
    assert_eq!(store.session_by_digest([41; 32]).await.unwrap(), Some((session(41, 1), expected)));
    assert!(matches!(store.invite_use(taken(1)).await, Err(Error::InviteNotFound)));
}

pub async fn an_invite_expires_and_a_new_one_takes_its_place(store: &dyn Store) {
    store.user_create(user(1), Invite { expires_at: at(41), ..invite(1) }, 10).await.unwrap();
    assert!(matches!(store.invite_use(taken(1)).await, Err(Error::InviteNotFound)), "expired at that time");
    let again = Invite { digest: [9; 32], ..invite(1) };
    store.invite_create(again.clone()).await.unwrap();
    assert_eq!(store.invite_by_digest([1; 32]).await.unwrap(), None);
    assert_eq!(store.invite_by_digest([9; 32]).await.unwrap(), Some(again));
    store.invite_use(InviteUse { digest: [9; 32], ..taken(1) }).await.unwrap();
}

pub async fn a_new_password_ends_all_sessions_but_its_own(store: &dyn Store) {
    an_admin(store, 1).await;
    an_admin(store, 2).await;
    store.session_create(super::session::login(5, 1)).await.unwrap();
    let password = NewPassword { old: hash(7), new: hash(8), keep: [5; 32] };
    let wrong = store.user_change(user(1).id, to(|change| change.password = Some(password.clone()))).await;
    assert!(matches!(wrong, Err(Error::UserChanged { .. })), "{wrong:?}");
    let password = NewPassword { old: hash(1), ..password };
    let changed = store.user_change(user(1).id, to(|change| change.password = Some(password))).await.unwrap();
    assert_eq!(changed.password, Some(hash(8)));
    let lives = async |digest: u8| store.session_by_digest([digest; 32]).await.unwrap().is_some();
    assert_eq!((lives(5).await, lives(41).await, lives(42).await), (true, false, true));
    // An invite, as a reset of the password, ends them all.
    store.invite_create(Invite { digest: [8; 32], ..invite(1) }).await.unwrap();
    store.invite_use(InviteUse { digest: [8; 32], session: session(43, 2), ..taken(1) }).await.unwrap();
    assert_eq!((lives(5).await, lives(42).await, lives(43).await), (false, true, true));
}
