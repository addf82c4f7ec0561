//! The real store, with failures and delays put in front of it: what SQLite cannot be brought to do on command.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::execution::status::Status;
use domain::id::{EndpointKey, ExecutionId, RequestId, SampleId, ServerId, TokenId, UserId, WorkflowId};
use domain::secret::{Sealed, SecretName};
use domain::testing::random::Random;
use domain::time::Timestamp;
use domain::token::Token;
use domain::user::{Email, Invite, Session, User};
use domain::workflow::{Revision, Workflow};
use store::sqlite::Sqlite;
use store::*;
use tokio::sync::broadcast;

type Fault = Box<dyn FnMut(&'static str) -> Option<Error> + Send>;

pub(crate) struct Faulty {
    pub(crate) real: Arc<Sqlite>,
    fault: Mutex<Option<Fault>>,
    slow: Mutex<Option<(&'static str, Duration)>>,
    loss: Mutex<Option<Arc<Loss>>>,
}

/// Bad luck by a seed: for each method, how often a call in so many fails.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    pub(crate) seed: u64,
    pub(crate) lost: AtomicU32,
    pub(crate) refused: AtomicU32,
    pub(crate) calls: AtomicU64,
}

enum Luck {
    Good,
    /// Nothing is kept, and that is what is said.
    Refused,
    /// It is kept, and the answer does not come: what is on disk is not known, as after a flush that failed.
    Lost,
}

impl Loss {
    fn draw(&self, operation: &'static str) -> Luck {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let drawn = Random(self.seed ^ call.wrapping_mul(0x9e37)).next();
        let (lost, refused): (u64, u64) = match operation {
            "execution_create" => (60, 8),
            "execution_progress" => (120, 8),
            "execution_claim" | "execution_claim_one" => (30, 8),
            "server_stop" => (3, 3),
            "server_beat" | "execution_next_due" => (200, 8),
            _ => return Luck::Good,
        };
        if drawn.is_multiple_of(lost) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            Luck::Lost
        } else if (drawn >> 20).is_multiple_of(refused) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Luck::Refused
        } else {
            Luck::Good
        }
    }
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

impl Faulty {
    pub(crate) fn new(real: Arc<Sqlite>) -> Arc<Self> {
        Arc::new(Self { real, fault: Mutex::default(), slow: Mutex::default(), loss: Mutex::default() })
    }

    /// Asks `fault` before each call, by its name, whether it fails.
    pub(crate) fn fail(&self, fault: impl FnMut(&'static str) -> Option<Error> + Send + 'static) {
        *self.fault.lock().unwrap() = Some(Box::new(fault));
    }

    /// The next `times` calls of `operation` fail.
    pub(crate) fn fail_times(&self, operation: &'static str, times: usize, error: fn() -> Error) {
        let mut left = times;
        self.fail(move |called| {
            let fails = called == operation && left > 0;
            left -= usize::from(fails);
            fails.then(error)
        });
    }

    /// Calls of `operation` answer so much later than they have worked.
    pub(crate) fn slow_down(&self, operation: &'static str, by: Duration) {
        *self.slow.lock().unwrap() = Some((operation, by));
    }

    /// From now on answers are lost, and calls refused, as the seed has it.
    pub(crate) fn lose(&self, loss: Arc<Loss>) {
        *self.loss.lock().unwrap() = Some(loss);
    }

    fn luck(&self, operation: &'static str) -> Luck {
        self.loss.lock().unwrap().as_ref().map_or(Luck::Good, |loss| loss.draw(operation))
    }

    fn check(&self, operation: &'static str) -> Result<()> {
        let mut fault = self.fault.lock().unwrap();
        fault.as_mut().and_then(|fault| fault(operation)).map_or(Ok(()), Err)
    }

    async fn linger(&self, operation: &'static str) {
        let slow = *self.slow.lock().unwrap();
        if let Some((slow, by)) = slow
            && slow == operation
        {
            tokio::time::sleep(by).await;
        }
    }
}

macro_rules! hand_on {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for Faulty {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer> {
                self.check(stringify!($name))?;
                let luck = self.luck(stringify!($name));
                if matches!(luck, Luck::Refused) {
                    return Err(Error::Overloaded);
                }
                let answer = self.real.$name($($arg),*).await;
                self.linger(stringify!($name)).await;
                if matches!(luck, Luck::Lost) {
                    return Err(Error::Broken { reason: "the answer was lost".to_owned() });
                }
                answer
            })+

            fn kind(&self) -> &'static str {
                self.real.kind()
            }

            fn is_shared(&self) -> bool {
                self.real.is_shared()
            }

            fn changes(&self) -> broadcast::Receiver<Change> {
                self.real.changes()
            }

            fn tell(&self, change: Change) {
                self.real.tell(change);
            }

            fn stats(&self) -> Stats {
                self.real.stats()
            }

            fn health(&self) -> Result<()> {
                self.real.health()
            }
        }
    };
}

