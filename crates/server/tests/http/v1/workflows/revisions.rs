//! `workflows/{key}/revisions`.

use super::*;

/// A workflow with revisions 1 to 4 that answer `1` to `4`; 3 is live, the draft is that of 4.
async fn with_revisions(bench: &Bench) -> (String, String) {
    let key = bench.publish(json!({"mode": "sync", "nodes": flow("1")["nodes"]})).await;
    let path = format!("/workflows/{key}");
    for number in 2..=4 {
        send_if(bench, "PUT", &format!("{path}/draft"), "*", &flow(&number.to_string())).await;
        send(bench, "POST", &format!("{path}/publish"), &json!({"note": format!("note {number}")})).await;
    }
    let activated = ask(bench, "POST", &format!("{path}/revisions/3/activate"), &[], b"").await;
    assert_eq!((activated.status, &activated.json()["revision"]), (200, &json!(3)));
    (key, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_are_listed_newest_first_and_shown_with_their_flow() {
    let bench = Bench::new().await;
    let (_, path) = with_revisions(&bench).await;
    let listed = get(&bench, &format!("{path}/revisions")).await;
    insta::assert_json_snapshot!("revisions", steady(&listed));
    let shown = get(&bench, &format!("{path}/revisions/2")).await;
    insta::assert_json_snapshot!("revision", steady(&shown));

    let (mut seen, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = get(&bench, &format!("{path}/revisions{query}")).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=1&cursor={cursor}");
    }
    assert_eq!(json!(seen), listed["items"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_revision_can_be_made_live_again() {
    let bench = Bench::new().await;
    let (key, path) = with_revisions(&bench).await;
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "3");
    let draft = get(&bench, &format!("{path}/draft")).await;
    let activated = ask(&bench, "POST", &format!("{path}/revisions/1/activate"), &[], b"").await;
    assert_eq!(activated.json(), get(&bench, &path).await);
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "1");
    assert_eq!(get(&bench, &format!("{path}/draft")).await["flow"], draft["flow"], "the draft stays");
    let live: Vec<_> = get(&bench, &format!("{path}/revisions")).await["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|revision| revision["live"] == true)
        .map(|revision| revision["number"].clone())
        .collect();
    assert_eq!(live, [json!(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_published_is_unknown() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    for number in ["0", "2", "-1", "x", "4294967296"] {
        let revision = format!("{path}/revisions/{number}");
        refused(&ask(&bench, "GET", &revision, &[], b"").await, 404, "revision.unknown");
        let activate = format!("{revision}/activate");
        refused(&ask(&bench, "POST", &activate, &[], b"").await, 404, "revision.unknown");
    }
    for query in ["limit=0", "limit=501", "cursor=x", "page=2"] {
        refused(&ask(&bench, "GET", &format!("{path}/revisions?{query}"), &[], b"").await, 400, "api.query");
    }
    for (method, path) in [("GET", "/revisions"), ("GET", "/revisions/1"), ("POST", "/revisions/1/activate")] {
        refused(&ask(&bench, method, &nowhere(path), &[], b"").await, 404, "workflow.unknown");
    }
}
