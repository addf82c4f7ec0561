//! A disk that fails, and a power cut, seen through a shim between SQLite and the operating system.
//!
//! The shim takes the system's own file methods and puts itself before reading, writing and
//! syncing: it counts, fails the call it is told to fail, and keeps an image of each file as of its
//! last sync, which is what a power cut would leave.

#![allow(unsafe_code, reason = "SQLite's file interface is a table of C functions")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

use futures_util::future::join_all;
use rusqlite::ffi;
use store::conformance::numbered::{at, execution, execution_id, queued};
use store::sqlite::{Options, Sqlite};
use store::{Error, Store};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Read,
    Write,
    Sync,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    Database,
    Log,
}

/// Fail the `nth` such call from now on, once, with this result code.
#[derive(Debug, Clone, Copy)]
struct Fault {
    of: Of,
    call: Call,
    nth: u32,
    code: c_int,
}

#[derive(Default)]
struct Disk {
    /// Open databases and logs, by the address of SQLite's file object.
    files: HashMap<usize, File>,
    counts: HashMap<(Of, Call), u32>,
    fault: Option<Fault>,
    /// Where images go, if they are wanted.
    images: Option<PathBuf>,
    /// Says that a sync was done, and takes no image.
    lies: bool,
}

struct File {
    of: Of,
    path: PathBuf,
    system: &'static ffi::sqlite3_io_methods,
}

static DISK: Mutex<Option<Disk>> = Mutex::new(None);
/// The system's VFS, by its address.
static SYSTEM: OnceLock<usize> = OnceLock::new();

fn disk<T>(with: impl FnOnce(&mut Disk) -> T) -> T {
    with(DISK.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Counts the call. The system's own methods, or the code to fail with if this is the call that shall fail.
fn pass(file: *mut ffi::sqlite3_file, call: Call) -> Result<&'static ffi::sqlite3_io_methods, c_int> {
    disk(|disk| {
        let File { of, system, path } = &disk.files[&(file as usize)];
        *disk.counts.entry((*of, call)).or_default() += 1;
        if let Some(fault) = disk.fault.as_mut().filter(|fault| fault.of == *of && fault.call == call) {
            fault.nth -= 1;
            if fault.nth == 0 {
                let code = fault.code;
                disk.fault = None;
                return Err(code);
            }
        }
        if let (Call::Sync, Some(images), false) = (call, &disk.images, disk.lies) {
            std::fs::copy(path, images.join(path.file_name().unwrap())).unwrap();
        }
        Ok(*system)
    })
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, amount: c_int, at: i64) -> c_int {
    match pass(file, Call::Read) {
        Err(code) => code,
        // SAFETY: SQLite's own arguments, handed on.
        Ok(system) => unsafe { system.xRead.unwrap()(file, to, amount, at) },
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, at: i64) -> c_int {
    match pass(file, Call::Write) {
        Err(code) => code,
        // SAFETY: SQLite's own arguments, handed on.
        Ok(system) => unsafe { system.xWrite.unwrap()(file, from, amount, at) },
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    match pass(file, Call::Sync) {
        Err(code) => code,
        // SAFETY: SQLite's own arguments, handed on.
        Ok(system) => unsafe { system.xSync.unwrap()(file, flags) },
    }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let system = *SYSTEM.get().expect("noted by `shim`") as *mut ffi::sqlite3_vfs;
    // SAFETY: SQLite's own arguments, handed on to the VFS whose file size ours has.
    let code = unsafe { (*system).xOpen.unwrap()(system, name, file, flags, out) };
    let of = match flags {
        flags if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => Of::Database,
        flags if flags & ffi::SQLITE_OPEN_WAL != 0 => Of::Log,
        _ => return code,
    };
    if code == ffi::SQLITE_OK {
        // SAFETY: a file that opened has a static table of methods, and a database and its log have a name.
        let (system, name) = unsafe { (&*(*file).pMethods, CStr::from_ptr(name)) };
        let ours = ffi::sqlite3_io_methods { xRead: Some(read), xWrite: Some(write), xSync: Some(sync), ..*system };
        let path = PathBuf::from(name.to_str().unwrap());
        disk(|disk| disk.files.insert(file as usize, File { of, path, system }));
        // SAFETY: the table is leaked, so it outlives the file; the other methods are the system's own.
        unsafe { (*file).pMethods = Box::leak(Box::new(ours)) };
    }
    code
}

/// One test at a time has the disk, which is sound to begin with.
fn shim() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    static INSTALL: Once = Once::new();
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    INSTALL.call_once(|| {
        // SAFETY: the default VFS is static; the copy is leaked, as a registered VFS has to live for ever.
        unsafe {
            let system = ffi::sqlite3_vfs_find(std::ptr::null());
            SYSTEM.set(system as usize).unwrap();
            let ours = ffi::sqlite3_vfs {
                zName: c"faults".as_ptr(),
                xOpen: Some(open),
                pNext: std::ptr::null_mut(),
                ..*system
            };
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 0), ffi::SQLITE_OK);
        }
    });
    // A test that failed may have left a store open, so its files stay known.
    disk(|disk| *disk = Disk { files: std::mem::take(&mut disk.files), ..Disk::default() });
    one
}

