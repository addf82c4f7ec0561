//! A PostgreSQL for tests: private, started by the first that asks, gone with the process whatever ends it.
//!
//! It is started by a shell that waits for the end of a pipe: when the process that holds the other end is gone, it
//! stops the server and takes its folder away.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests")]

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

/// How it comes onto a machine.
const INSTALL: &str = "PostgreSQL is not installed, and tests need it: `apt install postgresql` (Debian), or put its programs \
                       (initdb, postgres) on the PATH";
const PASSWORD: &str = "right horse";
const STANDBY: &str = "standby";
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// `$1`: the folder, `$2`: where the programs are, `$3`: the port, then settings.
const RUN: &str = r#"
folder=$1; programs=$2; port=$3; shift 3
"$programs/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 "$@" \
    >>"$folder/log" 2>&1 </dev/null &
server=$!
read -r word
kill -QUIT "$server"
wait "$server"
[ "$word" = keep ] || rm -rf "$folder"
"#;

/// A server with databases.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
    running: Mutex<Option<Child>>,
    databases: AtomicU32,
}

impl Cluster {
    /// The one that all tests of a process share.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Cluster>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| Arc::new(Self::start())))
    }

    /// One of its own, for tests that stop it.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Likewise, with settings beside those of all: `name=value`.
    pub fn start_with(settings: &[&str]) -> Self {
        let programs = programs();
        let folder = new_folder();
        let password = folder.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let initdb = as_its_user(&programs.join("initdb"))
            .args(["--username=hookflow", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .arg("--no-instructions")
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir("/tmp")
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        Self::run(folder, programs, free_port(), settings)
    }

    fn run(folder: PathBuf, programs: PathBuf, port: u16, settings: &[&str]) -> Self {
        let shared = ["max_connections=400", "shared_buffers=64MB", "autovacuum_naptime=5s"];
        let settings = shared.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
        let it = Self { folder, programs, port, settings, running: Mutex::default(), databases: AtomicU32::default() };
        it.start_again();
        it
    }

    /// A second server, at `port`, that follows this one: from when this returns, what this one says is committed is
    /// there too.
    pub async fn standby(&self, port: u16) -> Self {
        let folder = new_folder();
        let from =
            format!("host=127.0.0.1 port={} user=hookflow password='{PASSWORD}' application_name={STANDBY}", self.port);
        let copied = as_its_user(&self.programs.join("pg_basebackup"))
            .args(["--checkpoint=fast", "--wal-method=stream", "--no-sync", "--write-recovery-conf", "-d", &from, "-D"])
            .arg(folder.join("data"))
            .current_dir("/tmp")
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        let it = Self::run(folder, self.programs.clone(), port, &["wal_retrieve_retry_interval=200ms"]);
        self.execute("postgres", &format!("alter system set synchronous_standby_names = '{STANDBY}'")).await;
        self.execute("postgres", "select pg_reload_conf()").await;
        let began = Instant::now();
        let follows = "select exists (select from pg_stat_replication where sync_state = 'sync')";
        let client = client(&self.url("postgres")).await;
        while !client.query_one(follows, &[]).await.unwrap().get::<_, bool>(0) {
            assert!(began.elapsed() < STARTS_WITHIN, "the standby does not follow");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        it
    }

    /// A standby begins a life of its own; returns when it may be written to.
    pub async fn promote(&self) {
        let promoted = client(&self.url("postgres")).await.query_one("select pg_promote()", &[]).await.unwrap();
        assert!(promoted.get::<_, bool>(0), "the standby is not promoted");
    }

    /// After [`Self::stop`].
    pub fn start_again(&self) {
        let settings = self.settings.iter().flat_map(|setting| ["-c", setting]);
        let child = as_its_user(Path::new("sh"))
            .args(["-c", RUN, "sh"])
            .arg(&self.folder)
            .arg(&self.programs)
            .arg(self.port.to_string())
            .args(settings)
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            // What is sent to the tests from a terminal is for them.
            .process_group(0)
            .spawn()
            .unwrap();
        *self.running.lock().unwrap() = Some(child);
        let began = Instant::now();
        while !self.accepts() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(began.elapsed() < STARTS_WITHIN, "PostgreSQL does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it takes connections.
    pub fn accepts(&self) -> bool {
        let mut ready = as_its_user(&self.programs.join("pg_isready"));
        ready.args(["-q", "-t", "1", "-h", "127.0.0.1", "-p", &self.port.to_string()]).current_dir("/tmp");
        ready.status().is_ok_and(|status| status.success())
    }

    /// The processes of the server, the one that began all others first.
    pub fn processes(&self) -> Vec<u32> {
        let known = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        let Some(first) = known.lines().next().and_then(|line| line.parse::<u32>().ok()) else { return Vec::new() };
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        std::iter::once(first).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// A signal such as `STOP` to all processes of the server.
    pub fn signal(&self, name: &str) {
        // Some may be gone by now.
        let pids = self.processes().into_iter().map(|pid| pid.to_string());
        let sent = Command::new("kill").arg(format!("-{name}")).args(pids).stderr(Stdio::null()).status();
        sent.unwrap();
    }

    /// At once, as a crash would; what was committed is there when it is [started again](Self::start_again).
    pub fn stop(&self) {
        self.end("keep\n");
    }

    fn end(&self, word: &str) {
        let Some(mut child) = self.running.lock().unwrap().take() else { return };
        let told = child.stdin.take().unwrap().write_all(word.as_bytes());
        // It may have died by itself.
        drop(told);
        child.wait().unwrap();
    }

    /// The URL of a new database, which is empty.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("create database {name}")).await;
        self.url(&name)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://hookflow:{}@127.0.0.1:{}/{database}", PASSWORD.replace(' ', "%20"), self.port)
    }

    /// With everything that it has on disk.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs statements, as the one who may do all.
    pub async fn execute(&self, database: &str, sql: &str) {
        client(&self.url(database)).await.batch_execute(sql).await.unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Who is frozen would not hear it: a test may have failed just then.
        if self.running.lock().unwrap().is_some() {
            self.signal("CONT");
        }
        self.end("go\n");
    }
}

/// A connection, as any program has one.
pub async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn new_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("hookflow-postgres-").tempdir_in("/tmp").unwrap().keep();
    if is_root() {
        assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success(), "{INSTALL}");
    }
    folder
}

/// One that nobody has at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The server refuses to run as root.
fn as_its_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // Every process owns its own entry.
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// Where the programs are: those of the newest version that is installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        Some((number, version.path().join("bin")))
    });
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&on_path).map(|folder| (0, folder)).collect();
    let found = debian.chain(on_path).filter(|(_, folder)| folder.join("initdb").exists());
    found.max_by_key(|(number, _)| *number).expect(INSTALL).1
}
