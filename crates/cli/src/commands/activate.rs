//! `activate`: an older revision is live again.

use serde_json::json;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::show;
use crate::failure::Failure;
use crate::output::Output;

/// Make a revision live again. The draft stays as it is.
///
/// What runs already goes on with the revision that it started with.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow activate 1hfmkioou0d 2")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
    /// The revision's number, as in `hookflow revisions`.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    revision: u32,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let number = args.revision.to_string();
    let path = ["workflows", &args.of.workflow, "revisions", &number, "activate"];
    let workflow = Client::find(global)?.post(&path, &json!({})).await?;
    Ok(out.either(&workflow, show::state)?)
}
