//! `limit`: the programs Hookflow is measured against, see the library. Each prints its address, then serves.

#![allow(clippy::print_stdout)] // a command line

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use clap::{Parser, Subcommand};
use limit::group_commit::Writer;
use limit::json::Rule;
use limit::{bare, commit, json, listen, postgres, queued, sink, sync};
use tokio::net::TcpListener;

// The same as in `hookflow`: by how much it is faster than another is not to be seen in a ratio.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The least that does the same visible work as Hookflow.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answers `ok`.
    Bare(Port),
    /// Parses, compares, answers.
    Json {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        asked: Asked,
    },
    /// Parses, compares, keeps a row, answers.
    Sync {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        folder: Folder,
    },
    /// Parses, keeps a row, answers; compares, keeps the result.
    Async {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        folder: Folder,
    },
    /// The same as `sync` on PostgreSQL.
    PgSync {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        place: Place,
    },
    /// The same as `async` on PostgreSQL.
    PgAsync {
        #[command(flatten)]
        port: Port,
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        place: Place,
    },
    /// Answers `{"ok":true}`: where workflows send their requests.
    Sink {
        #[command(flatten)]
        port: Port,
        #[arg(long, default_value_t = 0)]
        pause_ms: u64,
    },
    /// Rows a second without HTTP.
    Commit {
        #[command(flatten)]
        folder: Folder,
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
        batch: u16,
        #[arg(long, default_value_t = 1024)]
        body_bytes: usize,
        /// With a result for each row.
        #[arg(long)]
        results: bool,
        #[arg(long, default_value_t = 2.0)]
        seconds: f64,
        /// Microseconds of computing beside each row.
        #[arg(long, default_value_t = 0.0)]
        beside_us: f64,
        #[arg(long, default_value_t = 2)]
        burners: usize,
    },
}

#[derive(clap::Args)]
struct Port {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[derive(clap::Args)]
struct Asked {
    /// What is asked of each body.
    #[arg(long, default_value = "order")]
    rule: Rule,
}

#[derive(clap::Args)]
struct Folder {
    /// An empty folder for the database.
    #[arg(long)]
    data: PathBuf,
}

#[derive(clap::Args)]
struct Place {
    /// An empty database: postgres://user:password@host:port/name.
    #[arg(long)]
    database: String,
    /// Each with a commit of its own under way.
    #[arg(long, default_value_t = postgres::CONNECTIONS, value_parser = clap::value_parser!(u8).range(1..))]
    connections: u8,
}

impl Folder {
    fn database(&self) -> PathBuf {
        self.data.join("limit.db")
    }
}

fn main() -> Result<()> {
    match Args::parse().command {
        Command::Bare(port) => serve(&port, async || Ok(bare::app())),
        Command::Json { port, asked } => serve(&port, async || Ok(json::app(asked.rule))),
        Command::Sync { port, asked, folder } => serve(&port, async || {
            let (writer, committed) = Writer::start(&folder.database())?;
            Ok(sync::app(asked.rule, writer, committed))
        }),
        Command::Async { port, asked, folder } => serve(&port, async || {
            let (writer, committed) = Writer::start(&folder.database())?;
            Ok(queued::app(asked.rule, writer, committed))
        }),
        Command::PgSync { port, asked, place } => serve(&port, async || {
            let (writer, committed) = postgres::start(&place.database, place.connections).await?;
            Ok(sync::app(asked.rule, writer, committed))
        }),
        Command::PgAsync { port, asked, place } => serve(&port, async || {
            let (writer, committed) = postgres::start(&place.database, place.connections).await?;
            Ok(queued::app(asked.rule, writer, committed))
        }),
        Command::Sink { port, pause_ms } => serve(&port, async || Ok(sink::app(Duration::from_millis(pause_ms)))),
        Command::Commit { folder, batch, body_bytes, results, seconds, beside_us, burners } => {
            let plan = commit::Plan {
                batch: batch.into(),
                body_bytes,
                with_results: results,
                time: Duration::from_secs_f64(seconds),
                beside: Duration::from_secs_f64(beside_us / 1e6),
                burners,
            };
            println!("{:.0}", commit::run(&folder.database(), &plan)?);
            Ok(())
        }
    }
}

fn serve(port: &Port, app: impl AsyncFnOnce() -> Result<Router>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(port.listen).await?;
        println!("{}", listener.local_addr()?);
        Ok(listen::serve(listener, app().await?).await?)
    })
}
