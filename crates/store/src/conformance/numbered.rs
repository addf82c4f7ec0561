//! Domain values to store, numbered: the `n`th of each came to be `n` seconds after some moment.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::status::{NodeStatus, Status};
use domain::flow::document::Mode;
use domain::id::{EndpointKey, EventId, ExecutionId, RequestId, ServerId, WorkflowId};
use domain::time::Timestamp;
use domain::workflow::{Settings, Workflow};
use serde_json::json;

use crate::row::{NewExecution, Pinned, Progress, RefusedRequest, WorkflowSave};
use crate::server::{NewServer, ServerRole};

/// `n` seconds after some moment.
pub fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000).plus(Duration::from_secs(u64::try_from(n).unwrap()))
}

pub const LEASE: Duration = Duration::from_secs(15);

pub fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap()
}

pub fn server_id(n: i64) -> ServerId {
    ServerId::new(at(n), number(n))
}

/// All servers have the same key.
pub fn server(n: i64) -> NewServer {
    NewServer {
        id: server_id(n),
        role: ServerRole::All,
        address: format!("127.0.0.1:{n}"),
        version: "1.2.3".to_owned(),
        key_check: "right".to_owned(),
        key_is_new: false,
        formerly: None,
    }
}

pub fn workflow_id(n: i64) -> WorkflowId {
    WorkflowId::new(at(n), number(n))
}

pub fn execution_id(n: i64) -> ExecutionId {
    ExecutionId::new(at(n), number(n))
}

pub fn key(n: i64) -> EndpointKey {
    EndpointKey::from_random(u128::from(number(n)))
}

pub fn workflow(n: i64) -> Workflow {
    Workflow {
        id: workflow_id(n),
        key: key(n),
        settings: Settings { title: format!("workflow {n}"), enabled: true, ..Settings::default() },
        draft: json!({"mode": "sync", "nodes": []}),
        edit: 1,
        live: None,
        created_at: at(n),
        changed_at: at(n),
    }
}

pub fn new(workflow: Workflow) -> WorkflowSave {
    WorkflowSave { workflow, made_from: None, publish: None }
}

pub fn event(n: i64) -> Event {
    Event {
        id: EventId::new(at(n), number(n)),
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        query_string: format!("n={n}"),
        body: Bytes::from(format!("{{\"n\":{n}}}")),
        remote_addr: [127, 0, 0, 1].into(),
        received_at: at(n),
    }
}

/// Nobody's, due at `due`.
pub fn queued(due: Timestamp) -> Progress {
    Progress {
        status: Status::Queued,
        reason: None,
        owner: None,
        due_at: due,
        records: Vec::new(),
        answer: None,
        notes: Vec::new(),
        finished_at: None,
    }
}

pub fn running(owner: ServerId) -> Progress {
    Progress { status: Status::Running, owner: Some(owner), ..queued(at(0)) }
}

pub fn ended(status: Status, finished: Timestamp) -> Progress {
    Progress { status, finished_at: Some(finished), ..queued(finished) }
}

/// The `n`th execution, of the `of`th workflow.
pub fn execution(n: i64, of: i64, progress: Progress) -> NewExecution {
    NewExecution {
        id: execution_id(n),
        workflow: workflow_id(of),
        workflow_key: key(of),
        pinned: Pinned::Revision(1),
        replay_of: None,
        mode: Mode::Async,
        event: Arc::new(event(n)),
        accepted_at: at(n),
        timeout_at: None,
        progress,
    }
}

pub fn node_run(node: &str, status: NodeStatus) -> NodeRun {
    NodeRun {
        node: node.parse().unwrap(),
        kind: "condition".into(),
        visit: String::new(),
        attempt: 1,
        status,
        slots: Vec::new(),
        input: None,
        result: Some(json!({"exact": u64::MAX, "float": 0.1, "z": 1, "a": [null, true]})),
        error: None,
        missing: Vec::new(),
        started_at: at(0),
        finished_at: None,
        wake_at: None,
    }
}

/// The `n`th refused request, to the `of`th workflow.
pub fn refused(n: i64, of: i64) -> RefusedRequest {
    RefusedRequest {
        id: RequestId::new(at(n), number(n)),
        workflow: workflow_id(of),
        workflow_key: key(of),
        code: "hook.credentials".to_owned(),
        status: 401,
        detail: "wrong user or password".to_owned(),
        method: "GET".to_owned(),
        headers: vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())],
        query_string: "a=1".to_owned(),
        body: Bytes::from_static(b"\x00\xff{"),
        remote_addr: "2001:db8::1".parse().unwrap(),
        received_at: at(n),
    }
}
