//! What is exported is the workflow: applied again, it changes nothing.

use domain::flow::file::File;
use engine::authoring::AuthoringError;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::bench::Bench;

async fn applied(bench: &Bench, document: &Value, publish: bool) -> engine::authoring::Applied {
    match bench.engine.apply(vec![document.clone()], publish).await {
        Ok(mut applied) => applied.remove(0),
        Err(AuthoringError::Invalid(applied)) => panic!("{document:#} {:#?}", applied[0].problems),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_exported_as_it_stands_and_a_revision_as_it_is_live() {
    let bench = Bench::new().await;
    let document = json!({ "hookflow": 1, "key": "1hfmkioou0d", "title": "t", "enabled": true, "tags": ["a"],
        "when_off": "not_found", "retention": { "days": 3 },
        "credentials": { "basic": { "username": "u", "password": "s3cret" } },
        "mode": "sync", "timeout_ms": 0, "answer_deadline_ms": 1_000, "trigger": { "kind": "webhook" }, "nodes": [] });
    let nothing = bench.engine.export("1hfmkioou0d", false).await;
    assert!(matches!(nothing, Err(AuthoringError::UnknownWorkflow(_))), "{nothing:?}");
    applied(&bench, &document, false).await;
    let nothing = bench.engine.export("1hfmkioou0d", true).await;
    assert!(matches!(nothing, Err(AuthoringError::NothingLive)), "{nothing:?}");
    applied(&bench, &document, true).await;

    let mut bare = document.clone();
    bare["credentials"]["basic"].as_object_mut().unwrap().remove("password");
    // The order of a file, whatever the order it came in.
    bare = json!({ "hookflow": bare["hookflow"], "key": bare["key"], "title": bare["title"], "tags": bare["tags"],
        "enabled": bare["enabled"], "when_off": bare["when_off"], "retention": bare["retention"],
        "credentials": bare["credentials"], "mode": bare["mode"], "timeout_ms": 0, "answer_deadline_ms": 1_000,
        "trigger": bare["trigger"], "nodes": [] });
    assert_eq!(bench.engine.export("1hfmkioou0d", true).await.unwrap().to_string(), bare.to_string());

    let odd = json!({ "nodes": 7, "mode": "?", "credentials": null });
    bench.engine.save_draft("1hfmkioou0d", odd, None).await.unwrap();
    let exported = bench.engine.export("1hfmkioou0d", false).await.unwrap();
    assert_eq!((&exported["nodes"], &exported["mode"]), (&json!(7), &json!("?")));
    assert_eq!(exported["credentials"], bare["credentials"], "a draft does not speak for the workflow");
    assert_eq!(bench.engine.export("1hfmkioou0d", true).await.unwrap().to_string(), bare.to_string());
}

/// In the words of its author, who left out what is the default.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_in_short_is_exported_in_short_and_applying_it_changes_nothing() {
    let bench = Bench::new().await;
    let created =
        json!({ "hookflow": 1, "key": "1hfmkioou0d", "title": "t", "mode": "sync", "trigger": { "kind": "webhook" } });
    bench.engine.create(created).await.unwrap();
    let short = json!({ "trigger": { "kind": "webhook" }, "nodes": [{ "kind": "response" }], "mode": "sync" });
    bench.engine.save_draft("1hfmkioou0d", short.clone(), None).await.unwrap();
    let exported = bench.engine.export("1hfmkioou0d", false).await.unwrap();
    assert!(!applied(&bench, &exported, false).await.changed);
    assert_eq!(bench.engine.draft("1hfmkioou0d").await.unwrap().flow.to_string(), short.to_string());
    // Another flow in its place is a change.
    let mut other = exported;
    other["nodes"][0]["config"] = json!({ "status": 201 });
    assert!(applied(&bench, &other, false).await.changed);
}

fn text() -> impl Strategy<Value = String> {
    "[^\\pC{}]{0,12}"
}

fn name() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("t{text}"))
}

fn config_values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        text().prop_map(Value::from),
        Just(json!("{{ trigger.body.a[0] }}")),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// What every node may have beside its kind and config.
