//! `completions`: what a shell offers behind the tab key.

use clap_complete::Shell;

use crate::args;
use crate::failure::Failure;
use crate::output::Output;

/// Print a script that completes commands and flags in a shell.
///
/// Needs no server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(hookflow completions bash)                                    this shell, now
  hookflow completions bash > /etc/bash_completion.d/hookflow
  hookflow completions zsh > ~/.zfunc/_hookflow                          with ~/.zfunc in $fpath
  hookflow completions fish > ~/.config/fish/completions/hookflow.fish")]
pub(crate) struct Args {
    /// bash, zsh, fish, powershell or elvish.
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, out: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "hookflow", &mut script);
    Ok(out.text(&script)?)
}