fn options(folder: &Path) -> Options {
    Options { vfs: Some("faults".to_owned()), ..Options::new(folder.join("hookflow.db")) }
}

fn count(of: Of, call: Call) -> u32 {
    disk(|disk| disk.counts.get(&(of, call)).copied().unwrap_or(0))
}

async fn create(store: &Sqlite, n: i64) -> store::Result<()> {
    store.execution_create(execution(n, 1, queued(at(n)))).await
}

/// Eight at a time, so that batches hold more than one. The numbers of those that were acknowledged, and the errors.
async fn load(store: &Sqlite, rounds: i64) -> (Vec<i64>, Vec<Error>) {
    let (mut acknowledged, mut errors) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let numbers = round * 8 + 1..=round * 8 + 8;
        let made = join_all(numbers.clone().map(|n| create(store, n))).await;
        for (n, made) in numbers.zip(made) {
            match made {
                Ok(()) => acknowledged.push(n),
                Err(error) => errors.push(error),
            }
        }
    }
    (acknowledged, errors)
}

async fn missing(store: &Sqlite, acknowledged: &[i64]) -> Vec<i64> {
    let mut missing = Vec::new();
    for n in acknowledged {
        if store.execution_get(execution_id(*n)).await.unwrap().is_none() {
            missing.push(*n);
        }
    }
    missing
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_flush_is_one_sync_and_nothing_is_acknowledged_before_it() {
    let _disk = shim();
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let store = Sqlite::open(options(folder.path())).unwrap();
        create(&store, 1_000).await.unwrap();
        for n in 1..=20 {
            let before = (store.stats().flushes, count(Of::Log, Call::Sync));
            create(&store, n).await.unwrap();
            assert_eq!((store.stats().flushes, count(Of::Log, Call::Sync)), (before.0 + 1, before.1 + 1));
        }
        let before = (store.stats().flushes, count(Of::Log, Call::Sync));
        assert!(join_all((21..=84).map(|n| create(&store, n))).await.iter().all(Result::is_ok));
        let flushes = store.stats().flushes - before.0;
        assert_eq!(u64::from(count(Of::Log, Call::Sync) - before.1), flushes);
        assert!(flushes < 32, "{flushes}");
        store.close().await.unwrap();
    });
}

/// Fails one call once, and lets all later ones succeed: even so, nobody is told `Ok` from then on.
#[test]
fn no_failure_of_the_disk_becomes_a_false_success() {
    let _disk = shim();
    let mut seen = 0;
    for (of, call, code) in [
        (Of::Log, Call::Write, ffi::SQLITE_IOERR_WRITE),
        (Of::Log, Call::Sync, ffi::SQLITE_IOERR_FSYNC),
        (Of::Database, Call::Write, ffi::SQLITE_IOERR_WRITE),
        (Of::Database, Call::Sync, ffi::SQLITE_IOERR_FSYNC),
        (Of::Database, Call::Read, ffi::SQLITE_IOERR_READ),
        (Of::Database, Call::Read, ffi::SQLITE_CORRUPT),
    ] {
        for nth in [1, 2, 3, 5, 8, 13] {
            let folder = tempfile::tempdir().unwrap();
            let fault = Fault { of, call, nth, code };
            seen += u32::from(block_on(fail_once(folder.path(), fault)));
        }
    }
    assert!(seen >= 20, "only {seen} of the faults were met");
}

/// Whether the fault was met.
async fn fail_once(folder: &Path, fault: Fault) -> bool {
    let often = Options { checkpoint_bytes: 64 << 10, wal_bytes_max: 256 << 10, ..options(folder) };
    let store = Sqlite::open(often).unwrap();
    create(&store, 10_000).await.unwrap();
    disk(|disk| disk.fault = Some(fault));
    let (mut acknowledged, errors) = load(&store, 12).await;
    acknowledged.push(10_000);
    assert!(errors.iter().all(|error| matches!(error, Error::Broken { .. })), "{fault:?}: {errors:?}");
    assert!(errors.is_empty() || store.health().is_err(), "{fault:?}");

    if store.health().is_err() {
        assert!(matches!(create(&store, 20_000).await, Err(Error::Broken { .. })), "{fault:?}");
        assert!(matches!(store.execution_get(execution_id(1)).await, Err(Error::Broken { .. })), "{fault:?}");
    }
    // The last copying of the log may be what fails, so this too may be the first to say it.
    let closed = store.close().await;
    let met = disk(|disk| disk.fault.take().is_none());
    assert_eq!(met, closed.is_err(), "{fault:?}: {closed:?}");

    let store = Sqlite::open(options(folder)).unwrap();
    assert_eq!(missing(&store, &acknowledged).await, [0; 0], "{fault:?}");
    store.close().await.unwrap();
    met
}

