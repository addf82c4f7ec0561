//! The programs do what they say: a limit that does less would be none.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use store::postgres::testing::{Cluster, client};
use tempfile::TempDir;

/// A program of `limit`, and its folder.
struct Program {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Program {
    fn start(name: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let mut command = Command::new(env!("CARGO_BIN_EXE_limit"));
        command.arg(name).args(more);
        if ["sync", "async"].contains(&name) {
            command.arg("--data").arg(folder.path());
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut address = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut address).expect("it tells its address");
        Self { process, address: address.trim().to_owned(), folder }
    }

    /// Status and body.
    fn ask(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    fn accepts_two_and_finishes_them(&self) {
        assert_eq!(self.ask("POST", "/", PAID).0, 200);
        assert_eq!(self.ask("POST", "/", OPEN).0, 200);
        let from = std::time::Instant::now();
        while self.ask("GET", "/finished", "").1 != "2" {
            assert!(from.elapsed().as_secs() < 10, "it does not finish");
        }
    }

    fn rows(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open(self.database()).expect("there is one");
        db.query_row(sql, [], |row| row.get(0)).expect("it counts")
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("limit.db")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const PAID: &str = r#"{"order":{"id":"A-1","status":"paid"}}"#;
const OPEN: &str = r#"{"order":{"id":"A-1","status":"open"}}"#;

#[test]
fn bare_answers_and_the_sink_too() {
    assert_eq!(Program::start("bare", &[]).ask("POST", "/", PAID), (200, "ok".to_owned()));
    assert_eq!(Program::start("sink", &["--pause-ms", "1"]).ask("POST", "/", PAID), (200, r#"{"ok":true}"#.to_owned()));
}

#[test]
fn json_and_sync_answer_by_the_rule() {
    for name in ["json", "sync"] {
        let program = Program::start(name, &[]);
        assert_eq!(program.ask("POST", "/", PAID), (200, r#"{"received":"A-1"}"#.to_owned()), "{name}");
        assert_eq!(program.ask("POST", "/", OPEN), (422, r#"{"error":"not paid"}"#.to_owned()), "{name}");
        assert_eq!(program.ask("POST", "/", "{"), (400, String::new()), "{name}");
        let push = Program::start(name, &["--rule", "push"]);
        let main = r#"{"ref":"refs/heads/master","head_commit":{"id":"61137"}}"#;
        assert_eq!(push.ask("POST", "/", main), (200, r#"{"received":"61137"}"#.to_owned()), "{name}");
    }
}

#[test]
fn sync_answers_what_is_in_the_database() {
    let program = Program::start("sync", &[]);
    for _ in 0..3 {
        program.ask("POST", "/", PAID);
    }
    let whole = format!(
        "select count(*) from event where body = cast('{PAID}' as blob) and answer = cast('{{\"received\":\"A-1\"}}' as blob)"
    );
    assert_eq!(program.rows(&whole), 3);
}

#[test]
fn async_finishes_what_it_accepted() {
    let program = Program::start("async", &[]);
    program.accepts_two_and_finishes_them();
    assert_eq!(program.rows("select count(*) from event join result using (id) where holds = (id = 1)"), 2);
    assert!(program.ask("GET", "/batches", "").1.parse::<f64>().expect("a number") >= 1.0);
}

/// On PostgreSQL they do the same, and the rows are there.
#[tokio::test]
async fn postgresql_holds_what_was_answered_and_finished() {
    let cluster = Cluster::shared();
    for name in ["pg-sync", "pg-async"] {
        let database = cluster.database().await;
        let program = Program::start(name, &["--database", &database]);
        if name == "pg-sync" {
            assert_eq!(program.ask("POST", "/", PAID), (200, r#"{"received":"A-1"}"#.to_owned()));
            assert_eq!(program.ask("POST", "/", OPEN), (422, r#"{"error":"not paid"}"#.to_owned()));
        } else {
            program.accepts_two_and_finishes_them();
        }
        let db = client(&database).await;
        let count = async |sql: &str| db.query_one(sql, &[]).await.expect("it counts").get::<_, i64>(0);
        let (events, results) = (count("select count(*) from event").await, count("select count(*) from result").await);
        assert_eq!((events, results), (2, if name == "pg-sync" { 0 } else { 2 }), "{name}");
        let whole = if name == "pg-sync" {
            format!("select count(*) from event where body = '{PAID}' and answer = '{{\"received\":\"A-1\"}}'")
        } else {
            format!("select count(*) from event join result using (id) where holds and body = '{PAID}'")
        };
        assert_eq!(count(&whole).await, 1, "{name}");
    }
}

/// Each commit is flushed: a limit that does not wait for the disk would be a wish.
#[test]
fn the_database_waits_for_the_disk() {
    let folder = tempfile::tempdir().expect("there is room");
    let done = strace(folder.path());
    let Some(flushes) = done else {
        eprintln!("SKIPPED (needs strace): flushes of the limit");
        return;
    };
    let rows: f64 = flushes.1.trim().parse().expect("rows a second");
    assert!(flushes.0 as f64 >= rows * 0.3 * 0.5, "{} flushes for {} rows a second", flushes.0, rows);
}

/// Flushes, and the rows a second that the loop tells, in batches of one.
fn strace(folder: &Path) -> Option<(usize, String)> {
    let trace = folder.join("trace");
    let done = Command::new("strace")
        .args(["-f", "-e", "trace=fdatasync,fsync", "-o"])
        .arg(&trace)
        .args([env!("CARGO_BIN_EXE_limit"), "commit", "--batch", "1", "--seconds", "0.3", "--data"])
        .arg(folder)
        .output()
        .ok()?;
    let trace = std::fs::read_to_string(trace).ok()?;
    let flushes = trace.lines().filter(|line| line.contains("sync(")).count();
    done.status.success().then(|| (flushes, String::from_utf8_lossy(&done.stdout).into_owned()))
}
