//! `list`: all workflows.

use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::commands::{show, text};
use crate::failure::Failure;
use crate::output::Output;

/// List all workflows, newest first.
///
/// Each with its key, whether its URL answers, the number of its live revision, and its title.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow list
  hookflow list --json | jq -r 'select(.enabled | not) | .title'")]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let workflows = Client::find(global)?.list(&["workflows"], &[], None).await?;
    let nothing = "no workflows yet: `hookflow apply FILE --publish` makes one";
    Ok(out.list(&workflows, nothing, ["KEY", "STATE", "TITLE"], row)?)
}

/// Without the URL, which is long and ends in the key: `show` has it.
fn row(workflow: &Value) -> [String; 3] {
    [text(workflow, "key"), show::state(workflow), text(workflow, "title")]
}
