//! `delete`: a workflow goes.

use serde_json::json;

use crate::args::{self, Global};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Delete a workflow. Its URL answers 404 from then on.
///
/// Its executions stay readable until retention takes them. `hookflow export` first, if it might be
/// wanted again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow delete 1hfmkioou0d --yes")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
    /// Yes, delete it.
    #[arg(long, required = true)]
    yes: bool,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let workflow = args.of.workflow;
    Client::find(global)?.delete(&["workflows", &workflow]).await?;
    Ok(out.either(&json!({"workflow": workflow, "deleted": true}), |_| format!("{} is deleted", plain(&workflow)))?)
}
