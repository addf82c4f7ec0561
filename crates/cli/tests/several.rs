//! Three servers on one PostgreSQL, as processes: what one does the others know, and one that dies loses nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test")]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::postgres::testing::Cluster;
use support::{EVENTS, Home, ORDERS, Server, http, say};

/// A database, and the key that its servers are given.
struct Site {
    cluster: Cluster,
    url: String,
    homes: Vec<Home>,
    _folder: tempfile::TempDir,
    key: String,
}

impl Site {
    async fn new(servers: usize) -> Self {
        let cluster = Cluster::start();
        let url = cluster.database().await;
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("site.key");
        std::fs::write(&key, [9; 32]).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let homes = (0..servers).map(|_| Home::new()).collect();
        Self { cluster, url, homes, key: key.display().to_string(), _folder: folder }
    }

    fn serve(&self, number: usize, more: &[&str]) -> Server {
        self.serve_with(number, &[], more)
    }

    fn serve_with(&self, number: usize, settings: &[(&str, &str)], more: &[&str]) -> Server {
        let mut args = vec!["--database", &self.url, "--key-file", &self.key];
        args.extend(more);
        let log = std::fs::File::create(self.homes[number].path().join("log")).unwrap();
        self.homes[number].serve_saying(settings, &args, log.into())
    }

    fn log(&self, number: usize) -> String {
        std::fs::read_to_string(self.homes[number].path().join("log")).unwrap()
    }
}

async fn status(address: &str, path: &str) -> u16 {
    let answered = http().get(format!("http://{address}{path}")).send().await;
    answered.map_or(0, |answer| answer.status().as_u16())
}

async fn post(server: &Server, key: &str, body: &Value) -> reqwest::Response {
    let url = format!("http://{}/api/webhook:trigger/{key}", server.hooks());
    http().post(url).json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_at_one_server_is_answered_by_all_within_a_second() {
    let site = Site::new(3).await;
    let servers = [site.serve(0, &[]), site.serve(1, &[]), site.serve(2, &[])];
    let key = site.homes[0].publish(&site.homes[0].file("orders.yaml", ORDERS))["key"].as_str().unwrap().to_owned();
    let began = Instant::now();
    for server in &servers {
        loop {
            let answer = post(server, &key, &json!({ "order": { "id": "A-1", "status": "paid" } })).await;
            if answer.status() == 200 {
                assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "received": "A-1" }));
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(1), "{}", answer.status());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    // Any of them tells of all.
    assert_eq!(site.homes[2].json(&["executions"]).len(), 3);
    for server in servers {
        assert_eq!(tokio::task::block_in_place(|| server.terminate()).code, 0);
    }
    let names = std::fs::read_dir(site.homes[0].data()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["admin.token", "lock"], "the data are elsewhere, and so is the key");
}

