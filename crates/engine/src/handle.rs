//! The engine as its users see it, and what its parts share.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use domain::answer::Answer;
use domain::credentials::ServerKey;
use domain::execution::status::Status;
use domain::flow::document::Mode;
use domain::id::{ExecutionId, RequestId, SampleId, TokenId, WorkflowId};
use domain::time::Timestamp;
use nodes::Registry;
use store::{Change, RefusedRequest, ServerRole, Store};
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::budget::{Budget, Limit, Share, Spent};
use crate::cancel::Cancels;
use crate::catalog::{Catalog, Endpoint, Lookup};
use crate::claims::{Claims, Due};
use crate::clock;
use crate::counters::{Count, Counters};
use crate::drain::retry_after_s;
use crate::heartbeat::Heartbeat;
use crate::heavy::{Heavy, LARGE_BODY_BYTES};
use crate::limits::Limits;
use crate::live::{self, Filter, Listener, Live, TooManyListeners};
use crate::others::Others;
use crate::pace::Pace;
use crate::parsed::Parsed;
use crate::people::{Passwords, Throttle};
use crate::presence::{Presence, Standing};
use crate::preview::PREVIEWS_MAX;
use crate::readiness::Obstacles;
use crate::request_log::RequestLog;
use crate::retention::Retention;
use crate::secrets::Secrets;
use crate::settings::stored_public_url;
use crate::tokens::Uses;
use crate::turns::{Held, Turns};

/// A running engine. Cheap to clone; dropping it does not stop it, [`Engine::stop`] does.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
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
    /// What the body takes of the memory, from [`Engine::admit`] on.
    pub share: Share,
    /// What it takes when it is parsed, from that check.
    pub tree_bytes: usize,
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
    /// The limit that is in the way, if it is one.
    pub limit: Option<Limit>,
}

/// Seconds after which a sender that was turned away may try again where no queue says how fast it drains: short, as
/// what is in the way mostly passes; long, when a disk is full or the process has to be restarted.
const RETRY_SOON_S: f64 = 2.0;
const RETRY_LATER_S: f64 = 10.0;

impl NotDurable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry_after_s: retry_after_s(RETRY_SOON_S), limit: None }
    }

    pub(crate) fn because(error: &store::Error) -> Self {
        let (seconds, limit) = match error {
            store::Error::Overloaded => (RETRY_SOON_S, Some(Limit::StoreQueue)),
            _ => (RETRY_LATER_S, None),
        };
        Self { reason: error.to_string(), retry_after_s: retry_after_s(seconds), limit }
    }
}

impl From<Spent> for NotDurable {
    fn from(Spent { limit, retry_after_s }: Spent) -> Self {
        let reason = format!("{} is reached", limit.name());
        Self { reason, retry_after_s, limit: Some(limit) }
    }
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
    #[error("threads cannot be started")]
    Threads(#[source] std::io::Error),
}

/// What the parts of the engine share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) key: ServerKey,
    pub(crate) secrets: Secrets,
    pub(crate) limits: Limits,
    pub(crate) standing: Standing,
    pub(crate) catalog: Catalog,
    pub(crate) turns: Arc<Turns>,
    pub(crate) heavy: Heavy,
    pub(crate) pace: Arc<Pace>,
    pub(crate) bodies: Arc<Budget>,
    pub(crate) parsed: Arc<Parsed>,
    pub(crate) due: Due,
    pub(crate) count: Count,
    /// Authors' changes, one at a time.
    pub(crate) authoring: tokio::sync::Mutex<()>,
    pub(crate) tasks: TaskTracker,
    /// Nothing is accepted any more; what runs parks at its next node boundary.
    pub(crate) draining: CancellationToken,
    drain_ends: Mutex<Option<Instant>>,
    services: TaskTracker,
    stop_services: CancellationToken,
    pub(crate) cancels: Arc<Cancels>,
    pub(crate) live: Arc<Live>,
    pub(crate) uses: Uses<TokenId>,
    /// Of sessions, by their digest.
    pub(crate) seen: Uses<[u8; 32]>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    refused: mpsc::Sender<RefusedRequest>,
    pub(crate) obstacles: Obstacles,
    pub(crate) previews: Semaphore,
    pub(crate) public_url: ArcSwapOption<String>,
}

impl Engine {
    /// Loads every workflow, takes up what an earlier process left open, starts the services.
    pub async fn start(
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        key: ServerKey,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        Self::start_as(Presence::default(), store, registry, key, limits).await
    }

