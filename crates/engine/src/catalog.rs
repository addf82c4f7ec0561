//! The endpoints this server answers for: every workflow by its key, its live revision compiled.
//!
//! Read without a lock on every request; changed by putting a new table in place of the old one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use domain::credentials::BasicCredentials;
use domain::flow::document::Flow;
use domain::flow::plan::Plan;
use domain::id::{EndpointKey, WorkflowId};
use domain::problem::{Problem, Problems};
use domain::value::Value;
use domain::workflow::{WhenOff, Workflow};
use nodes::Registry;
use store::{Pinned, Store};

/// Compiled plans of revisions that are not live but that open executions are pinned to.
const OLD_PLANS_MAX: usize = 256;
/// Workflows read at a time at start, drafts and all.
const PAGE: u32 = 64;

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
    Retired {
        key: EndpointKey,
        workflow: WorkflowId,
    },
    Unknown,
}

/// Why there is no plan of a revision.
#[derive(Debug)]
pub(crate) enum NoPlan {
    /// The store could not say; later it may.
    Unknown(store::Error),
    /// There will never be one; a sentence for an execution's notes, and what keeps it from compiling.
    Unusable { note: String, problems: Vec<Problem> },
}

#[derive(Debug)]
pub(crate) struct Catalog {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    table: ArcSwap<Table>,
    plans: Mutex<HashMap<(WorkflowId, u32), Arc<Plan>>>,
    /// One change of the table at a time.
    changing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Default)]
struct Table {
    endpoints: HashMap<EndpointKey, Arc<Endpoint>>,
    retired: HashMap<EndpointKey, WorkflowId>,
}

impl Catalog {
    pub(crate) async fn load(store: Arc<dyn Store>, registry: Arc<Registry>) -> Result<Self, store::Error> {
        let catalog = Self {
            store,
            registry,
            table: ArcSwap::default(),
            plans: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
        };
        let mut table = Table::default();
        let mut before = None;
        loop {
            let page = catalog.store.workflow_list(before, PAGE).await?;
            before = page.last().map(|workflow| workflow.id);
            let more = page.len() == PAGE as usize;
            for workflow in page {
                table.endpoints.insert(workflow.key.clone(), Arc::new(catalog.endpoint(&workflow).await?));
            }
            if !more {
                break;
            }
        }
        table.retired.extend(catalog.store.key_retired().await?);
        catalog.table.store(Arc::new(table));
        Ok(catalog)
    }

    pub(crate) fn lookup(&self, key: &str) -> Lookup {
        let table = self.table.load();
        if let Some(endpoint) = table.endpoints.get(key) {
            Lookup::Found(Arc::clone(endpoint))
        } else if let Some((key, workflow)) = table.retired.get_key_value(key) {
            Lookup::Retired { key: key.clone(), workflow: *workflow }
        } else {
            Lookup::Unknown
        }
    }

    /// Reads a workflow anew after it was changed, and returns it; one that is gone is taken out.
    pub(crate) async fn refresh(&self, id: WorkflowId) -> Result<Option<Workflow>, store::Error> {
        let _one_at_a_time = self.changing.lock().await;
        let workflow = self.store.workflow_get(id).await?;
        let retired = self.store.key_retired().await?;
        let endpoint = match &workflow {
            Some(workflow) => Some(Arc::new(self.endpoint(workflow).await?)),
            None => None,
        };
        let mut table = Table::clone(&self.table.load());
        table.endpoints.retain(|_, endpoint| endpoint.workflow != id);
        if let Some(endpoint) = endpoint {
            table.endpoints.insert(endpoint.key.clone(), endpoint);
        }
        table.retired = retired.into_iter().collect();
        self.table.store(Arc::new(table));
        Ok(workflow)
    }

    /// Takes a workflow out that was deleted. Needs no reading, and so cannot fail.
    pub(crate) async fn remove(&self, id: WorkflowId) {
        let _one_at_a_time = self.changing.lock().await;
        let mut table = Table::clone(&self.table.load());
        table.endpoints.retain(|_, endpoint| endpoint.workflow != id);
        self.table.store(Arc::new(table));
    }

    async fn endpoint(&self, workflow: &Workflow) -> Result<Endpoint, store::Error> {
        let live = match workflow.live {
            Some(revision) if workflow.settings.enabled => match self.plan(workflow.id, revision).await {
                Ok(plan) => Some(Live { revision, plan }),
                // It would stand as switched off, and stay so.
                Err(NoPlan::Unknown(error)) => return Err(error),
                Err(NoPlan::Unusable { note: reason, .. }) => {
                    tracing::error!(workflow = %workflow.id, revision, reason, "the live revision cannot be used");
                    None
                }
            },
            _ => None,
        };
        Ok(Endpoint {
            workflow: workflow.id,
            key: workflow.key.clone(),
            when_off: workflow.settings.when_off,
            credentials: workflow.settings.credentials.clone(),
            live,
        })
    }

    /// The compiled plan of a revision.
    pub(crate) async fn plan(&self, workflow: WorkflowId, revision: u32) -> Result<Arc<Plan>, NoPlan> {
        if let Some(plan) = self.plans().get(&(workflow, revision)) {
            return Ok(Arc::clone(plan));
        }
        let stored = self.store.revision_get(workflow, revision).await.map_err(NoPlan::Unknown)?;
        let stored = stored.ok_or_else(|| NoPlan::because(format!("revision {revision} is gone")))?;
        let plan = compile(&self.registry, &stored.flow)
            .map_err(|problems| NoPlan::of(&format!("revision {revision}"), problems))?;
        let plan = Arc::new(plan);
        let mut plans = self.plans();
        if plans.len() >= OLD_PLANS_MAX {
            plans.clear();
        }
        plans.insert((workflow, revision), Arc::clone(&plan));
        Ok(plan)
    }

    /// The compiled plan of what an execution is pinned to.
    pub(crate) async fn pinned(&self, workflow: WorkflowId, pinned: &Pinned) -> Result<Arc<Plan>, NoPlan> {
        match pinned {
            Pinned::Revision(number) => self.plan(workflow, *number).await,
            Pinned::Draft(flow) => {
                compile(&self.registry, flow).map(Arc::new).map_err(|problems| NoPlan::of("the draft", problems))
            }
        }
    }

    fn plans(&self) -> std::sync::MutexGuard<'_, HashMap<(WorkflowId, u32), Arc<Plan>>> {
        self.plans.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn compile(registry: &Registry, flow: &Value) -> Result<Plan, Vec<Problem>> {
    read_flow(registry, flow).map(|(_, plan)| plan)
}

/// A flow document, as drafts and revisions keep it, decoded and as a plan; or every problem of it.
pub(crate) fn read_flow(registry: &Registry, flow: &Value) -> Result<(Flow, Plan), Vec<Problem>> {
    let mut problems = Problems::new();
    let flow = Flow::decode(flow, "", &mut problems);
    match registry.compile(&flow) {
        Ok(plan) => problems.or((flow, plan)),
        Err(more) => {
            problems.extend(more);
            Err(problems.into_vec())
        }
    }
}

impl NoPlan {
    pub(crate) fn because(note: String) -> Self {
        Self::Unusable { note, problems: Vec::new() }
    }

    fn of(what: &str, problems: Vec<Problem>) -> Self {
        let sentences: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        Self::Unusable { note: format!("{what} does not compile: {}", sentences.join("; ")), problems }
    }
}
