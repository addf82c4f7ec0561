//! What nodes and templates would come to, for an author who writes them.

use crate::support::{Bench, JSON};
use serde_json::{Value, json};

async fn preview(bench: &Bench, key: &str, body: &Value) -> Value {
    let answer = bench.api("POST", &format!("/workflows/{key}/preview"), Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn order() -> Value {
    json!({"query_string": "a=1", "headers": [["X-Mark", "blue"]], "body": r#"{"order": {"id": 7, "status": "paid"}}"#})
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_come_to_what_they_would_in_an_execution() {
    let bench = Bench::new().await;
    let key = bench.apply(json!({}), false).await;
    let seen = preview(
        &bench,
        &key,
        &json!({"event": order(), "templates": [
        "{{ trigger.body.order.id }}", "order {{ trigger.body.order.id }}/{{ trigger.query.a }}",
        {"deep": ["{{ trigger.headers['x-mark'] }}"]}, "{{ trigger.body.none.at.all }}", "{{ trigger.body.order.",
        "{{ $sum([1, 2]) }}", "{{ $number('x') }}", "{{ nodes.later.x }}", 7]}),
    )
    .await;
    let values: Vec<_> = seen["templates"].as_array().unwrap().iter().map(|template| &template["value"]).collect();
    assert_eq!(values[..3], [&json!(7), &json!("order 7/1"), &json!({"deep": ["blue"]})]);
    assert_eq!(
        (values[3], &seen["templates"][3]["missing"][0]["path"]),
        (&Value::Null, &json!("trigger.body.none.at.all"))
    );
    assert_eq!(seen["templates"][4]["error"]["code"], "template.unclosed");
    assert_eq!((values[5], &seen["templates"][5]["error"]), (&json!(3), &Value::Null));
    assert!(seen["templates"][6]["error"]["code"].as_str().unwrap().starts_with("template."), "{seen}");
    assert_eq!(seen["templates"][7]["missing"][0]["path"], "nodes.later.x");
    assert_eq!(values[8], 7);
    assert_eq!(seen["trigger"]["body"]["order"]["status"], "paid");
    assert_eq!((&seen["trigger"]["query"], &seen["trigger"]["method"]), (&json!({"a": "1"}), &json!("POST")));
    assert_eq!((&seen["nodes"], &seen["node"], &seen["truncated"]), (&json!({}), &Value::Null, &json!(false)));
    let empty = preview(&bench, &key, &Value::Null).await;
    assert_eq!((&empty["trigger"]["body"], &empty["templates"]), (&Value::Null, &json!([])));
    assert_eq!(bench.executions().await, 0, "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_evaluated_and_never_performed() {
    let bench = Bench::new().await;
    let key = bench.apply(json!({"mode": "sync"}), false).await;
    // What is wrong elsewhere does not matter while one writes.
    let flow = json!({"mode": "sync", "trigger": {"kind": "webhook"}, "nodes": [
        {"key": "odd", "kind": "nothing_of_this_name", "config": {}}]});
    let node = async |node: Value| {
        let seen = preview(&bench, &key, &json!({"flow": flow, "event": order(), "node": node})).await;
        seen["node"].clone()
    };
    let condition = |right: &str| {
        json!({"kind": "condition", "config": {"mode": "branch",
            "rule": {"left": "{{ trigger.body.order.status }}", "operator": "equal", "right": right}}})
    };
    let paid = node(condition("paid")).await;
    assert_eq!((&paid["result"], &paid["branch"]), (&json!(true), &json!("true")), "{paid}");
    assert_eq!(node(condition("open")).await["branch"], "false");

    let answer = node(json!({"kind": "response", "key": "say", "config": {
        "status": 201, "headers": [{"name": "X-Got", "value": "{{ trigger.body.order.id }}"}],
        "body": {"got": "{{ trigger.body.order.id }}"}}}))
    .await;
    assert_eq!((&answer["answer"]["status"], &answer["answer"]["body"]), (&json!(201), &json!(r#"{"got":7}"#)));
    assert_eq!(answer["answer"]["headers"][0], json!(["X-Got", "7"]));

    // Nobody listens there: a call would be an error, and its input is all there is.
    let call = node(json!({"kind": "http_request", "config": {
        "method": "POST", "url": "http://127.0.0.1:1/{{ trigger.body.order.id }}"}}))
    .await;
    assert_eq!((&call["error"], &call["result"]["url"]), (&Value::Null, &json!("http://127.0.0.1:1/7")), "{call}");

    let wrong = node(json!({"kind": "response", "config": {"status": 7}})).await;
    assert!(wrong["error"]["code"].is_string() && wrong["result"].is_null(), "{wrong}");
    let unknown = node(json!({"kind": "nothing", "config": {}})).await;
    assert_eq!(unknown["error"]["code"], "node.unknown_kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_are_seen_with_what_their_nodes_gave() {
    let bench = Bench::new().await;
    let rule = json!({"left": "{{ trigger.body.a }}", "operator": "equal", "right": 1});
    let nodes = json!([{"key": "is_one", "kind": "condition", "config": {"mode": "continue", "rule": rule}}]);
    let key = bench.publish(json!({"mode": "sync", "nodes": nodes})).await;
    let id = bench.post_json(&key, &json!({"a": 1})).await.execution().to_owned();
    bench.ended(&id).await;
    let templates = json!(["{{ nodes.is_one }}", "{{ system.execution_id }}"]);
    let seen = preview(&bench, &key, &json!({"execution": id, "templates": templates})).await;
    assert_eq!((&seen["nodes"]["is_one"], &seen["trigger"]["body"]["a"]), (&json!(true), &json!(1)));
    assert_eq!((&seen["templates"][0]["value"], &seen["templates"][1]["value"]), (&json!(true), &json!(id)));

    bench.post(&key, &[JSON, "X-Mark: red"], "{no").await;
    let refused = bench.refused(1).await.id.to_string();
    let seen = preview(&bench, &key, &json!({"request": refused})).await;
    assert_eq!((&seen["trigger"]["raw_body"], &seen["trigger"]["body"]), (&json!("{no"), &Value::Null));
    assert_eq!(seen["trigger"]["headers"]["x-mark"], "red");

    for (body, status, code) in [
        (json!({"execution": id, "event": {}}), 422, "event.invalid"),
        (json!({"flow": []}), 400, "api.body"),
        (json!({"node": {"kind": "end", "config": 7}}), 400, "api.body"),
        (json!({"execution": "ex_1"}), 404, "execution.unknown"),
        (json!({"request": "req_1"}), 404, "request.unknown"),
        (json!({"event": {"body": "{no"}}), 422, "event.invalid"),
        (json!({"templates": vec![1; 201]}), 400, "api.body"),
    ] {
        let refused = bench.api("POST", &format!("/workflows/{key}/preview"), Some(&body)).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (status, Some(code)), "{body}");
    }
}
