//! Programs that others use for what Hookflow does, each with the same workflow, on the same cores.
//!
//! `make peers` installs them; `bench/peers` holds how they are set up, and says what each has kept when it answers.
//! Each process of a peer ends with its value.
//!
//! Invariants
//! - They listen on loopback alone and have nothing to tell or to ask elsewhere.
//! - A peer that [`start`] gives has answered every case rightly: yes, no, and with the id that it was sent.

mod group;
mod n8n;
mod node_red;
mod webhook;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use self::group::Group;
use crate::connection::{self, Connection};

/// Where `make peers` puts them.
pub const INSTALLED: &str = "target/bench/peers";

/// The slowest has to make its tables first.
const START_MAX: Duration = Duration::from_secs(120);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// What is told of a log.
const LOG_LINES: usize = 5;

/// One that runs.
#[derive(Debug)]
pub struct Peer {
    pub name: &'static str,
    pub version: String,
    pub address: SocketAddr,
    pub cases: Vec<PeerCase>,
    processes: Group,
}

/// What can be asked of it.
#[derive(Debug, Clone)]
pub struct PeerCase {
    pub what: &'static str,
    /// Path of the `POST`.
    pub target: String,
    pub mode: Mode,
    /// Once the answer goes out.
    pub persists: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The answer is what the workflow says.
    Sync,
    /// The answer goes out before the workflow has run.
    Async,
}

/// One that does not.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not measured: {why}")]
pub struct Missing {
    pub name: &'static str,
    pub why: String,
}

/// Starts those that stand in `installed`, each with a folder of its own in `data`.
pub async fn start(installed: &Path, data: &Path) -> Vec<Result<Peer, Missing>> {
    vec![
        one(node_red::NAME, data, async |data| node_red::start(installed, data).await).await,
        one(n8n::NAME, data, async |data| n8n::start(installed, data, n8n::Expressions::AsInstalled).await).await,
        one(n8n::NAME_LEGACY, data, async |data| n8n::start(installed, data, n8n::Expressions::Legacy).await).await,
        one(webhook::NAME, data, async |data| webhook::start(installed, data).await).await,
    ]
}

async fn one(name: &'static str, data: &Path, start: impl AsyncFnOnce(&Path) -> Result<Peer>) -> Result<Peer, Missing> {
    let started = async {
        // Not every program looks from where we stand.
        let data = std::path::absolute(data)?.join(name.replace(' ', "-"));
        std::fs::create_dir(&data).with_context(|| format!("{} cannot be made", data.display()))?;
        let mut peer = start(&data).await?;
        peer.ready().await.with_context(|| last_lines(&data.join(group::LOG)))?;
        Ok(peer)
    };
    let started: Result<Peer> = started.await;
    started.map_err(|error| Missing { name, why: format!("{error:#}") })
}

impl Peer {
    /// Bytes of memory that its processes hold now. What they share counts for each.
    pub fn resident(&self) -> Result<u64> {
        self.processes.resident()
    }

    /// The most bytes that each of its processes ever held, of those that are there.
    pub fn peak(&self) -> Result<u64> {
        self.processes.peak()
    }

    /// Processor time of its processes, of those too that have ended.
    pub fn cpu_time(&self) -> Result<Duration> {
        self.processes.cpu_time()
    }

