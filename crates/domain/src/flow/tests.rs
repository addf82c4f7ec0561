use serde_json::{Value, json};

use crate::flow::document::{Flow, Mode, Node, WorkflowDocument, WorkflowLevel};
use crate::flow::encode::whole;
use crate::flow::limits;
use crate::problem::Problems;

/// The smallest document that has no problems.
fn document() -> Value {
    json!({"hookflow": 1, "title": "t", "mode": "sync", "trigger": {"kind": "webhook"}})
}

fn with(field: &str, value: Value) -> Value {
    let mut document = document();
    document[field] = value;
    document
}

/// `(pointer, code)` of every problem.
fn problems(document: &Value) -> Vec<(String, String)> {
    let mut problems = Problems::new();
    WorkflowDocument::decode(document, &mut problems);
    problems.into_vec().into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

fn assert_problem(document: &Value, pointer: &str, code: &str) {
    assert_eq!(problems(document), [(pointer.to_owned(), code.to_owned())], "{document}");
}

fn decode(document: &Value) -> WorkflowDocument {
    let mut problems = Problems::new();
    let decoded = WorkflowDocument::decode(document, &mut problems);
    assert_eq!(problems.into_vec(), []);
    decoded
}

fn keys(nodes: &[Node]) -> Vec<&str> {
    let mut keys = Vec::new();
    for node in nodes {
        keys.push(node.key.as_str());
        node.branches.values().for_each(|branch| keys.extend(self::keys(branch)));
    }
    keys
}

#[test]
fn the_smallest_document_has_every_default() {
    let read = decode(&document());
    assert_eq!((read.key, read.level.enabled, read.level.credentials), (None, None, None));
    let flow = Flow { mode: Mode::Sync, timeout_ms: 0, answer_deadline_ms: 30_000, nodes: vec![], ..read.flow.clone() };
    assert_eq!(read.flow, flow);
}

#[test]
fn each_mistake_is_told_with_its_place() {
    for (field, value, pointer, code) in [
        ("hookflow", json!(2), "/hookflow", "document.version"),
        ("hookflow", json!("1"), "/hookflow", "document.version"),
        ("hookflow", json!(null), "/hookflow", "document.missing"),
        ("key", json!("short"), "/key", "document.endpoint_key"),
        ("title", json!(" "), "/title", "document.bad_text"),
        ("title", json!(7), "/title", "document.wrong_type"),
        ("title", json!("é".repeat(201)), "/title", "document.too_long"),
        ("titel", json!("x"), "/titel", "document.unknown_field"),
        ("a/b~c", json!(1), "/a~1b~0c", "document.unknown_field"),
        ("tags", json!("payments"), "/tags", "document.wrong_type"),
        ("tags", json!(["a", "b", "a"]), "/tags/2", "document.duplicate"),
        ("tags", json!(vec![""; 1]), "/tags/0", "document.bad_text"),
        ("enabled", json!("yes"), "/enabled", "document.wrong_type"),
        ("when_off", json!("notfound"), "/when_off", "document.unknown_word"),
        ("retention", json!({"days": 0}), "/retention/days", "document.out_of_range"),
        ("retention", json!({"days": 1.5}), "/retention/days", "document.wrong_type"),
        ("retention", json!({"day": 1}), "/retention/day", "document.unknown_field"),
        ("credentials", json!({"basic": {}}), "/credentials/basic/username", "document.missing"),
        ("credentials", json!({"basic": {"username": "a:b"}}), "/credentials/basic/username", "document.bad_text"),
        (
            "credentials",
            json!({"basic": {"username": "a", "password": ""}}),
            "/credentials/basic/password",
            "document.bad_text",
        ),
        ("credentials", json!({"bearer": "x"}), "/credentials/bearer", "document.unknown_field"),
        ("mode", json!("synch"), "/mode", "document.unknown_word"),
        ("timeout_ms", json!(-1), "/timeout_ms", "document.out_of_range"),
        ("answer_deadline_ms", json!(0), "/answer_deadline_ms", "document.out_of_range"),
        ("trigger", json!({}), "/trigger/kind", "document.missing"),
        ("trigger", json!([]), "/trigger", "document.wrong_type"),
        ("nodes", json!({}), "/nodes", "document.wrong_type"),
        ("nodes", json!([7]), "/nodes/0", "document.wrong_type"),
        ("nodes", json!([{}]), "/nodes/0/kind", "document.missing"),
        ("nodes", json!([{"kind": "end", "key": "A"}]), "/nodes/0/key", "node.bad_key"),
        ("nodes", json!([{"kind": "end", "config": []}]), "/nodes/0/config", "document.wrong_type"),
        ("nodes", json!([{"kind": "end", "branches": []}]), "/nodes/0/branches", "document.wrong_type"),
        ("nodes", json!([{"kind": "end", "branches": {"x": {}}}]), "/nodes/0/branches/x", "document.wrong_type"),
        ("nodes", json!([{"kind": "end", "when": 1}]), "/nodes/0/when", "document.unknown_field"),
    ] {
        assert_problem(&with(field, value), pointer, code);
    }
    assert_problem(&json!([]), "", "document.wrong_type");
    let everything = problems(&json!({}));
    assert_eq!(
        everything.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(),
        ["/hookflow", "/title", "/mode", "/trigger"]
    );
}

#[test]
fn a_key_stands_once_in_the_whole_tree() {
    let nested = json!([{"key": "a", "kind": "x", "branches": {"true": [{"key": "a", "kind": "x"}]}}, {"key": "a", "kind": "x"}]);
    let found = problems(&with("nodes", nested));
    let duplicate = |pointer: &str| (pointer.to_owned(), "node.duplicate_key".to_owned());
    assert_eq!(found, [duplicate("/nodes/0/branches/true/0/key"), duplicate("/nodes/1/key")]);
}

#[test]
fn absent_keys_are_made_from_kind_and_number_and_keep_away_from_written_ones() {
    let nodes = json!([
        {"kind": "condition", "branches": {"true": [{"kind": "response"}], "false": [{"kind": "condition"}]}},
        {"kind": "condition", "key": "condition2"},
        {"kind": "Strange Kind"},
    ]);
    let read = decode(&with("nodes", nodes));
    assert_eq!(keys(&read.flow.nodes), ["condition1", "response1", "condition3", "condition2", "node1"]);
    // Written back, they are there for ever.
    assert_eq!(keys(&decode(&read.to_value()).flow.nodes), keys(&read.flow.nodes));
}

#[test]
fn documents_that_mean_the_same_are_written_alike() {
    let short = json!({"trigger": {"kind": "webhook"}, "title": " t ", "mode": "sync", "hookflow": 1, "description": null,
        "nodes": [{"kind": "end", "disabled": false, "config": {"b": 1, "a": 2}, "branches": {}}]});
    let long = json!({"hookflow": 1, "title": "t", "when_off": "not_found", "mode": "sync", "timeout_ms": 0,
        "answer_deadline_ms": 30000, "trigger": {"kind": "webhook"},
        "nodes": [{"key": "end1", "kind": "end", "config": {"b": 1, "a": 2}}]});
    assert_eq!(decode(&short).to_value().to_string(), long.to_string());
    assert_eq!(decode(&long).to_value().to_string(), long.to_string());
}

#[test]
fn a_full_document_is_written_as_it_was_read_but_for_the_password() {
    let mut full = json!({"hookflow": 1, "key": "1hfmkioou0d", "title": "t", "description": "d", "tags": ["a"], "enabled": true,
        "when_off": "retry_later", "retention": {"days": 30, "executions_max": 7},
        "credentials": {"basic": {"username": "hook", "password": "s3cret"}},
        "mode": "async", "timeout_ms": 5, "answer_deadline_ms": 6, "trigger": {"kind": "webhook", "headers": []},
        "nodes": [{"key": "a", "kind": "k", "title": "T", "note": "N", "disabled": true, "config": {"x": [null]},
                   "branches": {"true": [{"key": "b", "kind": "k", "config": {}}], "false": []}}]});
    let read = decode(&full);
    assert_eq!(read.level.credentials.as_ref().unwrap().password.as_ref().unwrap().reveal(), "s3cret");
    assert!(!format!("{read:?}").contains("s3cret"), "a password must not be printed");
    full["credentials"]["basic"].as_object_mut().unwrap().remove("password");
    assert_eq!(read.to_value().to_string(), full.to_string());
    assert_eq!(Flow::decode(&read.flow.to_value(), "", &mut Problems::new()), read.flow);
}

#[test]
fn credentials_are_off_when_basic_is_absent_or_null() {
    for off in [json!(null), json!({}), json!({"basic": null})] {
        assert_eq!(decode(&with("credentials", off)).level.credentials, None);
    }
    let kept = decode(&with("credentials", json!({"basic": {"username": "u"}}))).level.credentials.unwrap();
    assert_eq!((kept.username.as_str(), kept.password), ("u", None));
}

#[test]
fn a_flow_that_is_too_large_or_too_deep_is_refused_once() {
    let many = vec![json!({"kind": "x"}); limits::NODES_MAX + 5];
    assert_problem(&with("nodes", json!(many)), &format!("/nodes/{}", limits::NODES_MAX), "flow.too_many_nodes");

    let nest = |levels| (0..levels).fold(json!([]), |inner, _| json!([{"kind": "x", "branches": {"b": inner}}]));
    assert_eq!(problems(&with("nodes", nest(limits::BRANCH_DEPTH_MAX))), []);
    let found = problems(&with("nodes", nest(limits::BRANCH_DEPTH_MAX + 1)));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, "flow.too_deep");
}