    /// As one of several servers on one database.
    pub async fn start_as(
        presence: Presence,
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        key: ServerKey,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let standing = Standing::new(presence, key.check());
        store.server_start(standing.as_new(), limits.lease).await?;
        // Before anything is read that others may change.
        let (words, changed) = (store.changes(), store.changed_since(None).await?);
        let catalog = Catalog::load(Arc::clone(&store), Arc::clone(&registry)).await?;
        let public_url = stored_public_url(store.as_ref()).await?;
        let (refused, refused_requests) = mpsc::channel(limits.request_log_queue_max.max(1));
        let live = Live::new(&limits);
        let inner = Arc::new(Inner {
            turns: Turns::new(&limits),
            heavy: Heavy::new(limits.heavy_threads).map_err(EngineError::Threads)?,
            pace: Pace::new(limits.turn_wait_max),
            bodies: Budget::new(limits.body_bytes_in_memory_max, limits.body_bytes_in_memory_per_workflow_max),
            parsed: Parsed::new(limits.parsed_bytes_max),
            store,
            registry,
            secrets: Secrets::new(&key),
            key,
            limits,
            standing,
            catalog,
            due: Due::default(),
            count: Count::default(),
            authoring: tokio::sync::Mutex::default(),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            drain_ends: Mutex::default(),
            services: TaskTracker::new(),
            stop_services: CancellationToken::new(),
            cancels: Arc::default(),
            live,
            uses: Uses::default(),
            seen: Uses::default(),
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            refused,
            obstacles: Obstacles::default(),
            previews: Semaphore::new(PREVIEWS_MAX),
            public_url: ArcSwapOption::new(public_url),
        });
        inner.live.leads_to_others(Arc::clone(&inner.store));
        inner.look_for_others().await?;
        inner.store.tell(Change::Servers);
        let claims = inner.standing.role().claims();
        let stop = &inner.stop_services;
        let drain = &inner.draining;
        inner.serve("its lease", Heartbeat(Arc::clone(&inner)).run(stop.clone()));
        inner.serve("what others do", Others::new(Arc::clone(&inner), words, changed.number).run(stop.clone()));
        if claims {
            inner.serve("what is due", Claims(Arc::clone(&inner)).run(drain.clone()));
            inner.serve("retention", Retention(Arc::clone(&inner)).run(drain.clone()));
        }
        inner.pace.look(stop.clone()).map_err(EngineError::Threads)?;
        inner.serve("the live feed", live::Service::new(Arc::clone(&inner.live)).run(stop.clone()));
        let log = RequestLog { engine: Arc::clone(&inner), refused: refused_requests };
        inner.serve("the request log", log.run(stop.clone()));
        Ok(Self { inner })
    }

    /// What stands behind an endpoint key. In memory.
    pub fn endpoint(&self, key: &str) -> Lookup {
        self.inner.catalog.lookup(key)
    }

    /// Whether a request is worth reading its body, of which the sender says that it has so many bytes. Nothing is set
    /// aside: who sends slowly keeps nobody out.
    pub fn admit(&self, endpoint: &Endpoint, declared: usize) -> Result<Share, Spent> {
        let inner = &self.inner;
        inner.pace.admit(endpoint.workflow)?;
        // Others can be put off to the database.
        if endpoint.live.as_ref().is_some_and(|live| live.plan.mode == Mode::Sync) {
            inner.turns.has_place(endpoint.workflow)?;
        }
        inner.bodies.fits(endpoint.workflow, declared)?;
        Ok(inner.bodies.share(Some(endpoint.workflow)))
    }

    /// What bodies and large answers take of the memory.
    pub fn bodies(&self) -> &Arc<Budget> {
        &self.inner.bodies
    }

    /// Takes a request for an endpoint that is live. Whatever it answers is on disk. Dropping the
    /// returned future does not stop the execution.
    pub async fn accept(&self, endpoint: &Endpoint, incoming: Incoming) -> Result<Accepted, NotDurable> {
        let Some(live) = &endpoint.live else {
            return Err(NotDurable::new("the workflow is off"));
        };
        self.inner.accept(endpoint, live, incoming).await
    }

