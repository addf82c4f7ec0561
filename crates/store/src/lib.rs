//! Floor 1: keeps domain values.
//!
//! One object-safe trait, one method one transaction, time and ids from the caller. What a method
//! that writes returns `Ok` for is on disk: it answers after the flush, never before.
//!
//! Not here: what a node kind is, HTTP, when to retry.

pub mod change;
mod done;
pub mod error;
mod fence;
pub mod histogram;
mod list;
mod migration;
pub mod moving;
pub mod points;
pub mod postgres;
mod queues;
pub mod row;
pub mod server;
pub mod sqlite;

#[cfg(feature = "conformance")]
pub mod conformance;

use std::time::Duration;

use async_trait::async_trait;
use domain::execution::status::Status;
use domain::id::{EndpointKey, ExecutionId, RequestId, SampleId, ServerId, TokenId, UserId, WorkflowId};
use domain::secret::{Sealed, SecretName};
use domain::time::Timestamp;
use domain::token::Token;
use domain::user::{Email, Invite, Session, User};
use domain::workflow::{Revision, Workflow};
use tokio::sync::broadcast;

pub use change::{Change, Changed, Stale};
pub use error::{Error, Result};
pub use histogram::{Distribution, Histogram};
pub use row::*;
pub use server::{NewServer, NotARole, ServerHead, ServerRole};

/// How many owners an execution may outlive without getting on.
pub const TAKEOVERS_MAX: u32 = 3;

