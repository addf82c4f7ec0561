//! `execution`: one execution with its event, its way and its answer.

use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::commands::executions::{status_with_reason, took};
use crate::commands::text;
use crate::failure::Failure;
use crate::output::{Output, plain, plain_lines};

/// Show one execution: the event, every node run with its time, the answer.
///
/// Long results and bodies are cut; --json has them whole.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow execution ex_06dw4mlf4vzkjwipq7fexjp8g
  hookflow execution ex_06dw4mlf4vzkjwipq7fexjp8g --json | jq .node_runs")]
pub(crate) struct Args {
    /// Its ex_… id, as it stands in the header Hookflow-Execution of the answer.
    #[arg(value_name = "ID")]
    execution: String,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let execution = Client::find(global)?.get(&["executions", &args.execution], &[]).await?;
    Ok(out.either(&execution, |execution| page(execution).trim_end().to_owned())?)
}

/// Columns of a small terminal.
const WIDTH: usize = 80;
/// A result longer than this is cut.
const RESULT_SHOWN_MAX: usize = 400;
/// Text of an event or an answer longer than this is cut.
const BODY_SHOWN_MAX: usize = 4_096;
const REPLAYS_SHOWN_MAX: usize = 5;

fn page(execution: &Value) -> String {
    let mut page = format!("{}  {}", text(execution, "id"), status_with_reason(execution));
    let took = took(&execution["accepted_at"], &execution["finished_at"]);
    if !took.is_empty() {
        page += &format!(" in {took}");
    }
    let ran = match execution["revision"].as_u64() {
        Some(number) => format!("revision {number}"),
        None => "a test of the draft".to_owned(),
    };
    page += &format!(
        "\nworkflow  {}, {ran}, {}\naccepted  {}\n",
        text(execution, "workflow_key"),
        text(execution, "mode"),
        text(execution, "accepted_at"),
    );
    page += &replays(execution);
    for note in execution["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        page += &format!("note: {}\n", plain(note));
    }

    page += &format!("\n{}", event(&execution["event"]));

    page += "\nNODES\n";
    let runs = execution["node_runs"].as_array().map(Vec::as_slice).unwrap_or_default();
    for run in runs {
        page += &node_run(run);
    }
    if runs.is_empty() {
        page += "  no node has run\n";
    }

    let answer = &execution["answer"];
    if answer.is_object() {
        page += &format!("\nANSWER  {} at {}\n", text(answer, "status"), text(answer, "sent_at"));
        page += &headers(answer);
        page += &body(answer);
    }
    page
}

