//! `resolve`: how an execution goes on that waits for a person.

use serde_json::{Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::text;
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Say how an execution goes on that waits for a person.
///
/// One with `needs_attention` was in the middle of a node when the server stopped, and nobody knows whether the node
/// has had its effect. One that is `quarantined` was running each of the three times that the server came down.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("action").required(true),
    after_help = "\
Examples:
  hookflow resolve ex_06dw4mlf4vzkjwipq7fexjp8g --run-again
  hookflow resolve ex_06dw4mlf4vzkjwipq7fexjp8g --skip --result '{\"status\":200}'
  hookflow resolve ex_06dw4mlf4vzkjwipq7fexjp8g --fail
  hookflow executions --status waiting --json | jq 'select(.reason != \"timer\")'")]
pub(crate) struct Args {
    /// The execution, its ex_… id.
    #[arg(value_name = "ID")]
    execution: String,
    /// Run the node again, with the same idempotency key.
    #[arg(long, group = "action")]
    run_again: bool,
    /// Go on as if the node were done.
    #[arg(long, group = "action")]
    skip: bool,
    /// End the execution as `error`.
    #[arg(long, group = "action")]
    fail: bool,
    /// With --skip: what the nodes below read as its result.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["run_again", "fail"], value_parser = value)]
    result: Option<Value>,
}

fn value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("it is not JSON: {error}; text stands in quotes, '\"like this\"'"))
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let action = match (args.run_again, args.skip) {
        (true, _) => "run_again",
        (_, true) => "skip",
        _ => "fail",
    };
    let mut body = json!({"action": action});
    if let Some(result) = args.result {
        body["result"] = result;
    }
    let client = Client::find(global)?;
    let resolved = client.post(&["executions", &args.execution, "resolve"], &body).await?;
    Ok(out.either(&resolved, |one| plain(&format!("{}  {}", text(one, "id"), text(one, "status"))))?)
}