#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    // -- servers: who may run executions, by the database's clock ---------------------------------

    /// `sqlite`, `postgresql`.
    fn kind(&self) -> &'static str;
    /// Whether several servers may use the database at the same time.
    fn is_shared(&self) -> bool;

    /// Registers this process. On a database that serves one process at a time, every other server
    /// is thereby dead, and what it owned can be claimed at once. Errors: `OtherKey`; then nothing has changed.
    async fn server_start(&self, server: NewServer, lease: Duration) -> Result<()>;
    /// Extends the lease. `looks_on`: whether somebody listens there to what happens on others.
    /// `Error::ServerLeaseLost` when this server has been declared dead.
    async fn server_beat(&self, server: ServerId, lease: Duration, looks_on: bool) -> Result<()>;
    /// Gives everything this server owns back and removes it.
    async fn server_stop(&self, server: ServerId) -> Result<()>;
    /// Those that live, oldest first.
    async fn server_list(&self) -> Result<Vec<ServerHead>>;

    // -- changes: what other servers did; on a database that serves one process at a time, nothing ever ----

    /// Word of what other servers [tell](Store::tell), some milliseconds later. A word may be lost: whoever hears
    /// of [`Change::Missed`] (or lags behind) looks into the database, and everybody does so now and then unasked.
    fn changes(&self) -> broadcast::Receiver<Change>;
    /// Lets the other servers know. Never waits: words are gathered for a moment, and what does not fit is
    /// [`Change::Missed`]. Only of what is on disk.
    fn tell(&self, change: Change);
    /// What this server may have in memory and others have changed since it was told `since`; `None`: from now on.
    async fn changed_since(&self, since: Option<u64>) -> Result<Changed>;

    // -- workflows -----------------------------------------------------------------------------

    /// All or none. Each save writes the workflow's row and, with `publish`, makes a revision that
    /// is live from then on. The key of a workflow that is there already stays as it is.
    /// Errors: `WorkflowChanged`, `KeyTaken` (in use, or retired), `NotFound`.
    async fn workflow_save(&self, saves: Vec<WorkflowSave>) -> Result<()>;
    async fn workflow_get(&self, workflow: WorkflowId) -> Result<Option<Workflow>>;
    async fn workflow_by_key(&self, key: &EndpointKey) -> Result<Option<Workflow>>;
    /// Newest first, those with an id below `before`.
    async fn workflow_list(&self, before: Option<WorkflowId>, limit: u32) -> Result<Vec<Workflow>>;
    /// How every workflow has done, in no order.
    async fn workflow_figures(&self, buckets: Buckets) -> Result<Vec<WorkflowFigures>>;
    /// The workflow answers under `key` from now on; the old key is retired. Errors: `NotFound`, `KeyTaken`.
    async fn workflow_rotate(&self, workflow: WorkflowId, key: EndpointKey, at: Timestamp) -> Result<()>;
    /// Executions and revisions stay readable, the workflow itself does not; its key is never free again.
    /// Errors: `NotFound`.
    async fn workflow_delete(&self, workflow: WorkflowId, at: Timestamp) -> Result<()>;
    /// Every key that was rotated away, with the workflow that had it.
    async fn key_retired(&self) -> Result<Vec<(EndpointKey, WorkflowId)>>;
    /// Also of a workflow that was deleted.
    async fn revision_get(&self, workflow: WorkflowId, number: u32) -> Result<Option<Revision>>;
    /// Newest first, those with a number below `before`. Also of a workflow that was deleted.
    async fn revision_list(&self, workflow: WorkflowId, before: Option<u32>, limit: u32) -> Result<Vec<RevisionHead>>;

    // -- samples: requests that an author keeps ----------------------------------------------------

    /// Errors: `NotFound`, `TooManySamples` when the workflow has `max` of them, `SamplesTooLarge` when their
    /// bodies would be larger than `bytes_max` together.
    async fn sample_add(&self, sample: SavedSample, max: u32, bytes_max: usize) -> Result<()>;
    /// All of a workflow's, newest first. They go when the workflow is deleted.
    async fn sample_list(&self, workflow: WorkflowId) -> Result<Vec<SavedSample>>;
    /// Errors: `SampleNotFound`, also when it is another workflow's.
    async fn sample_delete(&self, workflow: WorkflowId, sample: SampleId) -> Result<()>;

    // -- tokens of the API -------------------------------------------------------------------------

    /// Errors: `Database` when the id or the digest is there already.
    async fn token_create(&self, token: Token) -> Result<()>;
    async fn token_by_digest(&self, digest: [u8; 32]) -> Result<Option<Token>>;
    /// Newest first.
    async fn token_list(&self) -> Result<Vec<Token>>;
    /// Errors: `TokenNotFound`.
    async fn token_revoke(&self, token: TokenId) -> Result<()>;
    /// Nothing happens when it is gone.
    async fn token_used(&self, token: TokenId, at: Timestamp) -> Result<()>;

    // -- users: people who log in ------------------------------------------------------------------

    /// The first user, logged in. Errors: `UsersThere` when there is any.
    async fn user_first(&self, user: User, session: Session) -> Result<()>;
    /// Errors: `EmailTaken`, `TooManyUsers` when there are `max` already.
    async fn user_create(&self, user: User, invite: Invite, max: u32) -> Result<()>;
    /// Whether there is no user at all.
    async fn user_none(&self) -> Result<bool>;
    async fn user_by_email(&self, email: &Email) -> Result<Option<User>>;
    /// Newest first.
    async fn user_list(&self) -> Result<Vec<User>>;
    /// The user as it is from then on. Disabled: no session and no invite is left.
    /// Errors: `UserNotFound`, `EmailTaken`, `LastAdmin`, `UserChanged` when the old password is another by now.
    async fn user_change(&self, user: UserId, change: UserChange) -> Result<User>;
    /// With every session and invite. Errors: `UserNotFound`, `LastAdmin`.
    async fn user_delete(&self, user: UserId) -> Result<()>;

    /// In the place of the user's earlier one. Errors: `UserNotFound`, `UserDisabled`.
    async fn invite_create(&self, invite: Invite) -> Result<User>;
    async fn invite_by_digest(&self, digest: [u8; 32]) -> Result<Option<Invite>>;
    /// The user has this password from then on, and this session alone. Errors: `InviteNotFound`, also when it
    /// had expired by the time the session was created.
    async fn invite_use(&self, taken: InviteUse) -> Result<User>;

    /// Errors: `UserNotFound`, and `UserChanged` when the user is not active or has another password by now.
    async fn session_create(&self, login: Login) -> Result<User>;
    async fn session_by_digest(&self, digest: [u8; 32]) -> Result<Option<(Session, User)>>;
    /// The session was used and its user seen. Nothing happens when it is gone.
    async fn session_used(&self, digest: [u8; 32], at: Timestamp) -> Result<()>;
    /// Nothing happens when it is gone.
    async fn session_end(&self, digest: [u8; 32]) -> Result<()>;

    // -- secrets: sealed before they come here -------------------------------------------------------

    /// Puts a sealed value in place of the one of the same name, if there is one: id and `created_at` are those of
    /// `secret` all the same. Whether it is new. Errors: `TooManySecrets` when it would be one more than `max`.
    async fn secret_set(&self, secret: Sealed, max: u32) -> Result<bool>;
    async fn secret_get(&self, name: &SecretName) -> Result<Option<Sealed>>;
    /// By name.
    async fn secret_list(&self) -> Result<Vec<Sealed>>;
    /// Errors: `SecretNotFound`.
    async fn secret_delete(&self, name: &SecretName) -> Result<()>;

    // -- settings made while the server runs ------------------------------------------------------

    async fn setting_get(&self, name: &'static str) -> Result<Option<String>>;
    /// `None` takes it away.
    async fn setting_set(&self, name: &'static str, value: Option<String>) -> Result<()>;

    // -- executions ------------------------------------------------------------------------------

    /// Event and execution become durable together, as far as the execution has come.
    async fn execution_create(&self, new: NewExecution) -> Result<()>;
    /// Writes how far an execution has come. `Error::LeaseLost` unless it is still open and at `epoch`.
    async fn execution_progress(&self, execution: ExecutionId, epoch: u32, progress: Progress) -> Result<()>;
    /// Takes open executions that are due and belong to no living server (the caller lives), oldest
    /// first in each workflow, raising the epoch of each. Claimed ones are exclusive to the caller.
    ///
    /// An execution whose owner died [`TAKEOVERS_MAX`] times while no node of it finished may be what kills them: it
    /// is quarantined. One that is a death away from that is handed out alone among its like, so that it takes
    /// no innocent one along.
    /// May hand out fewer than are due; an empty answer means that nothing can be claimed now.
    async fn execution_claim(&self, claim: Claim) -> Result<Vec<Claimed>>;
    /// What claims have set aside since this was asked last, each once: whoever looks on is to be told.
    async fn execution_set_aside(&self) -> Result<Vec<ExecutionHead>>;
    /// Takes one open execution, due or not, unless a living server (this one included) owns it. It is due
    /// from then on: should the caller die before it writes, the next claim finds it.
    async fn execution_claim_one(&self, execution: ExecutionId, server: ServerId) -> Result<Option<Claimed>>;
    /// When the next execution that no living server owns is due; `None` when there is none.
    async fn execution_next_due(&self) -> Result<Option<Timestamp>>;
    async fn execution_get(&self, execution: ExecutionId) -> Result<Option<Execution>>;
    async fn execution_head(&self, execution: ExecutionId) -> Result<Option<ExecutionHead>>;
    /// Of those that are there, in no order.
    async fn execution_heads(&self, executions: Vec<ExecutionId>) -> Result<Vec<ExecutionHead>>;
    /// Keeps a person's wish that it end, for whichever server runs it now or later. `false`: there is none, or it
    /// has ended.
    async fn execution_cancel(&self, execution: ExecutionId) -> Result<bool>;
    /// Open executions of this server or of nobody that somebody wished to end, until they have.
    async fn execution_cancels(&self, server: ServerId) -> Result<Vec<ExecutionId>>;
    /// Ends a quarantined execution as `error` without reading its record; an answer that it has stays. `false`: it
    /// is not quarantined.
    async fn execution_fail_quarantined(
        &self,
        execution: ExecutionId,
        answer: Option<SentAnswer>,
        at: Timestamp,
    ) -> Result<bool>;
    /// Status and, once there is one, the answer.
    async fn execution_answer(&self, execution: ExecutionId) -> Result<Option<(Status, Option<SentAnswer>)>>;
    /// Newest first. Looks at a bounded number of executions: of many that do not match it tells where to go on.
    async fn execution_list(&self, filter: ExecutionFilter) -> Result<Listed<ExecutionHead, ExecutionId>>;
    /// Why each ended as `failed`, `error` or `timed_out`, as far as one look at the end of its journal tells.
    async fn execution_causes(&self, executions: Vec<ExecutionId>) -> Result<Vec<Option<Cause>>>;
    /// Those that match the filter (its `from`, `before` and `limit` aside) by the time they were accepted.
    async fn execution_counts(&self, filter: ExecutionFilter, buckets: Buckets) -> Result<ExecutionCounts>;

    // -- request log -----------------------------------------------------------------------------

    /// Refused requests, oldest first.
    async fn request_append(&self, requests: Vec<RefusedRequest>) -> Result<()>;
    /// Accepted and refused requests, newest first. Tests and replays are none. Looks at a bounded number, as
    /// [`Store::execution_list`] does; `next` is for [`RequestFilter::before`].
    async fn request_list(&self, filter: RequestFilter) -> Result<Listed<RequestHead, [u8; 16]>>;
    async fn request_get(&self, request: RequestId) -> Result<Option<RefusedRequest>>;
    /// The lines of those that are there, by [`RequestHead::cursor`], in no order.
    async fn request_heads(&self, cursors: Vec<[u8; 16]>) -> Result<Vec<RequestHead>>;

    // -- keeping the house -------------------------------------------------------------------------

    /// At most `limit` finished executions that need not be kept, oldest first: those of `workflow` that finished
    /// before `before`, and those beyond its newest `keep` executions (unfinished ones count, but stay).
    async fn retention_find(&self, rule: RetentionRule) -> Result<Vec<ExecutionId>>;
    /// Deletes those of them that have finished, with their events; a few at a time, beside what others write.
    /// Neighbours in time are best deleted together. Returns how many.
    async fn retention_delete(&self, executions: Vec<ExecutionId>) -> Result<u32>;
    /// Every workflow that has executions, deleted ones too.
    async fn retention_workflows(&self) -> Result<Vec<WorkflowId>>;
    /// Deletes at most `limit` of the oldest refused requests beyond the two caps. Returns how many.
    async fn request_trim(&self, per_workflow_max: u32, total_max: u32, limit: u32) -> Result<u32>;
    /// Gives a little of the free space back to the file system.
    async fn space_slice(&self) -> Result<()>;
    /// What the store has done since it was opened, and what it holds now.
    fn stats(&self) -> Stats;
    /// `Err` once the database can no longer be trusted to keep what it is given; only a restart helps.
    fn health(&self) -> Result<()>;
    /// Waits for what was handed in, then closes. Later calls answer `Error::Closed`.
    async fn close(&self) -> Result<()>;
}
