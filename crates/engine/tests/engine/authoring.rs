//! Drafts, revisions and settings: what a change leaves behind, in the store and at the endpoint.

use std::sync::Arc;
use std::time::Duration;

use domain::flow::limits;
use domain::id::EndpointKey;
use domain::problem::Problem;
use domain::workflow::Workflow;
use engine::Limits;
use engine::authoring::{AuthoringError, SettingsChange};
use engine::catalog::{Endpoint, Lookup};
use serde_json::{Value, json};
use store::{Error, NewRevision, WorkflowSave};

use crate::bench::{Bench, answered, respond, until};

fn flow(body: &str) -> Value {
    json!({ "mode": "sync", "trigger": { "kind": "webhook" },
            "nodes": [{ "kind": "response", "config": { "body": body } }] })
}

/// A flow in the form of revisions.
fn normal(body: &str) -> Value {
    json!({ "mode": "sync", "timeout_ms": 0, "answer_deadline_ms": 30_000, "trigger": { "kind": "webhook" },
            "nodes": [{ "key": "response1", "kind": "response", "config": { "body": body } }] })
}

/// A workflow that is on, its flow a draft.
async fn create(bench: &Bench, flow: &Value) -> Workflow {
    let mut document = json!({ "hookflow": 1, "title": "Test", "enabled": true });
    document.as_object_mut().unwrap().extend(flow.as_object().unwrap().clone());
    bench.engine.create(document).await.unwrap()
}

fn endpoint(bench: &Bench, key: &EndpointKey) -> Arc<Endpoint> {
    match bench.engine.endpoint(key.as_str()) {
        Lookup::Found(endpoint) => endpoint,
        other => panic!("{other:?}"),
    }
}

async fn answer(bench: &Bench, key: &EndpointKey) -> String {
    let accepted = bench.send(&endpoint(bench, key), &json!({})).await.unwrap();
    String::from_utf8(answered(&accepted).body.to_vec()).unwrap()
}

async fn workflow(bench: &Bench, key: &EndpointKey) -> Workflow {
    bench.engine.workflow(key.as_str()).await.unwrap()
}

/// `pointer code` of each.
fn told<T: std::fmt::Debug>(refused: Result<T, AuthoringError>) -> Vec<String> {
    match refused {
        Err(AuthoringError::Problems(problems)) => problems.iter().map(line).collect(),
        other => panic!("{other:?}"),
    }
}

fn line(problem: &Problem) -> String {
    format!("{} {}", problem.pointer, problem.code)
}

