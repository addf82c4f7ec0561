//! `publish`: the draft becomes the live revision.

use serde_json::{Value, json};

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::show;
use crate::failure::Failure;
use crate::output::Output;

/// Make a workflow's draft its live revision.
///
/// Every problem of the draft is told, and nothing changes then. A draft that is live already makes no
/// new revision.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow publish 1hfmkioou0d
  hookflow publish 1hfmkioou0d --note 'refunds are accepted too'")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
    /// What changed, for the list of revisions.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let body = args.note.map_or(json!({}), |note| json!({"note": note}));
    let published = Client::find(global)?.post(&["workflows", &args.of.workflow, "publish"], &body).await?;
    Ok(out.either(&published, line)?)
}

/// `published: on, revision 3`
fn line(published: &Value) -> String {
    let what = if published["changed"] == true { "published" } else { "unchanged" };
    format!("{what}: {}", show::state(&published["workflow"]))
}
