//! The live feed of the real program: how soon, how complete, and at what price.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use bench::load::{self, Plan, Until};
use domain::time::Timestamp;
use serde_json::Value;
use support::{EVENTS, Home, ORDERS, Server, say};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of the feed.
struct Feed {
    answer: reqwest::Response,
    text: String,
    /// Of the last event that came.
    id: Option<String>,
}

#[derive(Debug)]
struct Event {
    name: String,
    data: Value,
}

fn token(home: &Home) -> String {
    std::fs::read_to_string(home.data().join("admin.token")).unwrap().trim().to_owned()
}

impl Feed {
    async fn open(home: &Home, server: &Server, last: Option<&str>) -> Self {
        let url = format!("http://{}/api/v1/live", server.admin());
        let mut request = support::http().get(url).bearer_auth(token(home));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { answer, text: String::new(), id: None }
    }

    async fn next(&mut self) -> Event {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                let event = field("event: ").map(|name| Event {
                    name: name.into(),
                    data: serde_json::from_str(field("data: ").unwrap()).unwrap(),
                });
                if let Some(id) = field("id: ") {
                    self.id = Some(id.to_owned());
                }
                self.text = rest.to_owned();
                if let Some(event) = event {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("something comes");
            self.text += std::str::from_utf8(&chunk.unwrap().expect("the feed goes on")).unwrap();
        }
    }

    /// The executions that end, in the order in which that was heard, up to `count` of them.
    async fn ends(&mut self, count: usize) -> Vec<Value> {
        let mut ends = Vec::new();
        while ends.len() < count {
            let Event { name, data } = self.next().await;
            assert_ne!(name, "gap");
            if name == "execution" && !data["finished_at"].is_null() {
                ends.push(data);
            }
        }
        ends
    }
}

async fn send(server: &Server, key: &str, count: usize, pause: Duration) {
    let (client, url) = (support::http(), format!("http://{}/api/webhook:trigger/{key}", server.hooks()));
    for _ in 0..count {
        assert!(client.post(&url).send().await.unwrap().status().is_success());
        tokio::time::sleep(pause).await;
    }
}

/// Every execution there is, by id.
async fn listed(home: &Home, server: &Server) -> BTreeMap<String, Value> {
    let (client, mut all, mut cursor) = (support::http(), BTreeMap::new(), String::new());
    loop {
        let url = format!("http://{}/api/v1/executions?limit=500{cursor}", server.admin());
        let page: Value = client.get(url).bearer_auth(token(home)).send().await.unwrap().json().await.unwrap();
        for item in page["items"].as_array().unwrap() {
            all.insert(item["id"].as_str().unwrap().to_owned(), item.clone());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_executions_are_heard_of_within_half_a_second_of_their_end() {
    let home = Home::new();
    let server = home.serve(&[]);
    let applied = home.publish(&home.file("events.yaml", EVENTS));
    let mut feed = Feed::open(&home, &server, None).await;
    let listening = async {
        let mut late = Vec::new();
        for _ in 0..50 {
            let end = feed.ends(1).await.remove(0);
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let now = Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap());
            late.push(now.since(end["finished_at"].as_str().unwrap().parse().unwrap()));
        }
        late
    };
    let sending = send(&server, applied["key"].as_str().unwrap(), 50, Duration::from_millis(23));
    let (mut late, ()) = tokio::join!(listening, sending);
    late.sort();
    let [p50, p95, last] = [24, 47, 49].map(|rank| late[rank]);
    say(&format!("live: 50 executions heard of after their end: p50 {p50:.0?}, p95 {p95:.0?}, at most {last:.0?}"));
    assert!(p95 < Duration::from_millis(500), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_of_five_seconds_leaves_no_gap_and_no_duplicate() {
    let home = Home::new();
    let server = home.serve(&[]);
    let applied = home.publish(&home.file("events.yaml", EVENTS));
    let key = applied["key"].as_str().unwrap();
    let mut feed = Feed::open(&home, &server, None).await;
    let sending = send(&server, key, 400, Duration::from_millis(20));
    let listening = async {
        let mut heard = feed.ends(40).await;
        // Whatever is on its way now is lost, and stands behind the last id that came.
        let id = feed.id.clone();
        drop(feed);
        let from = Instant::now();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut feed = Feed::open(&home, &server, id.as_deref()).await;
        assert_eq!(feed.next().await.name, "hello");
        heard.extend(feed.ends(360).await);
        (heard, from.elapsed())
    };
    let ((heard, _), ()) = tokio::join!(listening, sending);
    let listed = listed(&home, &server).await;
    let told: BTreeMap<String, Value> =
        heard.iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone())).collect();
    say(&format!(
        "live: {} executions, a cut of 5 s: {} heard of, {} of them twice",
        listed.len(),
        told.len(),
        heard.len() - told.len()
    ));
    assert_eq!(heard.len(), told.len(), "one was told twice");
    assert_eq!(told, listed, "what was told is what the list shows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_a_gap() {
    let home = Home::new();
    let server = home.serve(&[]);
    let applied = home.publish(&home.file("events.yaml", EVENTS));
    let key = applied["key"].as_str().unwrap();
    let mut feed = Feed::open(&home, &server, None).await;
    let (ends, ()) = tokio::join!(feed.ends(1), send(&server, key, 1, Duration::ZERO));
    let stopped = server.terminate();
    assert_eq!(stopped.code, 0, "{}", stopped.stderr);
    let server = home.serve(&[]);
    let mut feed = Feed::open(&home, &server, feed.id.as_deref()).await;
    let gap = feed.next().await;
    assert_eq!(gap.name, "gap");
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let (since, end) = (time(&gap.data["since"]), time(&ends[0]["finished_at"]));
    assert!(end.since(since) < Duration::from_secs(2) && since.since(end) < Duration::from_secs(2), "{since} {end}");
    let (ends, ()) = tokio::join!(feed.ends(1), send(&server, key, 1, Duration::ZERO));
    assert_eq!(ends.len(), 1);
}

/// In turns, so that a machine that gets slower does so for both. `make bench` has the figure of a release build.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_listeners_leave_the_server_its_throughput() {
    const ROUNDS: usize = 4;
    let home = Home::new();
    let server = home.serve(&[]);
    let applied = home.publish(&home.file("orders.yaml", ORDERS));
    let target = format!("/api/webhook:trigger/{}", applied["key"].as_str().unwrap());
    let round = async || {
        let plan = Plan {
            address: server.hooks().parse().unwrap(),
            target: target.clone(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: br#"{"order": {"id": "A-1", "status": "paid"}}"#.to_vec(),
            connections: 16,
            until: Until::Elapsed(Duration::from_secs(1)),
        };
        let report = load::run(plan).await.unwrap();
        assert_eq!(report.errors, 0);
        report.answers_per_second()
    };
    round().await;
    let (mut alone, mut listened) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        alone += round().await;
        let listeners =
            bench::live::Listeners::open(server.admin().parse().unwrap(), &token(&home), 200).await.unwrap();
        listened += round().await;
        let heard = listeners.close().await.unwrap();
        assert!(heard.bytes > 200 * 100, "they hear something: {heard:?}");
    }
    let ratio = listened / alone;
    say(&format!(
        "live: {:.0} answers a second with 200 listeners, {:.0} with none: {ratio:.2}",
        listened / ROUNDS as f64,
        alone / ROUNDS as f64
    ));
    assert!(ratio > 0.5, "the listeners cost too much: {ratio}");
}
