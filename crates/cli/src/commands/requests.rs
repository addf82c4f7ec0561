//! `requests`: the request log.

use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::commands::{Titles, moment, text};
use crate::failure::Failure;
use crate::live;
use crate::output::Output;

/// List the requests that came to endpoints, newest first.
///
/// A refused one stands with its cause, an accepted one has the id of its execution. Requests to URLs that nobody has are counted only.
/// With --follow, what comes is printed as it comes, until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow requests --outcome refused
  hookflow requests --workflow 1hfmkioou0d --follow
  hookflow requests --json | jq -r '.code // empty' | sort | uniq -c")]
pub(crate) struct Args {
    /// Only those to this workflow: its key, or its wf_… id.
    #[arg(long, value_name = "KEY")]
    workflow: Option<String>,
    /// Only those that were `accepted`, or `refused`.
    #[arg(long, value_name = "OUTCOME", hide_possible_values = true, value_parser = ["accepted", "refused"])]
    outcome: Option<String>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print those that come from now on.
    #[arg(long, conflicts_with = "limit")]
    follow: bool,
}

const HEAD: [&str; 4] = ["ID", "RECEIVED (UTC)", "OUTCOME", "WORKFLOW"];
/// What the cells of most requests need.
const WIDTHS: [usize; 4] = [29, 14, 19, 0];

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    let mut query = Vec::new();
    query.extend(args.workflow.map(|workflow| ("workflow", workflow)));
    if args.follow {
        let titles = Titles::of(&client, out).await?;
        out.head(HEAD, WIDTHS)?;
        let wanted = |request: &Value| args.outcome.is_none() || request["outcome"].as_str() == args.outcome.as_deref();
        return live::follow(global, &query, "request", |request| {
            if wanted(request) { Ok(out.row(request, WIDTHS, |one| row(one, &titles))?) } else { Ok(()) }
        })
        .await;
    }
    query.extend(args.outcome.map(|outcome| ("outcome", outcome)));
    let requests = client.list(&["requests"], &query, Some(args.limit as usize)).await?;
    let titles = Titles::of(&client, out).await?;
    Ok(out.list(&requests, "no requests", HEAD, |request| row(request, &titles))?)
}

fn row(request: &Value, titles: &Titles) -> [String; 4] {
    [text(request, "id"), moment(request, "received_at"), outcome(request), titles.title(request)]
}

/// `accepted`, `405 hook.method`
pub(super) fn outcome(request: &Value) -> String {
    match request["code"].as_str() {
        Some(code) => format!("{} {code}", text(request, "status")),
        None => text(request, "outcome"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_says_why_and_fits() {
        let request = json!({"id": "req_03ha7gwm1o0eeu7em5ewm4yjc", "workflow_key": "1hfmkioou0d", "outcome": "refused",
            "code": "hook.media_type", "status": 415, "received_at": "2026-11-22T10:00:00.000042Z"});
        let cells = row(&request, &Titles::default());
        assert_eq!(cells[1..], ["11-22 10:00:00", "415 hook.media_type", "1hfmkioou0d"]);
        assert!(cells.join("  ").len() <= 80);
        assert!(cells.iter().zip(WIDTHS).take(3).all(|(cell, width)| cell.len() <= width), "{cells:?}");
        assert_eq!(outcome(&json!({"outcome": "accepted", "code": null})), "accepted");
    }
}
