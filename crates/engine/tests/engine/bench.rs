//! An engine in a folder of its own, and short ways to ask it things.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::answer::Answer;
use domain::credentials::ServerKey;
use domain::event::body;
use domain::id::ExecutionId;
use engine::authoring::AuthoringError;
use engine::catalog::{Endpoint, Lookup};
use engine::handle::{Accepted, Incoming, NotDurable, Reply};
use engine::{Engine, Limits};
use nodes::Registry;
use nodes::outbound::Networks;
use serde_json::{Value, json};
use store::sqlite::{Options, Sqlite};
use store::{Execution, ExecutionFilter, ExecutionHead, RetentionRule, Store};
use tempfile::TempDir;

use crate::faulty::Faulty;

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
}

impl Bench {
    /// Deletes what the rule lets go; how many.
    pub(crate) async fn forget(&self, rule: RetentionRule) -> u32 {
        let found = self.engine.store().retention_find(rule).await.unwrap();
        self.engine.store().retention_delete(found).await.unwrap()
    }

    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = start(folder.path(), limits).await;
        Self { folder, engine }
    }

    /// Over a store that can be told to fail.
    pub(crate) async fn faulty(limits: Limits) -> (Self, Arc<Faulty>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Faulty::new(Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap());
        let engine = start_over(Arc::clone(&store) as Arc<dyn Store>, limits).await;
        (Self { folder, engine }, store)
    }

    pub(crate) async fn all(&self) -> Vec<ExecutionHead> {
        let filter = ExecutionFilter { limit: 500, ..ExecutionFilter::default() };
        self.engine.store().execution_list(filter).await.unwrap().items
    }

    /// An effect that leaves a line in the file `out` and takes so long.
    pub(crate) fn effect(&self, key: &str, sleep_ms: u64) -> Value {
        json!({ "key": key, "kind": "test_effect", "config": { "file": self.file("out"), "sleep_ms": sleep_ms } })
    }

    /// Applies a workflow made of `flow` and returns its endpoint.
    pub(crate) async fn publish(&self, flow: Value) -> Arc<Endpoint> {
        let applied = match self.engine.apply(vec![document(&flow)], true).await {
            Ok(applied) => applied,
            Err(AuthoringError::Invalid(applied)) => panic!("{:#?}", applied[0].problems),
            Err(error) => panic!("{error:?}"),
        };
        let key = applied[0].key.clone().unwrap();
        match self.engine.endpoint(key.as_str()) {
            Lookup::Found(endpoint) => endpoint,
            other => panic!("{other:?}"),
        }
    }

    /// Puts another draft behind the endpoint and leaves what is live.
    pub(crate) async fn draft(&self, endpoint: &Endpoint, mut flow: Value) {
        flow["key"] = json!(endpoint.key);
        self.engine.apply(vec![document(&flow)], false).await.unwrap();
    }

    pub(crate) async fn send(&self, endpoint: &Endpoint, body: &Value) -> Result<Accepted, NotDurable> {
        send(&self.engine, endpoint, body).await
    }

    pub(crate) async fn stored(&self, id: ExecutionId) -> Execution {
        self.engine.store().execution_get(id).await.unwrap().expect("it is stored")
    }

    pub(crate) async fn ended(&self, id: ExecutionId) -> Execution {
        ended(&self.engine, id).await
    }

    pub(crate) fn effects(&self, file: &str) -> Vec<String> {
        effects(self.folder.path(), file)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn document(flow: &Value) -> Value {
    let mut document = json!({ "hookflow": 1, "title": "Test", "enabled": true, "trigger": { "kind": "webhook" } });
    document.as_object_mut().unwrap().extend(flow.as_object().unwrap().clone());
    document
}

pub(crate) async fn start(folder: &Path, limits: Limits) -> Engine {
    start_over(Sqlite::open(Options::new(folder.join("hookflow.db"))).unwrap(), limits).await
}

pub(crate) async fn start_over(store: Arc<dyn Store>, limits: Limits) -> Engine {
    Engine::start(store, registry(), key(), limits).await.unwrap()
}

pub(crate) fn key() -> ServerKey {
    ServerKey::new([7; 32])
}

/// Flows may call what listens here.
pub(crate) fn registry() -> Arc<Registry> {
    Registry::calling(Networks::parse(["127.0.0.0/8"]).unwrap())
}

pub(crate) async fn send(engine: &Engine, endpoint: &Endpoint, body: &Value) -> Result<Accepted, NotDurable> {
    let body = Bytes::from(body.to_string());
    let mut share = engine.admit(endpoint, body.len())?;
    share.grow(body.len())?;
    let incoming = Incoming {
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        query_string: "a=1".to_owned(),
        share,
        tree_bytes: body::check(&body, usize::MAX).unwrap().tree_bytes,
        body,
        remote_addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    engine.accept(endpoint, incoming).await
}

pub(crate) async fn ended(engine: &Engine, id: ExecutionId) -> Execution {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(execution) = engine.store().execution_get(id).await.unwrap()
            && !execution.head.status.is_open()
        {
            return execution;
        }
        assert!(Instant::now() < until, "{id} does not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn effects(folder: &Path, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

pub(crate) fn answered(accepted: &Accepted) -> &Answer {
    match &accepted.reply {
        Reply::Answer(answer) => answer,
        Reply::Later { ticket } => panic!("a ticket: {ticket}"),
    }
}

pub(crate) fn ticket(accepted: &Accepted) -> &str {
    match &accepted.reply {
        Reply::Later { ticket } => ticket,
        Reply::Answer(answer) => panic!("an answer: {answer:?}"),
    }
}

pub(crate) fn respond() -> Value {
    json!({ "key": "answer", "kind": "response", "config": { "status": 201, "body": { "id": "{{ trigger.body.id }}" } } })
}

pub(crate) fn wait(ms: u64) -> Value {
    json!({ "kind": "test_wait", "config": { "ms": ms } })
}

/// Tries until it holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
