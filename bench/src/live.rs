//! What those who listen live cost those who call.
//!
//! ```text
//! warm up, then each round:  nobody listens ─▶ many hear everything ─▶ many hear of the one workflow
//! ```
//! Both the loader and those who listen share the cores with the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::body::Body;
use crate::connection;
use crate::figures::median;
use crate::load::{self, Plan, Until};
use crate::page::{self, Section};
use crate::servers::Hookflow;
use crate::workflows;

const WARM_UP: Duration = Duration::from_secs(1);
const CONNECT_MAX: Duration = Duration::from_secs(10);
const READ_BYTES: usize = 64 * 1024;
const HEADING: &str = "## The live feed\n";

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The binary to measure, built with `--release`.
    #[arg(long, default_value = "target/release/hookflow")]
    hookflow: PathBuf,
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Of each case in each round.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=256))]
    listeners: u16,
    /// The server's data go into a new folder in here, removed at the end.
    #[arg(long, default_value = "target")]
    data_in: PathBuf,
    /// Where the section of the page goes.
    #[arg(long, default_value = page::SECTIONS)]
    out: PathBuf,
}

/// Those who listen live, each on a connection of its own. Dropped: they go.
#[derive(Debug)]
pub struct Listeners {
    tasks: JoinSet<std::io::Result<usize>>,
    stop: CancellationToken,
}

/// What they heard together.
#[derive(Debug, Default, Clone, Copy)]
pub struct HeardInAll {
    pub bytes: usize,
}

impl Listeners {
    /// Returns once each has heard something. `token` opens the API.
    pub async fn open(admin: SocketAddr, token: &str, count: usize) -> Result<Self> {
        Self::open_at(admin, token, "/api/v1/live", count).await
    }

    async fn open_at(admin: SocketAddr, token: &str, target: &str, count: usize) -> Result<Self> {
        let headers = [("Authorization".to_owned(), format!("Bearer {token}"))];
        let request = connection::request(admin, "GET", target, &headers, b"")?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        for _ in 0..count {
            let mut stream = TcpStream::connect(admin).await?;
            stream.write_all(&request).await?;
            let mut buffer = vec![0; READ_BYTES];
            let first =
                tokio::time::timeout(CONNECT_MAX, stream.read(&mut buffer)).await.context("nothing is told")??;
            let head = String::from_utf8_lossy(&buffer[..first]);
            ensure!(head.starts_with("HTTP/1.1 200 "), "the feed says {head}");
            let stop = stop.clone();
            tasks.spawn(async move {
                let mut bytes = first;
                while let Some(read) = stop.run_until_cancelled(stream.read(&mut buffer)).await {
                    match read? {
                        0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                        read => bytes += read,
                    }
                }
                Ok(bytes)
            });
        }
        Ok(Self { tasks, stop })
    }

    /// An error if one was cut off.
    pub async fn close(self) -> Result<HeardInAll> {
        self.stop.cancel();
        let bytes: std::io::Result<usize> = self.tasks.join_all().await.into_iter().sum();
        Ok(HeardInAll { bytes: bytes.context("one who listened was cut off")? })
    }
}

/// A case over all rounds.
#[derive(Debug, Default)]
struct Line {
    per_second: Vec<f64>,
    /// Of what was measured in the same round with nobody listening.
    ratios: Vec<f64>,
    /// Heard by each who listened, in a second.
    bytes: Vec<f64>,
    gaps: Vec<f64>,
}

/// Measures, keeps the section of the page and gives it back.
pub async fn run(options: &Options) -> Result<String> {
    let data = tempfile::Builder::new().prefix("bench-").tempdir_in(&options.data_in)?;
    let hookflow = Hookflow::start(&options.hookflow, data.path()).await?;
    let workflow = hookflow.apply("sync.yaml", workflows::SYNC).await?;
    let key = workflow.target.rsplit('/').next().unwrap_or_default();
    let targets = [None, Some("/api/v1/live".to_owned()), Some(format!("/api/v1/live?workflow={key}"))];
    let plan = |time| Plan {
        address: hookflow.hooks,
        target: workflow.target.clone(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: Body::Order.bytes(),
        connections: options.connections.into(),
        until: Until::Elapsed(time),
    };
    load::run(plan(WARM_UP)).await?;

    let mut lines = [Line::default(), Line::default(), Line::default()];
    let time = Duration::from_secs(options.seconds);
    for _ in 0..options.rounds {
        for (target, line) in targets.iter().zip(&mut lines) {
            let gaps = hookflow.counted("hookflow_live_gaps_total").await?;
            let listeners = match target {
                None => None,
                Some(target) => {
                    let (token, count) = (hookflow.token(), options.listeners.into());
                    Some(Listeners::open_at(hookflow.admin, &token, target, count).await?)
                }
            };
            let report = load::run(plan(time)).await?;
            ensure!(report.errors == 0, "{} requests got no answer", report.errors);
            line.per_second.push(report.answers_per_second());
            if let Some(listeners) = listeners {
                let share = time.as_secs_f64() * f64::from(options.listeners);
                line.bytes.push(listeners.close().await?.bytes as f64 / share);
                line.gaps.push((hookflow.counted("hookflow_live_gaps_total").await? - gaps) as f64 / share);
            }
        }
        let alone = lines[0].per_second.last().copied().unwrap_or(f64::INFINITY);
        for line in &mut lines {
            line.ratios.extend(line.per_second.last().map(|rate| rate / alone));
        }
    }

    let section = section(options, &lines);
    page::keep(&options.out, Section::Live, &section)?;
    Ok(section)
}

fn section(options: &Options, lines: &[Line; 3]) -> String {
    let mut section = format!(
        "{HEADING}\n\
         | who listens | answers a second, median | of nobody | lowest – highest | heard by each, a second | gaps, a second |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    let listeners = options.listeners;
    let names = ["nobody".to_owned(), format!("{listeners} to everything"), format!("{listeners} to that workflow")];
    for (name, line) in names.iter().zip(lines) {
        let lowest = line.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = line.ratios.iter().copied().fold(0.0, f64::max);
        let heard = if line.bytes.is_empty() {
            "– | –".to_owned()
        } else {
            format!("{:.1} KB | {:.2}", median(&line.bytes) / 1e3, median(&line.gaps))
        };
        section += &format!(
            "| {name} | {:.0} | {:.2} | {lowest:.2} – {highest:.2} | {heard} |\n",
            median(&line.per_second),
            median(&line.ratios)
        );
    }
    section
        + &format!(
            "\n{} rounds of {} s for each, in turns; the ratio is that of one round to the one with nobody beside it. \
             {} connections call the sync workflow of above. Far more happens than all who listen may be told \
             (`live_changes_per_second_max`), so that mostly they are told of gaps. They run on the same cores as the \
             loader and the server.\n",
            options.rounds, options.seconds, options.connections
        )
}
