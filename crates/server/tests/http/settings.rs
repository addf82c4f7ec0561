//! What is in force, what can be set while the server runs, and requests sent through the front door.

use crate::support::{Bench, credentials, exchange, on_postgres, request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

async fn unconfigured() -> Bench {
    Bench::with(|setup| setup.public_url = None).await
}

/// Answers one request with `answer`, whatever it is, and returns what it was.
async fn elsewhere(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", socket.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut head = vec![0; 4_096];
        let length = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    (origin, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_url_is_what_config_says_else_what_was_set_else_where_the_listener_is() {
    let bench = unconfigured().await;
    let url = async || {
        let settings = bench.api("GET", "/settings", None).await.json();
        (settings["public_url"].clone(), settings["public_url_source"].clone())
    };
    let set = async |url: Value| bench.api("PATCH", "/settings", Some(&json!({"public_url": url}))).await;
    let derived = json!(format!("http://{}", bench.hooks));
    assert_eq!(url().await, (derived.clone(), json!("derived")));
    let changed = set(json!("https://Hooks.example.com/")).await.json();
    assert_eq!(changed["public_url"], "https://hooks.example.com");
    assert_eq!(url().await, (json!("https://hooks.example.com"), json!("stored")));
    let key = bench.publish(json!({})).await;
    let shown = bench.api("GET", &format!("/workflows/{key}"), None).await.json();
    assert_eq!(shown["url"], format!("https://hooks.example.com/api/webhook:trigger/{key}"));
    assert_eq!(bench.engine.store().setting_get("public_url").await.unwrap().unwrap(), "https://hooks.example.com");
    for wrong in ["", "hooks.example.com", "ftp://a", "https://a/b", "https://u:p@a", "https://a?b", "nonsense"] {
        let refused = set(json!(wrong)).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("settings.public_url")), "{wrong}");
    }
    assert_eq!(bench.api("PATCH", "/settings", Some(&json!({}))).await.status, 200);
    assert_eq!(url().await.1, json!("stored"));
    set(Value::Null).await;
    assert_eq!(url().await, (derived, json!("derived")));

    let bench = Bench::new().await;
    let settings = bench.api("GET", "/settings", None).await.json();
    assert_eq!(
        (&settings["public_url"], &settings["public_url_source"]),
        (&json!("https://hooks.example"), &json!("config"))
    );
    let refused = bench.api("PATCH", "/settings", Some(&json!({"public_url": null}))).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("settings.from_config")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_how_it_is() {
    let bench = Bench::new().await;
    let settings = bench.api("GET", "/settings", None).await.json();
    assert_eq!(
        (&settings["hooks"], &settings["admin"]),
        (&json!(bench.hooks.to_string()), &json!(bench.admin.to_string()))
    );
    assert_eq!(
        (&settings["version"], &settings["database"]["kind"]),
        (&json!(env!("CARGO_PKG_VERSION")), &json!(if on_postgres() { "postgresql" } else { "sqlite" }))
    );
    assert!(settings["database"]["bytes"].as_u64().unwrap() > 0 && settings["started_at"].is_string());
    assert_eq!(settings["health"], json!({"ready": true, "reasons": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_this_server_from_another() {
    let bench = unconfigured().await;
    let check = async |url: &str| bench.api("POST", "/settings/check", Some(&json!({"public_url": url}))).await.json();
    let here = check(&format!("http://{}", bench.hooks)).await;
    assert_eq!(here["ok"], true, "{here}");
    // What a stranger is told is the same with a text that was guessed as without.
    let plain = exchange(bench.hooks, &request("GET", "/healthz", &[], b"")).await;
    let guessed = ["Hookflow-Check: 00000000000000000000000000000000"];
    assert_eq!(exchange(bench.hooks, &request("GET", "/healthz", &guessed, b"")).await, plain);

    let other = unconfigured().await;
    let there = check(&format!("http://{}", other.hooks)).await;
    assert_eq!(
        (&there["ok"], there["detail"].as_str().unwrap()),
        (&json!(false), "Something answers there, but it is not this server.")
    );
    let (origin, asked) =
        elsewhere("HTTP/1.1 301 Moved\r\nLocation: https://a.example\r\nContent-Length: 0\r\n\r\n").await;
    assert!(check(&origin).await["detail"].as_str().unwrap().starts_with("Something there redirects"));
    let asked = asked.await.unwrap();
    assert!(
        asked.starts_with("GET /healthz HTTP/1.1\r\n") && !asked.to_lowercase().contains("authorization"),
        "{asked}"
    );
    let nobody = check("http://127.0.0.1:1").await;
    assert!(nobody["detail"].as_str().unwrap().starts_with("It cannot be reached"), "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_through_the_front_door_and_nowhere_else() {
    let bench = unconfigured().await;
    let body =
        json!({"got": "{{ trigger.body.a }}", "x": "{{ trigger.query.x }}", "who": "{{ trigger.headers['x-who'] }}"});
    let node = json!({"key": "say", "kind": "response", "config": {"status": 201, "body": body}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [node]})).await;
    let send = async |key: &str, body: &Value| bench.api("POST", &format!("/workflows/{key}/send"), Some(body)).await;

    let event =
        json!({"query_string": "x=1", "headers": [["X-Who", "me"], ["Host", "evil.example"]], "body": "{\"a\": 7}"});
    let sent = send(&key, &json!({"event": event})).await.json();
    assert_eq!((&sent["status"], &sent["body"]), (&json!(201), &json!(r#"{"got":7,"x":"1","who":"me"}"#)), "{sent}");
    assert_eq!(sent["url"], format!("http://{}/api/webhook:trigger/{key}?x=1", bench.hooks));
    let id = sent["execution_id"].as_str().unwrap();
    assert_eq!(bench.ended(id).await.head.revision, Some(1), "what is live has run");
    assert!(sent["duration_ms"].is_u64() && sent["headers"].as_array().unwrap().len() > 3);

    // Refusals are seen as a sender sees them.
    let broken = send(&key, &json!({"event": {"body": "{no"}})).await.json();
    assert_eq!((&broken["status"], &broken["execution_id"]), (&json!(400), &Value::Null));
    assert!(broken["body"].as_str().unwrap().contains("hook.not_json"));
    let read = send(&key, &json!({"event": {"method": "PUT"}})).await.json();
    assert_eq!(read["status"], 405);
    let guarded = bench.publish(credentials()).await;
    assert_eq!(send(&guarded, &json!({})).await.json()["status"], 401);
    let with = json!({"username": "hook", "password": "s3cret"});
    assert_eq!(send(&guarded, &with).await.json()["status"], 200);

    for event in
        [json!({"method": "A B"}), json!({"headers": [["a b", "c"]]}), json!({"headers": [["a", "b\r\nc: d"]]})]
    {
        let refused = send(&key, &json!({"event": event})).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("event.invalid")), "{event}");
    }
    assert_eq!(send("0000000000000", &json!({})).await.status, 404);

    bench.engine.set_public_url(Some("http://127.0.0.1:1".to_owned())).await.unwrap();
    let unreachable = send(&key, &json!({})).await;
    assert_eq!((unreachable.status, unreachable.json()["code"].as_str()), (502, Some("send.unreachable")));
    let (origin, asked) =
        elsewhere("HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
    bench.engine.set_public_url(Some(origin)).await.unwrap();
    assert_eq!(send(&key, &json!({})).await.json()["status"], 307, "redirects are shown, not followed");
    assert!(asked.await.unwrap().starts_with(&format!("POST /api/webhook:trigger/{key} HTTP/1.1\r\n")));
}
