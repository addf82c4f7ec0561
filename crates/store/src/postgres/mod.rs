//! PostgreSQL: a pool of connections, and a few writers with group commit for what every execution writes.
//! ```text
//! Store ─┬─ create, progress ─▶ waiting ─▶ writers ─▶ COMMIT (one flush for all that waited)
//!        └─ all else ─────────▶ pool ────▶ a transaction each
//! ```
//! Invariants
//! - What was answered with `Ok` is on disk: `synchronous_commit` is asked for on every connection, and replies go out
//!   after the commit. What became of a commit that was not answered is asked, never guessed (`mark`).
//! - Several servers may use the database; whoever writes to an execution names the epoch at which it was claimed.
//! - A lost connection is made anew; a database that is away is `Error::Away` until it is back.
//!
//! Not here: a file a noun holds the SQL of its noun, in the order of its twin in `sqlite`.

mod batch;
mod cancel_wish;
mod change;
mod claim;
mod connect;
mod execution;
mod execution_list;
mod fault;
mod figures;
mod hosts;
mod lock;
mod mark;
mod migrate;
pub(crate) mod moving;
mod options;
mod partition;
mod pulse;
mod request_log;
mod retention;
mod sample;
mod search;
mod secret;
mod server;
mod session;
mod setting;
mod slices;
mod sql;
#[cfg(feature = "cluster")]
pub mod testing;
#[cfg(test)]
mod tests;
mod token;
mod transaction;
mod user;
mod waiting;
mod word;
mod workflow;
mod writer;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::Pool;
use domain::execution::status::Status;
use domain::id::{EndpointKey, ExecutionId, RequestId, SampleId, ServerId, TokenId, UserId, WorkflowId};
use domain::secret::{Sealed, SecretName};
use domain::time::Timestamp;
use domain::token::Token;
use domain::user::{Email, Invite, Session, User};
use domain::workflow::{Revision, Workflow};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::Store;
use crate::change::{Change, Changed};
use crate::error::{Error, Result};
use crate::fence::Fence;
use crate::row::{
    Buckets, Cause, Claim, Claimed, Execution, ExecutionCounts, ExecutionFilter, ExecutionHead, InviteUse, Listed,
    Login, NewExecution, Progress, RefusedRequest, RequestFilter, RequestHead, RetentionRule, RevisionHead,
    SavedSample, SentAnswer, Stats, UserChange, WorkflowFigures, WorkflowSave,
};
use crate::server::{NewServer, ServerHead};
use batch::Command;
use connect::Connector;
use mark::Marks;
pub use options::Options;
use partition::Day;
use pulse::Pulse;
use word::Words;
use writer::Writers;

/// What nobody waits for is looked after no more often.
const HOUSE_PAUSE: Duration = Duration::from_secs(60);

/// Plans are made for what is asked: a plan for anything would walk the newest of all to find those of one workflow.
const PLANS: &str = "set plan_cache_mode = force_custom_plan";
/// The writers' statements find their rows by their ids, in tables of whatever size: their plans stay.
const WRITERS_PLANS: &str =
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off;
                             set enable_mergejoin = off; set jit = off";

sql::statements! {
    BYTES = "select pg_database_size(current_database())";
}

/// An open database.
#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
    /// For signs of life, which wait behind nobody.
    beats: Pool,
    calls_waiting_max: usize,
    writers: Writers,
    /// Of the writers.
    tasks: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
    marks: Arc<Marks>,
    words: Arc<Words>,
    pulse: Arc<Pulse>,
    fence: Arc<Fence>,
    /// One claim at a time.
    round: tokio::sync::Mutex<claim::Round>,
    /// What was set aside and nobody has asked about.
    aside: Mutex<BTreeSet<ExecutionId>>,
    claim_bytes_max: usize,
    /// Of the database, when that was looked at last.
    bytes: AtomicU64,
    /// When the house was kept last.
    kept: Mutex<Option<Instant>>,
}

