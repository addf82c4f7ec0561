//! Where effects go: a server that has each on disk before it says yes.

use std::collections::HashMap;
use std::io::Result;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::HeaderMap;
use axum::routing::post;
use domain::id::ExecutionId;
use tokio::task::JoinHandle;

use crate::written::Written;

/// A path says which execution and node the effect belongs to, so that the key has to be proven and is not trusted.
const ROUTE: &str = "/{execution}/{node}";

#[derive(Debug)]
pub struct Sink {
    pub address: SocketAddr,
    log: Arc<Log>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Log {
    lines: Written,
    count: AtomicU64,
    pause: Duration,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Sink {
    /// Each answer comes `pause` after its line is on disk.
    pub async fn start(path: &Path, pause: Duration) -> Result<Self> {
        let log = Arc::new(Log { lines: Written::create(path)?, count: AtomicU64::new(0), pause });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route(ROUTE, post(take)).with_state(Arc::clone(&log));
        let serving = tokio::spawn(async move {
            // It ends with the process.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, log, serving })
    }

    pub fn count(&self) -> u64 {
        self.log.count.load(Relaxed)
    }

    /// Everything that happened so far.
    pub fn effects(&self) -> Result<Effects> {
        Ok(Effects::of(&self.log.lines.read()?))
    }
}

async fn take(
    State(log): State<Arc<Log>>,
    UrlPath((execution, node)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> &'static str {
    let key = headers.get("Idempotency-Key").and_then(|key| key.to_str().ok()).unwrap_or("-");
    log.lines.put(format!("{execution} {node} {key}")).await;
    log.count.fetch_add(1, Relaxed);
    tokio::time::sleep(log.pause).await;
    "taken"
}

/// How often each node of each execution had its effect.
#[derive(Debug, Default)]
pub struct Effects {
    pub times: HashMap<(ExecutionId, String), u32>,
    /// Effects whose key was not `<execution>.<node>.<visit>`.
    pub wrong_keys: Vec<String>,
}

impl Effects {
    fn of(text: &str) -> Self {
        let mut effects = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let (Some(execution), Some(node), Some(key)) = (words.next(), words.next(), words.next()) else { continue };
            // No loop is around these nodes: the visit is empty.
            if key != format!("{execution}.{node}.") {
                effects.wrong_keys.push(line.to_owned());
            }
            match execution.parse() {
                Ok(id) => *effects.times.entry((id, node.to_owned())).or_default() += 1,
                Err(_) => effects.wrong_keys.push(line.to_owned()),
            }
        }
        effects
    }

    pub fn of_node(&self, execution: ExecutionId, node: &str) -> u32 {
        self.times.get(&(execution, node.to_owned())).copied().unwrap_or(0)
    }

    /// More than once.
    pub fn repeated(&self) -> usize {
        self.times.values().filter(|times| **times > 1).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_counted_by_node_and_their_keys_are_checked() {
        let id = ExecutionId::from_bytes([7; 16]);
        let effects =
            Effects::of(&format!("{id} call {id}.call.\n{id} call {id}.call.\n{id} other {id}.call.\nx y -\n"));
        assert_eq!((effects.of_node(id, "call"), effects.of_node(id, "other"), effects.repeated()), (2, 1, 1));
        assert_eq!(effects.wrong_keys.len(), 3, "{:?}", effects.wrong_keys);
    }
}
