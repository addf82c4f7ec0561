//! R22: a far side that misbehaves in every way is asked again as promised, and no more.

use std::collections::HashMap;
use std::io::Result as IoResult;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bench::connection::{Connection, request};
use domain::id::ExecutionId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Bench, async_flow};
use crate::figures::Outcome;
use crate::server::Server;
use crate::stored::{Stored, all_ended};

/// What a busy machine may add to a pause.
const LATE_MAX: Duration = Duration::from_millis(400);
const ENDS_MAX: Duration = Duration::from_secs(60);
const MORE_MEMORY_MAX: u64 = 64 << 20;

/// A way to misbehave, what the node says about it, and what has to come of it.
struct Case {
    name: &'static str,
    /// Of the node's config, beside method and URL.
    config: &'static str,
    /// Milliseconds between the beginnings of attempts, before the tenth that may be added or taken.
    gaps: &'static [u64],
    /// Of these, what is not spread by a tenth: waiting for the answer, or for what the far side asked.
    fixed: u64,
}

const CASES: &[Case] = &[
    Case { name: "s500", config: "retry: { attempts: 4, pause_ms: 300 }", gaps: &[300, 600, 1_200], fixed: 0 },
    Case {
        name: "capped",
        config: "retry: { attempts: 4, pause_ms: 300, pause_max_ms: 500 }",
        gaps: &[300, 500, 500],
        fixed: 0,
    },
    Case {
        name: "total",
        config: "retry: { attempts: 9, pause_ms: 300, total_max_ms: 1200 }",
        gaps: &[300, 600],
        fixed: 0,
    },
    Case { name: "s429after1", config: "retry: { attempts: 2, pause_ms: 100 }", gaps: &[1_000], fixed: 1_000 },
    Case {
        name: "s429after3600",
        config: "retry: { attempts: 2, pause_ms: 100, pause_max_ms: 600 }",
        gaps: &[600],
        fixed: 600,
    },
    Case { name: "s404", config: "retry: { attempts: 4, pause_ms: 100 }", gaps: &[], fixed: 0 },
    Case { name: "hangs", config: "timeout_ms: 400, retry: { attempts: 2, pause_ms: 200 }", gaps: &[600], fixed: 400 },
    Case { name: "drips", config: "timeout_ms: 400, retry: { attempts: 2, pause_ms: 200 }", gaps: &[600], fixed: 400 },
    Case { name: "resets", config: "retry: { attempts: 3, pause_ms: 200 }", gaps: &[200, 400], fixed: 0 },
    Case {
        name: "endless",
        config: "answer_bytes_max: 65536, retry: { attempts: 3, pause_ms: 100 }",
        gaps: &[],
        fixed: 0,
    },
    Case { name: "headers", config: "timeout_ms: 5000", gaps: &[], fixed: 0 },
];

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome::new("R22");
    let sink = Misbehaving::start().await?;
    let home = bench.home()?;
    let server = home.start().await?;
    let flows: Vec<(&str, String)> = CASES
        .iter()
        .map(|case| {
            let Case { name, config, .. } = case;
            let node = format!(
                "{{ key: call, kind: http_request, config: {{ method: POST, url: \"http://{}/{name}\", {config} }} }}",
                sink.address
            );
            (*name, async_flow(&key(name), &[node]))
        })
        .collect();
    home.apply(&flows).await?;
    let before = server.resident();
    let mut sent = Vec::new();
    for case in CASES {
        sent.push((case, send(&server, &key(case.name)).await?));
    }
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    let more = server.resident().saturating_sub(before);
    outcome.check(more <= MORE_MEMORY_MAX, || format!("{} MB more memory", more >> 20));
    let (status, _) = server.terminate().await?;
    outcome.check(status.success(), || format!("exit {status}"));

    let stored = Stored::open(&home.database())?;
    let (mut attempts, mut farthest) = (0, 0.0_f64);
    for (case, id) in sent {
        let row = stored.execution(id)?;
        let ended = row.as_ref().is_some_and(|row| row.status == "error");
        outcome.check(ended, || format!("{}: ended as {row:?}", case.name));
        let began = sink.began(case.name);
        attempts += began.len();
        outcome.check(began.len() == case.gaps.len() + 1, || {
            format!("{}: {} attempts instead of {}", case.name, began.len(), case.gaps.len() + 1)
        });
        for (pair, expected) in began.windows(2).zip(case.gaps) {
            let gap = (pair[1] - pair[0]).as_secs_f64() * 1e3;
            let spread = (*expected - case.fixed) as f64 / 10.0;
            let (least, most) = (*expected as f64 - spread, *expected as f64 + spread);
            outcome.check((least - 5.0..=most + LATE_MAX.as_secs_f64() * 1e3).contains(&gap), || {
                format!("{}: {gap:.0} ms between attempts instead of {least:.0} to {most:.0}", case.name)
            });
            farthest = farthest.max(gap - most);
        }
    }
    outcome.did = format!(
        "one call each to a far side that {}",
        CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", ")
    );
    outcome.figures = format!(
        "{attempts} attempts on schedule (a tenth to either side; the latest {:.0} ms behind that), {} MB more memory, server up",
        farthest.max(0.0),
        more >> 20
    );
    Ok(outcome)
}

