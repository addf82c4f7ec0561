//! The engine as its users see it.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::answer::Answer;
use domain::credentials::ServerKey;
use domain::id::ExecutionId;
use nodes::Registry;
use store::{RefusedRequest, Store};

use crate::catalog::{Endpoint, Lookup};
use crate::limits::Limits;

/// A running engine. Cheap to clone; the last clone does not stop it, [`Engine::stop`] does.
#[derive(Debug, Clone)]
pub struct Engine {
    _inner: Arc<()>,
}

/// A request that passed every check of the listener.
#[derive(Debug)]
pub struct Incoming {
    pub method: String,
    /// Names in lower case; what must not be kept is already gone.
    pub headers: Vec<(String, String)>,
    pub query_string: String,
    /// After inflation; empty or JSON that passed `domain::event::body::check`.
    pub body: Bytes,
    /// JSON values in the body, from that check.
    pub body_nodes: usize,
    pub remote_addr: IpAddr,
}

/// A request that is now on disk.
#[derive(Debug)]
pub struct Accepted {
    pub execution: ExecutionId,
    pub reply: Reply,
}

#[derive(Debug)]
pub enum Reply {
    /// Send this.
    Answer(Answer),
    /// Send 202; the final answer will be at this ticket (`<execution id>.<random>`).
    Later { ticket: String },
}

/// Nothing was kept. The sender should try again.
#[derive(Debug, thiserror::Error)]
#[error("cannot be made durable: {reason}")]
pub struct NotDurable {
    pub reason: String,
    pub retry_after_s: u32,
}

/// What stands at a ticket.
#[derive(Debug)]
pub enum LateAnswer {
    Unknown,
    Pending { execution: ExecutionId },
    Ready { execution: ExecutionId, answer: Answer },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Loads every workflow, takes up what an earlier process left open, starts the services.
    pub async fn start(
        _store: Arc<dyn Store>,
        _registry: Arc<Registry>,
        _key: ServerKey,
        _limits: Limits,
    ) -> Result<Self, EngineError> {
        todo!()
    }

    /// What stands behind an endpoint key. In memory.
    pub fn endpoint(&self, _key: &str) -> Lookup {
        todo!()
    }

    /// Takes a request for an endpoint that is live. Whatever it answers is on disk. Dropping the
    /// returned future does not stop the execution.
    pub async fn accept(&self, _endpoint: Arc<Endpoint>, _incoming: Incoming) -> Result<Accepted, NotDurable> {
        todo!()
    }

    /// What stands at a ticket of [`Reply::Later`].
    pub async fn late_answer(&self, _ticket: &str) -> Result<LateAnswer, EngineError> {
        todo!()
    }

    /// Puts a refused request into the log, some time soon. Never waits; drops and counts when too many come.
    pub fn log_refused(&self, _request: RefusedRequest) {
        todo!()
    }

    /// A fresh id, time-ordered.
    pub fn new_request_id(&self) -> domain::id::RequestId {
        todo!()
    }

    pub fn server_key(&self) -> &ServerKey {
        todo!()
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        todo!()
    }

    pub fn registry(&self) -> &Arc<Registry> {
        todo!()
    }

    /// `Err` says why no request can be accepted now (stopping, database broken, disk full).
    pub fn ready(&self) -> Result<(), String> {
        todo!()
    }

    /// Resolves when the store has failed and the process has to end so that a restart can mend it.
    pub async fn broken(&self) -> String {
        todo!()
    }

    /// Counters for metrics.
    pub fn counters(&self) -> Counters {
        todo!()
    }

    /// From now on nothing is accepted, callers that wait get their ticket, and what runs is parked
    /// at its next node boundary. Returns when all is parked or `Limits::drain` has passed, the store closed.
    pub async fn stop(&self) {
        todo!()
    }
}

/// What the engine has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub accepted: u64,
    pub not_durable: u64,
    pub finished: u64,
    pub requests_logged: u64,
    pub requests_dropped: u64,
    /// Held in memory now: queued and running.
    pub in_memory: u64,
}
