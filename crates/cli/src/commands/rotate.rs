//! `rotate`: a new key for a workflow.

use serde_json::json;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::text;
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Give a workflow a new URL. The old one answers 410 from then on, for ever.
///
/// Prints the new URL. Files with the old key cannot be applied again: put the new one into them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow rotate 1hfmkioou0d
  URL=$(hookflow rotate 1hfmkioou0d)")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let workflow = Client::find(global)?.post(&["workflows", &args.of.workflow, "rotate-key"], &json!({})).await?;
    Ok(out.either(&workflow, |workflow| plain(&text(workflow, "url")))?)
}
