use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use crate::event::{Event, TriggerValues, body};
use crate::template::path::{Path, PathError};
use crate::testing::world::World;
use crate::value::Value;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What `text` comes to over `body`; `None` for missing.
fn read(text: &str, body: Value) -> Option<Value> {
    let json = serde_json::to_vec(&body).unwrap();
    let world = World::with_body(body);
    let read = path(text).resolve(&world.scope()).map(|value| value.into_owned());
    assert_eq!(read_unparsed(text, &json), read, "{text}: read from the bytes");
    read
}

/// The same, and the body is never parsed.
fn read_unparsed(text: &str, json: &[u8]) -> Option<Value> {
    let mut world = World::with_body(Value::Null);
    let event = Event { body: Bytes::copy_from_slice(json), ..(**world.trigger.event()).clone() };
    world.trigger = TriggerValues::new(Arc::new(event));
    path(text).resolve(&world.scope()).map(|value| value.into_owned())
}

#[test]
fn a_path_goes_through_objects_and_lists() {
    let body = json!({"order": {"id": 7, "odd \" key": 1, "it's": 2, "": 3, "a-b": 4, "€": 5, "\u{1f600}": 6}, "items": [{"price": 2}, 3]});
    for (text, value) in [
        ("trigger.body.order.id", json!(7)),
        (r#"trigger["body"]["order"]['id']"#, json!(7)),
        (r#"trigger.body.order["odd \" key"]"#, json!(1)),
        (r#"trigger.body.order['odd " key']"#, json!(1)),
        (r#"trigger.body.order['it\'s']"#, json!(2)),
        (r#"trigger.body.order[""]"#, json!(3)),
        ("trigger.body.order.a-b", json!(4)),
        (r#"trigger.body.order["\u20ac"]"#, json!(5)),
        (r#"trigger.body.order["€"]"#, json!(5)),
        (r#"trigger.body.order["\ud83d\ude00"]"#, json!(6)),
        ("trigger.body.items[0].price", json!(2)),
        ("trigger.body.items.0.price", json!(2)),
        ("trigger.body.items.1", json!(3)),
    ] {
        assert_eq!(read(text, body.clone()), Some(value), "{text}");
    }
}

#[test]
fn missing_is_not_null() {
    let body = json!({"a": null, "list": [1], "text": "x"});
    assert_eq!(read("trigger.body.a", body.clone()), Some(Value::Null));
    for text in [
        "trigger.body.b",
        "trigger.body.a.b",
        "trigger.body.list[1]",
        "trigger.body.text.length",
        "trigger.body.text[0]",
        "trigger.method.x",
        "nodes.never",
        "system.now.year",
    ] {
        assert_eq!(read(text, body.clone()), None, "{text}");
    }
}

#[test]
fn an_index_on_an_object_is_a_key() {
    let body = json!({"0": {"10": "x"}, "007": "y"});
    assert_eq!(read("trigger.body[0].10", body.clone()), Some(json!("x")));
    assert_eq!(read("trigger.body.007", body), Some(json!("y")));
}

#[test]
fn a_path_through_a_list_maps_over_it() {
    let body = json!({
        "items": [{"price": 1, "tags": ["a", "b"]}, {"tags": []}, {"price": null, "tags": "c"}, 5],
        "groups": [{"items": [{"price": 1}, {"price": [2, [3]]}]}, {"items": [{"price": 4}]}],
        "matrix": [[{"x": 1}], [{"x": 2}, {"x": 3}], []],
        "none": [],
    });
    for (text, value) in [
        ("trigger.body.items.price", Some(json!([1, null]))),
        ("trigger.body.items.tags", Some(json!(["a", "b", "c"]))),
        ("trigger.body.items.tags[1]", Some(json!("b"))),
        ("trigger.body.groups.items.price", Some(json!([1, 2, [3], 4]))),
        ("trigger.body.groups.items[1].price", Some(json!([2, [3]]))),
        ("trigger.body.matrix.x", Some(json!([1, 2, 3]))),
        ("trigger.body.none.price", Some(json!([]))),
        ("trigger.body.items.prise", None),
        (r#"trigger.body.items["0"]"#, None),
    ] {
        assert_eq!(read(text, body.clone()), value, "{text}");
    }
}

#[test]
fn every_member_of_every_root_can_be_read() {
    let world = World::with_body(json!({"a": 1}));
    let id = world.scope().system.execution_id.to_string();
    for (text, value) in [
        ("trigger.headers.X-Request-Id", json!("r1")),
        (r#"trigger.headers["DATE"]"#, json!("today")),
        ("trigger.query.q[1]", json!("b")),
        ("trigger.body", json!({"a": 1})),
        ("trigger.raw_body", json!(r#"{"a":1}"#)),
        ("trigger.method", json!("POST")),
        ("trigger.remote_addr", json!("203.0.113.7")),
        ("trigger.received_at", json!("2026-11-22T10:00:00.000000Z")),
        (r#"nodes.call.body["odd key"]"#, json!(7)),
        ("nodes", json!({"also": null, "call": {"body": {"odd key": 7}}})),
        ("system.now", json!("2026-11-22T10:00:01.000000Z")),
        ("system.execution_id", json!(id)),
        ("system.workflow_key", json!("1hfmkioou0d")),
        ("system.revision", json!(4)),
    ] {
        assert_eq!(path(text).resolve(&world.scope()).as_deref(), Some(&value), "{text}");
    }
    let whole = path("trigger").resolve(&world.scope()).unwrap().into_owned();
    assert_eq!(whole["received_at"], "2026-11-22T10:00:00.000000Z");
    assert_eq!(whole.as_object().unwrap().len(), 7);
    assert_eq!(path("system").resolve(&world.scope()).unwrap().as_object().unwrap().len(), 4);
}

#[test]
fn a_scalar_is_read_without_a_copy() {
    let world = World::with_body(json!({"a": {"b": [1]}}));
    for text in ["trigger.body.a", "trigger.headers.date", "nodes.call"] {
        assert!(matches!(path(text).resolve(&world.scope()), Some(std::borrow::Cow::Borrowed(_))), "{text}");
    }
}

#[test]
fn what_cannot_be_resolved_is_refused_with_the_reason() {
    for (text, code) in [
        ("triger.body", "template.unknown_root"),
        ("trigger-body", "template.unknown_root"),
        ("trigger.boddy.a", "template.unknown_member"),
        ("trigger[0]", "template.unknown_member"),
        ("system.time", "template.unknown_member"),
        ("nodes.Call", "template.unknown_node"),
        ("nodes[0]", "template.unknown_node"),
        ("loop.item", "template.root_not_available"),
        ("loops.each.item", "template.root_not_available"),
        ("secrets", "secret.bad_path"),
        ("secrets.Shop", "secret.bad_path"),
        ("secrets[0]", "secret.bad_path"),
        ("secrets.shop.token", "secret.bad_path"),
    ] {
        assert_eq!(Path::parse(text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn a_secret_comes_to_its_mark() {
    let world = World::with_body(json!({}));
    for text in ["secrets.shop", r#"secrets["shop"]"#] {
        assert_eq!(path(text).resolve(&world.scope()).unwrap().into_owned(), json!("‹secret:shop›"), "{text}");
        assert_eq!((path(text).to_string().as_str(), path(text).secret().unwrap().as_str()), ("secrets.shop", "shop"));
    }
}

#[test]
fn other_texts_are_not_plain_paths() {
    for text in [
        "",
        " trigger",
        "trigger ",
        "trigger.",
        "trigger.body[",
        "trigger.body[]",
        "trigger.body[-1]",
        "trigger.body[01]",
        "trigger.body[0",
        "trigger.body.a b",
        "trigger.body.a + 1",
        "trigger..body",
        "trigger.body['a]",
        "trigger.body[a]",
        r#"trigger.body["a\q"]"#,
        r#"trigger.body["\ud83d"]"#,
        "trigger.body.(a)",
        "trigger.body.$sum(a)",
        "$sum(1)",
        "1",
        "\"a\"",
        "trigger.body.é",
        "trigger.body[4294967296]",
    ] {
        assert_eq!(Path::parse(text), Err(PathError::Syntax), "{text}");
    }
}

#[test]
fn a_path_says_what_it_depends_on() {
    assert_eq!(path("nodes.call.body").node().map(|key| key.as_str()), Some("call"));
    assert_eq!(path("nodes").node(), None);
    assert_eq!(path("trigger.body.nodes").node(), None);
}

#[test]
fn one_path_has_one_canonical_text() {
    for (text, canonical) in [
        (r#"trigger["body"]['a'].0"#, "trigger.body.a[0]"),
        ("trigger.headers.X-Request-Id", "trigger.headers.x-request-id"),
        (r#"trigger.body["0"]"#, r#"trigger.body["0"]"#),
        (r#"trigger.body['a"b']"#, r#"trigger.body["a\"b"]"#),
    ] {
        assert_eq!(path(text).to_string(), canonical);
    }
}

proptest! {
    #[test]
    fn a_path_reads_back_from_its_text(keys in prop::collection::vec(any::<String>(), 0..4), index: u32, small in 0u32..20) {
        let mut text = String::from("trigger.body");
        for key in keys {
            text.push_str(&format!("[{}].{small}[{index}]", Value::from(key)));
        }
        let parsed = Path::parse(&text).unwrap();
        prop_assert_eq!(Path::parse(&parsed.to_string()), Ok(parsed));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in r#"(trigger|nodes|system|a)([.\[\]'"\\u0-9a-z€$(-]){0,12}"#) {
        if let Ok(path) = Path::parse(&text) {
            let canonical = path.to_string();
            prop_assert_eq!(Path::parse(&canonical), Ok(path));
        }
    }
}

/// JSON as senders may write it: keys twice, keys and texts with escapes, blanks, numbers of every size.
fn json_texts() -> impl Strategy<Value = String> {
    let scalars = prop_oneof![
        r#"null|true|-?[1-9][0-9]{0,24}|0|[0-9]\.[0-9]{1,20}|1e[0-9]{1,2}|"(a|\\n|\\u00e9|\\ud83d\\ude00|€|\\"|\]|\}){0,4}""#,
    ];
    let key = prop_oneof![
        Just(r#""a""#),
        Just(r#""\u0061""#),
        Just(r#""b""#),
        Just(r#""0""#),
        Just(r#""é""#),
        Just(r#""\u00e9""#),
        Just(r#""""#)
    ];
    scalars.prop_recursive(5, 60, 5, move |inner| {
        let blank = "[ \n]?";
        let list = prop::collection::vec((blank, inner.clone()), 0..5).prop_map(|items| {
            items.into_iter().map(|(blank, item)| format!("{blank}{item}{blank}")).collect::<Vec<_>>().join(",")
        });
        let object = prop::collection::vec((blank, key.clone(), inner), 0..5).prop_map(|entries| {
            entries
                .into_iter()
                .map(|(blank, key, value)| format!("{blank}{key}{blank}:{value}"))
                .collect::<Vec<_>>()
                .join(",")
        });
        prop_oneof![list.prop_map(|items| format!("[{items}]")), object.prop_map(|entries| format!("{{{entries}}}"))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_read_from_the_bytes_is_what_is_read_from_the_tree(
        json in json_texts(),
        mark in any::<bool>(),
        steps in prop::collection::vec(prop_oneof![Just(".a"), Just(".b"), Just("[0]"), Just("[1]"), Just("[\"é\"]"), Just("[\"\"]")], 0..5),
    ) {
        let json = format!("{}{json}", if mark { "\u{feff}" } else { "" });
        let text = format!("trigger.body{}", steps.concat());
        let tree = body::parse(json.as_bytes()).expect("it is JSON");
        let world = World::with_body(tree);
        let read = path(&text).resolve(&world.scope()).map(|value| value.into_owned());
        prop_assert_eq!(read_unparsed(&text, json.as_bytes()), read);
    }
}

#[test]
fn after_some_reads_the_body_is_parsed_and_says_the_same() {
    let mut world = World::with_body(Value::Null);
    let event = Event { body: Bytes::from_static(br#"{"a":[{"b":1},{"b":2}]}"#), ..(**world.trigger.event()).clone() };
    world.trigger = TriggerValues::new(Arc::new(event));
    for _ in 0..20 {
        let read = path("trigger.body.a.b").resolve(&world.scope()).map(|value| value.into_owned());
        assert_eq!(read, Some(json!([1, 2])));
    }
    assert!(world.trigger.unparsed_body().is_none());
}

#[test]
fn a_header_alone_is_what_it_is_among_all() {
    let mut world = World::with_body(Value::Null);
    let headers = [("x-a", "1"), ("x-b", ""), ("x-a", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let event = Event { headers: headers.into(), ..(**world.trigger.event()).clone() };
    world.trigger = TriggerValues::new(Arc::new(event));
    let texts = ["trigger.headers.X-A", "trigger.headers.x-b", "trigger.headers.x-c", "trigger.headers.x-a.b"];
    let read = || texts.map(|text| path(text).resolve(&world.scope()).map(|value| value.into_owned()));
    let alone = read();
    assert_eq!(alone, [Some(json!("1, 2")), Some(json!("")), None, None]);
    let _ = world.trigger.headers();
    assert_eq!(read(), alone);
}
