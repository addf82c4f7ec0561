//! Effects when the real program dies, is stopped, or is brought down by what it runs.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test")]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bench::load::{self, Plan, Until};
use serde_json::{Value, json};
use support::{EVENTS, Home, Server};

fn key(applied: &Value) -> String {
    applied["key"].as_str().unwrap().to_owned()
}

/// A workflow with these nodes; its key.
fn publish(home: &Home, mode: &str, nodes: &Value) -> String {
    let file = format!(
        "hookflow: 1\ntitle: Test\nenabled: true\nmode: {mode}\ntrigger: {{ kind: webhook }}\nnodes: {nodes}\n"
    );
    key(&home.publish(&home.file("test.yaml", &file)))
}

fn trace(home: &Home) -> Vec<String> {
    let text = std::fs::read_to_string(home.path().join("out")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn effect(home: &Home, node: &str, sleep_ms: u64, more: &Value) -> Value {
    let mut config = json!({"file": home.path().join("out"), "sleep_ms": sleep_ms});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"key": node, "kind": "test_effect", "config": config})
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let from = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(from.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until the execution waits for a person, and how it is shown then.
fn waits_for(home: &Home, id: &str, reason: &str) -> Value {
    until(reason, || {
        let shown = home.json(&["execution", id]).remove(0);
        (shown["reason"] == reason).then_some(shown)
    })
}

#[test]
fn what_brings_the_server_down_is_set_aside_after_the_third_time_and_the_others_flow() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let mended = home.path().join("mended");
    let abort = json!([{"key": "deadly", "kind": "test_abort",
        "config": {"file": home.path().join("out"), "unless": mended}}]);
    let (deadly, events) = (publish(&home, "async", &abort), key(&home.publish(&home.file("events.yaml", EVENTS))));
    // What it keeps may bring it down before the answer is out.
    home.run(&["send", &deadly, "--data", "{}"]);
    for round in 1..=3 {
        assert!(!server.wait().success(), "it brought the server down");
        assert_eq!(trace(&home).len(), round);
        server = home.serve(&[]);
    }
    let kept = home.json(&["executions", "--workflow", &deadly]);
    assert_eq!(kept.len(), 1);
    let id = kept[0]["id"].as_str().unwrap().to_owned();
    let shown = waits_for(&home, &id, "quarantined");
    assert_eq!((&shown["status"], trace(&home).len()), (&json!("waiting"), 3));
    let page = home.run(&["execution", &id]).stdout;
    for part in ["quarantined", "came down 3 times", "deadly"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for _ in 0..5 {
        home.send(&events, "{}");
    }
    let others = until("the others flow", || {
        let ended = home.json(&["executions", "--workflow", &events, "--status", "succeeded"]);
        (ended.len() == 5).then_some(ended)
    });
    assert_eq!(others.len(), 5);

    std::fs::write(&mended, "").unwrap();
    let resolved = home.run(&["resolve", &id, "--run-again"]);
    assert_eq!((resolved.code, resolved.stdout.starts_with(&format!("{id}  "))), (0, true), "{resolved:?}");
    home.await_ends();
    let ended = home.json(&["execution", &id]).remove(0);
    assert_eq!(ended["status"], "succeeded");
    let keys: HashSet<String> = trace(&home).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!((trace(&home).len(), keys.len()), (4, 1), "always with the same key");
    assert_eq!(server.terminate().code, 0);
}

#[test]
fn what_asks_after_a_kill_is_resolved_each_of_the_three_ways() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let asks = effect(&home, "pay", 2_000, &json!({"when_interrupted": "ask"}));
    let flow = publish(&home, "async", &json!([asks, effect(&home, "after", 0, &json!({}))]));
    let ways: [(&[&str], &str, &[&str]); 4] = [
        (&["--fail"], "error", &["pay"]),
        (&["--skip"], "succeeded", &["pay", "after"]),
        (&["--skip", "--result", r#"{"paid":true}"#], "succeeded", &["pay", "after"]),
        (&["--run-again"], "succeeded", &["pay", "pay", "after"]),
    ];
    for (way, status, effects) in ways {
        let before = trace(&home).len();
        let id = home.send(&flow, "{}")["execution"].as_str().unwrap().to_owned();
        until("it has begun", || (trace(&home).len() > before).then_some(()));
        server.kill();
        server = home.serve(&[]);
        waits_for(&home, &id, "needs_attention");
        assert_eq!(trace(&home).len(), before + 1, "not by itself");
        let resolved = home.json(&[&["resolve", &id], way].concat()).remove(0);
        assert_eq!(resolved["id"], id);
        home.await_ends();
        assert_eq!(home.json(&["execution", &id])[0]["status"], status, "{way:?}");
        let nodes: Vec<_> =
            trace(&home)[before..].iter().map(|line| line.split('.').nth(1).unwrap().to_owned()).collect();
        assert_eq!(nodes, effects, "{way:?}");

        let again = home.run(&[&["resolve", &id], way].concat());
        assert_eq!(again.code, 1);
        assert!(
            again.stderr.starts_with("error[execution.not_asked]: ") && again.stderr.contains("\nhint: "),
            "{}",
            again.stderr
        );
    }
    for misused in [
        &["resolve", "ex_1"][..],
        &["resolve", "ex_1", "--skip", "--fail"],
        &["resolve", "ex_1", "--fail", "--result", "1"],
        &["resolve", "ex_1", "--skip", "--result", "{"],
    ] {
        assert_eq!(home.run(misused).code, 2, "{misused:?}");
    }
    let unknown = home.run(&["resolve", "ex_0000000000000000000000000", "--fail"]);
    assert!(unknown.stderr.starts_with("error[execution.unknown]: "), "{}", unknown.stderr);
}

/// Whoever got no 2xx lost nothing that was not kept, and whoever hung up stopped nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_caller_gets_the_recorded_answer_or_no_2xx() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let respond = json!({"kind": "response", "config": {"status": 201, "body": "{{ nodes.slow.attempt }}"}});
    let flow = publish(&home, "sync", &json!([effect(&home, "slow", 700, &json!({})), respond]));
    let client = support::http();
    let call = |server: &Server| {
        client
            .post(format!("http://{}/api/webhook:trigger/{flow}", server.hooks()))
            .header("content-type", "application/json")
            .body("{}")
    };
    let answered = call(&server).send().await.unwrap();
    assert_eq!((answered.status().as_u16(), answered.text().await.unwrap()), (201, "1".to_owned()));

    call(&server).timeout(Duration::from_millis(200)).send().await.unwrap_err();
    home.await_ends();
    let hung_up = home.json(&["executions"]).remove(0);
    assert_eq!((&hung_up["status"], &hung_up["answer_status"]), (&json!("succeeded"), &json!(201)));

    let killed = tokio::spawn(call(&server).send());
    until("it has begun", || (trace(&home).len() == 3).then_some(()));
    server.kill();
    killed.await.unwrap().unwrap_err();
    server = home.serve(&[]);
    home.await_ends();
    let newest = home.json(&["executions"]).remove(0);
    assert_eq!((&newest["status"], &newest["answer_status"]), (&json!("succeeded"), &json!(201)));
    let shown = home.json(&["execution", newest["id"].as_str().unwrap()]).remove(0);
    assert_eq!((&shown["answer"]["body"], trace(&home).len()), (&json!("2"), 4), "the second attempt answered");
    server.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_parks_between_nodes_and_runs_nothing_twice() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let nodes: Vec<_> = (0..4).map(|n| effect(&home, &format!("n{n}"), 40, &json!({}))).collect();
    let flow = publish(&home, "async", &json!(nodes));
    let accepted = Arc::new(Mutex::new(HashSet::new()));
    for round in 0..3 {
        let ledger = Arc::clone(&accepted);
        let plan = Plan {
            address: server.hooks().parse().unwrap(),
            target: format!("/api/webhook:trigger/{flow}"),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: b"{}".to_vec(),
            connections: 8,
            until: Until::Elapsed(Duration::from_secs(5)),
        };
        let see = move |response: &bench::connection::Response<'_>| {
            let mut ledger = ledger.lock().unwrap();
            if response.status == 200 && ledger.len() < 100 * (round + 1) {
                ledger.insert(response.header("Hookflow-Execution").unwrap().to_owned());
            }
        };
        let load = tokio::spawn(async move { load::run_seeing(plan, see).await });
        tokio::time::sleep(Duration::from_millis(400)).await;
        let began = Instant::now();
        let ran = tokio::task::block_in_place(|| server.terminate());
        load.abort();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        server = home.serve(&[]);
        let open = home.json(&["executions", "--status", "queued", "--limit", "500"]).len();
        println!("round {round}: stopped in {:?}, {open} wait for their turn behind it", began.elapsed());
    }
    let begun = until("some have ended", || Some(home.json(&["executions", "--status", "running"]).len()));
    println!("{begun} run when it is stopped for good");
    let ledger = accepted.lock().unwrap().clone();
    assert!(ledger.len() > 30, "this was no load: {}", ledger.len());
    tokio::task::block_in_place(|| home.await_ends());
    let mut times: HashMap<String, usize> = HashMap::new();
    for line in trace(&home) {
        *times.entry(line.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    for id in &ledger {
        for node in 0..4 {
            assert_eq!(times.get(&format!("{id}.n{node}.")), Some(&1), "{id} n{node}");
        }
    }
    assert!(times.values().all(|times| *times == 1), "a drain cuts nothing off");
    server.terminate();
}
