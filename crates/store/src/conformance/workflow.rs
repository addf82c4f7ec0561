//! Workflows, revisions and keys.

use domain::credentials::{BasicCredentials, ServerKey};
use domain::id::RevisionId;
use domain::workflow::{Retention, Settings, WhenOff, Workflow};
use serde_json::json;

use super::numbered::{at, key, new, number, workflow, workflow_id};
use crate::Store;
use crate::error::Error;
use crate::row::{NewRevision, RevisionHead, WorkflowSave};

pub(super) fn revision(n: i64) -> NewRevision {
    NewRevision {
        id: RevisionId::new(at(n), number(n)),
        flow: json!({"mode": "async", "n": n}),
        note: format!("note {n}"),
        published_at: at(n),
    }
}

pub async fn a_workflow_reads_back_as_it_was_saved(store: &dyn Store) {
    let mut full = workflow(1);
    full.settings = Settings {
        title: "Zahlung „é“ \u{0} \u{1f600}".to_owned(),
        description: "two\nlines".to_owned(),
        tags: vec!["b".to_owned(), "a".to_owned()],
        enabled: false,
        when_off: WhenOff::RetryLater,
        retention: Retention { days: Some(3), executions_max: None },
        credentials: Some(BasicCredentials::seal(&ServerKey::new([7; 32]), "hook", "s3cret")),
    };
    full.draft = json!({"z": 1, "a": {"exact": u64::MAX, "least": i64::MIN, "float": 0.1}, "text": "\u{0}\u{2028}"});
    full.live = Some(4);
    store.workflow_save(vec![new(full.clone())]).await.unwrap();

    assert_eq!(store.workflow_get(full.id).await.unwrap(), Some(full.clone()));
    assert_eq!(store.workflow_by_key(&full.key).await.unwrap(), Some(full.clone()));
    let draft = store.workflow_get(full.id).await.unwrap().unwrap().draft;
    assert_eq!(draft.to_string(), full.draft.to_string(), "the order of keys is kept");

    full.settings = Settings { title: "plain".to_owned(), enabled: true, ..Settings::default() };
    full.edit = 2;
    full.live = None;
    full.changed_at = at(2);
    let save = WorkflowSave { workflow: full.clone(), made_from: Some(at(1)), publish: None };
    store.workflow_save(vec![save]).await.unwrap();
    assert_eq!(store.workflow_get(full.id).await.unwrap(), Some(full));
}

pub async fn what_is_not_there_is_none(store: &dyn Store) {
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap(), None);
    assert_eq!(store.workflow_by_key(&key(1)).await.unwrap(), None);
    assert_eq!(store.revision_get(workflow_id(1), 1).await.unwrap(), None);
    assert_eq!(store.key_retired().await.unwrap(), []);
    let save = WorkflowSave { workflow: workflow(1), made_from: Some(at(1)), publish: None };
    assert!(matches!(store.workflow_save(vec![save]).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.workflow_rotate(workflow_id(1), key(2), at(1)).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.workflow_delete(workflow_id(1), at(1)).await, Err(Error::NotFound { .. })));
}

pub async fn a_save_made_from_what_was_changed_meanwhile_is_refused(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1))]).await.unwrap();
    let mut second = workflow(1);
    (second.settings.enabled, second.changed_at) = (false, at(2));
    let save = WorkflowSave { workflow: second.clone(), made_from: Some(at(1)), publish: None };
    store.workflow_save(vec![save.clone()]).await.unwrap();

    let conflict = store.workflow_save(vec![save]).await.unwrap_err();
    assert!(matches!(conflict, Error::WorkflowChanged { .. }), "{conflict:?}");
    let again = store.workflow_save(vec![new(workflow(1))]).await.unwrap_err();
    assert!(matches!(again, Error::WorkflowChanged { .. }), "a new one with an old id: {again:?}");
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap(), Some(second));
}

pub async fn one_refused_save_undoes_all_the_others(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1))]).await.unwrap();
    let mut changed = workflow(1);
    changed.edit = 2;
    let changed = WorkflowSave { workflow: changed, made_from: Some(at(1)), publish: Some(revision(1)) };
    let mut thief = workflow(3);
    thief.key = key(1);
    let taken = store.workflow_save(vec![changed, new(workflow(2)), new(thief)]).await.unwrap_err();
    assert!(matches!(taken, Error::KeyTaken { .. }), "{taken:?}");

    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap(), Some(workflow(1)));
    assert_eq!(store.workflow_get(workflow_id(2)).await.unwrap(), None);
    assert_eq!(store.revision_get(workflow_id(1), 1).await.unwrap(), None);
}

pub async fn publishing_counts_revisions_and_makes_them_live(store: &dyn Store) {
    let first = WorkflowSave { publish: Some(revision(1)), ..new(workflow(1)) };
    store.workflow_save(vec![first, WorkflowSave { publish: Some(revision(7)), ..new(workflow(2)) }]).await.unwrap();
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap().unwrap().live, Some(1));

    let mut edited = workflow(1);
    edited.edit = 2;
    let second = WorkflowSave { workflow: edited, made_from: Some(at(1)), publish: Some(revision(2)) };
    store.workflow_save(vec![second]).await.unwrap();
    let mut edited = store.workflow_get(workflow_id(1)).await.unwrap().unwrap();
    assert_eq!(edited.live, Some(2));
    assert_eq!(store.workflow_get(workflow_id(2)).await.unwrap().unwrap().live, Some(1), "each counts its own");

    let stored = store.revision_get(workflow_id(1), 1).await.unwrap().unwrap();
    let made = revision(1);
    assert_eq!((stored.id, stored.workflow, stored.number), (made.id, workflow_id(1), 1));
    assert_eq!((stored.flow, stored.note, stored.published_at), (made.flow, made.note, made.published_at));

    edited.edit = 3;
    edited.live = Some(1);
    store.workflow_save(vec![WorkflowSave { workflow: edited, made_from: Some(at(1)), publish: None }]).await.unwrap();
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap().unwrap().live, Some(1), "back to an older one");
}

