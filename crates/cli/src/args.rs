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

Commands that talk to a server find it by its data folder (--data, HOOKFLOW_DATA or
./hookflow-data), or by HOOKFLOW_URL and HOOKFLOW_TOKEN.

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

/// Which server a command is about. Before the command, or behind it; `send` has a `--data` of its own there.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's data folder [default: HOOKFLOW_DATA, or ./hookflow-data].
    #[arg(long, value_name = "DIR", display_order = 100)]
    pub(crate) data: Option<PathBuf>,
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

impl Command {
    /// The data folder named behind the command.
    pub(crate) fn data(&self) -> Option<&PathBuf> {
        let server = match self {
            Self::Serve(args) => &args.server,
            Self::Apply(args) => &args.server,
            Self::List(args) => &args.server,
            Self::Show(args) => &args.server,
            Self::Rotate(args) => &args.server,
            Self::Executions(args) => &args.server,
            Self::Execution(args) => &args.server,
            Self::Config(Config::Check(args)) => &args.server,
            Self::Check(_) | Self::Send(_) => return None,
        };
        server.data.as_ref()
    }
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

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::*;

    /// What `--help` prints for a command and every command below it.
    fn help(command: &mut Command, text: &mut String) {
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        text.push_str(&format!("=== {name}\n\n{}\n", command.render_long_help()));
        for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
            help(command, text);
        }
    }

    #[test]
    fn the_help_reads_well() {
        let mut cli = Cli::command();
        cli.build();
        let mut text = String::new();
        help(&mut cli, &mut text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_data_folder_stands_before_or_behind_a_command_and_send_has_a_body() {
        let read = |args: &[&str]| {
            let cli = Cli::try_parse_from([&["hookflow"], args].concat()).unwrap();
            let data = cli.command.data().or(cli.global.server.data.as_ref()).map(|path| path.display().to_string());
            (data, format!("{:?}", cli.command))
        };
        assert_eq!(read(&["list", "--data", "x"]).0.as_deref(), Some("x"));
        assert_eq!(read(&["--data", "x", "list"]).0.as_deref(), Some("x"));
        let (data, send) = read(&["--data", "x", "send", "k", "--data", "body"]);
        assert_eq!(data.as_deref(), Some("x"));
        assert!(send.contains("data: Some(\"body\")"), "{send}");
    }

    #[test]
    fn the_flags_contradict_nothing() {
        Cli::command().debug_assert();
    }
}
