//! `cancel`: executions end at their next node.

use serde_json::json;

use crate::args::Global;
use crate::client::Client;
use crate::commands::{each, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Cancel executions. Each ends before its next node.
///
/// A caller that still waits gets a 500. All are tried; one that cannot be cancelled is told, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow cancel ex_06dw4mlf4vzkjwipq7fexjp8g
  hookflow executions --status waiting --json | jq -r .id | xargs hookflow cancel")]
pub(crate) struct Args {
    /// Executions, their ex_… ids.
    #[arg(required = true, value_name = "ID")]
    executions: Vec<String>,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    each(&args.executions, async |execution| {
        let cancelled = client.post(&["executions", execution, "cancel"], &json!({})).await?;
        Ok(out.either(&cancelled, |one| plain(&format!("{}  {}", text(one, "id"), text(one, "status"))))?)
    })
    .await
}
