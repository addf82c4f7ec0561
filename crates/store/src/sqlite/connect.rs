//! The folder's lock, and connections with their settings.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::options::Options;
use crate::error::{Error, Result};

/// The smallest usual page: a flush writes whole pages, and a small command touches few bytes of each.
pub(super) const PAGE_BYTES: u64 = 4_096;
/// Prepared statements kept a connection; there are fewer.
const STATEMENTS_MAX: usize = 64;
const WRITER_CACHE_KIB: u32 = 8 << 10;
const READER_CACHE_KIB: u32 = 2 << 10;
/// Nothing inside this program makes another part wait for a database lock for long; a person with
/// a database shell might.
const BUSY: Duration = Duration::from_millis(250);

pub(super) fn unusable(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Error {
    Error::Unusable { reason: format!("{what}: {why}") }
}

/// Takes `<folder>/lock` for as long as the file stays open. It names the process that has it.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let failed = |error: std::io::Error| unusable(path.display(), error);
    let mut options = OpenOptions::new();
    // Whoever can open the file can hold the lock, and keep the server from starting.
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only for the message; the lock is what counts.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let who = if holder.is_empty() { "another process".to_owned() } else { format!("process {holder}") };
            return Err(unusable(folder.display(), format!("the folder is in use by {who}")));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(file)
}

/// The folder, made durable if it is new.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let made = std::fs::create_dir_all(folder);
    // So that a power cut does not take the folder's name with all that is in it.
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    made.and_then(|()| File::open(parent)?.sync_all()).map_err(|error| unusable(folder.display(), error))
}

/// The connection that writes. Makes the file if there is none.
pub(super) fn writer(options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(options, flags, WRITER_CACHE_KIB)?;
    let failed = |error: rusqlite::Error| unusable(options.path.display(), error);
    // Both only take hold before the first table.
    db.execute_batch(&format!("pragma page_size = {PAGE_BYTES}; pragma auto_vacuum = incremental;")).map_err(failed)?;
    let mode: String = db.query_row("pragma journal_mode = wal", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(unusable(options.path.display(), "this file system cannot hold a write-ahead log"));
    }
    let pages_max = options.database_bytes_max.map_or(u64::from(u32::MAX - 1), |bytes| bytes / PAGE_BYTES);
    db.execute_batch(&format!(
        "pragma synchronous = {}; pragma wal_autocheckpoint = 0; pragma journal_size_limit = {};",
        if options.canary { "normal" } else { "full" },
        options.wal_bytes_max
    ))
    .and_then(|()| db.query_row(&format!("pragma max_page_count = {pages_max}"), [], |_| Ok(())))
    .map_err(failed)?;
    Ok(db)
}

/// The connection that copies the log.
pub(super) fn copier(options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(options, flags, READER_CACHE_KIB)?;
    db.execute_batch("pragma synchronous = full; pragma wal_autocheckpoint = 0;")
        .map_err(|error| unusable(options.path.display(), error))?;
    Ok(db)
}

pub(super) fn reader(options: &Options) -> Result<Connection> {
    open(options, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX, READER_CACHE_KIB)
}

fn open(options: &Options, flags: OpenFlags, cache_kib: u32) -> Result<Connection> {
    let opened = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&options.path, flags, vfs.as_str()),
        None => Connection::open_with_flags(&options.path, flags),
    };
    opened
        .and_then(|db| {
            db.busy_timeout(BUSY)?;
            db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            // A broken database is closed as it stands; `checkpoint` does it on purpose.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // A plan that looked at what was bound is made anew, parser and all, for each value that is bound next.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            // Foreign keys would look up a parent for each row; the few writers here keep the order themselves.
            db.execute_batch(&format!(
                "pragma foreign_keys = off; pragma temp_store = memory; pragma mmap_size = 0; pragma cache_size = -{cache_kib};"
            ))?;
            Ok(db)
        })
        .map_err(|error| unusable(options.path.display(), error))
}
