//! `/metrics` agrees with what happened and with its format; `/readyz` says why not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::support::{BODY_MAX, Bench, JSON, credentials, exchange, on_postgres, request, trigger};
use serde_json::json;

/// Sample → value, as one scrape has them.
type Scrape = BTreeMap<String, f64>;

async fn text(bench: &Bench) -> String {
    let answer = exchange(bench.admin, &request("GET", "/metrics", &[], b"")).await;
    assert_eq!(answer.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    answer.body
}

fn samples(text: &str) -> Scrape {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

async fn scrape(bench: &Bench) -> Scrape {
    samples(&text(bench).await)
}

/// The samples of a family, summed up.
fn total(scrape: &Scrape, family: &str) -> f64 {
    let of = |name: &str| name == family || name.strip_prefix(family).is_some_and(|rest| rest.starts_with('{'));
    scrape.iter().filter(|(name, _)| of(name)).map(|(_, value)| value).sum()
}

/// What the series below does: each refusal's code with how often, then each status.
const REFUSED: [(&str, u32); 9] = [
    ("hook.unknown", 1),
    ("hook.gone", 1),
    ("hook.off", 1),
    ("hook.method", 2),
    ("hook.credentials", 1),
    ("hook.too_large", 1),
    ("hook.media_type", 1),
    ("hook.encoding", 1),
    ("hook.not_json", 3),
];
const ENDED: [(&str, u32); 3] = [("succeeded", 3), ("failed", 2), ("error", 1)];

async fn series(bench: &Bench) {
    let open = bench.publish(json!({})).await;
    let closed = bench.publish(credentials()).await;
    let off = bench.publish(json!({"enabled": false})).await;
    let retired = bench.publish(json!({})).await;
    bench.engine.rotate(&retired).await.unwrap();
    let large = format!("\"{}\"", "x".repeat(BODY_MAX));
    for (key, headers, body) in [
        ("0000000000000", &[JSON][..], "{}"),
        (&retired, &[JSON], "{}"),
        (&off, &[JSON], "{}"),
        (&closed, &[JSON], "{}"),
        (&open, &[JSON], &large),
        (&open, &[], "{}"),
        (&open, &[JSON, "Content-Encoding: compress"], "{}"),
        (&open, &[JSON], "{"),
        (&open, &[JSON], "nil"),
        (&open, &[JSON], "1 2"),
    ] {
        assert!(bench.post(key, headers, body).await.status >= 400, "{key} {headers:?}");
    }
    for method in ["GET", "PUT"] {
        assert_eq!(bench.raw(request(method, &trigger(&open), &[], b"")).await.status, 405);
    }
    let end = |status: &str| json!([{"kind": "end", "config": {"status": status}}]);
    let broken = json!([{"kind": "response", "config": {"status": 200, "body": "{{ $error(\"x\") }}"}}]);
    for (mode, nodes, times) in [
        ("sync", end("succeeded"), 2),
        ("async", json!([]), 1),
        ("sync", end("failed"), 1),
        ("async", end("failed"), 1),
        ("sync", broken, 1),
    ] {
        let key = bench.publish(json!({"mode": mode, "nodes": nodes})).await;
        for _ in 0..times {
            let answer = bench.post_json(&key, &json!({})).await;
            bench.ended(answer.execution()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_what_happened() {
    let bench = Bench::new().await;
    series(&bench).await;
    let accepted: u32 = ENDED.iter().map(|(_, count)| count).sum();
    let refused: u32 = REFUSED.iter().map(|(_, count)| count).sum();
    let until = Instant::now() + Duration::from_secs(5);
    // An end is counted a moment after it is on disk, a refusal logged a moment after it went out.
    let scrape = loop {
        let scrape = scrape(&bench).await;
        let settled = total(&scrape, "hookflow_executions_finished_total") >= accepted.into()
            && total(&scrape, "hookflow_request_log_entries_total") >= (refused - 1).into();
        if settled && scrape["hookflow_executions_in_memory"] == 0.0 {
            break scrape;
        }
        assert!(Instant::now() < until, "{scrape:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let is = |sample: &str, value: f64| {
        assert!((scrape[sample] - value).abs() < 1e-9, "{sample}: {}, not {value}", scrape[sample]);
    };
    for (code, count) in REFUSED {
        is(&format!("hookflow_requests_refused_total{{code=\"{code}\"}}"), count.into());
    }
    for (status, count) in ENDED {
        is(&format!("hookflow_executions_finished_total{{status=\"{status}\"}}"), count.into());
    }
    let sums = [
        ("hookflow_requests_refused_total", refused),
        ("hookflow_executions_finished_total", accepted),
        ("hookflow_requests_accepted_total", accepted),
        ("hookflow_http_faults_total", 0),
    ];
    for (family, sum) in sums {
        assert!((total(&scrape, family) - f64::from(sum)).abs() < 1e-9, "{family}: {}", total(&scrape, family));
    }
    for stage in ["accept", "queue", "run"] {
        is(&format!("hookflow_{stage}_duration_seconds_count"), accepted.into());
    }
    is("hookflow_answer_duration_seconds_count", (accepted + refused).into());
    is("hookflow_request_log_entries_total", (refused - 1).into());
    is("hookflow_store_flush_duration_seconds_count", scrape["hookflow_store_flushes_total"]);
    is("hookflow_store_batch_commands_sum", scrape["hookflow_store_commands_total"]);
    is("hookflow_store_queue_commands", 0.0);
    is("hookflow_store_queue_bytes", 0.0);
    is("hookflow_ready", 1.0);
    let answered = scrape["hookflow_answer_duration_seconds_sum"];
    assert!(answered >= scrape["hookflow_accept_duration_seconds_sum"] && answered < 60.0, "{answered}");
    assert!(scrape["hookflow_database_bytes"] > 4_096.0);
}

/// OpenMetrics 1.0: a family stands in one place, its name ends in its unit, counters end in `_total`,
/// and the ranges of a histogram add up.
#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_openmetrics() {
    let bench = Bench::new().await;
    series(&bench).await;
    let text = text(&bench).await;
    assert!(text.ends_with("\n# EOF\n"));
    let mut families = BTreeSet::new();
    let mut family = ("", "");
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(help.ends_with('.') && help.len() > 15, "{line}");
            assert!(families.insert(name), "{name} stands there twice");
            family = (name, "");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, family.0);
            family.1 = kind;
        } else if let Some(unit) = line.strip_prefix("# UNIT ") {
            let (name, unit) = unit.split_once(' ').unwrap();
            assert!(name == family.0 && name.ends_with(&format!("_{unit}")), "{line}");
            assert!(["seconds", "bytes"].contains(&unit), "a base unit: {line}");
        } else {
            let sample = line.split(['{', ' ']).next().unwrap();
            let suffix = sample.strip_prefix(family.0).unwrap_or_else(|| panic!("{line} in {family:?}"));
            let wanted: &[&str] = match family.1 {
                "counter" => &["_total"],
                "gauge" => &[""],
                "histogram" => &["_bucket", "_sum", "_count"],
                other => panic!("{other}"),
            };
            assert!(wanted.contains(&suffix), "{line}");
        }
    }
    let scrape = samples(&text);
    for name in families.iter().filter(|name| scrape.contains_key(&format!("{name}_count"))) {
        let ranges = text.lines().filter(|line| line.starts_with(&format!("{name}_bucket{{le=")));
        let ranges: Vec<f64> = ranges.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
        assert!(ranges.len() > 5 && ranges.is_sorted(), "{name}: {ranges:?}");
        assert_eq!(ranges.last(), Some(&scrape[&format!("{name}_count")]), "{name}");
    }
    let listed: BTreeSet<String> = server::metrics_reference().into_iter().map(|metric| metric.name).collect();
    let served: BTreeSet<String> = families
        .iter()
        .map(|name| {
            if text.contains(&format!("# TYPE {name} counter")) { format!("{name}_total") } else { (*name).to_owned() }
        })
        .collect();
    assert_eq!(listed, served, "the reference has each");
}

/// What was never counted is a 0 and not a gap: the first one shows as a rise.
#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_there_before_its_first_time() {
    let bench = Bench::new().await;
    let scrape = scrape(&bench).await;
    for refusal in server::refusals() {
        let code = refusal.code;
        let sample = match code.starts_with("http.") {
            true => format!("hookflow_http_faults_total{{listener=\"hooks\",code=\"{code}\"}}"),
            false => format!("hookflow_requests_refused_total{{code=\"{code}\"}}"),
        };
        assert_eq!(scrape.get(&sample), Some(&0.0), "{sample}");
    }
}

/// Why a server is not ready, on both listeners alike; `None`: it is.
async fn not_ready(bench: &Bench) -> Option<String> {
    let answers = [bench.hooks, bench.admin].map(|address| async move {
        let answer = exchange(address, &request("GET", "/readyz", &[], b"")).await;
        (answer.status == 503).then(|| {
            assert_eq!(answer.json()["code"], json!("server.not_ready"));
            assert_eq!(answer.header("retry-after"), Some("2"));
            answer.json()["detail"].as_str().unwrap().to_owned()
        })
    });
    let [hooks, admin] = answers;
    let (hooks, admin) = (hooks.await, admin.await);
    assert_eq!(hooks, admin);
    assert_eq!(bench.metric("hookflow_ready").await, u64::from(hooks.is_none()));
    hooks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so() {
    let bench = Bench::new().await;
    assert_eq!(not_ready(&bench).await, None);
    bench.engine.drain();
    assert_eq!(not_ready(&bench).await.as_deref(), Some("the server is stopping"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_too_many_bodies_in_memory_says_so() {
    let bench = Bench::with(|setup| setup.engine.body_bytes_in_memory_max = 10).await;
    let slow = json!({"kind": "test_effect", "config": {"file": bench.folder.path().join("out"), "sleep_ms": 500}});
    let key = bench.publish(json!({"mode": "async", "nodes": [slow]})).await;
    let answer = bench.post(&key, &[JSON], "\"12345678\"").await;
    assert_eq!(not_ready(&bench).await.as_deref(), Some("too many requests are in memory"));
    assert_eq!(bench.post(&key, &[JSON], "{}").await.status, 503, "and it is true");
    bench.ended(answer.execution()).await;
    let until = Instant::now() + Duration::from_secs(5);
    while not_ready(&bench).await.is_some() {
        assert!(Instant::now() < until);
    }
    assert_eq!(bench.post(&key, &[JSON], "{}").await.status, 200);
}

/// Someone has emptied its files under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_is_broken_says_so() {
    if on_postgres() {
        return; // Its files are its own.
    }
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    for suffix in ["", "-wal"] {
        let path = bench.folder.path().join(format!("hookflow.db{suffix}"));
        std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(0).unwrap();
    }
    // Whoever finds out first, be it one who only reads: from then on no request is asked for.
    while bench.api("GET", "/executions", None).await.status == 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let why = not_ready(&bench).await.unwrap();
    assert!(why.starts_with("the database failed and must be reopened"), "{why}");
    assert_eq!(bench.post_json(&key, &json!({})).await.status, 503);
}