async fn patch(bench: &Bench, key: &EndpointKey, patch: Value) -> Result<Workflow, AuthoringError> {
    bench.engine.change_settings(key.as_str(), SettingsChange(patch)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_as_it_is_given_with_its_problems() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let odd = json!({ "nodes": [{ "config": { "b": 1, "a": 2 }, "kind": "nothing" }], "mode": "asink", "colour": 7 });
    let saved = bench.engine.save_draft(key.as_str(), odd.clone(), Some(1)).await.unwrap();
    assert_eq!((saved.edit, saved.flow.to_string()), (2, odd.to_string()));
    let problems: Vec<_> = saved.problems.iter().map(line).collect();
    let expected = [
        "/mode document.unknown_word",
        "/colour document.unknown_field",
        "/trigger document.missing",
        "/nodes/0/kind node.unknown_kind",
    ];
    assert_eq!(problems, expected);

    let read = bench.engine.draft(key.as_str()).await.unwrap();
    assert_eq!((read.edit, read.flow.to_string(), read.problems), (2, odd.to_string(), saved.problems));
    assert_eq!(read.changed_at, saved.changed_at);
    assert_eq!(told(bench.engine.publish(key.as_str(), String::new(), None).await), expected);
    assert_eq!(workflow(&bench, &key).await.live, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_draft_again_keeps_the_edit_but_another_order_is_another_draft() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let body = |body: Value| {
        json!({ "mode": "sync", "trigger": { "kind": "webhook" },
        "nodes": [{ "key": "r", "kind": "response", "config": { "body": body } }] })
    };
    let one = body(json!({ "a": 1, "b": 2 }));
    let first = bench.engine.save_draft(key.as_str(), one.clone(), None).await.unwrap();
    let again = bench.engine.save_draft(key.as_str(), one, Some(first.edit)).await.unwrap();
    assert_eq!((again.edit, again.changed_at), (first.edit, first.changed_at));
    bench.engine.publish(key.as_str(), String::new(), None).await.unwrap();
    assert_eq!(answer(&bench, &key).await, r#"{"a":1,"b":2}"#);

    // It goes out in this order.
    bench.engine.save_draft(key.as_str(), body(json!({ "b": 2, "a": 1 })), None).await.unwrap();
    assert!(bench.engine.publish(key.as_str(), String::new(), None).await.unwrap().changed);
    assert_eq!(answer(&bench, &key).await, r#"{"b":2,"a":1}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_file_could_hold_is_no_draft() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let before = bench.engine.draft(key.as_str()).await.unwrap();
    let deep = (0..limits::DEPTH_MAX).fold(json!(0), |inner, _| json!([inner]));
    for (draft, problem) in [
        (json!([]), " document.wrong_type"),
        (json!(null), " document.wrong_type"),
        (json!({ "nodes": deep }), " file.too_deep"),
        (json!({ "nodes": vec![0; limits::FILE_VALUES_MAX] }), " file.too_large"),
        (json!({ "nodes": "x".repeat(limits::FILE_BYTES_MAX) }), " file.too_large"),
    ] {
        assert_eq!(told(bench.engine.save_draft(key.as_str(), draft.clone(), None).await), [problem]);
        let mut document = json!({ "hookflow": 1, "title": "Test", "mode": "sync", "trigger": { "kind": "webhook" } });
        match draft {
            Value::Object(draft) => document.as_object_mut().unwrap().extend(draft),
            other => document = other,
        }
        assert_eq!(told(bench.engine.create(document).await), [problem], "in a whole document as well");
    }
    assert_eq!(bench.engine.draft(key.as_str()).await.unwrap().edit, before.edit);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_saves_from_one_edit_one_wins_and_the_others_hear_both_numbers() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let saves: Vec<_> = (0..16)
        .map(|n| {
            let (engine, key) = (bench.engine.clone(), key.clone());
            tokio::spawn(async move { engine.save_draft(key.as_str(), flow(&n.to_string()), Some(1)).await })
        })
        .collect();
    let mut won = Vec::new();
    for save in saves {
        match save.await.unwrap() {
            Ok(draft) => won.push(draft),
            Err(AuthoringError::DraftConflict { expected: 1, actual: 2 }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let kept = bench.engine.draft(key.as_str()).await.unwrap();
    assert_eq!((won.len(), kept.edit), (1, 2));
    assert_eq!(kept.flow, won[0].flow);

    let stale = bench.engine.publish(key.as_str(), String::new(), Some(1)).await;
    assert!(matches!(stale, Err(AuthoringError::DraftConflict { expected: 1, actual: 2 })), "{stale:?}");
    assert_eq!(bench.engine.save_draft(key.as_str(), flow("last"), None).await.unwrap().edit, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_makes_the_draft_live_with_the_keys_that_were_made() {
    let bench = Bench::new().await;
    let key = create(&bench, &normal("a")).await.key;
    assert!(endpoint(&bench, &key).live.is_none(), "a draft never answers");
    bench.engine.save_draft(key.as_str(), flow("a"), Some(1)).await.unwrap();
    let published = bench.engine.publish(key.as_str(), "first".to_owned(), Some(2)).await.unwrap();
    assert_eq!((published.revision, published.changed, published.workflow.edit), (1, true, 3));
    assert_eq!(published.workflow.draft.to_string(), normal("a").to_string());
    assert_eq!(published.workflow, workflow(&bench, &key).await);
    let revision = bench.engine.store().revision_get(published.workflow.id, 1).await.unwrap().unwrap();
    assert_eq!((revision.flow.to_string(), revision.note.as_str()), (normal("a").to_string(), "first"));
    assert_eq!(answer(&bench, &key).await, "a");

    let again = bench.engine.publish(key.as_str(), "second".to_owned(), None).await.unwrap();
    assert_eq!((again.revision, again.changed), (1, false));
    assert_eq!(again.workflow, published.workflow);
    // In other words the same.
    bench.engine.save_draft(key.as_str(), flow("a"), None).await.unwrap();
    let again = bench.engine.publish(key.as_str(), String::new(), None).await.unwrap();
    assert_eq!((again.revision, again.changed), (1, false));
    assert_eq!(again.workflow.draft.to_string(), normal("a").to_string());
    assert_eq!(bench.engine.store().revision_list(again.workflow.id, None, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_leaves_the_switch_and_bounds_the_note() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    patch(&bench, &key, json!({ "enabled": false })).await.unwrap();
    let long = "é".repeat(limits::NOTE_MAX + 1);
    assert_eq!(told(bench.engine.publish(key.as_str(), long, None).await), ["/note document.too_long"]);
    let note = "é".repeat(limits::NOTE_MAX);
    let published = bench.engine.publish(key.as_str(), note, None).await.unwrap();
    assert!(!published.workflow.settings.enabled);
    assert!(endpoint(&bench, &key).live.is_none());
    patch(&bench, &key, json!({ "enabled": true })).await.unwrap();
    assert_eq!(answer(&bench, &key).await, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_revision_is_made_live_again_and_the_draft_stays() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    bench.engine.publish(key.as_str(), String::new(), None).await.unwrap();
    bench.engine.save_draft(key.as_str(), flow("b"), None).await.unwrap();
    let second = bench.engine.publish(key.as_str(), String::new(), None).await.unwrap().workflow;

    let back = bench.engine.activate(key.as_str(), 1).await.unwrap();
    assert_eq!((back.live, &back.draft, back.edit), (Some(1), &second.draft, second.edit));
    assert_eq!(answer(&bench, &key).await, "a");
    let unknown = bench.engine.activate(key.as_str(), 3).await;
    assert!(matches!(unknown, Err(AuthoringError::UnknownRevision(3))), "{unknown:?}");
    // The draft is another than what is live.
    assert_eq!(bench.engine.publish(key.as_str(), String::new(), None).await.unwrap().revision, 3);
}

/// As after an update that dropped a kind.
#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_no_longer_compiles_is_not_made_live() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let one = bench.engine.publish(key.as_str(), String::new(), None).await.unwrap().workflow;
    let mut old = normal("b");
    old["nodes"][0]["kind"] = json!("dropped");
    let revision = NewRevision { id: revision_id(), flow: old, note: String::new(), published_at: one.changed_at };
    let save = WorkflowSave { workflow: one.clone(), made_from: Some(one.changed_at), publish: Some(revision) };
    bench.engine.store().workflow_save(vec![save]).await.unwrap();
    bench.engine.activate(key.as_str(), 1).await.unwrap();

    assert_eq!(told(bench.engine.activate(key.as_str(), 2).await), ["/nodes/0/kind node.unknown_kind"]);
    assert_eq!(workflow(&bench, &key).await.live, Some(1));
    assert_eq!(answer(&bench, &key).await, "a");
}

fn revision_id() -> domain::id::RevisionId {
    domain::id::RevisionId::from_bytes([7; 16])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_workflow_is_a_draft_and_keeps_its_key_unless_it_was_ever_used() {
    let bench = Bench::new().await;
    let document = |key: &str| {
        let mut document = normal("a");
        document["hookflow"] = json!(1);
        document["title"] = json!("Test");
        document["key"] = json!(key);
        document
    };
    let created = bench.engine.create(document("1hfmkioou0d")).await.unwrap();
    assert_eq!((created.key.as_str(), created.live, created.edit), ("1hfmkioou0d", None, 1));
    assert!(!created.settings.enabled);
    assert!(endpoint(&bench, &created.key).live.is_none());

    assert_eq!(told(bench.engine.create(document("1hfmkioou0d")).await), ["/key key.taken"]);
    let rotated = bench.engine.rotate("1hfmkioou0d").await.unwrap();
    assert_eq!(told(bench.engine.create(document("1hfmkioou0d")).await), ["/key key.retired"]);
    bench.engine.delete(rotated.key.as_str()).await.unwrap();
    assert_eq!(told(bench.engine.create(document(rotated.key.as_str())).await), ["/key key.taken"], "a deleted one's");
    let mut wrong = document("2hfmkioou0d");
    wrong["nodes"][0]["kind"] = json!("nothing");
    wrong["credentials"] = json!({ "basic": { "username": "u" } });
    let problems = ["/nodes/0/kind node.unknown_kind", "/credentials/basic/password credentials.password_needed"];
    assert_eq!(told(bench.engine.create(wrong).await), problems);

    let applied = bench.engine.apply(vec![document("3hfmkioou0d"), document(rotated.key.as_str())], false).await;
    let Err(AuthoringError::Invalid(applied)) = applied else { panic!("{applied:?}") };
    assert_eq!(applied[0].problems, []);
    assert_eq!(applied[1].problems.iter().map(line).collect::<Vec<_>>(), ["/key key.taken"]);
    assert!(bench.engine.workflow("3hfmkioou0d").await.is_err(), "all or none");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_as_a_merge_patch_and_at_once() {
    let bench = Bench::new().await;
    let before = create(&bench, &flow("a")).await;
    let key = before.key.clone();
    let change = json!({ "title": " New ", "description": "d", "tags": ["x"], "when_off": "retry_later",
        "retention": { "days": 3, "executions_max": 9 }, "credentials": { "basic": { "username": "u", "password": "p" } } });
    let changed = patch(&bench, &key, change.clone()).await.unwrap();
    let settings = &changed.settings;
    assert_eq!((settings.title.as_str(), settings.description.as_str(), settings.enabled), ("New", "d", true));
    assert_eq!((changed.edit, &changed.draft), (before.edit, &before.draft), "the draft is not touched");
    assert_eq!(patch(&bench, &key, change).await.unwrap(), changed, "the same again is no change");
    assert_eq!(patch(&bench, &key, json!({})).await.unwrap(), changed);
    assert!(endpoint(&bench, &key).credentials.is_some());

    let less =
        json!({ "description": null, "tags": null, "when_off": null, "retention": { "days": null }, "enabled": null });
    let less = patch(&bench, &key, less).await.unwrap().settings;
    assert_eq!((less.description.as_str(), less.tags.len(), less.enabled), ("", 0, true));
    assert_eq!((less.retention.days, less.retention.executions_max), (None, Some(9)));
    assert_eq!(less.when_off, domain::workflow::WhenOff::NotFound);
    assert_eq!(less.credentials, settings.credentials);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_changed_at_the_same_time_all_stand() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    for round in 1..9 {
        let changes = [
            json!({ "title": round.to_string() }),
            json!({ "description": round.to_string() }),
            json!({ "tags": [round.to_string()] }),
            json!({ "retention": { "days": round } }),
            json!({ "retention": { "executions_max": round } }),
        ];
        let changes: Vec<_> = changes
            .map(|change| {
                let (engine, key) = (bench.engine.clone(), key.clone());
                tokio::spawn(async move { engine.change_settings(key.as_str(), SettingsChange(change)).await })
            })
            .into();
        for change in changes {
            change.await.unwrap().unwrap();
        }
        let settings = workflow(&bench, &key).await.settings;
        let text = round.to_string();
        assert_eq!((&settings.title, &settings.description, &settings.tags), (&text, &text, &vec![text.clone()]));
        assert_eq!((settings.retention.days, settings.retention.executions_max), (Some(round), Some(round)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_stays_with_its_username_and_null_takes_credentials_away() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let basic = |basic: Value| json!({ "credentials": { "basic": basic } });
    let matches = |username: &str, password: &str| {
        let asked = endpoint(&bench, &key).credentials.clone();
        asked.is_some_and(|asked| asked.matches(bench.engine.server_key(), username.as_bytes(), password.as_bytes()))
    };
    let needed = "/credentials/basic/password credentials.password_needed";
    assert_eq!(told(patch(&bench, &key, basic(json!({ "username": "u" }))).await), [needed]);
    let no_name = told(patch(&bench, &key, basic(json!({ "password": "p" }))).await);
    assert_eq!(no_name, ["/credentials/basic/username document.missing"]);
    patch(&bench, &key, basic(json!({ "username": "u", "password": "p" }))).await.unwrap();
    assert!(matches("u", "p"));
    patch(&bench, &key, basic(json!({ "username": "u" }))).await.unwrap();
    assert!(matches("u", "p"), "an absent password keeps the stored one");
    assert_eq!(told(patch(&bench, &key, basic(json!({ "username": "v" }))).await), [needed]);
    patch(&bench, &key, basic(json!({ "password": "q" }))).await.unwrap();
    assert!(matches("u", "q"));

    for off in [basic(json!(null)), json!({ "credentials": null })] {
        patch(&bench, &key, basic(json!({ "username": "u", "password": "p" }))).await.unwrap();
        assert!(matches("u", "p"));
        assert_eq!(patch(&bench, &key, off).await.unwrap().settings.credentials, None);
        assert!(endpoint(&bench, &key).credentials.is_none());
    }
    let printed = format!("{:?}", SettingsChange(basic(json!({ "password": "s3cret" }))));
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_with_problems_change_nothing() {
    let bench = Bench::new().await;
    let before = create(&bench, &flow("a")).await;
    let one = |pointer: &str, code: &str| vec![format!("{pointer} {code}")];
    for (wrong, problems) in [
        (json!([]), one("", "document.wrong_type")),
        (json!({ "title": null }), one("/title", "document.missing")),
        (json!({ "title": "x".repeat(201) }), one("/title", "document.too_long")),
        (json!({ "titel": null }), one("/titel", "document.unknown_field")),
        (
            json!({ "retention": { "days": 0, "day": null } }),
            vec!["/retention/days document.out_of_range".into(), "/retention/day document.unknown_field".into()],
        ),
        (json!({ "enabled": "no" }), one("/enabled", "document.wrong_type")),
        (json!({ "description": "d", "mode": "sync" }), one("/mode", "document.wrong_place")),
        (json!({ "key": "1hfmkioou0d" }), one("/key", "document.wrong_place")),
    ] {
        assert_eq!(told(patch(&bench, &before.key, wrong.clone()).await), problems, "{wrong}");
    }
    assert_eq!(workflow(&bench, &before.key).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_workflow_is_unknown_at_once_and_its_executions_stay() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let execution = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    // Nothing has to be read for it.
    store.fail(|operation| (operation == "key_retired").then_some(Error::Overloaded));
    bench.engine.delete(endpoint.key.as_str()).await.unwrap();
    assert!(matches!(bench.engine.endpoint(endpoint.key.as_str()), Lookup::Unknown));
    assert_eq!(bench.stored(execution).await.head.workflow, endpoint.workflow);
    for name in [endpoint.key.to_string(), endpoint.workflow.to_string()] {
        let gone = bench.engine.delete(&name).await;
        assert!(matches!(gone, Err(AuthoringError::UnknownWorkflow(_))), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_draft_and_settings_but_is_off_under_a_key_of_its_own() {
    let bench = Bench::new().await;
    let key = create(&bench, &flow("a")).await.key;
    let settings = json!({ "title": "x".repeat(200), "tags": ["t"], "credentials": { "basic": { "username": "u", "password": "p" } } });
    patch(&bench, &key, settings).await.unwrap();
    bench.engine.publish(key.as_str(), String::new(), None).await.unwrap();
    let broken = json!({ "mode": 1 });
    bench.engine.save_draft(key.as_str(), broken.clone(), None).await.unwrap();

    let original = workflow(&bench, &key).await;
    let copy = bench.engine.duplicate(key.as_str(), None).await.unwrap();
    assert!(copy.id != original.id && copy.key != original.key);
    assert_eq!((copy.draft, copy.edit, copy.live), (broken, 1, None));
    assert_eq!((copy.settings.credentials, copy.settings.enabled), (original.settings.credentials.clone(), false));
    assert_eq!((copy.settings.tags.len(), copy.settings.title), (1, format!("{} (copy)", "x".repeat(193))));
    assert_eq!(workflow(&bench, &key).await, original);

    let named = bench.engine.duplicate(key.as_str(), Some(" Mine ".to_owned())).await.unwrap();
    assert_eq!(named.settings.title, "Mine");
    let long = bench.engine.duplicate(key.as_str(), Some("x".repeat(201))).await;
    assert_eq!(told(long), ["/title document.too_long"]);
}

/// The last moment of an author who hangs up is no reason for the endpoint to differ from the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_to_its_end_though_its_author_hangs_up() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let key = create(&bench, &flow("a")).await.key;
    // Hung up while the store has written and not yet said so.
    store.slow_down("workflow_save", Duration::from_millis(100));
    let change = bench.engine.publish(key.as_str(), String::new(), None);
    tokio::time::timeout(Duration::from_millis(50), change).await.unwrap_err();
    until("it is live", async || endpoint(&bench, &key).live.is_some()).await;
    assert_eq!(workflow(&bench, &key).await.live, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_could_not_be_read_after_a_change_is_read_again_by_itself() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let key = create(&bench, &flow("a")).await.key;
    store.fail_times("key_retired", 2, || Error::Overloaded);
    let published = bench.engine.publish(key.as_str(), String::new(), None).await;
    assert!(matches!(published, Err(AuthoringError::Store(Error::Overloaded))), "{published:?}");
    assert!(endpoint(&bench, &key).live.is_none());
    until("it is live", async || endpoint(&bench, &key).live.is_some()).await;
    assert_eq!(answer(&bench, &key).await, "a");
}