#[test]
fn a_full_disk_refuses_one_batch_and_the_next_one_passes() {
    let _disk = shim();
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let store = Sqlite::open(options(folder.path())).unwrap();
        create(&store, 1).await.unwrap();
        disk(|disk| disk.fault = Some(Fault { of: Of::Log, call: Call::Write, nth: 3, code: ffi::SQLITE_FULL }));
        assert!(matches!(create(&store, 2).await, Err(Error::Full)));
        store.health().unwrap();
        assert!(store.execution_get(execution_id(2)).await.unwrap().is_none());
        create(&store, 2).await.expect("nothing of the first try was kept");
        store.close().await.unwrap();
    });
}

/// Whatever it was writing then: the start says so, and one with room goes on from there.
#[test]
fn a_disk_that_is_full_during_the_first_start_leaves_nothing_half_done() {
    let _disk = shim();
    let mut met = 0;
    for of in [Of::Log, Of::Database] {
        for nth in 1..40 {
            let folder = tempfile::tempdir().unwrap();
            disk(|disk| disk.fault = Some(Fault { of, call: Call::Write, nth, code: ffi::SQLITE_FULL }));
            let opened = Sqlite::open(options(folder.path()));
            let was_met = disk(|disk| disk.fault.take().is_none());
            met += u32::from(was_met);
            block_on(async {
                match opened {
                    Ok(store) => store.close().await.unwrap(),
                    Err(Error::Unusable { reason }) => assert!(was_met && reason.contains("full"), "{nth}: {reason}"),
                    Err(error) => panic!("{of:?} {nth}: {error}"),
                }
                let store = Sqlite::open(options(folder.path())).unwrap();
                create(&store, 1).await.unwrap();
                assert_eq!(missing(&store, &[1]).await, [0; 0]);
                store.close().await.unwrap();
            });
            if !was_met {
                break;
            }
        }
    }
    assert!(met >= 3, "only {met} of the writes were met");
}

/// Copying the log into the database waits for room; what is in the log is kept and goes on.
#[test]
fn a_disk_that_is_full_while_the_log_is_copied_costs_nothing() {
    let _disk = shim();
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let often = Options { checkpoint_bytes: 64 << 10, wal_bytes_max: 256 << 10, ..options(folder.path()) };
        let store = Sqlite::open(often).unwrap();
        let mut acknowledged = Vec::new();
        let mut met = 0;
        for nth in 0..20 {
            disk(|disk| {
                disk.fault = Some(Fault { of: Of::Database, call: Call::Write, nth: 1 + nth, code: ffi::SQLITE_FULL });
            });
            for n in 0..40 {
                let n = i64::from(nth) * 40 + n + 1;
                create(&store, n).await.unwrap();
                acknowledged.push(n);
            }
            met += u32::from(disk(|disk| disk.fault.take().is_none()));
        }
        assert!(met > 3, "the log was copied into a full disk {met} times only");
        store.health().unwrap();
        assert_eq!(missing(&store, &acknowledged).await, [0; 0]);
        store.close().await.unwrap();
        let store = Sqlite::open(options(folder.path())).unwrap();
        assert_eq!(missing(&store, &acknowledged).await, [0; 0]);
        store.close().await.unwrap();
    });
}

/// What is left after a cut at any moment is what was synced by then.
#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let _disk = shim();
    assert_eq!(cut(false, false), 0);
}

/// The canary of `make prove`, which flushes too little, is caught by the same experiment.
#[test]
fn a_store_that_flushes_too_little_is_seen_by_the_power_cut() {
    let _disk = shim();
    assert!(cut(false, true) > 0);
}

/// The canary: with a disk that only says it has synced, the same experiment does lose.
#[test]
fn a_disk_that_lies_is_seen_by_the_power_cut() {
    let _disk = shim();
    assert!(cut(true, false) > 0);
}

/// Cuts the power after each of some rounds. How many acknowledged executions were lost.
fn cut(lies: bool, canary: bool) -> usize {
    let (folder, images) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let small = Options { checkpoint_bytes: 64 << 10, wal_bytes_max: 128 << 10, canary, ..options(folder.path()) };
    block_on(async {
        disk(|disk| disk.images = Some(images.path().to_owned()));
        let store = Sqlite::open(small).unwrap();
        let mut acknowledged = Vec::new();
        let mut lost = 0;
        for n in 1..=120 {
            create(&store, n).await.unwrap();
            acknowledged.push(n);
            disk(|disk| disk.lies = lies);
            if n % 6 == 0 {
                let after = tempfile::tempdir().unwrap();
                // Under the lock, so that both files are of one moment.
                disk(|_| {
                    for file in std::fs::read_dir(images.path()).unwrap().map(Result::unwrap) {
                        std::fs::copy(file.path(), after.path().join(file.file_name())).unwrap();
                    }
                });
                let survivor = Sqlite::open(Options::new(after.path().join("hookflow.db"))).unwrap();
                lost += missing(&survivor, &acknowledged).await.len();
                survivor.close().await.unwrap();
            }
        }
        store.close().await.unwrap();
        lost
    })
}