hand_on! {
    fn server_start(server: NewServer, lease: Duration) -> ();
    fn server_beat(server: ServerId, lease: Duration, looks_on: bool) -> ();
    fn server_stop(server: ServerId) -> ();
    fn server_list() -> Vec<ServerHead>;
    fn changed_since(since: Option<u64>) -> Changed;
    fn workflow_save(saves: Vec<WorkflowSave>) -> ();
    fn workflow_get(workflow: WorkflowId) -> Option<Workflow>;
    fn workflow_by_key(key: &EndpointKey) -> Option<Workflow>;
    fn workflow_list(before: Option<WorkflowId>, limit: u32) -> Vec<Workflow>;
    fn workflow_figures(buckets: Buckets) -> Vec<WorkflowFigures>;
    fn workflow_rotate(workflow: WorkflowId, key: EndpointKey, at: Timestamp) -> ();
    fn workflow_delete(workflow: WorkflowId, at: Timestamp) -> ();
    fn key_retired() -> Vec<(EndpointKey, WorkflowId)>;
    fn revision_get(workflow: WorkflowId, number: u32) -> Option<Revision>;
    fn revision_list(workflow: WorkflowId, before: Option<u32>, limit: u32) -> Vec<RevisionHead>;
    fn sample_add(sample: SavedSample, max: u32, bytes_max: usize) -> ();
    fn sample_list(workflow: WorkflowId) -> Vec<SavedSample>;
    fn sample_delete(workflow: WorkflowId, sample: SampleId) -> ();
    fn token_create(token: Token) -> ();
    fn token_by_digest(digest: [u8; 32]) -> Option<Token>;
    fn token_list() -> Vec<Token>;
    fn token_revoke(token: TokenId) -> ();
    fn token_used(token: TokenId, at: Timestamp) -> ();

    fn user_first(user: User, session: Session) -> ();
    fn user_create(user: User, invite: Invite, max: u32) -> ();
    fn user_none() -> bool;
    fn user_by_email(email: &Email) -> Option<User>;
    fn user_list() -> Vec<User>;
    fn user_change(user: UserId, change: UserChange) -> User;
    fn user_delete(user: UserId) -> ();
    fn invite_create(invite: Invite) -> User;
    fn invite_by_digest(digest: [u8; 32]) -> Option<Invite>;
    fn invite_use(taken: InviteUse) -> User;
    fn session_create(login: Login) -> User;
    fn session_by_digest(digest: [u8; 32]) -> Option<(Session, User)>;
    fn session_used(digest: [u8; 32], at: Timestamp) -> ();
    fn session_end(digest: [u8; 32]) -> ();

    fn secret_set(secret: Sealed, max: u32) -> bool;
    fn secret_get(name: &SecretName) -> Option<Sealed>;
    fn secret_list() -> Vec<Sealed>;
    fn secret_delete(name: &SecretName) -> ();
    fn setting_get(name: &'static str) -> Option<String>;
    fn setting_set(name: &'static str, value: Option<String>) -> ();
    fn execution_create(new: NewExecution) -> ();
    fn execution_progress(execution: ExecutionId, epoch: u32, progress: Progress) -> ();
    fn execution_claim(claim: Claim) -> Vec<Claimed>;
    fn execution_set_aside() -> Vec<ExecutionHead>;
    fn execution_claim_one(execution: ExecutionId, server: ServerId) -> Option<Claimed>;
    fn execution_next_due() -> Option<Timestamp>;
    fn execution_get(execution: ExecutionId) -> Option<Execution>;
    fn execution_head(execution: ExecutionId) -> Option<ExecutionHead>;
    fn execution_heads(executions: Vec<ExecutionId>) -> Vec<ExecutionHead>;
    fn execution_cancel(execution: ExecutionId) -> bool;
    fn execution_cancels(server: ServerId) -> Vec<ExecutionId>;
    fn execution_fail_quarantined(execution: ExecutionId, answer: Option<SentAnswer>, at: Timestamp) -> bool;
    fn execution_answer(execution: ExecutionId) -> Option<(Status, Option<SentAnswer>)>;
    fn execution_list(filter: ExecutionFilter) -> Listed<ExecutionHead, ExecutionId>;
    fn execution_causes(executions: Vec<ExecutionId>) -> Vec<Option<Cause>>;
    fn execution_counts(filter: ExecutionFilter, buckets: Buckets) -> ExecutionCounts;
    fn request_append(requests: Vec<RefusedRequest>) -> ();
    fn request_list(filter: RequestFilter) -> Listed<RequestHead, [u8; 16]>;
    fn request_heads(cursors: Vec<[u8; 16]>) -> Vec<RequestHead>;
    fn request_get(request: RequestId) -> Option<RefusedRequest>;
    fn retention_find(rule: RetentionRule) -> Vec<ExecutionId>;
    fn retention_delete(executions: Vec<ExecutionId>) -> u32;
    fn retention_workflows() -> Vec<WorkflowId>;
    fn request_trim(per_workflow_max: u32, total_max: u32, limit: u32) -> u32;
    fn space_slice() -> ();
    fn close() -> ();
}