#[test]
fn a_wrong_flow_is_still_read_as_far_as_it_goes() {
    let mut problems = Problems::new();
    let value = json!({"mode": "?", "trigger": {"kind": "webhook", "answer": {}}, "nodes": [{"kind": 1, "key": "a"}, {"kind": "end"}]});
    let flow = Flow::decode(&value, "/draft", &mut problems);
    assert_eq!(
        (flow.mode, flow.trigger.pointer.as_str(), keys(&flow.nodes)),
        (Mode::Async, "/draft/trigger", vec!["a", "end1"])
    );
    assert_eq!(flow.nodes[1].pointer, "/draft/nodes/1");
    assert_eq!(problems.len(), 2);
}

#[test]
fn the_workflow_level_alone_is_read_by_the_same_rules_and_says_where_the_rest_belongs() {
    let read = |value: Value| {
        let mut problems = Problems::new();
        let level = WorkflowLevel::decode(&value, &mut problems);
        let found = problems.into_vec().into_iter().map(|problem| (problem.pointer, problem.code));
        (level, found.collect::<Vec<_>>())
    };
    let full = json!({"title": "t", "description": "d", "tags": ["a"], "enabled": true, "when_off": "retry_later",
        "retention": {"days": 30}, "credentials": {"basic": {"username": "hook"}}});
    let (level, problems) = read(full.clone());
    assert_eq!((level.to_value().to_string(), problems), (full.to_string(), vec![]));

    let elsewhere = ["hookflow", "key", "mode", "timeout_ms", "answer_deadline_ms", "trigger", "nodes"];
    for name in elsewhere {
        // Also when it would be taken away.
        for value in [json!(1), json!(null)] {
            let (_, problems) = read(json!({"title": "t", name: value}));
            assert_eq!(problems, [(format!("/{name}"), "document.wrong_place".to_owned())]);
        }
    }
    let known: Vec<_> = full.as_object().unwrap().keys().map(String::as_str).chain(elsewhere).collect();
    let whole = decode(&document()).to_value();
    let unknown: Vec<_> = whole.as_object().unwrap().keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(unknown, [""; 0], "a field of a document is neither of the workflow level nor known to be elsewhere");

    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(read(json!([])).1, one("", "document.wrong_type"));
    assert_eq!(read(json!({})).1, one("/title", "document.missing"));
    assert_eq!(read(json!({"title": "t", "tag": null})).1, one("/tag", "document.unknown_field"));
}

/// The names of the file around it would come to mean something.
#[test]
fn a_flow_in_a_file_stands_as_it_is_but_for_names_of_the_file() {
    let level = decode(&document()).level;
    let flow = json!({"nodes": 7, "odd": {"b": 1, "a": 2}, "hookflow": 2, "key": "1hfmkioou0d", "title": "x", "enabled": true,
        "credentials": {"basic": {"username": "u"}}, "mode": "?"});
    let file = whole(None, &level, &flow);
    let expected =
        json!({"hookflow": 1, "title": "t", "when_off": "not_found", "nodes": 7, "odd": {"b": 1, "a": 2}, "mode": "?"});
    assert_eq!(file.to_string(), expected.to_string());
}
