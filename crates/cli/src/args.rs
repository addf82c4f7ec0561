//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{apply, check, config_check, execution, executions, list, rotate, send, serve, show};

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

Commands that talk to a server find it by its data folder (--data, HOOKFLOW_DATA or ./hookflow-data),
or by HOOKFLOW_URL and HOOKFLOW_TOKEN.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly.";

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The server's data folder [default: HOOKFLOW_DATA, or ./hookflow-data].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// JSON on stdout: one document, or one a line for lists.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Apply(apply::Args),
    Check(check::Args),
    List(list::Args),
    Show(show::Args),
    Rotate(rotate::Args),
    Executions(executions::Args),
    Execution(execution::Args),
    Send(send::Args),
    /// The server's settings.
    #[command(subcommand)]
    Config(Config),
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
}
