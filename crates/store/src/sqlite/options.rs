//! Every setting and limit of this backend, by name.

use std::path::PathBuf;

/// Where the database is, and how much it may hold at a time.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file. Its folder is made if need be, and belongs to this process alone while the store is open.
    pub path: PathBuf,
    /// Threads that read, each with a connection. At least 1. Default: 2.
    pub readers: usize,
    /// Reads that may wait for a thread; more are `Error::Overloaded`. Default: 1,024.
    pub reads_waiting_max: usize,
    /// A batch takes no more commands once it holds this many bytes. Default: 8 MiB.
    pub batch_bytes_max: usize,
    /// Commands in a batch. Default: 1,024.
    pub batch_commands_max: usize,
    /// Bytes that may wait to be written, those being written included; more are `Error::Overloaded`.
    /// Default: 64 MiB.
    pub queue_bytes_max: usize,
    /// Each time the write-ahead log has grown by this many bytes, it is copied into the database
    /// file in the background. Default: 8 MiB.
    pub checkpoint_bytes: u64,
    /// Above this many bytes of write-ahead log, writing pauses between two batches until the log
    /// has been copied and starts anew. Default: 64 MiB.
    pub wal_bytes_max: u64,
    /// Claimed executions handed out at once hold about this many bytes of bodies at
    /// most (but one is always handed out). Default: 32 MiB.
    pub claim_bytes_max: usize,
    /// The database file grows no larger; what needs more space is `Error::Full`. Default: no limit.
    pub database_bytes_max: Option<u64>,
    /// The name of a registered SQLite VFS. Default: the operating system's.
    pub vfs: Option<String>,
    /// Flushes too little, on purpose: a bench that cannot see what a power cut then loses is blind.
    /// No setting leads here. Default: false.
    #[doc(hidden)]
    pub canary: bool,
}

impl Options {
    /// The defaults, for the database file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 2,
            reads_waiting_max: 1_024,
            batch_bytes_max: 8 << 20,
            batch_commands_max: 256,
            queue_bytes_max: 64 << 20,
            checkpoint_bytes: 1 << 20,
            wal_bytes_max: 64 << 20,
            claim_bytes_max: 32 << 20,
            database_bytes_max: None,
            vfs: None,
            canary: false,
        }
    }
}