pub async fn a_key_is_never_used_twice(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1)), new(workflow(2)), new(workflow(3))]).await.unwrap();
    store.workflow_rotate(workflow_id(1), key(11), at(4)).await.unwrap();
    store.workflow_delete(workflow_id(2), at(5)).await.unwrap();

    for (taken, why) in [(11, "in use"), (1, "retired"), (2, "of a deleted workflow")] {
        let mut other = workflow(9);
        other.key = key(taken);
        let saved = store.workflow_save(vec![new(other)]).await;
        assert!(matches!(saved, Err(Error::KeyTaken { .. })), "{why}: {saved:?}");
        let rotated = store.workflow_rotate(workflow_id(3), key(taken), at(6)).await;
        assert!(matches!(rotated, Err(Error::KeyTaken { .. })), "{why}: {rotated:?}");
    }
    assert_eq!(store.workflow_get(workflow_id(3)).await.unwrap().unwrap().key, key(3));
}

pub async fn rotating_retires_the_old_key(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1))]).await.unwrap();
    store.workflow_rotate(workflow_id(1), key(2), at(8)).await.unwrap();

    assert_eq!(store.key_retired().await.unwrap(), [(key(1), workflow_id(1))]);
    assert_eq!(store.workflow_by_key(&key(1)).await.unwrap(), None);
    let rotated = store.workflow_by_key(&key(2)).await.unwrap().unwrap();
    assert_eq!((rotated.id, rotated.changed_at, rotated.edit), (workflow_id(1), at(8), 1));
}

pub async fn a_stale_save_does_not_bring_a_retired_key_back(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1))]).await.unwrap();
    store.workflow_rotate(workflow_id(1), key(2), at(8)).await.unwrap();
    let save = |made_from| WorkflowSave { workflow: workflow(1), made_from: Some(made_from), publish: None };
    let stale = store.workflow_save(vec![save(at(1))]).await;
    assert!(matches!(stale, Err(Error::WorkflowChanged { .. })), "{stale:?}");
    store.workflow_save(vec![save(at(8))]).await.unwrap();
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap().unwrap().key, key(2));
}

pub async fn a_deleted_workflow_is_gone_but_its_revisions_stay(store: &dyn Store) {
    store.workflow_save(vec![WorkflowSave { publish: Some(revision(1)), ..new(workflow(1)) }]).await.unwrap();
    store.workflow_delete(workflow_id(1), at(2)).await.unwrap();

    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap(), None);
    assert_eq!(store.workflow_by_key(&key(1)).await.unwrap(), None);
    assert_eq!(store.workflow_list(None, 10).await.unwrap(), []);
    assert!(store.revision_get(workflow_id(1), 1).await.unwrap().is_some());
    assert!(matches!(store.workflow_delete(workflow_id(1), at(3)).await, Err(Error::NotFound { .. })));
    let save = WorkflowSave { workflow: workflow(1), made_from: Some(at(1)), publish: None };
    assert!(matches!(store.workflow_save(vec![save]).await, Err(Error::NotFound { .. })));
}

pub async fn workflows_are_listed_newest_first_page_by_page(store: &dyn Store) {
    store.workflow_save([3, 1, 5, 2, 4].map(|n| new(workflow(n))).to_vec()).await.unwrap();
    let first = store.workflow_list(None, 3).await.unwrap();
    assert_eq!(first, [workflow(5), workflow(4), workflow(3)]);
    let rest = store.workflow_list(Some(first[2].id), 3).await.unwrap();
    assert_eq!(rest, [workflow(2), workflow(1)]);
}

pub async fn revisions_are_listed_newest_first_page_by_page(store: &dyn Store) {
    let other = WorkflowSave { publish: Some(revision(9)), ..new(workflow(2)) };
    store.workflow_save(vec![WorkflowSave { publish: Some(revision(1)), ..new(workflow(1)) }, other]).await.unwrap();
    for n in 2..=5 {
        let edited = Workflow { edit: u32::try_from(n).unwrap(), ..workflow(1) };
        let save = WorkflowSave { made_from: Some(at(1)), publish: Some(revision(n)), ..new(edited) };
        store.workflow_save(vec![save]).await.unwrap();
    }
    let head = |n: u32| {
        let made = revision(n.into());
        RevisionHead { id: made.id, number: n, note: made.note, published_at: made.published_at }
    };
    assert_eq!(store.revision_list(workflow_id(1), None, 3).await.unwrap(), [head(5), head(4), head(3)]);
    assert_eq!(store.revision_list(workflow_id(1), Some(3), 3).await.unwrap(), [head(2), head(1)]);
    assert_eq!(store.revision_list(workflow_id(1), Some(1), 3).await.unwrap(), []);
    assert_eq!(store.revision_list(workflow_id(3), None, 3).await.unwrap(), []);
    store.workflow_delete(workflow_id(1), at(9)).await.unwrap();
    assert_eq!(store.revision_list(workflow_id(1), None, 9).await.unwrap().len(), 5, "of a deleted one too");
}