    /// Waits until it answers as it has to. One that is not there yet may answer too: n8n sends a page with a 200.
    async fn ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while let Err(error) = self.check().await {
            ensure!(self.processes.is_running(), "it ended");
            if started.elapsed() > START_MAX {
                return Err(error.context(format!("not right after {} s", START_MAX.as_secs())));
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Whether it answers as it has to.
    ///
    /// # Errors
    /// If one of its cases does not.
    pub async fn check(&self) -> Result<()> {
        for case in &self.cases {
            let ask = async |status: &str, id: &str| {
                let answer = answer(self.address, &case.target, status, id).await;
                answer.with_context(|| format!("{} gave no answer", case.target))
            };
            let (status, body) = ask(PAID, "A-2").await?;
            ensure!(status == 200, "{} answers {status} for what is paid", case.target);
            if case.mode == Mode::Async {
                continue;
            }
            ensure!(body["received"] == "A-2", "{} answers {body}, not with the id", case.target);
            let (status, _) = ask("open", "A-3").await?;
            ensure!(status == 422, "{} answers {status} for what is not paid", case.target);
        }
        Ok(())
    }
}

const PAID: &str = "paid";

/// The status, and the body if it is JSON.
async fn answer(address: SocketAddr, target: &str, status: &str, id: &str) -> Option<(u16, Value)> {
    let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
    let order = json!({"order": {"id": id, "status": status}}).to_string();
    let request = connection::request(address, "POST", target, &headers, order.as_bytes()).ok()?;
    let asked = async {
        let mut connection = Connection::open(address).await.ok()?;
        let response = connection.exchange(&request).await.ok()?;
        Some((response.status, serde_json::from_slice(response.body).unwrap_or_default()))
    };
    timeout(ANSWER_MAX, asked).await.ok().flatten()
}

/// A port that nobody has now. They cannot choose one themselves and say which.
fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The Node that `make peers` installed.
fn node(installed: &Path) -> Result<PathBuf> {
    there(&installed.join("node/node_modules/.bin/node"))
}

/// The file as an absolute path, if the peer was installed.
fn there(path: &Path) -> Result<PathBuf> {
    if !path.is_file() {
        bail!("{} is not there; `make peers` installs it", path.display());
    }
    Ok(std::path::absolute(path)?)
}

/// Of an npm package.
fn version(package: &Path) -> Result<String> {
    let package: Value = serde_json::from_slice(&std::fs::read(package.join("package.json"))?)?;
    Ok(package["version"].as_str().context("the package has no version")?.to_owned())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::StatusCode;
    use axum::routing::post;

    use super::*;

    /// From status and id of the order to status and id of the answer.
    type Rule = fn(&str, &str) -> (u16, String);

    async fn peer(mode: Mode, rule: Rule) -> Peer {
        let flow = async move |body: Bytes| {
            let body: Value = serde_json::from_slice(&body).expect("an order");
            let text = |field| body["order"][field].as_str().unwrap_or_default();
            let (status, id) = rule(text("status"), text("id"));
            (StatusCode::from_u16(status).expect("a status"), json!({ "received": id }).to_string())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", post(flow))).await });
        let folder = tempfile::tempdir().expect("a folder");
        let processes = Group::spawn(Path::new("sleep"), ["100"], &[], folder.path()).expect("it starts");
        let case = PeerCase { what: "test", target: "/".to_owned(), mode, persists: "nothing" };
        Peer { name: "test", version: String::new(), address, cases: vec![case], processes }
    }

    #[tokio::test]
    async fn a_wrong_answer_is_seen() {
        let right = |status: &str, id: &str| (if status == PAID { 200 } else { 422 }, id.to_owned());
        peer(Mode::Sync, right).await.check().await.expect("it is right");
        let wrong: [(Rule, &str); 3] = [
            (|_, id| (200, id.to_owned()), "/ answers 200 for what is not paid"),
            (|_, id| (422, id.to_owned()), "/ answers 422 for what is paid"),
            (
                |status, _| (if status == PAID { 200 } else { 422 }, "A-1".to_owned()),
                r#"/ answers {"received":"A-1"}, not with the id"#,
            ),
        ];
        for (rule, said) in wrong {
            let error = peer(Mode::Sync, rule).await.check().await.expect_err(said);
            assert_eq!(error.to_string(), said);
        }
        peer(Mode::Async, |_, _| (200, String::new())).await.check().await.expect("the rest is nobody's to see");
        assert!(peer(Mode::Async, |_, _| (503, String::new())).await.check().await.is_err());
    }
}
