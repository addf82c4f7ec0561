//! `executions/{id}/replay`.

use super::*;

/// A workflow whose revisions 1 and 2 and whose draft answer `1 …`, `2 …`, `draft …`, and an execution of revision 1.
async fn three_flows(bench: &Bench) -> (String, String) {
    let answers = |name: &str| flow(&format!("{name} {{{{ trigger.body.id }}}}"));
    let key = bench.publish(json!({"mode": "sync", "nodes": answers("1")["nodes"]})).await;
    let sent = bench.post_json(&key, &json!({"id": 7})).await;
    assert_eq!(sent.body, "1 7");
    for name in ["2", "draft"] {
        send_if(bench, "PUT", &format!("/workflows/{key}/draft"), "*", &answers(name)).await;
        if name == "2" {
            ask(bench, "POST", &format!("/workflows/{key}/publish"), &[], b"").await;
        }
    }
    (key, sent.execution().to_owned())
}

/// The new execution once it has ended, and the answer to the request for it.
async fn replayed(bench: &Bench, old: &str, body: &str) -> (Value, Answer) {
    let headers: &[&str] = if body.is_empty() { &[] } else { &[JSON] };
    let answer = ask(bench, "POST", &format!("/executions/{old}/replay"), headers, body.as_bytes()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let item = answer.json()["items"][0].clone();
    bench.ended(item["id"].as_str().unwrap()).await;
    assert_eq!(item["replay_of"], old);
    (created(bench, &answer).await, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_event_runs_again_in_every_way() {
    let bench = Bench::new().await;
    let (_, old) = three_flows(&bench).await;
    let before = get(&bench, &format!("/executions/{old}")).await;
    let mut replays = Vec::new();
    for (body, answer, revision) in [
        ("", "1 7", json!(1)),
        ("{}", "1 7", json!(1)),
        ("{\"revision\":\"same\"}", "1 7", json!(1)),
        ("{\"revision\":\"live\"}", "2 7", json!(2)),
        ("{\"revision\":\"draft\"}", "draft 7", Value::Null),
        ("{\"revision\":1}", "1 7", json!(1)),
        ("{\"revision\":\"live\",\"event\":{\"body\":\"{\\\"id\\\":8}\"}}", "2 8", json!(2)),
    ] {
        let (execution, _) = replayed(&bench, &old, body).await;
        assert_eq!((&execution["answer"]["body"], &execution["revision"]), (&json!(answer), &revision), "{body}");
        assert_eq!((&execution["replay_of"], &execution["test"]), (&json!(old), &json!(revision.is_null())));
        if !body.contains("event") {
            assert_eq!(execution["event"], before["event"]);
        }
        replays.push(execution["id"].clone());
    }
    let after = get(&bench, &format!("/executions/{old}")).await;
    assert_eq!(after["replays"], json!(replays), "the old one names the new ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_told_where_it_is() {
    let bench = Bench::new().await;
    let (_, old) = three_flows(&bench).await;
    let (_, answer) = replayed(&bench, &old, "").await;
    insta::assert_json_snapshot!("replayed", steady(&answer.json()));
}

/// What the first node did is not done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_from_a_node_takes_over_what_came_before() {
    let bench = Bench::new().await;
    let file = |name: &str| bench.folder.path().join(name);
    let effect = |name: &str| json!({"key": name, "kind": "test_effect", "config": {"file": file(name)}});
    let answer = json!({"key": "answer", "kind": "response", "config": {"body": "{{ nodes.one.ok }}"}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [effect("one"), effect("two"), answer]})).await;
    let sent = bench.post_json(&key, &json!({})).await;
    let (execution, _) = replayed(&bench, sent.execution(), "{\"from_node\":\"two\"}").await;
    assert_eq!((&execution["status"], &execution["answer"]["body"]), (&json!("succeeded"), &json!("true")));
    let lines = |name: &str| std::fs::read_to_string(file(name)).unwrap().lines().count();
    assert_eq!((lines("one"), lines("two")), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_is_told() {
    let bench = Bench::new().await;
    let (key, old) = three_flows(&bench).await;
    let path = format!("/executions/{old}/replay");
    let count = bench.executions().await;
    for (body, status, code, told) in [
        (json!({"revision": 3}), 404, "revision.unknown", "revision"),
        (json!({"revision": 0}), 404, "revision.unknown", "revision"),
        (json!({"revision": "newest"}), 400, "api.body", "\"same\", \"live\", \"draft\" or a number"),
        (json!({"revision": null}), 400, "api.body", "\"same\""),
        (json!({"revisions": 1}), 400, "api.body", "revisions"),
        (json!({"event": {"body": "{"}}), 422, "event.invalid", "not JSON"),
        (json!({"event": {"body": "", "body_base64": ""}}), 422, "event.invalid", "not both"),
        (json!({"from_node": "nowhere"}), 422, "replay.from_node", "nowhere"),
        (json!({"from_node": "No Key"}), 400, "api.body", "node key"),
        (json!({"from_node": "answer", "event": {}}), 422, "replay.from_node", "edited"),
    ] {
        let problem = refused(&send(&bench, "POST", &path, &body).await, status, code);
        assert!(problem["detail"].as_str().unwrap().contains(told), "{told}: {problem}");
    }
    for path in [format!("{NEVER}/replay"), "/executions/req_1/replay".to_owned()] {
        refused(&ask(&bench, "POST", &path, &[], b"").await, 404, "execution.unknown");
    }
    send_if(&bench, "PUT", &format!("/workflows/{key}/draft"), "*", &json!({"nodes": 1})).await;
    let broken = send(&bench, "POST", &path, &json!({"revision": "draft"})).await;
    assert!(!refused(&broken, 422, "workflow.invalid")["errors"].as_array().unwrap().is_empty());
    assert_eq!(bench.executions().await, count);

    ask(&bench, "DELETE", &format!("/workflows/{key}"), &[], b"").await;
    for revision in ["live", "draft"] {
        let gone = send(&bench, "POST", &path, &json!({"revision": revision})).await;
        refused(&gone, 404, "workflow.unknown");
    }
    let (execution, _) = replayed(&bench, &old, "").await;
    assert_eq!(execution["answer"]["body"], "1 7", "revisions outlive the workflow");
}

/// A test has no revision: the same is the copy of the draft that it ran.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_replayed_with_its_own_draft() {
    let bench = Bench::new().await;
    let key = bench.apply(json!({"mode": "sync", "nodes": flow("then")["nodes"]}), false).await;
    let tested = ask(&bench, "POST", &format!("/workflows/{key}/test"), &[], b"").await.json();
    send_if(&bench, "PUT", &format!("/workflows/{key}/draft"), "*", &flow("now")).await;
    let old = tested["id"].as_str().unwrap();
    assert_eq!(replayed(&bench, old, "").await.0["answer"]["body"], "then");
    assert_eq!(replayed(&bench, old, "{\"revision\":\"draft\"}").await.0["answer"]["body"], "now");
    let live = send(&bench, "POST", &format!("/executions/{old}/replay"), &json!({"revision": "live"})).await;
    refused(&live, 409, "workflow.not_live");
}
