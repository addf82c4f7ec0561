//! The admin API as programs see it.

use crate::support::{Bench, JSON, exchange, request};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The whole list of what the admin listener answers without a token: health, readiness and totals.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_probes_and_totals_answers_without_the_token() {
    let bench = Bench::new().await;
    let routes = [
        "/api/v1",
        "/api/v1/",
        "/api/v1/apply",
        "/api/v1/check",
        "/api/v1/workflows",
        "/api/v1/workflows/0000000000000",
        "/api/v1/workflows/0000000000000/rotate-key",
        "/api/v1/executions",
        "/api/v1/executions/ex_1",
        "/api/v1/requests",
        "/api/v1/requests/req_1",
        "/api/v1/nodes",
        "/api/v1/nothing",
        "/api/v1/%2e%2e/metrics",
    ];
    for token in [None, Some("Authorization: Bearer wrong"), Some("Authorization: Basic aGZ0X3Rlc3Q=")] {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            for path in routes {
                let headers: Vec<_> = token.into_iter().chain([JSON]).collect();
                let answer = exchange(bench.admin, &request(method, path, &headers, b"")).await;
                let told = (answer.status, answer.header("www-authenticate"));
                assert_eq!(told, (401, Some("Bearer")), "{method} {path}");
                assert!(method == "HEAD" || answer.json()["code"] == "api.token");
            }
        }
    }
    for path in [
        "/",
        "//api/v1/workflows",
        "/api//v1/workflows",
        "/api/v1%2Fworkflows",
        "/API/v1/workflows",
        "/api/v1;x/workflows",
        "/api/v2/workflows",
        "/api/webhook:trigger/a",
        "/debug/pprof",
        "/metrics/",
        "/healthz;x",
        "*",
    ] {
        let answer = exchange(bench.admin, &request("GET", path, &[], b"")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("api.unknown")), "{path}");
    }
    let connect = exchange(bench.admin, &request("CONNECT", "a:443", &[], b"")).await;
    assert_eq!(connect.status, 404, "{connect:?}");
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(exchange(bench.admin, &request("GET", path, &[], b"")).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_open_and_the_one_in_the_reference() {
    let bench = Bench::new().await;
    let served = exchange(bench.admin, &request("GET", "/api/openapi.json", &[], b"")).await;
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.body, server::description());
    assert!(
        served.body == include_str!("../../../../docs/reference/openapi.json"),
        "run `cargo run -p xtask -- codegen`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_bodies_are_taken_as_http_has_them() {
    let bench = Bench::new().await;
    let refused = bench.api("DELETE", "/workflows", None).await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET,HEAD,POST")));
    assert_eq!(bench.api("GET", "/apply", None).await.header("allow"), Some("POST"));
    let head = bench.api("HEAD", "/workflows", None).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), Some("application/json"));

    let token = format!("Authorization: bearer {}", crate::support::TOKEN);
    let post = async |lines: &[&str], body: &[u8]| {
        let lines = [&[token.as_str()], lines].concat();
        exchange(bench.admin, &request("POST", "/api/v1/check", &lines, body)).await
    };
    let large = post(&[JSON, "Content-Length: 100000000"], b"").await;
    assert_eq!((large.status, &large.json()["code"]), (413, &json!("api.too_large")));
    let packed = post(&[JSON, "Content-Encoding: gzip"], &crate::support::gzip(b"{\"documents\":[]}")).await;
    assert_eq!((packed.status, &packed.json()["code"]), (415, &json!("api.encoding")));
    let unknown = post(&[JSON], b"{\"documents\":[],\"dokuments\":1}").await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (400, &json!("api.body")));
    assert!(unknown.json()["detail"].as_str().unwrap().contains("dokuments"));
    assert_eq!(post(&[JSON], b"{\"documents\":[]}").await.json(), json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_sealed_and_every_error_a_problem() {
    let bench = Bench::new().await;
    let never = "ex_0000000000000000000000000";
    for (method, path, status, code, named) in [
        ("GET", "/nothing", 404, "api.unknown", ""),
        ("DELETE", "/workflows", 405, "api.method", ""),
        ("GET", "/workflows/0000000000000", 404, "workflow.unknown", ""),
        ("GET", "/workflows/%ff", 404, "api.unknown", ""),
        ("POST", "/workflows/0000000000000/rotate-key", 404, "workflow.unknown", ""),
        ("GET", "/executions/ex_1", 404, "execution.unknown", ""),
        ("GET", &format!("/executions/{never}"), 404, "execution.unknown", ""),
        ("GET", "/executions/req_0000000000000000000000000", 404, "execution.unknown", ""),
        ("GET", "/requests/req_1", 404, "request.unknown", ""),
        ("GET", &format!("/requests/{never}"), 404, "request.unknown", ""),
        ("GET", "/executions?status=done", 400, "api.query", "status"),
        ("GET", "/executions?limit=0", 400, "api.query", "limit"),
        ("GET", "/executions?limit=501", 400, "api.query", "limit"),
        ("GET", "/workflows?limit=501", 400, "api.query", "limit"),
        ("GET", "/requests?limit=x", 400, "api.query", "limit"),
        ("GET", "/requests?limit=1&limit=2", 400, "api.query", "limit"),
        ("GET", "/executions?from=today", 400, "api.query", "from"),
        ("GET", "/executions?to=2026-13-01T00:00:00Z", 400, "api.query", "to"),
        ("GET", "/executions?nonsense=1", 400, "api.query", "nonsense"),
        ("GET", "/executions?cursor=x", 400, "api.query", "cursor"),
        ("GET", "/requests?cursor=wf_0000000000000000000000000", 400, "api.query", "cursor"),
        ("GET", "/workflows?cursor=x", 400, "api.query", "cursor"),
        ("GET", "/executions?workflow=0000000000000", 404, "workflow.unknown", ""),
        ("GET", "/requests?outcome=lost", 400, "api.query", "outcome"),
        ("POST", "/apply", 400, "api.body", ""),
    ] {
        let answer = bench.api(method, path, None).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{method} {path}: {answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(named), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!((answer.header("cache-control"), answer.header("server")), (Some("no-store"), None));
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    }
    let token = format!("Authorization: Bearer {}", crate::support::TOKEN);
    let form =
        exchange(bench.admin, &request("POST", "/api/v1/apply", &[&token, "Content-Type: text/plain"], b"{}")).await;
    assert_eq!((form.status, &form.json()["code"]), (415, &json!("api.media_type")));
}

fn document() -> Value {
    json!({
        "hookflow": 1, "title": "Payment", "enabled": true, "mode": "sync", "trigger": {"kind": "webhook"},
        "credentials": {"basic": {"username": "hook", "password": "s3cret"}},
        "nodes": [{"key": "answer", "kind": "response", "config": {"status": 200, "body": "{{ trigger.body.id }}"}}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_applied_shown_and_rotated() {
    let bench = Bench::new().await;
    let body = json!({"documents": [document()], "publish": true});
    let applied = bench.api("POST", "/apply", Some(&body)).await;
    assert_eq!(applied.status, 200, "{applied:?}");
    let item = applied.json()["items"][0].clone();
    let key = item["key"].as_str().unwrap();
    assert_eq!((&item["created"], &item["revision"], &item["problems"]), (&json!(true), &json!(1), &json!([])));
    assert_eq!(item["url"], format!("https://hooks.example/api/webhook:trigger/{key}"));

    let shown = bench.api("GET", &format!("/workflows/{key}"), None).await.json();
    let members = [
        "id",
        "key",
        "url",
        "title",
        "description",
        "tags",
        "enabled",
        "when_off",
        "mode",
        "revision",
        "draft_edit",
        "created_at",
        "changed_at",
        "credentials",
        "retention",
        "draft",
    ];
    assert_eq!(keys(&shown), members);
    assert_eq!(shown["credentials"], json!({"basic": {"username": "hook"}}));
    assert!(!shown.to_string().contains("s3cret"));
    let by_id = bench.api("GET", &format!("/workflows/{}", shown["id"].as_str().unwrap()), None).await.json();
    assert_eq!(by_id, shown);
    let listed = bench.api("GET", "/workflows", None).await.json();
    assert_eq!((&listed["items"][0]["key"], &listed["next_cursor"]), (&json!(key), &Value::Null));
    assert_eq!(keys(&listed["items"][0]), members[..members.len() - 1]);

    let rotated = bench.api("POST", &format!("/workflows/{key}/rotate-key"), Some(&json!({}))).await.json();
    assert_ne!(rotated["key"], key);
    assert_eq!(bench.post_json(key, &json!({})).await.status, 410);
    assert_eq!(bench.api("GET", &format!("/workflows/{key}"), None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_with_problems_are_told_and_none_is_applied() {
    let bench = Bench::new().await;
    let body = json!({"documents": [document(), {"hookflow": 1, "mode": "sometimes"}], "publish": true});
    let answer = bench.api("POST", "/apply", Some(&body)).await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("workflow.invalid")));
    let items = answer.json()["items"].clone();
    assert_eq!(items[0]["problems"], json!([]));
    let problem = &items[1]["problems"][0];
    assert!(problem["pointer"].is_string() && problem["code"].is_string() && problem["message"].is_string(), "{items}");
    assert_eq!(bench.api("GET", "/workflows", None).await.json()["items"], json!([]));

    let checked = bench.api("POST", "/check", Some(&body)).await;
    assert_eq!(checked.status, 200);
    assert_eq!(checked.json()["items"][0]["problems"], json!([]));
    assert_eq!(checked.json()["items"][1]["problems"], items[1]["problems"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_is_shown_with_event_node_runs_and_answer() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({"mode": "sync", "nodes": document()["nodes"]})).await;
    let target = format!("/api/webhook:trigger/{key}?a[b]=1");
    let sent = bench.raw(request("POST", &target, &[JSON, "X-A: Zoë"], b"{\"id\": 7}")).await;
    let shown = bench.api("GET", &format!("/executions/{}", sent.execution()), None).await.json();
    let members = [
        "id",
        "workflow_id",
        "workflow_key",
        "revision",
        "status",
        "mode",
        "reason",
        "answer_status",
        "accepted_at",
        "finished_at",
        "replay_of",
        "test",
        "method",
        "cause",
        "event",
        "node_runs",
        "answer",
        "replays",
        "notes",
    ];
    assert_eq!(keys(&shown), members);
    let event = &shown["event"];
    assert_eq!(
        keys(event),
        ["method", "headers", "query_string", "query", "body", "body_base64", "remote_addr", "received_at"]
    );
    assert_eq!((&event["body"], &event["query"]), (&json!("{\"id\": 7}"), &json!({"a": {"b": "1"}})));
    assert!(event["headers"].as_array().unwrap().contains(&json!(["x-a", "Zoë"])));
    let run = &shown["node_runs"][0];
    let of_a_run = [
        "node",
        "kind",
        "visit",
        "attempt",
        "status",
        "input",
        "result",
        "error",
        "missing",
        "started_at",
        "finished_at",
    ];
    assert_eq!(keys(run), of_a_run);
    assert_eq!((&run["node"], &run["status"], &run["visit"]), (&json!("answer"), &json!("succeeded"), &json!("")));
    assert_eq!((&shown["answer"]["status"], &shown["answer"]["body"]), (&json!(200), &json!("7")));

    let listed = bench.api("GET", &format!("/executions?workflow={key}&status=succeeded"), None).await.json();
    assert_eq!(keys(&listed["items"][0]), members[..14]);
    assert_eq!(bench.api("GET", "/executions?status=error", None).await.json()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_walked_page_by_page_and_narrowed_by_time() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    for number in 0..5 {
        assert_eq!(bench.post_json(&key, &json!(number)).await.status, 200);
    }
    let mut seen = Vec::new();
    let mut path = "/executions?limit=2".to_owned();
    loop {
        let page = bench.api("GET", &path, None).await.json();
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/executions?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by_key(|item| std::cmp::Reverse(item["id"].as_str().unwrap().to_owned())));
    let (first, last) = (seen[3]["accepted_at"].as_str().unwrap(), seen[0]["accepted_at"].as_str().unwrap());
    let between = bench.api("GET", &format!("/executions?from={first}&to={last}"), None).await.json();
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(between["items"].as_array().unwrap()), ids(&seen[1..4]), "from is in, to is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_listed_with_what_became_of_them() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let sent = bench.post_json(&key, &json!({"id": 1})).await;
    bench.post(&key, &[JSON, "X-A: 1"], [b'{', 0xff]).await;
    bench.refused(1).await;
    let listed = bench.api("GET", &format!("/requests?workflow={key}"), None).await.json();
    let (refused, accepted) = (&listed["items"][0], &listed["items"][1]);
    assert_eq!(
        (&refused["outcome"], &refused["code"], &refused["status"]),
        (&json!("refused"), &json!("hook.not_json"), &json!(400))
    );
    assert_eq!((&accepted["outcome"], &accepted["execution_id"]), (&json!("accepted"), &json!(sent.execution())));
    assert_eq!(bench.api("GET", "/requests?outcome=refused", None).await.json()["items"], json!([refused]));
    assert_eq!(bench.api("GET", "/requests?outcome=accepted", None).await.json()["items"], json!([accepted]));

    let shown = bench.api("GET", &format!("/requests/{}", refused["id"].as_str().unwrap()), None).await.json();
    assert_eq!((&shown["body"], &shown["body_base64"]), (&Value::Null, &json!("e/8=")));
    assert!(shown["headers"].as_array().unwrap().contains(&json!(["x-a", "1"])) && shown["detail"].is_string());
    let shown = bench.api("GET", &format!("/requests/{}", accepted["id"].as_str().unwrap()), None).await.json();
    assert_eq!((&shown["id"], &shown["body"]), (&accepted["id"], &json!("{\"id\":1}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_log_is_walked_page_by_page_through_both_kinds() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    for number in 0..4 {
        bench.post_json(&key, &json!(number)).await;
        bench.post(&key, &[JSON], "{").await;
        bench.refused(number + 1).await;
    }
    let whole = bench.api("GET", "/requests", None).await.json();
    let mut seen = Vec::new();
    let mut path = "/requests?limit=1".to_owned();
    loop {
        let page = bench.api("GET", &path, None).await.json();
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/requests?limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), Value::Array(seen)), (8, whole["items"].clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_are_listed_with_their_schemas() {
    let bench = Bench::new().await;
    let nodes = bench.api("GET", "/nodes", None).await.json();
    let kinds: Vec<_> = nodes["items"].as_array().unwrap().iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert!(["condition", "response", "end"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert!(nodes["items"][0]["schema"].is_object() && nodes["triggers"][0]["kind"] == "webhook");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_happened_without_a_token() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let sent = bench.post_json(&key, &json!({})).await;
    bench.ended(sent.execution()).await;
    bench.post_json("0000000000000", &json!({})).await;
    assert_eq!(bench.metric("hookflow_requests_accepted_total").await, 1);
    assert_eq!(bench.metric("hookflow_executions_finished_total{status=\"succeeded\"}").await, 1);
    assert_eq!(bench.metric("hookflow_requests_refused_total{code=\"hook.unknown\"}").await, 1);
    assert!(bench.metric("hookflow_store_flushes_total").await > 0);
    assert!(bench.metric("hookflow_database_bytes").await > 0);
    let text = exchange(bench.admin, &request("GET", "/metrics", &[], b"")).await.body;
    assert!(!text.contains(&key), "totals only");
}
