//! What two servers do at once comes out as if one had waited for the other.
//!
//! Each case is several rounds: what goes wrong needs the right moment.

use bytes::Bytes;
use domain::id::SampleId;
use domain::user::{Email, Invite, Role, User};
use futures_util::future::{join, join_all};

use super::numbered::{at, key, new, number, workflow, workflow_id};
use super::secret::sealed;
use super::session::{login, session};
use super::user::{hash, invite, user};
use super::workflow::revision;
use crate::row::{InviteUse, Login, NewPassword, SavedSample, UserChange, WorkflowSave};
use crate::{Error, Store};

const ROUNDS: i64 = 12;

/// How many of them are `Ok`; what refused the others is what they were to be refused with.
fn passed<T: std::fmt::Debug>(outcomes: &[Result<T, Error>], refused: impl Fn(&Error) -> bool) -> usize {
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(refused(error), "{error:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

pub async fn of_saves_made_from_one_version_one_wins(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1)), new(workflow(2))]).await.unwrap();
    for round in 1..=ROUNDS {
        let edit = u32::try_from(round).unwrap();
        let save = |of: i64, author: i64| {
            let mut edited = workflow(of);
            (edited.edit, edited.changed_at) = (edit + 1, at(1_000 + round));
            edited.settings.title = format!("by {author}");
            let made_from = if round == 1 { at(of) } else { at(1_000 + round - 1) };
            let publish = Some(revision(1_000 * of + 10 * round + author));
            WorkflowSave { workflow: edited, made_from: Some(made_from), publish }
        };
        // Two workflows, the other way round by every other author.
        let outcomes = join_all((0..4).map(|author| {
            let (one, two) = (save(1, author), save(2, author));
            store.workflow_save(if author % 2 == 0 { vec![one, two] } else { vec![two, one] })
        }));
        let won = passed(&outcomes.await, |error| matches!(error, Error::WorkflowChanged { .. }));
        assert_eq!(won, 1, "in round {round}");
        let saved = store.workflow_get(workflow_id(1)).await.unwrap().unwrap();
        let other = store.workflow_get(workflow_id(2)).await.unwrap().unwrap();
        assert_eq!(saved.settings.title, other.settings.title, "all of one save or none of it");
        assert_eq!((saved.live, other.live), (Some(edit), Some(edit)));
    }
}

pub async fn a_key_is_given_out_once(store: &dyn Store) {
    for round in 1..=ROUNDS {
        let (old, wanted) = (key(1_000 + round), key(2_000 + round));
        let ids = [3 * round, 3 * round + 1, 3 * round + 2];
        let mut owner = workflow(ids[0]);
        owner.key = old.clone();
        store.workflow_save(vec![new(owner.clone())]).await.unwrap();
        let made = |id: i64, key| {
            let mut made = workflow(id);
            made.key = key;
            store.workflow_save(vec![new(made)])
        };
        // One comes to it by rotation, one is made with it; and one would like the key that is given up.
        let (rotated, (made, heir)) = join(
            store.workflow_rotate(owner.id, wanted.clone(), at(1)),
            join(made(ids[1], wanted.clone()), made(ids[2], old.clone())),
        )
        .await;
        let taken = |error: &Error| matches!(error, Error::KeyTaken { .. });
        assert_eq!(passed(&[rotated, made], taken), 1, "in round {round}");
        assert_eq!(passed(&[heir], taken), 0, "in use or retired, in round {round}");
    }
    let retired = store.key_retired().await.unwrap();
    for (key, _) in retired {
        assert_eq!(store.workflow_by_key(&key).await.unwrap(), None, "{key} is retired");
    }
}

fn sample(n: i64, of: i64) -> SavedSample {
    SavedSample {
        id: SampleId::new(at(n), number(n)),
        workflow: workflow_id(of),
        name: "s".to_owned(),
        method: "PUT".to_owned(),
        headers: Vec::new(),
        query_string: String::new(),
        body: Bytes::from_static(b"1234"),
        created_at: at(n),
    }
}

pub async fn samples_kept_at_once_are_no_more_than_they_may(store: &dyn Store) {
    for round in 1..=ROUNDS {
        store.workflow_save(vec![new(workflow(round))]).await.unwrap();
        let add = |n: i64| store.sample_add(sample(10 * round + n, round), 3, if round % 2 == 0 { 99 } else { 8 });
        let outcomes = join_all((0..6).map(add)).await;
        let full = |error: &Error| matches!(error, Error::TooManySamples { .. } | Error::SamplesTooLarge { .. });
        let expected = if round % 2 == 0 { 3 } else { 2 };
        assert_eq!(passed(&outcomes, full), expected, "in round {round}");
        assert_eq!(store.sample_list(workflow_id(round)).await.unwrap().len(), expected);
    }
}