/// The share of R8 that runs with every change: fewer executions, the same times.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_ran_goes_on_elsewhere_within_twenty_seconds() {
    const RUNNING: usize = 200;
    let site = Site::new(3).await;
    let trace = site.homes[0].path().join("out").display().to_string();
    let flow = EVENTS.replace(
        "nodes: []",
        &format!("nodes: [{{ key: slow, kind: test_effect, config: {{ file: {trace}, sleep_ms: 4000 }} }}]"),
    );
    let victim = site.serve(0, &[]);
    let key = site.homes[0].publish(&site.homes[0].file("slow.yaml", &flow))["key"].as_str().unwrap().to_owned();
    let nothing = json!({});
    let posts = (0..RUNNING).map(|_| post(&victim, &key, &nothing));
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status(), 200);
    }
    // They all run there: the others come later.
    let _others = [site.serve(1, &[]), site.serve(2, &[])];
    let lines = || std::fs::read_to_string(&trace).unwrap_or_default().lines().count();
    while lines() < RUNNING {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    victim.kill();
    let killed = Instant::now();
    while lines() < 2 * RUNNING {
        assert!(killed.elapsed() < Duration::from_secs(20), "{} of {RUNNING} resumed", lines() - RUNNING);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    say(&format!(
        "R8 share: {RUNNING} running executions resumed {:.1} s after the kill",
        killed.elapsed().as_secs_f64()
    ));
    tokio::task::block_in_place(|| site.homes[1].await_ends());
    let ended = site.homes[2].json(&["executions", "--status", "succeeded", "--limit", "500"]);
    assert_eq!(ended.len(), RUNNING);
}

/// The share of R7 that runs with every change. Others take a frozen server's work; once it wakes up it begins nothing
/// of it any more, starts anew under another id, and is one of them again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_frozen_for_longer_than_its_lease_begins_nothing_more() {
    const RUNNING: usize = 20;
    let site = Site::new(2).await;
    let (trace, done) = (site.homes[0].path().join("out"), site.homes[0].path().join("done"));
    let node = |key: &str, file: &std::path::Path, ms: u32| {
        format!("{{ key: {key}, kind: test_effect, config: {{ file: {}, sleep_ms: {ms} }} }}", file.display())
    };
    let nodes = format!("nodes: [{}, {}]", node("first", &trace, 1_500), node("second", &done, 0));
    let settings = [("HOOKFLOW_LEASE_MS", "2000")];
    let frozen = site.serve_with(0, &settings, &[]);
    let file = site.homes[0].file("flow.yaml", &EVENTS.replace("nodes: []", &nodes));
    let key = site.homes[0].publish(&file)["key"].as_str().unwrap().to_owned();
    let nothing = json!({});
    let posts = (0..RUNNING).map(|_| post(&frozen, &key, &nothing));
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status(), 200);
    }
    let lines = |file: &std::path::Path| std::fs::read_to_string(file).unwrap_or_default().lines().count();
    while lines(&trace) < RUNNING {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    frozen.signal("STOP");
    let other = site.serve_with(1, &settings, &[]);
    let began = Instant::now();
    while lines(&done) < RUNNING {
        assert!(began.elapsed() < Duration::from_secs(15), "{} of {RUNNING} taken over", lines(&done));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    frozen.signal("CONT");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(lines(&done), RUNNING, "what is taken over goes on in one place");
    for server in [&frozen, &other] {
        assert_eq!(status(server.admin(), "/readyz").await, 200);
        let metrics =
            http().get(format!("http://{}/metrics", server.admin())).send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("hookflow_servers{role=\"all\"} 2"), "{metrics}");
    }
    assert_eq!(post(&frozen, &key, &nothing).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_refuses_to_start() {
    let site = Site::new(2).await;
    let one = site.serve(0, &[]);
    let other = site.homes[1].file("other.key", "0123456789abcdef0123456789abcdef");
    let path = site.homes[1].path().join(&other);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let serve = ["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--database", &site.url];
    for more in [&["--key-file", &other][..], &[]] {
        let ran = site.homes[1].run(&[&serve[..], more].concat());
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("error[key.other]: ") && ran.stderr.contains("--key-file"), "{}", ran.stderr);
    }
    let missing = site.homes[1].run(&[&serve[..], &["--key-file", "nowhere.key"]].concat());
    assert!(missing.stderr.contains("error[key.unusable]: "), "{}", missing.stderr);
    assert_eq!(status(one.admin(), "/readyz").await, 200, "who has the right one does not notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_has_its_doors() {
    let site = Site::new(3).await;
    let hooks = site.serve(0, &["--role", "hooks"]);
    let worker = site.serve(1, &["--role", "worker"]);
    let admin = site.serve(2, &["--role", "admin"]);
    assert!(worker.info["hooks"].is_null() && admin.info["hooks"].is_null());
    for (server, api) in [(&hooks, 404), (&worker, 404), (&admin, 401)] {
        assert_eq!(status(server.admin(), "/readyz").await, 200);
        assert_eq!(status(server.admin(), "/metrics").await, 200);
        assert_eq!(status(server.admin(), "/api/v1/workflows").await, api);
    }
    assert_eq!(status(worker.admin(), "/").await, 404, "there are no pages");
    let trace = site.homes[0].path().join("out").display().to_string();
    let effect = format!("nodes: [{{ key: done, kind: test_effect, config: {{ file: {trace} }} }}]");
    let file = site.homes[2].file("flow.yaml", &EVENTS.replace("nodes: []", &effect));
    let key = site.homes[2].publish(&file)["key"].as_str().unwrap().to_owned();
    let began = Instant::now();
    while post(&hooks, &key, &json!({})).await.status() != 200 {
        assert!(began.elapsed() < Duration::from_secs(1));
    }
    tokio::task::block_in_place(|| site.homes[2].await_ends());
    let metrics = http().get(format!("http://{}/metrics", worker.admin())).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("hookflow_executions_finished_total{status=\"succeeded\"} 1"), "{metrics}");
    assert!(metrics.contains("hookflow_servers{role=\"hooks\"} 1"), "{metrics}");

    let alone = Home::new().run(&["serve", "--role", "worker"]);
    assert_eq!(alone.code, 2);
    assert!(alone.stderr.contains("error[config.role]: "), "{}", alone.stderr);
}

/// Until it is so, for ten seconds at most.
async fn until(so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Made for 127.0.0.1 by somebody whom nobody knows, in the folder where PostgreSQL looks for them.
const CERTIFICATES: &str = r#"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=somebody \
  -keyout somebody.key -out somebody.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server -keyout server.key -out server.csr
printf 'subjectAltName=IP:127.0.0.1\n' > server.ext
openssl x509 -req -in server.csr -CA somebody.crt -CAkey somebody.key -CAcreateserial -days 2 -extfile server.ext -out server.crt
chmod 600 server.key
chown --reference=. server.key server.crt
"#;

/// `require` is encrypted and knows whom it talks to; what is said by default is encrypted where that can be.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_the_database_is_encrypted_as_its_url_says() {
    let site = Site::new(1).await;
    let data = site.cluster.folder().join("data");
    let made = Command::new("sh").args(["-ec", CERTIFICATES]).current_dir(&data).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    site.cluster.execute("postgres", "alter system set ssl = on").await;
    site.cluster.execute("postgres", "select pg_reload_conf()").await;
    until(async || {
        let client = store::postgres::testing::client(&site.url).await;
        client.query_one("show ssl", &[]).await.unwrap().get::<_, &str>(0) == "on"
    })
    .await;
    let looks_on = store::postgres::testing::client(&site.url).await;
    let encrypted = "select count(*), count(*) filter (where ssl) from pg_stat_ssl join pg_stat_activity using (pid)
                      where datname = current_database() and application_name = 'hookflow'";
    let sessions = async || {
        let row = looks_on.query_one(encrypted, &[]).await.unwrap();
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    let known = data.join("somebody.crt").display().to_string();
    for (mode, all) in [("require", true), ("prefer", true), ("disable", false)] {
        let url = format!("{}?sslmode={mode}", site.url);
        let settings: &[(&str, &str)] = if mode == "require" { &[("SSL_CERT_FILE", &known)] } else { &[] };
        let log = std::fs::File::create(site.homes[0].path().join("log")).unwrap();
        let server = site.homes[0].serve_saying(settings, &["--database", &url, "--key-file", &site.key], log.into());
        let (there, encrypted) = sessions().await;
        assert!(there > 1 && encrypted == if all { there } else { 0 }, "{mode}: {encrypted} of {there}");
        tokio::task::block_in_place(|| server.terminate());
        until(async || sessions().await == (0, 0)).await;
    }
    let serve = ["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--key-file", &site.key];
    let url = format!("{}?sslmode=require", site.url);
    let refused = site.homes[0].run(&[&serve[..], &["--database", &url]].concat());
    assert!(refused.code == 1 && refused.stderr.contains("certificate"), "{}", refused.stderr);
    assert_eq!(sessions().await, (0, 0), "nobody was let in by a certificate that nobody knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_people_are_told_so() {
    let site = Site::new(1).await;
    let _server = site.serve(0, &[]);
    let asked = || tokio::task::block_in_place(|| site.homes[0].run(&["executions"]));
    assert_eq!(asked().code, 0);
    site.cluster.stop();
    let told = asked();
    assert!(
        told.code == 1 && told.stderr.contains("error[server.unavailable]: The database cannot be reached"),
        "{}",
        told.stderr
    );
    site.cluster.start_again();
    let began = Instant::now();
    while asked().code != 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What it refuses of one execution is tried again until somebody has looked after it; the server is there for all
/// others.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_of_one_waits_and_the_server_stays_ready() {
    let site = Site::new(1).await;
    let server = site.serve(0, &[]);
    let trace = site.homes[0].path().join("out").display().to_string();
    let effect = format!("nodes: [{{ key: once, kind: test_effect, config: {{ file: {trace} }} }}]");
    let flow = site.homes[0].file("once.yaml", &EVENTS.replace("nodes: []", &effect));
    let key = site.homes[0].publish(&flow)["key"].as_str().unwrap().to_owned();
    let refuses = "create function refuses() returns trigger language plpgsql as
                       $$ begin raise exception 'no' using errcode = '58030'; end $$;
                   create trigger refuses before update on execution for each row
                       when (new.status = 'succeeded') execute function refuses()";
    let client = store::postgres::testing::client(&site.url).await;
    client.batch_execute(refuses).await.unwrap();
    assert_eq!(post(&server, &key, &json!({})).await.status(), 200);
    until(async || site.log(0).contains("the database refuses: ")).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        assert_eq!(status(server.admin(), "/readyz").await, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.batch_execute("drop trigger refuses on execution").await.unwrap();
    tokio::task::block_in_place(|| site.homes[0].await_ends());
    assert_eq!(site.homes[0].json(&["executions", "--status", "succeeded"]).len(), 1);
    let ran = std::fs::read_to_string(&trace).unwrap().lines().count();
    assert_eq!(ran, 1, "only what is written was tried again");
}

/// The password of a database is in nothing that the program prints.
#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_the_database_is_not_printed() {
    let site = Site::new(1).await;
    let (_, password) = site.url.split_once("://").unwrap().1.split_once('@').unwrap().0.split_once(':').unwrap();
    let server = site.serve(0, &[]);
    let checked = site.homes[0].run(&["config", "check", "--database", &site.url]);
    assert_eq!(checked.code, 0);
    tokio::task::block_in_place(|| server.terminate());
    for text in [&checked.stdout, &checked.stderr, &site.log(0)] {
        assert!(!text.contains(&format!(":{password}@")), "{text}");
    }
    let nowhere = format!("{}_that_is_not_there", site.url);
    let serve = ["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--key-file", &site.key];
    let refused = site.homes[0].run(&[&serve[..], &["--database", &nowhere]].concat());
    assert!(refused.code == 1 && refused.stderr.contains("error[serve.store]: "), "{}", refused.stderr);
    assert!(!refused.stderr.contains(&format!(":{password}@")), "{}", refused.stderr);
}
