//! `prove`: breaks Hookflow on purpose. Each row prints one line of figures and ends with 1 if a promise was broken.

#![allow(clippy::print_stdout)] // a command line

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use prove::figures::Outcome;
use prove::relay::{Place, Relay};
use prove::rows::{
    Bench, backlog, chain, clock, crash, eio, full, isolation, leak, overload, power, retries, rolling, several, slow,
};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    row: Row,
    /// The program to break.
    #[arg(long, global = true, default_value = "target/release/hookflow")]
    hookflow: PathBuf,
    /// The program that can be made to flush too little, and to have a later schema: built with the feature `testing`.
    #[arg(long, global = true, default_value = "target/canary/hookflow")]
    canary: PathBuf,
    /// How often. Default: the full number of the row.
    #[arg(long, global = true)]
    rounds: Option<u32>,
    /// The longest load of a round; the shortest is a third of it.
    #[arg(long, global = true)]
    seconds: Option<f64>,
    /// Where chance begins. Default: from the clock.
    #[arg(long, global = true)]
    seed: Option<u64>,
    /// Where data go. Default: a temporary folder.
    #[arg(long, global = true)]
    folder: Option<PathBuf>,
    /// Where outcomes are kept for the page.
    #[arg(long, global = true, default_value = "target/proofs")]
    outcomes: PathBuf,
}

#[derive(Subcommand)]
enum Row {
    /// R1: SIGKILL under load.
    Crash,
    /// R2: power cuts; needs root.
    Power {
        /// File systems.
        #[arg(long, value_delimiter = ',', default_value = "xfs,ext4")]
        on: Vec<power::FileSystem>,
    },
    /// R3: a disk that fails; needs strace.
    Eio,
    /// R4: a full disk; with root a tmpfs, else a database with a size.
    Full,
    /// R5: a chain of calls, killed.
    Chain,
    /// R6: the same with nodes that ask.
    Ask,
    /// R9: starts on a backlog.
    Backlog {
        /// How many wait.
        #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
        sizes: Vec<u32>,
    },
    /// R1 with several servers on PostgreSQL: SIGKILL of one after the other.
    Killed,
    /// R7: servers that freeze for longer than their lease.
    Frozen,
    /// R8: what a killed server ran goes on elsewhere.
    Takeover {
        /// Executions that it runs.
        #[arg(long, default_value_t = 1_000)]
        running: u64,
    },
    /// R16 with two servers: restarts of one after the other, behind a proxy and without one.
    Rolled,
    /// R17 with two servers: their clocks differ and jump; needs libfaketime.
    Clocks,
    /// R20: two versions side by side while a migration runs.
    Upgrade,
    /// R10: one workflow that burns, hangs, floods or calls itself, beside nine that do not.
    Isolation {
        /// What it does. Default: each in turn.
        #[arg(long, value_delimiter = ',')]
        poison: Vec<isolation::Poison>,
    },
    /// R12: five times as much as the server can do.
    Overload {
        /// What comes. Default: each in turn.
        #[arg(long, value_delimiter = ',')]
        bodies: Vec<overload::Bodies>,
    },
    /// R16: SIGTERM under load.
    Rolling,
    /// R17: jumps of the clock; needs libfaketime.
    Clock,
    /// R18: PostgreSQL is killed, stopped, frozen, and succeeded by its standby.
    Database,
    /// R19: the way between a server and PostgreSQL fails; cables that are pulled need root.
    Partition,
    /// Passes on what comes, for the far end of such a cable.
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        at: std::net::SocketAddr,
        /// A Unix socket.
        #[arg(long)]
        to: PathBuf,
    },
    /// R22: a far side that misbehaves.
    Retries,
    /// R24: aborts, idle connections and few file descriptors, for a while.
    Leak,
    /// S7: slow senders and readers; needs slowhttptest.
    Slow,
    /// Writes docs/proofs.md from the outcomes.
    Page,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    // Before the runtime has threads.
    let server_cores = match args.row {
        Row::Isolation { .. } | Row::Overload { .. } | Row::Slow => bench::cores::halve()?,
        _ => None,
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(prove(args, server_cores))
}

