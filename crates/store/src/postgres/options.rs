//! Every setting and limit of this backend, by name.

use std::fmt;
use std::time::Duration;

/// Where the database is, and how much may be under way at a time.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database?sslmode=require`, or the same as `key=value` words.
    /// `sslmode`: `disable`; `prefer` (the default) encrypts if the server can and trusts any certificate; `require`
    /// encrypts, and the certificate must be the host's by what this machine trusts.
    pub url: String,
    /// Connections for all but the writing of executions. At least 1. Default: 8.
    pub connections: usize,
    /// Callers that may wait for one of these; more are `Error::Overloaded`. Default: 1,024.
    pub calls_waiting_max: usize,
    /// Writers of executions, each with a connection of its own: as many commits are under way at a time. At least 1.
    /// Default: 2.
    pub writers: usize,
    /// A batch takes no more commands once it holds this many bytes. Default: 8 MiB.
    pub batch_bytes_max: usize,
    /// Commands in a batch. Default: 256.
    pub batch_commands_max: usize,
    /// Bytes that may wait to be written, those being written included; more are `Error::Overloaded`.
    /// Default: 64 MiB.
    pub queue_bytes_max: usize,
    /// Claimed executions handed out at once hold about this many bytes of bodies at
    /// most (but one is always handed out). Default: 32 MiB.
    pub claim_bytes_max: usize,
    /// How long connecting may take, and how long either side of a connection may be silent while the other waits: for
    /// an answer, or for the rest of a transaction. Default: 5 s.
    pub silence_max: Duration,
    /// A statement that takes longer is given up: `Error::Overloaded`. Default: 30 s.
    pub statement_timeout: Duration,
}

impl Options {
    /// The defaults, for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 8,
            calls_waiting_max: 1_024,
            writers: 2,
            batch_bytes_max: 8 << 20,
            batch_commands_max: 256,
            queue_bytes_max: 64 << 20,
            claim_bytes_max: 32 << 20,
            silence_max: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for Options {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("connections", &self.connections).finish_non_exhaustive()
    }
}
