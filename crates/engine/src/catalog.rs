//! The endpoints this server answers for: every workflow by its key, its live revision compiled.

use std::sync::Arc;

use domain::credentials::BasicCredentials;
use domain::flow::plan::Plan;
use domain::id::{EndpointKey, WorkflowId};
use domain::workflow::WhenOff;

/// What the public listener needs to know about a workflow.
#[derive(Debug)]
pub struct Endpoint {
    pub workflow: WorkflowId,
    pub key: EndpointKey,
    pub when_off: WhenOff,
    pub credentials: Option<BasicCredentials>,
    /// `None`: switched off, or nothing published yet.
    pub live: Option<Live>,
}

/// A live revision.
#[derive(Debug, Clone)]
pub struct Live {
    pub revision: u32,
    pub plan: Arc<Plan>,
}

/// What stands behind a key.
#[derive(Debug, Clone)]
pub enum Lookup {
    Found(Arc<Endpoint>),
    /// Rotated away.
    Retired,
    Unknown,
}
