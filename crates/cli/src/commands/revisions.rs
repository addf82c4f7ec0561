//! `revisions`: what was published.

use serde_json::Value;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::{moment, text};
use crate::failure::Failure;
use crate::output::Output;

/// List a workflow's revisions, newest first.
///
/// Each with its number, when it was published, whether it is the live one, and its note.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow revisions 1hfmkioou0d
  hookflow revisions 1hfmkioou0d --json | jq 'select(.live) | .number'")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let revisions = Client::find(global)?.list(&["workflows", &args.of.workflow, "revisions"], &[], None).await?;
    let nothing = "nothing published yet: `hookflow publish KEY` makes the draft live";
    Ok(out.list(&revisions, nothing, ["NUMBER", "PUBLISHED (UTC)", "LIVE", "NOTE"], row)?)
}

fn row(revision: &Value) -> [String; 4] {
    let live = if revision["live"] == true { "live" } else { "" };
    [text(revision, "number"), moment(revision, "published_at"), live.to_owned(), text(revision, "note")]
}
