//! `executions`: what has run.

use domain::execution::status::Status;
use domain::time::Timestamp;
use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::commands::{Titles, moment, text};
use crate::failure::Failure;
use crate::live;
use crate::output::Output;

/// List executions, newest first.
///
/// Behind the workflow stands what no sender started: a `replay` of an old execution, a `test` of the draft.
/// With --follow, every change of an execution is printed as it comes, until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow executions
  hookflow executions --status error --limit 10
  hookflow executions --follow
  hookflow executions --workflow 1hfmkioou0d --json | jq -r .id")]
pub(crate) struct Args {
    /// Only those of this workflow: its key, or its wf_… id.
    #[arg(long, value_name = "KEY")]
    workflow: Option<String>,
    /// Only those with this status: queued, running, waiting, succeeded, failed, error, timed_out or cancelled.
    #[arg(long, hide_possible_values = true, value_parser = status())]
    status: Option<String>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print what happens from now on.
    #[arg(long, conflicts_with = "limit")]
    follow: bool,
}

fn status() -> clap::builder::PossibleValuesParser {
    Status::ALL.iter().map(|status| status.as_str()).collect::<Vec<_>>().into()
}

const HEAD: [&str; 5] = ["ID", "STATUS", "HTTP", "ACCEPTED (UTC)", "WORKFLOW"];
/// What the cells of most executions need.
const WIDTHS: [usize; 5] = [28, 9, 4, 14, 0];

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    let mut query = Vec::new();
    query.extend(args.workflow.map(|workflow| ("workflow", workflow)));
    if args.follow {
        let titles = Titles::of(&client, out).await?;
        out.head(HEAD, WIDTHS)?;
        let wanted =
            |execution: &Value| args.status.is_none() || execution["status"].as_str() == args.status.as_deref();
        return live::follow(global, &query, "execution", |execution| {
            if wanted(execution) { Ok(out.row(execution, WIDTHS, |one| row(one, &titles))?) } else { Ok(()) }
        })
        .await;
    }
    query.extend(args.status.map(|status| ("status", status)));
    let executions = client.list(&["executions"], &query, Some(args.limit as usize)).await?;
    let titles = Titles::of(&client, out).await?;
    Ok(out.list(&executions, "no executions", HEAD, |execution| row(execution, &titles))?)
}

/// Fits into 80 columns with 17 characters of the last cell; `execution` has the rest.
fn row(execution: &Value, titles: &Titles) -> [String; 5] {
    [
        text(execution, "id"),
        status_with_reason(execution),
        text(execution, "answer_status"),
        moment(execution, "accepted_at"),
        titles.title(execution) + &started_by_hand(execution),
    ]
}

/// ` (replay)`, ` (test)`; nothing for what a sender started.
fn started_by_hand(execution: &Value) -> String {
    let replay = execution["replay_of"].is_string().then_some("replay");
    let test = execution["test"].as_bool().unwrap_or_default().then_some("test");
    let marks: Vec<&str> = [replay, test].into_iter().flatten().collect();
    if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) }
}

/// `waiting (timer)`
pub(crate) fn status_with_reason(execution: &Value) -> String {
    match execution["reason"].as_str() {
        Some(reason) => format!("{} ({reason})", text(execution, "status")),
        None => text(execution, "status"),
    }
}

/// `1.234 s`, `5.678 ms`; empty when one of the times is missing.
pub(crate) fn took(from: &Value, to: &Value) -> String {
    let time = |value: &Value| value.as_str().and_then(Timestamp::from_rfc3339);
    let Some((from, to)) = time(from).zip(time(to)) else { return String::new() };
    let micros = to.since(from).as_micros();
    if micros < 1_000_000 {
        format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
    } else {
        format!("{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_read_in_the_unit_that_fits() {
        let took = |to: &str| took(&json!("2026-11-22T10:00:00.000000Z"), &json!(to));
        assert_eq!(took("2026-11-22T10:00:00.000042Z"), "0.042 ms");
        assert_eq!(took("2026-11-22T10:00:00.123456Z"), "123.456 ms");
        assert_eq!(took("2026-11-22T10:01:02.003999Z"), "62.003 s");
        assert_eq!(took(""), "");
    }

    #[test]
    fn a_row_says_which_workflow_and_fits() {
        let execution = json!({"id": "ex_03ha7gwm1o0eeu7em5ewm4yjc", "workflow_id": "wf_1", "workflow_key": "1hfmkioou0d", "status": "succeeded",
            "reason": null, "answer_status": 422, "accepted_at": "2026-11-22T10:00:00.000042Z"});
        let titles = Titles::from([("wf_1".to_owned(), "Payment callback".to_owned())]);
        let cells = row(&execution, &titles);
        assert_eq!(cells[3..], ["11-22 10:00:00", "Payment callback"]);
        assert!(cells.join("  ").len() <= 80);
        assert!(cells.iter().zip(WIDTHS).take(4).all(|(cell, width)| cell.len() <= width), "{cells:?}");
        assert_eq!(row(&execution, &Titles::default())[4], "1hfmkioou0d", "deleted since");
    }

    #[test]
    fn a_row_says_what_no_sender_started() {
        let last = |replay_of: Value, test: bool| {
            let execution = json!({"workflow_key": "1hfmkioou0d", "replay_of": replay_of, "test": test});
            row(&execution, &Titles::default())[4].clone()
        };
        assert_eq!(last(Value::Null, false), "1hfmkioou0d");
        assert_eq!(last(json!("ex_1"), false), "1hfmkioou0d (replay)");
        assert_eq!(last(Value::Null, true), "1hfmkioou0d (test)");
        assert_eq!(last(json!("ex_1"), true), "1hfmkioou0d (replay, test)");
    }
}
