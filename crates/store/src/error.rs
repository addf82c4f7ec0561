//! Why the store could not do what it was asked.

use domain::id::{EndpointKey, ExecutionId, SampleId, TokenId, UserId, WorkflowId};
use domain::secret::SecretName;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is another than the one the change was made from. The caller reads it again.
    #[error("the workflow {workflow} was changed meanwhile")]
    WorkflowChanged { workflow: WorkflowId },
    /// The key belongs to a workflow, or was retired.
    #[error("the key {key} cannot be used")]
    KeyTaken { key: EndpointKey },
    #[error("there is no workflow {workflow}")]
    NotFound { workflow: WorkflowId },
    #[error("there is no sample {sample}")]
    SampleNotFound { sample: SampleId },
    #[error("the workflow has {max} samples already")]
    TooManySamples { max: u32 },
    #[error("the bodies of the workflow's samples would be larger than {bytes_max} bytes together")]
    SamplesTooLarge { bytes_max: usize },
    #[error("there is no secret {name}")]
    SecretNotFound { name: SecretName },
    #[error("there are {max} secrets already")]
    TooManySecrets { max: u32 },
    #[error("there is no token {token}")]
    TokenNotFound { token: TokenId },
    #[error("there is no user {user}")]
    UserNotFound { user: UserId },
    /// Nobody is the first user twice.
    #[error("there are users already")]
    UsersThere,
    #[error("there are {max} users; delete some first")]
    TooManyUsers { max: u32 },
    #[error("another user has this email address")]
    EmailTaken,
    #[error("the user {user} is disabled")]
    UserDisabled { user: UserId },
    /// Nobody else could give rights to anybody.
    #[error("this is the last active admin")]
    LastAdmin,
    /// What was found out about the user does not hold any more.
    #[error("the user {user} was changed meanwhile")]
    UserChanged { user: UserId },
    /// Never made, taken, taken back, or expired.
    #[error("there is no such invite")]
    InviteNotFound,
    /// Another server holds the execution now, or it has ended. The caller drops what it did.
    #[error("the lease on execution {execution} was lost")]
    LeaseLost { execution: ExecutionId },
    /// This server was declared dead; it must stop.
    #[error("this server's lease was lost")]
    ServerLeaseLost,
    /// What is sealed with the one cannot be read with the other.
    #[error("the database was first served with another key")]
    OtherKey,
    /// Nobody answers there, or it is just starting. Nothing was kept, as far as anybody can know; later calls may succeed.
    #[error("the database cannot be reached: {reason}")]
    Away { reason: String },
    /// It answers, and does not do this one, for a reason of its own: a page that cannot be read, a right that was taken
    /// away. Nothing was kept; another try may succeed, once somebody has looked after it.
    #[error("the database refuses: {reason}")]
    Unwilling { reason: String },
    /// More waits for the database than the store is willing to hold, or another program has locked it.
    /// Nothing was kept; later calls may succeed.
    #[error("too much is waiting for the database")]
    Overloaded,
    /// No space. Nothing was kept; later writes may succeed.
    #[error("the disk or the database is full")]
    Full,
    /// The database file failed to read or write once; nothing it says can be trusted until a restart.
    #[error("the database failed and must be reopened: {reason}")]
    Broken { reason: String },
    #[error("the store is closed")]
    Closed,
    /// The data folder is in use, or written by a newer version, or damaged.
    #[error("the database cannot be opened: {reason}")]
    Unusable { reason: String },
    /// Half of what is in `from` is here, or all of it and nobody has compared.
    #[error("a move from {from} into this database has not come to its end")]
    MoveUnfinished { from: String },
    /// For a reason of its own, which another try would meet again. Nothing was kept.
    /// `operation` is the trait method's name. The cause stays in `source`, not in the text.
    #[error("the database failed during {operation}")]
    Database {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