    /// Does what takes a while with a body of `bytes` where it holds up nobody else's request. `None`: it panicked.
    pub async fn beside<T: Send + 'static>(
        &self,
        workflow: WorkflowId,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if bytes <= LARGE_BODY_BYTES {
            return Some(work());
        }
        self.inner.heavy.run(workflow, work).await.ok()
    }

    /// What stands at a ticket of [`Reply::Later`].
    pub async fn late_answer(&self, ticket: &str) -> Result<LateAnswer, EngineError> {
        let Some((execution, token)) = ticket.split_once('.') else {
            return Ok(LateAnswer::Unknown);
        };
        let Ok(execution) = execution.parse::<ExecutionId>() else {
            return Ok(LateAnswer::Unknown);
        };
        let expected = self.inner.key.answer_token(execution);
        if !bool::from(expected.as_bytes().ct_eq(token.as_bytes())) {
            return Ok(LateAnswer::Unknown);
        }
        Ok(match self.inner.store.execution_answer(execution).await? {
            None => LateAnswer::Unknown,
            Some((Status::Queued | Status::Running | Status::Waiting, _)) => LateAnswer::Pending { execution },
            Some((_, Some(sent))) => LateAnswer::Ready { execution, answer: sent.answer },
            Some((_, None)) => LateAnswer::Unknown,
        })
    }

    /// Ends an open execution at its next node boundary. `false`: there is none, or it has ended.
    pub async fn cancel(&self, execution: ExecutionId) -> Result<bool, EngineError> {
        let engine = Arc::clone(&self.inner);
        Ok(self.inner.whole(async move { engine.cancel(execution).await }).await?)
    }

    /// Puts a refused request into the log, some time soon. Never waits; drops and counts when too many come, and then
    /// the entry is not even made.
    pub fn log_refused(&self, request: impl FnOnce() -> RefusedRequest) {
        match self.inner.refused.try_reserve() {
            Ok(place) => place.send(request()),
            Err(_) => drop(self.inner.count.requests_dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Hears of what happens from now on, or behind `after`: an id that was heard before, as it came.
    pub fn listen(&self, filter: Filter, after: Option<&str>) -> Result<Listener, TooManyListeners> {
        self.inner.live.listen(filter, after)
    }

    pub fn role(&self) -> ServerRole {
        self.inner.standing.role()
    }

    /// Every server that lives, this one included, as far as is known: a beat of the lease old at most.
    pub fn servers(&self) -> Vec<ServerRole> {
        let others = self.inner.standing.others();
        std::iter::once(self.role()).chain(others.iter().map(|other| other.role)).collect()
    }

    /// The time by the clock that executions are stamped with.
    pub fn now(&self) -> Timestamp {
        clock::now()
    }

    /// A fresh id, time-ordered.
    pub fn new_request_id(&self) -> RequestId {
        RequestId::new(clock::now(), clock::random())
    }

    /// A fresh id, time-ordered.
    pub fn new_sample_id(&self) -> SampleId {
        SampleId::new(clock::now(), clock::random())
    }

    pub fn server_key(&self) -> &ServerKey {
        &self.inner.key
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    pub fn registry(&self) -> &Arc<Registry> {
        &self.inner.registry
    }

    /// `Err` says why no request is worth sending now.
    pub fn ready(&self) -> Result<(), String> {
        self.inner.ready()
    }

    /// Resolves when the process has to end so that a restart can mend it; says why.
    pub async fn broken(&self) -> String {
        let mut broken = self.inner.obstacles.broken.subscribe();
        let reason = broken.wait_for(Option::is_some).await;
        reason.ok().and_then(|reason| reason.clone()).unwrap_or_default()
    }

    /// For metrics.
    pub fn counters(&self) -> Counters {
        let Held { in_memory, running, waiting } = self.inner.turns.held();
        let live = &self.inner.live;
        Counters {
            in_memory,
            running,
            waiting_for_turn: waiting,
            live_left_out: live.left_out(),
            live_gaps: live.gaps(),
            live_listeners: live.listeners() as u64,
            ..self.inner.count.counters()
        }
    }

    /// One round of retention now.
    pub async fn retain(&self) -> Result<(), EngineError> {
        Ok(self.inner.retention_round().await?)
    }

    /// From now on nothing is begun; callers that wait get their ticket, and what runs parks at its next node boundary.
    /// What is accepted is kept for others, or the next start. Returns at once; [`Engine::stop`] waits.
    pub fn drain(&self) {
        self.inner.start_drain();
    }

    /// Accepts nothing more, drains, waits until all is parked or `Limits::drain` has passed, gives up what this server
    /// owns and closes the store.
    pub async fn stop(&self) {
        let inner = &self.inner;
        inner.start_drain();
        inner.tasks.close();
        let _ = tokio::time::timeout_at(inner.drain_ends() + PARK, inner.tasks.wait()).await;
        inner.stop_services.cancel();
        inner.services.close();
        inner.services.wait().await;
        if let Err(error) = inner.store.server_stop(inner.server()).await {
            tracing::warn!(%error, "this server's executions could not be given back; the next start takes them");
        }
        inner.store.tell(Change::Servers);
        inner.store.tell(Change::Work);
        if let Err(error) = inner.store.close().await {
            tracing::warn!(%error, "the store did not close cleanly");
        }
    }
}

/// How long, after the drain, the last saves may take.
const PARK: Duration = Duration::from_secs(5);

impl Inner {
    fn serve(self: &Arc<Self>, what: &'static str, service: impl Future<Output = ()> + Send + 'static) {
        let inner = Arc::clone(self);
        self.services.spawn(async move { inner.vital(what, service).await });
    }

    fn start_drain(&self) {
        let mut ends = self.drain_ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.get_or_insert_with(|| Instant::now() + self.limits.drain);
        drop(ends);
        self.draining.cancel();
    }

    /// When a drain that has begun is over.
    pub(crate) fn drain_ends(&self) -> Instant {
        let ends = *self.drain_ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.unwrap_or_else(|| Instant::now() + self.limits.drain)
    }

    pub(crate) fn drain_is_over(&self) -> bool {
        self.draining.is_cancelled() && Instant::now() >= self.drain_ends()
    }

    pub(crate) fn ticket(&self, execution: ExecutionId) -> String {
        format!("{execution}.{}", self.key.answer_token(execution))
    }
}