fn extras() -> impl Strategy<Value = Map<String, Value>> {
    let optional = (prop::option::of(name()), prop::option::of(text()), prop::option::of(any::<bool>()));
    optional.prop_map(|(title, note, disabled)| {
        let fields = [
            ("title", title.map(Value::from)),
            ("note", note.map(Value::from)),
            ("disabled", disabled.map(Value::from)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

fn node(kind: &'static str, config: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (extras(), config).prop_map(move |(mut node, config)| {
        node.insert("kind".to_owned(), json!(kind));
        node.insert("config".to_owned(), config);
        Value::Object(node)
    })
}

/// A list of nodes that go on, and perhaps one that ends.
fn nodes(sync: bool) -> impl Strategy<Value = Value> {
    let going_on = prop_oneof![
        node("test_effect", text().prop_map(|file| json!({ "file": file }))),
        node("test_wait", (0u32..9).prop_map(|ms| json!({ "ms": ms }))),
        node(
            "condition",
            config_values().prop_map(|left| json!({
            "mode": "continue", "rule": { "left": left, "operator": "equal", "right": 1 } }))
        ),
    ];
    let list = going_on.prop_recursive(3, 16, 4, |inner| {
        let branch = prop::collection::vec(inner, 0..3);
        let config = Just(json!({ "mode": "branch", "rule": { "all": [] } }));
        (node("condition", config), prop::option::of(branch.clone()), prop::option::of(branch)).prop_map(
            |(mut node, yes, no)| {
                let branches = [("false", no), ("true", yes)].into_iter();
                node["branches"] = branches.filter_map(|(name, list)| Some((name.to_owned(), json!(list?)))).collect();
                node
            },
        )
    });
    let response = node(
        "response",
        (200u16..600, config_values()).prop_map(|(status, body)| json!({ "status": status, "body": body })),
    );
    let end = node("end", Just(json!({ "status": "failed" })));
    let last = if sync { prop_oneof![response, end].boxed() } else { end.boxed() };
    (prop::collection::vec(list, 0..4), prop::option::of(last)).prop_map(|(mut list, last)| {
        list.extend(last);
        list.iter_mut().enumerate().filter(|(index, _)| index % 2 == 1).for_each(|(index, node)| {
            node["key"] = json!(format!("key_{index}"));
        });
        json!(list)
    })
}

fn flows() -> impl Strategy<Value = Map<String, Value>> {
    let optional = (prop::option::of(0u32..5_000), prop::option::of(1u32..5_000));
    (any::<bool>().prop_flat_map(|sync| (Just(sync), nodes(sync))), optional, config_values()).prop_map(
        |((sync, nodes), (timeout, deadline), example)| {
            let mut flow = Map::new();
            flow.insert("nodes".to_owned(), nodes);
            let body = json!([{ "path": "a[0]", "alias": "A", "example": example }]);
            flow.insert("trigger".to_owned(), json!({ "body": body, "kind": "webhook" }));
            flow.insert("mode".to_owned(), json!(if sync { "sync" } else { "async" }));
            flow.extend(timeout.map(|ms| ("timeout_ms".to_owned(), json!(ms))));
            flow.extend(deadline.map(|ms| ("answer_deadline_ms".to_owned(), json!(ms))));
            flow
        },
    )
}

fn documents() -> impl Strategy<Value = Value> {
    let level = (
        name(),
        prop::option::of(text()),
        prop::collection::hash_set("[a-z]{1,8}", 0..4),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::sample::select(vec!["not_found", "retry_later"])),
        prop::option::of((prop::option::of(1u32..3_650), prop::option::of(1u32..9))),
        prop::option::of("[a-z]{1,9}"),
    );
    (level, flows()).prop_map(|((title, description, tags, enabled, when_off, retention, username), flow)| {
        let mut document = json!({ "hookflow": 1, "title": title, "tags": tags });
        let object = document.as_object_mut().unwrap();
        let mut put = |name: &str, value: Option<Value>| object.extend(value.map(|value| (name.to_owned(), value)));
        put("description", description.map(Value::from));
        put("enabled", enabled.map(Value::from));
        put("when_off", when_off.map(Value::from));
        put("retention", retention.map(|(days, max)| json!({ "days": days, "executions_max": max })));
        put("credentials", username.map(|name| json!({ "basic": { "username": name, "password": "p" } })));
        object.extend(flow);
        document
    })
}

#[test]
fn applying_what_was_exported_changes_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::new());
    let mut runner = TestRunner::new(Config { cases: 128, failure_persistence: None, ..Config::default() });
    let done = runner.run(&(documents(), flows()), |(document, next)| {
        runtime.block_on(async {
            let key = applied(&bench, &document, true).await.key.unwrap().to_string();
            let before = bench.engine.workflow(&key).await.unwrap();
            for live in [true, false] {
                let exported = bench.engine.export(&key, live).await.unwrap();
                // As text and back, as a file would bring it.
                let exported = File::read(&exported.to_string()).unwrap().value;
                for publish in [true, false] {
                    prop_assert!(!applied(&bench, &exported, publish).await.changed, "{exported:#}");
                }
            }
            prop_assert_eq!(&bench.engine.workflow(&key).await.unwrap(), &before);

            // The same by way of the draft, which stands in its author's words until it is published.
            let saved = bench.engine.save_draft(&key, Value::Object(next), Some(before.edit)).await.unwrap();
            prop_assert_eq!(&saved.problems, &vec![]);
            let draft = bench.engine.export(&key, false).await.unwrap();
            prop_assert!(!applied(&bench, &draft, false).await.changed, "{draft:#}");
            bench.engine.publish(&key, String::new(), Some(saved.edit)).await.unwrap();
            let live = bench.engine.export(&key, true).await.unwrap();
            prop_assert_eq!(live.to_string(), bench.engine.export(&key, false).await.unwrap().to_string());
            prop_assert!(!applied(&bench, &live, true).await.changed, "{live:#}");
            let again = bench.engine.publish(&key, String::new(), None).await.unwrap();
            prop_assert!(!again.changed);
            Ok(())
        })
    });
    done.unwrap();
}