pub async fn a_sample_kept_while_its_workflow_goes_goes_too(store: &dyn Store) {
    for round in 1..=ROUNDS {
        store.workflow_save(vec![new(workflow(round))]).await.unwrap();
        let add = |n: i64| store.sample_add(sample(10 * round + n, round), 9, 99);
        let (added, deleted) = join(join_all((0..3).map(add)), store.workflow_delete(workflow_id(round), at(1))).await;
        passed(&added, |error| matches!(error, Error::NotFound { .. }));
        deleted.unwrap();
        assert_eq!(store.sample_list(workflow_id(round)).await.unwrap(), [], "in round {round}");
    }
}

fn admin(n: i64) -> User {
    User { role: Role::Admin, password: Some(hash(n)), ..user(n) }
}

pub async fn there_is_one_first_user_of_many(store: &dyn Store) {
    let outcomes = join_all((1..=8).map(|n| store.user_first(admin(n), session(n, n)))).await;
    assert_eq!(passed(&outcomes, |error| matches!(error, Error::UsersThere)), 1);
    assert_eq!(store.user_list().await.unwrap().len(), 1);
}

pub async fn users_made_at_once_are_no_more_than_they_may(store: &dyn Store) {
    for round in 1..=ROUNDS {
        let ids = (1..=6).map(|n| 10 * round + n);
        let outcomes = join_all(ids.map(|n| store.user_create(user(n), invite(n), 2))).await;
        assert_eq!(passed(&outcomes, |error| matches!(error, Error::TooManyUsers { .. })), 2, "in round {round}");
        for user in store.user_list().await.unwrap() {
            store.user_delete(user.id).await.unwrap();
        }
    }
}

pub async fn an_email_is_given_to_one_of_many(store: &dyn Store) {
    for round in 1..=ROUNDS {
        let email = Email::read(&format!("One{round}@example.com")).unwrap();
        let ids = [6 * round, 6 * round + 1, 6 * round + 2];
        store.user_create(user(ids[0]), invite(ids[0]), 99).await.unwrap();
        let made = |n: i64| store.user_create(User { email: email.clone(), ..user(n) }, invite(n), 99);
        let renamed = UserChange { email: Some(email.clone()), ..UserChange::default() };
        let (made, renamed) =
            join(join_all([ids[1], ids[2]].map(made)), store.user_change(user(ids[0]).id, renamed)).await;
        let outcomes: Vec<_> = made.into_iter().chain([renamed.map(drop)]).collect();
        assert_eq!(passed(&outcomes, |error| matches!(error, Error::EmailTaken)), 1, "in round {round}");
    }
}

/// User `n`, active.
async fn active(store: &dyn Store, n: i64, role: Role) {
    store.user_create(User { role, ..user(n) }, invite(n), 999).await.unwrap();
    let session = session(n, n);
    store.invite_use(InviteUse { digest: invite(n).digest, password: hash(n), name: None, session }).await.unwrap();
}

pub async fn admins_who_go_at_once_leave_one(store: &dyn Store) {
    let mut admins = Vec::new();
    for round in 1..=ROUNDS {
        for n in 0..3 - i64::try_from(admins.len()).unwrap() {
            active(store, 3 * round + n, Role::Admin).await;
            admins.push(user(3 * round + n).id);
        }
        let demoted = UserChange { role: Some(Role::Editor), ..UserChange::default() };
        let disabled = UserChange { disabled: Some(true), ..UserChange::default() };
        let (demoted, (disabled, deleted)) = join(
            store.user_change(admins[0], demoted),
            join(store.user_change(admins[1], disabled), store.user_delete(admins[2])),
        )
        .await;
        let outcomes = [demoted.map(drop), disabled.map(drop), deleted];
        assert_eq!(passed(&outcomes, |error| matches!(error, Error::LastAdmin)), 2, "in round {round}");
        let left = store.user_list().await.unwrap().into_iter();
        admins = left.filter(|user| user.role == Role::Admin && !user.disabled).map(|user| user.id).collect();
        assert_eq!(admins.len(), 1, "in round {round}");
    }
}