/// Endpoint keys are eleven characters at least.
fn key(name: &str) -> String {
    format!("prove{name:0<13}")
}

async fn send(server: &Server, key: &str) -> Result<ExecutionId> {
    let request = request(server.hooks, "POST", &format!("/api/webhook:trigger/{key}"), &[], b"")?;
    let mut connection = Connection::open(server.hooks).await?;
    let response = connection.exchange(&request).await?;
    ensure!(response.status == 200, "{key} answers {}", response.status);
    let id = response.header("Hookflow-Execution").unwrap_or_default();
    id.parse().map_err(|_| anyhow::anyhow!("{id:?} is no execution"))
}

/// Does what the path says, and remembers when.
struct Misbehaving {
    address: SocketAddr,
    began: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
    serving: JoinHandle<()>,
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Misbehaving {
    async fn start() -> IoResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let began: Arc<Mutex<HashMap<String, Vec<Instant>>>> = Arc::default();
        let noted = Arc::clone(&began);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let noted = Arc::clone(&noted);
                // The caller hangs up on most of these.
                tokio::spawn(async move { _ = misbehave(stream, &noted).await });
            }
        });
        Ok(Self { address, began, serving })
    }

    fn began(&self, name: &str) -> Vec<Instant> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().unwrap_or_default()
    }
}

async fn misbehave(mut stream: TcpStream, noted: &Mutex<HashMap<String, Vec<Instant>>>) -> IoResult<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let name = head.split(['/', ' ']).nth(2).unwrap_or_default().to_owned();
    noted.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default().push(Instant::now());
    let close = "Connection: close\r\nContent-Length: 0\r\n\r\n";
    match name.as_str() {
        "s429after1" => stream.write_all(format!("HTTP/1.1 429 No\r\nRetry-After: 1\r\n{close}").as_bytes()).await,
        "s429after3600" => {
            stream.write_all(format!("HTTP/1.1 429 No\r\nRetry-After: 3600\r\n{close}").as_bytes()).await
        }
        "s404" => stream.write_all(format!("HTTP/1.1 404 No\r\n{close}").as_bytes()).await,
        "hangs" => {
            tokio::time::sleep(ENDS_MAX).await;
            Ok(())
        }
        "drips" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        "resets" => stream.set_zero_linger(),
        "endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 16 << 10]).await?;
            }
        }
        "headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            for n in 0..10_000 {
                stream.write_all(format!("X-{n}: {n}\r\n").as_bytes()).await?;
            }
            stream.write_all(close.as_bytes()).await
        }
        _ => stream.write_all(format!("HTTP/1.1 500 No\r\n{close}").as_bytes()).await,
    }
}
