//! A whole server on real sockets: a fresh database, the engine, both listeners.
//!
//! SQLite in a folder, or with `HOOKFLOW_TEST_DATABASE=postgres` a database of a PostgreSQL that this process has
//! started: `make test` runs the suite on both.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "only tests use it")]

pub(crate) mod people;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::credentials::ServerKey;
use domain::id::ExecutionId;
use engine::authoring::AuthoringError;
use engine::{Engine, Limits};
use nodes::Registry;
use nodes::outbound::Networks;
use serde_json::{Value, json};
use server::{AdminToken, BasePath, Door, HookLimits, ListenerLimits, ServerLimits, ServerOptions};
use store::postgres::testing::Cluster;
use store::postgres::{self, Postgres};
use store::sqlite::{Options, Sqlite};
use store::{Execution, ExecutionFilter, RequestFilter, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const TOKEN: &str = "hft_test";
/// The body limit of these tests.
pub(crate) const BODY_MAX: usize = 4_096;

/// What a test may change before its server starts.
pub(crate) struct Setup {
    pub(crate) server: ServerLimits,
    pub(crate) engine: Limits,
    pub(crate) database_bytes_max: Option<u64>,
    pub(crate) admin_base_path: BasePath,
    pub(crate) door: Door,
    pub(crate) public_url: Option<String>,
    pub(crate) trusted_proxies: Networks,
    /// Where flows may call beside what is public.
    pub(crate) outbound: Networks,
}

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) hooks: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let listener = ListenerLimits {
            head_timeout: Duration::from_millis(300),
            linger: Duration::from_millis(300),
            stop_timeout: Duration::from_secs(5),
            ..ListenerLimits::default()
        };
        let server = ServerLimits {
            hooks: HookLimits {
                body_bytes_max: BODY_MAX,
                body_timeout: Duration::from_millis(300),
                ..HookLimits::default()
            },
            hooks_listener: listener.clone(),
            admin_listener: listener,
        };
        let mut setup = Setup {
            server,
            engine: Limits::default(),
            database_bytes_max: None,
            admin_base_path: BasePath::default(),
            door: Door::new(AdminToken::new(TOKEN.into())),
            public_url: Some("https://hooks.example/".into()),
            trusted_proxies: Networks::default(),
            outbound: Networks::default(),
        };
        change(&mut setup);
        let Setup { server: limits, engine, database_bytes_max, admin_base_path, door, .. } = setup;
        let (public_url, trusted_proxies, outbound) = (setup.public_url, setup.trusted_proxies, setup.outbound);
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = if on_postgres() {
            Postgres::open(postgres::Options::new(Cluster::shared().database().await)).await.unwrap()
        } else {
            let options = Options { database_bytes_max, ..Options::new(folder.path().join("hookflow.db")) };
            Sqlite::open(options).unwrap()
        };
        let key = ServerKey::new([7; 32]);
        let engine = Engine::start(store, Registry::calling(outbound), key, engine).await.unwrap();
        let (hooks, admin) = (bind().await, bind().await);
        let stop = CancellationToken::new();
        let (hooks_at, admin_at) = (hooks.local_addr().unwrap(), admin.local_addr().unwrap());
        let served = tokio::spawn(server::serve(ServerOptions {
            engine: engine.clone(),
            hooks: Some(hooks),
            hooks_at,
            admin,
            public_url,
            trusted_proxies,
            door,
            admin_base_path,
            limits,
            settings: Vec::new(),
            stop: stop.clone(),
        }));
        Self { folder, engine, hooks: hooks_at, admin: admin_at, stop, served }
    }

    /// All that the database has on disk: on PostgreSQL also what other tests have there.
    pub(crate) fn database_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if on_postgres() {
            collect(Cluster::shared().folder(), &mut files);
        } else {
            collect(self.folder.path(), &mut files);
        }
        files
    }

    /// Applies a document with `changes` over the simplest one and returns the workflow's key.
    pub(crate) async fn apply(&self, changes: Value, publish: bool) -> String {
        let mut document = json!({
            "hookflow": 1, "title": "Test", "enabled": true, "mode": "async", "trigger": {"kind": "webhook"}, "nodes": [],
        });
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let applied = match self.engine.apply(vec![document], publish).await {
            Ok(applied) => applied,
            Err(AuthoringError::Invalid(applied)) => panic!("{:#?}", applied[0].problems),
            Err(error) => panic!("{error:?}"),
        };
        applied[0].key.as_ref().unwrap().to_string()
    }

    pub(crate) async fn publish(&self, changes: Value) -> String {
        self.apply(changes, true).await
    }

    /// Sends bytes to the public listener and reads until it closes.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> Answer {
        exchange(self.hooks, bytes.as_ref()).await
    }

    /// `POST`s to an endpoint. `headers` are whole lines.
    pub(crate) async fn post(&self, key: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
        self.raw(request("POST", &trigger(key), headers, body.as_ref())).await
    }

    pub(crate) async fn post_json(&self, key: &str, body: &Value) -> Answer {
        self.post(key, &[JSON], body.to_string()).await
    }

    /// Asks the admin API, with its token.
    pub(crate) async fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = format!("Authorization: Bearer {TOKEN}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let bytes = request(method, &format!("/api/v1{path}"), &[&token, JSON], body.as_bytes());
        exchange(self.admin, &bytes).await
    }

    /// One counter of `/metrics`, 0 when it is not there yet.
    pub(crate) async fn metric(&self, line: &str) -> u64 {
        let text = exchange(self.admin, &request("GET", "/metrics", &[], b"")).await.body;
        let value = text.lines().find_map(|metric| metric.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    /// How many executions there are.
    pub(crate) async fn executions(&self) -> usize {
        let filter = ExecutionFilter { limit: 1_000, ..ExecutionFilter::default() };
        self.engine.store().execution_list(filter).await.unwrap().items.len()
    }

    pub(crate) async fn ended(&self, id: &str) -> Execution {
        let id: ExecutionId = id.parse().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(execution) = self.engine.store().execution_get(id).await.unwrap()
                && !execution.head.status.is_open()
            {
                return execution;
            }
            assert!(Instant::now() < until, "{id} does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The newest refused request, once there are `count`.
    pub(crate) async fn refused(&self, count: usize) -> store::RefusedRequest {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let filter = RequestFilter { accepted: Some(false), limit: 1_000, ..RequestFilter::default() };
            let heads = self.engine.store().request_list(filter).await.unwrap().items;
            assert!(heads.len() <= count, "{heads:#?}");
            if let (Some(head), true) = (heads.first(), heads.len() == count) {
                let store::Outcome::Refused { request, .. } = head.outcome else { panic!("{head:?}") };
                return self.engine.store().request_get(request).await.unwrap().unwrap();
            }
            assert!(Instant::now() < until, "{} refused requests, not {count}", heads.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn refused_count(&self) -> usize {
        let filter = RequestFilter { accepted: Some(false), limit: 1_000, ..RequestFilter::default() };
        self.engine.store().request_list(filter).await.unwrap().items.len()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            files.push(entry.path());
        }
    }
}

/// What is a database's own is tested with it: a full disk, a file that was emptied.
pub(crate) fn on_postgres() -> bool {
    std::env::var_os("HOOKFLOW_TEST_DATABASE").is_some_and(|database| database == "postgres")
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub(crate) const JSON: &str = "Content-Type: application/json";

pub(crate) fn trigger(key: &str) -> String {
    format!("/api/webhook:trigger/{key}")
}

/// A whole request that asks for the connection to close.
pub(crate) fn request(method: &str, target: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: hooks.example\r\nConnection: close\r\n");
    for line in headers {
        head += &format!("{line}\r\n");
    }
    let chunked = headers.iter().any(|line| line.starts_with("Transfer-Encoding"));
    if !body.is_empty() && !chunked && !headers.iter().any(|line| line.starts_with("Content-Length")) {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case; without `date`.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn execution(&self) -> &str {
        self.header("hookflow-execution").unwrap_or_else(|| panic!("no execution: {self:?}"))
    }
}

pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    finish(&mut stream).await
}

/// Reads until the server closes.
pub(crate) async fn finish(stream: &mut TcpStream) -> Answer {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("the server closes").unwrap();
    parse(&String::from_utf8(answer).unwrap())
}

fn parse(text: &str) -> Answer {
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .filter(|(name, _)| name != "date")
        .collect();
    Answer { status, headers, body: body.to_owned() }
}

pub(crate) fn credentials() -> Value {
    json!({"credentials": {"basic": {"username": "hook", "password": "s3cret"}}})
}

/// `hook:s3cret`
pub(crate) const RIGHT: &str = "Authorization: Basic aG9vazpzM2NyZXQ=";

const STANDING: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
];

pub(crate) fn assert_standing(answer: &Answer) {
    for (name, value) in STANDING {
        assert_eq!(answer.header(name), Some(value), "{name} in {answer:?}");
    }
    for name in ["server", "x-powered-by", "via", "set-cookie"] {
        assert_eq!(answer.header(name), None, "{answer:?}");
    }
}

pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_standing(answer);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("hookflow-execution"), None);
    let problem = answer.json();
    let members: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["type", "title", "status", "code", "detail"]);
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
