//! `rotate`: a new key for a workflow.

use serde_json::json;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::text;
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Give a workflow a new URL. The old one answers 410 from then on, for ever.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow rotate 1hfmkioou0d")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: args::Server,
    /// The workflow's key, or its wf_… id.
    #[arg(value_name = "KEY")]
    workflow: String,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    let workflow = client.post(&["workflows", &args.workflow, "rotate-key"], &json!({})).await?;
    if out.json {
        out.document(&workflow)?;
    } else {
        out.line(plain(&text(&workflow, "url")))?;
    }
    Ok(())
}
