//! `ready`: whether the server takes requests, for what watches it and has no HTTP client of its own.

use serde_json::json;

use crate::args::Global;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;

/// Ask whether the server takes requests.
///
/// Exits with 0 when it does, and with 1 when it does not or when none runs; why not stands on stderr.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow ready
  until hookflow ready 2>/dev/null; do sleep 0.2; done     wait for a server that starts")]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    Client::find(global)?.ready().await?;
    Ok(out.either(&json!({ "ready": true }), |_| "ready".to_owned())?)
}