async fn prove(args: Args, server_cores: Option<String>) -> Result<ExitCode> {
    if matches!(args.row, Row::Page) {
        std::fs::write("docs/proofs.md", prove::page::page(&args.outcomes)?).context("docs/proofs.md")?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Row::Relay { at, to } = args.row {
        Relay::start(Place::Tcp(at), Place::Unix(to)).await?.serve().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let (rounds, seconds) = match args.row {
        Row::Crash => (300, 1.5),
        Row::Power { .. } => (60, 0.8),
        Row::Eio => (40, 1.0),
        Row::Full => (1, 30.0),
        Row::Chain | Row::Ask => (300, 0.9),
        Row::Killed => (100, 3.0),
        Row::Frozen => (10, 3.0),
        Row::Database => (10, 3.0),
        Row::Partition => (3, 3.0),
        Row::Rolling | Row::Rolled => (20, 2.0),
        Row::Clock | Row::Clocks => (1, 3.0),
        Row::Upgrade => (5, 6.0),
        Row::Overload { .. } => (1, 60.0),
        Row::Isolation { .. } => (7, 4.0),
        Row::Slow => (1, 10.0),
        Row::Leak => (1, 600.0),
        Row::Backlog { .. } | Row::Takeover { .. } | Row::Retries | Row::Page | Row::Relay { .. } => (1, 1.0),
    };
    let temporary = tempfile::tempdir()?;
    let folder = args.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    // What a mount hides or a run before left must not be taken for this one's.
    let folder = folder.join(format!("prove-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let bench = Bench {
        program: args.hookflow.clone(),
        folder: folder.clone(),
        seed: args.seed.unwrap_or_else(now),
        rounds: args.rounds.unwrap_or(rounds),
        load: Duration::from_secs_f64(args.seconds.unwrap_or(seconds)),
        server_cores,
    };
    println!("seed {}", bench.seed);
    let ran = run(&args, &bench).await;
    if ran.is_err() {
        eprintln!("the server's log ended with\n{}", tail(&folder.join("log")));
    }
    let mut outcome = ran?;
    outcome.command = command(bench.seed);
    outcome.date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    outcome.commit = commit().await;
    if let Some(cores) = &bench.server_cores {
        outcome.figures += &format!("; the server on cores {cores}, its senders on others");
    }
    outcome.figures += &format!("; its folder on {}", bench::machine::file_system(&folder));
    outcome.keep(&args.outcomes)?;
    println!("{outcome}");
    if outcome.held() {
        std::fs::remove_dir_all(&folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: what is left stands in {}", outcome.row, keep(temporary, &folder).display());
    Ok(ExitCode::FAILURE)
}

async fn run(args: &Args, bench: &Bench) -> Result<Outcome> {
    match &args.row {
        Row::Crash => crash::run(bench).await,
        Row::Power { on } => power::run(bench, &args.canary, on).await,
        Row::Eio => eio::run(bench).await,
        Row::Full => {
            let on_disk = full::run(bench, full::Room::Tmpfs).await?;
            if on_disk.skipped.is_some() { full::run(bench, full::Room::Setting).await } else { Ok(on_disk) }
        }
        Row::Chain => chain::run(bench, chain::Policy::RunAgain).await,
        Row::Ask => chain::run(bench, chain::Policy::Ask).await,
        Row::Killed => several::killed::run(bench).await,
        Row::Frozen => several::frozen::run(bench, several::frozen::LEASE).await,
        Row::Takeover { running } => several::takeover::run(bench, *running).await,
        Row::Rolled => several::rolled::run(bench).await,
        Row::Clocks => several::clocks::run(bench).await,
        Row::Upgrade => several::upgrade::run(bench, &args.canary).await,
        Row::Isolation { poison } => {
            let poisons = if poison.is_empty() { &isolation::Poison::ALL[..] } else { poison };
            isolation::run(bench, poisons, isolation::SLACK).await
        }
        Row::Overload { bodies } => {
            let bodies = if bodies.is_empty() { &overload::Bodies::ALL[..] } else { bodies };
            overload::run(bench, bodies, overload::Bounds::PROMISED).await
        }
        Row::Leak => leak::run(bench).await,
        Row::Slow => slow::run(bench, slow::ALL, isolation::SLACK).await,
        Row::Backlog { sizes } => backlog::run(bench, sizes).await,
        Row::Rolling => rolling::run(bench).await,
        Row::Clock => clock::run(bench).await,
        Row::Retries => retries::run(bench).await,
        Row::Database => several::database::run(bench, several::database::Faults::FULL).await,
        Row::Partition => {
            let parted = several::frozen::LEASE + Duration::from_secs(7);
            several::partition::run(bench, &several::partition::Fault::ALL, several::frozen::LEASE, parted).await
        }
        Row::Page | Row::Relay { .. } => Ok(Outcome::default()),
    }
}

/// What is left after a violation is what one wants to see.
fn keep(temporary: tempfile::TempDir, folder: &Path) -> PathBuf {
    if folder.starts_with(temporary.path()) {
        let _ = temporary.keep();
    }
    folder.to_owned()
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// A seed for who wants none in particular.
fn now() -> u64 {
    jiff::Timestamp::now().as_second().unsigned_abs()
}

/// How to have the same again, without the paths of this machine.
fn command(seed: u64) -> String {
    let mut words = vec!["target/release/prove".to_owned()];
    let mut args = std::env::args().skip(1).peekable();
    while let Some(word) = args.next() {
        let name = word.split('=').next().unwrap_or_default();
        if ["--hookflow", "--canary", "--folder", "--outcomes", "--seed"].contains(&name) {
            if !word.contains('=') {
                args.next();
            }
        } else {
            words.push(word);
        }
    }
    format!("{} --seed {seed}", words.join(" "))
}

async fn commit() -> String {
    let git = |args: &'static [&str]| async move {
        let ran = tokio::process::Command::new("git").args(args).output().await;
        ran.map(|ran| String::from_utf8_lossy(&ran.stdout).trim().to_owned()).unwrap_or_default()
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).await;
    let changed = !git(&["status", "--porcelain", "--", "crates"]).await.is_empty();
    format!("{commit}{}", if changed { " with changes" } else { "" })
}