impl Postgres {
    /// Connects, and brings the database to this program's schema.
    /// Errors: `Unusable`, and `Away` when nobody answers.
    pub async fn open(options: Options) -> Result<Arc<Self>> {
        let connector = Connector::new(&options)?;
        let mut client = connector.alone().await?;
        migrate::migrate(&mut client).await?;
        if let Some(from) = moving::unfinished(&client).await? {
            return Err(Error::MoveUnfinished { from });
        }
        let marks = Arc::new(Marks::new(&client).await?);
        drop(client);
        let fence = Arc::new(Fence::default());
        let pool = connector.pool(options.connections, PLANS)?;
        let beats = connector.pool(1, PLANS)?;
        let written_through = connector.pool(options.writers, WRITERS_PLANS)?;
        let (writers, tasks) = Writers::start(&options, &written_through, &marks, Arc::clone(&fence));
        let pulse = connector.feel_pulse();
        let words = Words::start(connector, marks.process());
        let store = Arc::new(Self {
            pool,
            beats,
            calls_waiting_max: options.calls_waiting_max,
            writers,
            tasks: tokio::sync::Mutex::new(tasks),
            marks,
            words,
            pulse,
            fence,
            round: tokio::sync::Mutex::default(),
            aside: Mutex::default(),
            claim_bytes_max: options.claim_bytes_max,
            bytes: AtomicU64::default(),
            kept: Mutex::default(),
        });
        store.keep_house().await?;
        Ok(store)
    }

    /// What nobody waits for.
    async fn keep_house(&self) -> Result<()> {
        {
            let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if kept.is_some_and(|kept| kept.elapsed() < HOUSE_PAUSE) {
                return self.fence.check();
            }
            *kept = Some(Instant::now());
        }
        partition::keep(self, Day::today()).await?;
        server::remove_dead(self).await?;
        let bytes = sql::read!(self, "space_slice", async |db| {
            sql::row(db, BYTES, &[], |row| Ok(row.try_get::<_, sql::Whole<u64>>(0)?.0)).await
        })?;
        self.bytes.store(bytes.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.words.end();
        self.pulse.end();
    }
}

#[async_trait]
impl Store for Postgres {
    fn kind(&self) -> &'static str {
        "postgresql"
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn server_start(&self, server: NewServer, lease: Duration) -> Result<()> {
        server::start(self, server, lease).await
    }

    async fn server_beat(&self, server: ServerId, lease: Duration, looks_on: bool) -> Result<()> {
        server::beat(self, server, lease, looks_on).await
    }

    async fn server_stop(&self, server: ServerId) -> Result<()> {
        server::stop(self, server).await
    }

    async fn server_list(&self) -> Result<Vec<ServerHead>> {
        server::list(self).await
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.words.changes()
    }

    fn tell(&self, change: Change) {
        self.words.tell(change);
    }

    async fn changed_since(&self, since: Option<u64>) -> Result<Changed> {
        change::since(self, since).await
    }

    async fn workflow_save(&self, saves: Vec<WorkflowSave>) -> Result<()> {
        workflow::save(self, saves).await
    }

    async fn workflow_get(&self, workflow: WorkflowId) -> Result<Option<Workflow>> {
        workflow::get(self, workflow).await
    }

    async fn workflow_by_key(&self, key: &EndpointKey) -> Result<Option<Workflow>> {
        workflow::by_key(self, key).await
    }

    async fn workflow_list(&self, before: Option<WorkflowId>, limit: u32) -> Result<Vec<Workflow>> {
        workflow::list(self, before, limit).await
    }

    async fn workflow_figures(&self, buckets: Buckets) -> Result<Vec<WorkflowFigures>> {
        figures::workflows(self, buckets).await
    }

    async fn workflow_rotate(&self, workflow: WorkflowId, key: EndpointKey, at: Timestamp) -> Result<()> {
        workflow::rotate(self, workflow, key, at).await
    }

    async fn workflow_delete(&self, workflow: WorkflowId, at: Timestamp) -> Result<()> {
        workflow::delete(self, workflow, at).await
    }

    async fn key_retired(&self) -> Result<Vec<(EndpointKey, WorkflowId)>> {
        workflow::retired(self).await
    }

    async fn revision_get(&self, workflow: WorkflowId, number: u32) -> Result<Option<Revision>> {
        workflow::revision(self, workflow, number).await
    }