/// What it is a replay of, and its own replays.
fn replays(execution: &Value) -> String {
    let of = execution["replay_of"].as_str().map(|of| format!("replay of {}\n", plain(of)));
    let replays: Vec<&str> = execution["replays"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let shown = replays.iter().take(REPLAYS_SHOWN_MAX).map(|replay| format!("replay    {}\n", plain(replay)));
    let more = replays.len().saturating_sub(REPLAYS_SHOWN_MAX);
    let more = (more > 0).then(|| format!("          and {more} more, see --json\n"));
    of.into_iter().chain(shown).chain(more).collect()
}

/// What came in, with its headers and its body.
pub(super) fn event(event: &Value) -> String {
    let query = text(event, "query_string");
    let query = if query.is_empty() { query } else { format!(" ?{query}") };
    let (method, from) = (text(event, "method"), text(event, "remote_addr"));
    let line = format!("EVENT  {}{} from {}\n", plain(&method), plain(&query), plain(&from));
    line + &headers(event) + &body(event)
}

/// `  paid       condition  succeeded  0.042 ms  → true`, and what went wrong below it.
fn node_run(run: &Value) -> String {
    let visit = text(run, "visit");
    let node = if visit.is_empty() { text(run, "node") } else { format!("{} [{visit}]", text(run, "node")) };
    let attempt =
        run["attempt"].as_u64().filter(|attempt| *attempt > 1).map_or(String::new(), |n| format!(", attempt {n}"));
    let mut lines = format!(
        "  {:16}  {:12}  {:10}  {:>11}{attempt}",
        plain(&node),
        plain(&text(run, "kind")),
        text(run, "status"),
        took(&run["started_at"], &run["finished_at"]),
    );
    if !run["result"].is_null() {
        let result = plain(&cut(&run["result"].to_string(), RESULT_SHOWN_MAX));
        let same_line = lines.chars().count() + result.chars().count() + 4 <= WIDTH;
        lines += &format!("{}→ {result}", if same_line { "  " } else { "\n    " });
    }
    lines = format!("{}\n", lines.trim_end());
    if run["error"].is_object() {
        lines += &format!(
            "    error[{}]: {}\n",
            plain(&text(&run["error"], "code")),
            plain(&text(&run["error"], "message"))
        );
    }
    for missing in run["missing"].as_array().into_iter().flatten() {
        let (path, template) = (text(missing, "path"), text(missing, "template"));
        lines += &format!("    missing: {} in {}\n", plain(&path), plain(&template));
    }
    lines
}

fn headers(of: &Value) -> String {
    let lines = of["headers"].as_array().into_iter().flatten().map(|header| {
        let part = |index: usize| plain(header[index].as_str().unwrap_or_default());
        format!("  {}: {}", part(0), part(1)).trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// The body of an event or an answer below its headers, indented, cut when it is long.
fn body(of: &Value) -> String {
    let text = match &of["body"] {
        Value::Null if of["body_base64"].is_string() => "(not text, see --json)".to_owned(),
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = plain_lines(&cut(&text, BODY_SHOWN_MAX));
    let lines = text.lines().map(|line| format!("  {line}\n"));
    if text.is_empty() { String::new() } else { format!("\n{}", lines.collect::<String>()) }
}

fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_execution_reads_from_event_to_answer() {
        let run = |node: &str, kind: &str, status: &str, result: Value| {
            json!({"node": node, "kind": kind, "visit": "", "attempt": 1, "status": status, "result": result, "missing": [],
                   "started_at": "2026-11-22T10:00:00.000100Z", "finished_at": "2026-11-22T10:00:00.000142Z"})
        };
        let mut call = run("call", "http_request", "error", Value::Null);
        call["attempt"] = json!(2);
        call["visit"] = json!("2/0");
        call["error"] = json!({"code": "http.status", "message": "the other side\nanswered 500"});
        call["missing"] = json!([{"path": "trigger.body.name", "template": "/url"}]);
        let execution = json!({
            "id": "ex_1", "workflow_key": "1hfmkioou0d", "revision": 3, "status": "error", "mode": "sync", "reason": null,
            "accepted_at": "2026-11-22T10:00:00.000000Z", "finished_at": "2026-11-22T10:00:00.001500Z",
            "event": {"method": "POST", "query_string": "a=1", "remote_addr": "127.0.0.1",
                      "headers": [["content-type", "application/json"], ["x-empty", ""]], "body": {"order": {"id": 7}}},
            "node_runs": [
                run("paid", "condition", "succeeded", json!(true)),
                run("query", "sql", "succeeded", json!([{"id": 1, "name": "a row that does not fit beside it"}])),
                call,
            ],
            "answer": {"status": 500, "headers": [["Content-Type", "text/plain"]], "body": "one\ntwo\u{1b}", "sent_at": "2026-11-22T10:00:00.001500Z"},
            "notes": ["the answer's template failed"],
        });
        insta::assert_snapshot!(page(&execution));
    }

    #[test]
    fn a_test_and_the_family_of_a_replay_are_told() {
        let head = |execution: Value| page(&execution).split("\n\n").next().unwrap().to_owned();
        let test = json!({"id": "ex_1", "workflow_key": "1hfmkioou0d", "revision": null, "status": "succeeded", "mode": "sync",
            "accepted_at": "2026-11-22T10:00:00.000000Z", "replay_of": "ex_0", "test": true, "replays": ["ex_3", "ex_2"]});
        insta::assert_snapshot!(head(test), @r"
        ex_1  succeeded
        workflow  1hfmkioou0d, a test of the draft, sync
        accepted  2026-11-22T10:00:00.000000Z
        replay of ex_0
        replay    ex_3
        replay    ex_2
        ");
        let many: Vec<String> = (0..7).map(|n| format!("ex_{n}")).collect();
        assert!(head(json!({"replays": many})).ends_with("replay    ex_4\n          and 2 more, see --json"));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
