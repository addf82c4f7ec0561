//! `list`: all workflows.

use serde_json::Value;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::{show, text};
use crate::failure::Failure;
use crate::output::Output;

/// List all workflows, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow list
  hookflow list --json | jq -r 'select(.enabled | not) | .title'")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: args::Server,
}

pub(crate) async fn run(_args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let workflows = Client::find(global)?.list(&["workflows"], &[], None).await?;
    if out.json {
        workflows.iter().try_for_each(|workflow| out.document(workflow))?;
    } else if workflows.is_empty() {
        out.line("no workflows yet: `hookflow apply FILE --publish` makes one")?;
    } else {
        let rows: Vec<[String; 3]> = workflows.iter().map(row).collect();
        out.table(["KEY", "STATE", "TITLE"], &rows)?;
    }
    Ok(())
}

/// Without the URL, which is long and ends in the key: `show` has it.
fn row(workflow: &Value) -> [String; 3] {
    [text(workflow, "key"), show::state(workflow), text(workflow, "title")]
}