    async fn revision_list(&self, workflow: WorkflowId, before: Option<u32>, limit: u32) -> Result<Vec<RevisionHead>> {
        workflow::revisions(self, workflow, before, limit).await
    }

    async fn sample_add(&self, sample: SavedSample, max: u32, bytes_max: usize) -> Result<()> {
        sample::add(self, sample, max, bytes_max).await
    }

    async fn sample_list(&self, workflow: WorkflowId) -> Result<Vec<SavedSample>> {
        sample::list(self, workflow).await
    }

    async fn sample_delete(&self, workflow: WorkflowId, sample: SampleId) -> Result<()> {
        sample::delete(self, workflow, sample).await
    }

    async fn token_create(&self, token: Token) -> Result<()> {
        token::create(self, token).await
    }

    async fn token_by_digest(&self, digest: [u8; 32]) -> Result<Option<Token>> {
        token::by_digest(self, digest).await
    }

    async fn token_list(&self) -> Result<Vec<Token>> {
        token::list(self).await
    }

    async fn token_revoke(&self, token: TokenId) -> Result<()> {
        token::revoke(self, token).await
    }

    async fn token_used(&self, token: TokenId, at: Timestamp) -> Result<()> {
        token::used(self, token, at).await
    }

    async fn user_first(&self, user: User, session: Session) -> Result<()> {
        user::first(self, user, session).await
    }

    async fn user_create(&self, user: User, invite: Invite, max: u32) -> Result<()> {
        user::create(self, user, invite, max).await
    }

