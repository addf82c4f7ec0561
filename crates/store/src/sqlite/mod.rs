//! SQLite: one writer with group commit, a few readers.
//! ```text
//! Store ─┬─ write ─▶ queue ─▶ writer ─▶ WAL ◀─ copier (into the database file)
//!        └─ read ──▶ queue ─▶ readers
//! ```
//! Invariants
//! - What was answered with `Ok` is on disk: `synchronous=full`, and replies after the commit.
//! - One process at a time has the folder.
//! - Once the file failed to be read or written, every call answers `Error::Broken`.
//!
//! Not here: a file a noun holds the SQL of its noun.

mod cancel_wish;
mod checkpoint;
mod claim;
mod connect;
mod execution;
mod execution_list;
mod fault;
mod figures;
mod migrate;
pub(crate) mod moving;
mod options;
mod readers;
mod request_log;
mod retention;
mod sample;
mod search;
mod secret;
mod server;
mod session;
mod setting;
mod sql;
#[cfg(test)]
mod tests;
mod token;
mod user;
mod workflow;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use domain::execution::status::Status;
use domain::id::{EndpointKey, ExecutionId, RequestId, SampleId, ServerId, TokenId, UserId, WorkflowId};
use domain::secret::{Sealed, SecretName};
use domain::time::Timestamp;
use domain::token::Token;
use domain::user::{Email, Invite, Session, User};
use domain::workflow::{Revision, Workflow};
use rusqlite::Connection;
use tokio::sync::{Mutex, broadcast, mpsc};

use crate::Store;
use crate::change::{Change, Changed};
use crate::error::{Error, Result};
use crate::row::{
    Buckets, Cause, Claim, Claimed, Execution, ExecutionCounts, ExecutionFilter, ExecutionHead, InviteUse, Listed,
    Login, NewExecution, Progress, RefusedRequest, RequestFilter, RequestHead, RetentionRule, RevisionHead,
    SavedSample, SentAnswer, Stats, UserChange, WorkflowFigures, WorkflowSave,
};
use crate::server::{NewServer, ServerHead};
use checkpoint::Checkpoints;
use connect::unusable;
use fault::Fault;
pub use options::Options;
use readers::Readers;
use writer::{Shared, Writer};

/// An open database.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Readers,
    shared: Arc<Shared>,
    round: claim::Round,
    set_aside: claim::SetAside,
    claim_bytes_max: usize,
    path: PathBuf,
    /// Nobody ever sends: there is no other server.
    changes: broadcast::Sender<Change>,
    /// Ends when the last thread has.
    ended: Mutex<mpsc::Receiver<()>>,
}

/// What each thread holds while it works: when the last one is gone, the folder is free.
struct Working {
    /// Closing it takes the locks of every connection to the file away, so it goes after them.
    database: File,
    _folder: FolderLock,
    _ended: mpsc::Sender<()>,
}

struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing is not enough: a child process that is just being started holds the file as well.
        // A failure leaves the lock to the end of the process.
        let _ = self.0.unlock();
    }
}

impl Sqlite {
    /// Opens the database, brings it to this program's schema, and takes the folder for this process.
    /// Errors: `Unusable`. Blocks for a moment: nothing here grows with the data but reading back a
    /// write-ahead log that a crash left.
    pub fn open(options: Options) -> Result<Arc<Self>> {
        let folder = options.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        connect::make_folder(folder)?;
        let lock = FolderLock(connect::lock(folder)?);

        let mut db = connect::writer(&options)?;
        migrate::migrate(&mut db).map_err(|error| unusable(options.path.display(), error))?;
        if let Some(from) = moving::unfinished(&db).map_err(|error| unusable(options.path.display(), error))? {
            return Err(Error::MoveUnfinished { from });
        }
        let database = File::open(&options.path).map_err(|error| unusable(options.path.display(), error))?;
        let (ending, ended) = mpsc::channel(1);
        let working = Arc::new(Working { database, _folder: lock, _ended: ending });

        let shared = Arc::new(Shared::default());
        let (readers, jobs) = Readers::new(options.readers.max(1), options.reads_waiting_max, Arc::clone(&shared));
        for _ in 0..options.readers.max(1) {
            let (db, jobs) = (connect::reader(&options)?, jobs.clone());
            spawn("store-reader", &working, move || readers::serve(db, jobs))?;
        }
        let checkpoints = Self::start_copier(&options, &mut db, &shared, &working)?;
        let (writer, work) = Writer::new(&options, Arc::clone(&shared), db, checkpoints);
        spawn("store-writer", &working, move || work.run())?;

        Ok(Arc::new(Self {
            writer,
            readers,
            shared,
            round: claim::Round::default(),
            set_aside: claim::SetAside::default(),
            claim_bytes_max: options.claim_bytes_max,
            path: options.path,
            changes: broadcast::Sender::new(1),
            ended: Mutex::new(ended),
        }))
    }

