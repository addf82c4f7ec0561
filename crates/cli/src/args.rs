//! The command line: one definition that help, completions, man pages and the reference are made from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    activate, apply, cancel, check, completions, config_check, delete, execution, executions, export, list, man,
    moving, publish, ready, replay, request, requests, resolve, revisions, rotate, secret, send, serve, show, token,
    user,
};

/// Receives webhooks, runs a workflow for each and answers the caller.
#[derive(Debug, Parser)]
#[command(name = "hookflow", version, arg_required_else_help = true, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hookflow serve                                   start a server, data in ./hookflow-data
  hookflow check payment.yaml                      say what is wrong with a workflow file
  hookflow apply payment.yaml --publish            make it live, print its URL
  hookflow send KEY --data '{\"order\":{\"id\":7}}'    call it
  hookflow executions --status error               what went wrong
  hookflow replay ID                               run it again

Commands that talk to a server find it by its data folder (--data, HOOKFLOW_DATA or
./hookflow-data), or by HOOKFLOW_URL and HOOKFLOW_TOKEN. `hookflow help COMMAND` says more.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly.";

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    #[command(flatten)]
    pub(crate) server: Server,
    /// JSON on stdout: one document, or one a line for lists.
    #[arg(long, global = true, display_order = 101)]
    pub(crate) json: bool,
}

/// Which server a command is about. Before the command, or behind it; `send` and `replay` have a `--data` of
/// their own there.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's data folder [default: HOOKFLOW_DATA, or ./hookflow-data].
    #[arg(long = "data", id = FOLDER, value_name = "DIR", display_order = 100, value_hint = clap::ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
}

const FOLDER: &str = "folder";

/// The workflow a command is about.
#[derive(Debug, Args)]
pub(crate) struct Workflow {
    /// The workflow's key, or its wf_… id.
    #[arg(value_name = "KEY")]
    pub(crate) workflow: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Ready(ready::Args),
    Apply(apply::Args),
    Check(check::Args),
    Export(export::Args),
    List(list::Args),
    Show(show::Args),
    Publish(publish::Args),
    Revisions(revisions::Args),
    Activate(activate::Args),
    Rotate(rotate::Args),
    Delete(delete::Args),
    Executions(executions::Args),
    Execution(execution::Args),
    Replay(replay::Args),
    Cancel(cancel::Args),
    Resolve(resolve::Args),
    Requests(requests::Args),
    Request(request::Args),
    Send(send::Args),
    #[command(subcommand)]
    Secret(secret::Command),
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    User(user::Command),
    /// The server's settings.
    #[command(subcommand)]
    Config(Config),
    Move(moving::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Commands that talk to no server.
const ALONE: [&str; 4] = ["check", "completions", "man", "move"];
/// Commands that are about the settings of a server rather than a running one.
const SETTING: [&str; 2] = ["serve", "check"];

const AT_A_SERVER: &str = "\
Environment:
  HOOKFLOW_DATA    the data folder of the server on this machine, without --data
  HOOKFLOW_URL     the admin listener of a server elsewhere, such as https://admin.example.com
  HOOKFLOW_TOKEN   the token for it (`hookflow token create`)";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed: `error[code]: sentence` on stderr, often with a hint
  2  used wrongly: flags or settings";

/// All commands, with what many have in common.
pub(crate) fn command() -> clap::Command {
    Cli::command().mut_subcommands(|group| {
        let is_alone = ALONE.contains(&group.get_name());
        if is_alone {
            finish(group, false)
        } else if group.has_subcommands() {
            group.mut_subcommands(|command| finish(command, true))
        } else {
            finish(group, true)
        }
    })
}

/// `--data`, and the end of the long help.
fn finish(command: clap::Command, at_a_server: bool) -> clap::Command {
    let mut help = command.get_after_help().map_or(String::new(), |help| format!("{help}\n\n"));
    let has_data = command.get_arguments().any(|arg| arg.get_long() == Some("data"));
    if at_a_server && !SETTING.contains(&command.get_name()) {
        let without = if has_data { "without --data DIR before the command" } else { "without --data" };
        help += &AT_A_SERVER.replace("without --data", without);
        help += "\n\n";
    }
    help += EXIT_CODES;
    let command = command.after_long_help(help);
    if at_a_server && !has_data { command.arg(folder_flag()) } else { command }
}

/// [`Server`]'s, for the commands behind which it may stand.
fn folder_flag() -> clap::Arg {
    let flags = Server::augment_args(clap::Command::default());
    flags.get_arguments().next().expect("it has one flag").clone()
}

impl Cli {
    pub(crate) fn read(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(args)?;
        let mut cli = Self::from_arg_matches(&matches)?;
        cli.global.server.data = folder(&matches);
        Ok(cli)
    }
}

/// The data folder as it was named last.
fn folder(matches: &ArgMatches) -> Option<PathBuf> {
    let behind = matches.subcommand().and_then(|(_, matches)| folder(matches));
    behind.or_else(|| matches.try_get_one(FOLDER).ok().flatten().cloned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    Check(config_check::Args),
}

/// Settings that can be given as flags; all others come from the environment or the file.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// A file of settings, written like the default one [default: HOOKFLOW_CONFIG].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where webhooks arrive: address and port, port 0 for any free one [default: 0.0.0.0:13000].
    #[arg(long, value_name = "ADDR")]
    pub(crate) hooks: Option<String>,
    /// Where the API is: address and port [default: 127.0.0.1:13001].
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<String>,
    /// What senders see in front of the path, such as https://hooks.example.com [default: the address of --hooks].
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// A PostgreSQL database that several servers share, postgres://user@host/name [default: SQLite in the data folder].
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// What this server does beside others on the same database: all, hooks, worker or admin [default: all].
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// The file of the key that every server on the database is given [default: one in the data folder].
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) key_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