    async fn user_none(&self) -> Result<bool> {
        user::is_empty(self).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<User>> {
        user::by_email(self, email).await
    }

    async fn user_list(&self) -> Result<Vec<User>> {
        user::list(self).await
    }

    async fn user_change(&self, user: UserId, change: UserChange) -> Result<User> {
        user::change(self, user, change).await
    }

    async fn user_delete(&self, user: UserId) -> Result<()> {
        user::delete(self, user).await
    }

    async fn invite_create(&self, invite: Invite) -> Result<User> {
        user::invite(self, invite).await
    }

    async fn invite_by_digest(&self, digest: [u8; 32]) -> Result<Option<Invite>> {
        user::invited(self, digest).await
    }

    async fn invite_use(&self, taken: InviteUse) -> Result<User> {
        user::take(self, taken).await
    }

    async fn session_create(&self, login: Login) -> Result<User> {
        session::create(self, login).await
    }

    async fn session_by_digest(&self, digest: [u8; 32]) -> Result<Option<(Session, User)>> {
        session::by_digest(self, digest).await
    }

    async fn session_used(&self, digest: [u8; 32], at: Timestamp) -> Result<()> {
        session::used(self, digest, at).await
    }

    async fn session_end(&self, digest: [u8; 32]) -> Result<()> {
        session::end(self, digest).await
    }

    async fn secret_set(&self, secret: Sealed, max: u32) -> Result<bool> {
        secret::set(self, secret, max).await
    }

    async fn secret_get(&self, name: &SecretName) -> Result<Option<Sealed>> {
        secret::get(self, name).await
    }

    async fn secret_list(&self) -> Result<Vec<Sealed>> {
        secret::list(self).await
    }

    async fn secret_delete(&self, name: &SecretName) -> Result<()> {
        secret::delete(self, name).await
    }

    async fn setting_get(&self, name: &'static str) -> Result<Option<String>> {
        setting::get(self, name).await
    }

    async fn setting_set(&self, name: &'static str, value: Option<String>) -> Result<()> {
        setting::set(self, name, value).await
    }

    async fn execution_create(&self, new: NewExecution) -> Result<()> {
        self.writers.write(Command::create(new)).await
    }

    async fn execution_progress(&self, execution: ExecutionId, epoch: u32, progress: Progress) -> Result<()> {
        self.writers.write(Command::progress(execution, epoch, progress)).await
    }

    async fn execution_claim(&self, claim: Claim) -> Result<Vec<Claimed>> {
        claim::claim(self, claim).await
    }

    async fn execution_claim_one(&self, execution: ExecutionId, server: ServerId) -> Result<Option<Claimed>> {
        claim::claim_one(self, execution, server).await
    }

    async fn execution_next_due(&self) -> Result<Option<Timestamp>> {
        claim::next_due(self).await
    }

    async fn execution_get(&self, execution: ExecutionId) -> Result<Option<Execution>> {
        execution::get(self, execution).await
    }

    async fn execution_set_aside(&self) -> Result<Vec<ExecutionHead>> {
        claim::set_aside_since(self).await
    }

    async fn execution_head(&self, execution: ExecutionId) -> Result<Option<ExecutionHead>> {
        execution::get_head(self, execution).await
    }

    async fn execution_heads(&self, executions: Vec<ExecutionId>) -> Result<Vec<ExecutionHead>> {
        execution::get_heads(self, executions).await
    }

    async fn execution_cancel(&self, execution: ExecutionId) -> Result<bool> {
        cancel_wish::wish(self, execution).await
    }

    async fn execution_cancels(&self, server: ServerId) -> Result<Vec<ExecutionId>> {
        cancel_wish::wishes(self, server).await
    }

    async fn execution_fail_quarantined(
        &self,
        execution: ExecutionId,
        answer: Option<SentAnswer>,
        at: Timestamp,
    ) -> Result<bool> {
        execution::fail_quarantined(self, execution, answer, at).await
    }

    async fn execution_answer(&self, execution: ExecutionId) -> Result<Option<(Status, Option<SentAnswer>)>> {
        execution::answer(self, execution).await
    }

    async fn execution_list(&self, filter: ExecutionFilter) -> Result<Listed<ExecutionHead, ExecutionId>> {
        execution_list::list(self, filter).await
    }

    async fn execution_causes(&self, executions: Vec<ExecutionId>) -> Result<Vec<Option<Cause>>> {
        execution_list::causes(self, executions).await
    }

    async fn execution_counts(&self, filter: ExecutionFilter, buckets: Buckets) -> Result<ExecutionCounts> {
        figures::counts(self, filter, buckets).await
    }

    async fn request_append(&self, requests: Vec<RefusedRequest>) -> Result<()> {
        request_log::append(self, requests).await
    }

    async fn request_list(&self, filter: RequestFilter) -> Result<Listed<RequestHead, [u8; 16]>> {
        request_log::list(self, filter).await
    }

    async fn request_get(&self, request: RequestId) -> Result<Option<RefusedRequest>> {
        request_log::get(self, request).await
    }

    async fn request_heads(&self, cursors: Vec<[u8; 16]>) -> Result<Vec<RequestHead>> {
        request_log::heads(self, cursors).await
    }

    async fn retention_find(&self, rule: RetentionRule) -> Result<Vec<ExecutionId>> {
        retention::find(self, rule).await
    }

    async fn retention_delete(&self, executions: Vec<ExecutionId>) -> Result<u32> {
        retention::delete(self, executions).await
    }

    async fn retention_workflows(&self) -> Result<Vec<WorkflowId>> {
        retention::workflows(self).await
    }

    async fn request_trim(&self, per_workflow_max: u32, total_max: u32, limit: u32) -> Result<u32> {
        request_log::trim(self, per_workflow_max, total_max, limit).await
    }

    async fn space_slice(&self) -> Result<()> {
        self.keep_house().await
    }

    fn stats(&self) -> Stats {
        let shared = self.writers.shared();
        Stats {
            flushes: shared.done.flushes.load(Ordering::Relaxed),
            flush_times: shared.done.flush_times.distribution(),
            commands: shared.done.commands.load(Ordering::Relaxed),
            batch_commands: shared.done.batch_commands.distribution(),
            commands_waiting: shared.waiting_commands.load(Ordering::Relaxed) as u64,
            bytes_waiting: shared.waiting_bytes.load(Ordering::Relaxed) as u64,
            database_bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// A database that is away can come back.
    fn health(&self) -> Result<()> {
        self.fence.trusted()
    }

    async fn close(&self) -> Result<()> {
        if self.fence.close() {
            self.writers.stop();
        }
        self.words.close().await;
        for task in self.tasks.lock().await.drain(..) {
            // One that panicked has said so.
            let _ = task.await;
        }
        self.marks.forget(&self.pool).await;
        self.pulse.end();
        self.pool.close();
        self.beats.close();
        self.fence.trusted()
    }
}