    fn start_copier(
        options: &Options,
        writer: &mut Connection,
        shared: &Arc<Shared>,
        working: &Arc<Working>,
    ) -> Result<Checkpoints> {
        let (db, shared) = (connect::copier(options)?, Arc::clone(shared));
        let (wake, woken) = crossbeam_channel::bounded(1);
        let copier = spawn("store-copier", working, {
            let working = Arc::clone(working);
            move || checkpoint::copy(db, &working.database, woken, shared)
        })?;
        Checkpoints::new(writer, wake, copier, options).map_err(|error| unusable(options.path.display(), error))
    }

    async fn write<T, F>(&self, operation: &'static str, bytes: usize, work: F) -> Result<T>
    where
        F: Fn(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.write(operation, None, bytes, work).await
    }

    /// In the queue of `workflow`.
    async fn write_for<T, F>(&self, workflow: WorkflowId, operation: &'static str, bytes: usize, work: F) -> Result<T>
    where
        F: Fn(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.write(operation, Some(workflow), bytes, work).await
    }

    async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        self.readers.read(operation, work).await
    }
}

fn spawn(name: &str, working: &Arc<Working>, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let working = Arc::clone(working);
    let run = move || {
        work();
        drop(working);
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|error| unusable("a thread", error))
}

#[async_trait]
impl Store for Sqlite {
    fn kind(&self) -> &'static str {
        "sqlite"
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn server_start(&self, server: NewServer, _lease: Duration) -> Result<()> {
        server::start(self, server).await
    }

    async fn server_beat(&self, server: ServerId, _lease: Duration, _looks_on: bool) -> Result<()> {
        server::beat(self, server).await
    }

    async fn server_stop(&self, server: ServerId) -> Result<()> {
        server::stop(self, server).await
    }

    async fn server_list(&self) -> Result<Vec<ServerHead>> {
        server::list(self).await
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    fn tell(&self, _change: Change) {}

    async fn changed_since(&self, _since: Option<u64>) -> Result<Changed> {
        Ok(Changed { number: 0, stale: Vec::new() })
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
        execution::create(self, new).await
    }

    async fn execution_progress(&self, execution: ExecutionId, epoch: u32, progress: Progress) -> Result<()> {
        execution::progress(self, execution, epoch, progress).await
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
        retention::space(self).await
    }

    fn stats(&self) -> Stats {
        let length = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |file| file.len())
        };
        let done = &self.shared.done;
        Stats {
            flushes: done.flushes.load(Ordering::Relaxed),
            flush_times: done.flush_times.distribution(),
            commands: done.commands.load(Ordering::Relaxed),
            batch_commands: done.batch_commands.distribution(),
            commands_waiting: self.shared.waiting_commands.load(Ordering::Relaxed) as u64,
            bytes_waiting: self.shared.waiting_bytes.load(Ordering::Relaxed) as u64,
            database_bytes: length("") + length("-wal"),
        }
    }

    fn health(&self) -> Result<()> {
        self.shared.fence.trusted()
    }

    async fn close(&self) -> Result<()> {
        if self.shared.fence.close() {
            self.readers.stop();
            self.writer.stop();
        }
        // Nothing is ever sent: it resolves when the last thread has dropped its end.
        self.ended.lock().await.recv().await;
        self.shared.fence.trusted()
    }
}
