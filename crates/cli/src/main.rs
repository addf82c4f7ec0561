//! Floor 4: the program. It reads the command line, wires the rooms together and says how it ended.
//!
//! Not here: anything another room could do. Commands but `serve`, `check`, `config check` and `move` are
//! clients of the admin API; `completions` and `man` know only the command line itself.

mod args;
mod client;
mod commands;
mod config;
mod curl;
mod descriptors;
mod failure;
mod files;
mod folder;
mod live;
mod logs;
mod output;
mod undumped;
mod wire;
mod yaml;

use std::process::ExitCode;

use args::{Cli, Command, Config, Global};
use commands::{
    activate, apply, cancel, check, completions, config_check, delete, execution, executions, export, list, man,
    moving, publish, ready, replay, request, requests, resolve, revisions, rotate, secret, send, serve, show, token,
    user,
};
use failure::{DONE, Failure, MISUSED};
use output::Output;

/// A request allocates some hundred times, and the store's thread frees much of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let mut out = Output::stdout(cli.global.json);
    match run(cli.command, &cli.global, &mut out) {
        Ok(()) => ExitCode::from(DONE),
        Err(failure) => failure.report(),
    }
}

fn run(command: Command, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let mut runtime = match command {
        // One worker thread for each core.
        Command::Serve(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime
        .enable_all()
        // What the store's thread has finished is taken up before what comes anew: otherwise, under a flood, it waits
        // behind some sixty of those, each time.
        .global_queue_interval(1)
        .build()
        .map_err(|error| Failure::new("runtime", format!("cannot start threads: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(args, global, out).await,
            Command::Ready(args) => ready::run(args, global, out).await,
            Command::Apply(args) => apply::run(args, global, out).await,
            Command::Check(args) => check::run(&args, out),
            Command::Export(args) => export::run(args, global, out).await,
            Command::List(args) => list::run(args, global, out).await,
            Command::Show(args) => show::run(args, global, out).await,
            Command::Publish(args) => publish::run(args, global, out).await,
            Command::Revisions(args) => revisions::run(args, global, out).await,
            Command::Activate(args) => activate::run(args, global, out).await,
            Command::Rotate(args) => rotate::run(args, global, out).await,
            Command::Delete(args) => delete::run(args, global, out).await,
            Command::Executions(args) => executions::run(args, global, out).await,
            Command::Execution(args) => execution::run(args, global, out).await,
            Command::Replay(args) => replay::run(args, global, out).await,
            Command::Cancel(args) => cancel::run(args, global, out).await,
            Command::Resolve(args) => resolve::run(args, global, out).await,
            Command::Requests(args) => requests::run(args, global, out).await,
            Command::Request(args) => request::run(args, global, out).await,
            Command::Send(args) => send::run(args, global, out).await,
            Command::Secret(command) => secret::run(command, global, out).await,
            Command::Token(command) => token::run(command, global, out).await,
            Command::User(command) => user::run(command, global, out).await,
            Command::Config(Config::Check(args)) => config_check::run(args, global, out),
            Command::Move(args) => moving::run(args, out).await,
            Command::Completions(args) => completions::run(&args, out),
            Command::Man(args) => man::run(&args, out),
        }
    })
}

/// Help and version are what was asked for; everything else was used wrongly.
fn misused(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is left to tell if stdout is gone.
        let _ = error.print();
        return ExitCode::from(DONE);
    }
    let text = error.render().to_string();
    eprint!("{}", text.replacen("error: ", "error[usage]: ", 1));
    ExitCode::from(MISUSED)
}