pub async fn an_invite_is_taken_by_one_of_many(store: &dyn Store) {
    for round in 1..=ROUNDS {
        store.user_create(user(round), invite(round), 99).await.unwrap();
        let take = |n: i64| {
            let session = session(20 + 4 * round + n, round);
            store.invite_use(InviteUse { digest: invite(round).digest, password: hash(n), name: None, session })
        };
        let outcomes = join_all((0..4).map(take)).await;
        assert_eq!(passed(&outcomes, |error| matches!(error, Error::InviteNotFound)), 1, "in round {round}");
        let begun = join_all((0..4).map(|n| store.session_by_digest(session(20 + 4 * round + n, round).digest))).await;
        let alive = begun.into_iter().filter(|found| matches!(found, Ok(Some(_))));
        assert_eq!(alive.count(), 1, "in round {round}");
    }
}

pub async fn who_is_shut_out_during_a_login_is_out(store: &dyn Store) {
    active(store, 90, Role::Admin).await;
    for round in 1..=ROUNDS {
        active(store, round, Role::Editor).await;
        store
            .invite_create(Invite { digest: [100 + u8::try_from(round).unwrap(); 32], ..invite(round) })
            .await
            .unwrap();
        let change = match round % 3 {
            0 => UserChange { disabled: Some(true), ..UserChange::default() },
            _ => {
                let password = NewPassword { old: hash(round), new: hash(99), keep: [255; 32] };
                UserChange { password: Some(password), ..UserChange::default() }
            }
        };
        let shut_out = async {
            if round % 3 == 1 {
                store.user_delete(user(round).id).await
            } else {
                store.user_change(user(round).id, change).await.map(drop)
            }
        };
        let sessions = [20 + round, 40 + round, 60 + round];
        let log_in = |n: i64| store.session_create(login(n, round));
        let (logged_in, (used, shut_out)) = join(
            join_all(sessions.map(log_in)),
            join(store.session_used(session(round, round).digest, at(5)), shut_out),
        )
        .await;
        passed(&logged_in, |error| matches!(error, Error::UserChanged { .. } | Error::UserNotFound { .. }));
        used.unwrap();
        shut_out.unwrap();
        for n in sessions.into_iter().chain([round]) {
            let found = store.session_by_digest(session(n, round).digest).await.unwrap();
            assert_eq!(found, None, "{n} in round {round}");
        }
    }
}

pub async fn logins_at_once_leave_no_more_sessions_than_allowed(store: &dyn Store) {
    for n in [1, 2] {
        active(store, n, Role::Editor).await;
    }
    for round in 1..=ROUNDS {
        let digests: Vec<i64> = (0..8).map(|n| 10 + 10 * round + n).collect();
        // Of two users by turns; each ends a session of the other and what idles.
        let outcomes = join_all(digests.iter().map(|n| {
            let replaces = Some(session(*n - 9, 1).digest);
            store.session_create(Login { max: 2, replaces, used_before: at(10 * round), ..login(*n, 1 + n % 2) })
        }));
        assert_eq!(passed(&outcomes.await, |_| false), 8);
        let mut alive = [0, 0];
        for n in 1..=i64::from(u8::MAX) {
            let of = usize::try_from(n % 2).unwrap();
            alive[of] += usize::from(store.session_by_digest(session(n, 1).digest).await.unwrap().is_some());
        }
        assert!(alive.iter().all(|alive| (1..=2).contains(alive)), "{alive:?} in round {round}");
    }
}

pub async fn secrets_set_at_once_are_no_more_than_they_may(store: &dyn Store) {
    for round in 1..=ROUNDS {
        let max = 2 * u32::try_from(round).unwrap();
        let name = |n: i64| format!("s{round}_{}", n % 4);
        // Each name twice; two names too many.
        let outcomes = join_all((0..8).map(|n| store.secret_set(sealed(10 * round + n, &name(n)), max))).await;
        passed(&outcomes, |error| matches!(error, Error::TooManySecrets { .. }));
        let is_new = outcomes.iter().filter(|outcome| matches!(outcome, Ok(true))).count();
        assert_eq!(is_new, 2, "in round {round}");
        assert_eq!(store.secret_list().await.unwrap().len(), max as usize, "in round {round}");
    }
}

pub async fn a_setting_set_at_once_is_what_one_of_them_said(store: &dyn Store) {
    for round in 1..=ROUNDS {
        let set = |n: i64| store.setting_set("one", (n > 0).then(|| n.to_string()));
        for outcome in join_all((0..6).map(set)).await {
            outcome.unwrap();
        }
        let value = store.setting_get("one").await.unwrap();
        assert!(value.is_none_or(|value| "12345".contains(&value)), "in round {round}");
    }
}
