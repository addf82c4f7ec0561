//! `replay`: old events, new executions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::{each, send, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Run the events of executions again, each as a new execution.
///
/// Prints the new ids. All are tried; one that is refused is told, and the exit code is 1. Nobody waits for the answer: what
/// it would have been stands in the new execution.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow replay ex_06dw4mlf4vzkjwipq7fexjp8g
  hookflow replay ex_06dw4mlf4vzkjwipq7fexjp8g --revision live
  hookflow replay ex_06dw4mlf4vzkjwipq7fexjp8g --data @corrected.json
  hookflow replay ex_06dw4mlf4vzkjwipq7fexjp8g --from-node call
  hookflow executions --status error --json | jq -r .id | xargs hookflow replay")]
pub(crate) struct Args {
    /// Executions, their ex_… ids.
    #[arg(required = true, value_name = "ID")]
    executions: Vec<String>,
    /// What to run: the same revision as then, the live one, the draft, or the one with this number.
    #[arg(long, value_name = "same|live|draft|N", default_value = "same", value_parser = revision)]
    revision: Value,
    /// Take the results of the nodes before this one from the old execution, and go on from it.
    #[arg(long, value_name = "KEY")]
    from_node: Option<String>,
    /// Another body in place of the old one: text, @FILE, or @- for stdin. The rest of the event stays.
    #[arg(long, value_name = "@FILE|TEXT")]
    data: Option<String>,
}

fn revision(text: &str) -> Result<Value, String> {
    match text {
        "same" | "live" | "draft" => Ok(json!(text)),
        number => match number.parse::<u32>() {
            Ok(number @ 1..) => Ok(json!(number)),
            _ => Err("it is `same`, `live`, `draft` or a revision's number".to_owned()),
        },
    }
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let data = args.data.as_deref().map(send::read_body).transpose()?;
    let client = Client::find(global)?;
    each(&args.executions, async |execution| {
        let mut body = json!({"revision": args.revision});
        if let Some(node) = &args.from_node {
            body["from_node"] = json!(node);
        }
        if let Some(data) = &data {
            let old = client.get(&["executions", execution], &[]).await?;
            body["event"] = with_body(&old["event"], data);
        }
        let answer = client.post(&["executions", execution, "replay"], &body).await?;
        for replay in answer["items"].as_array().into_iter().flatten() {
            out.either(replay, |replay| plain(&text(replay, "id")))?;
        }
        Ok(())
    })
    .await
}

/// The event as it came, but for its body.
fn with_body(event: &Value, body: &[u8]) -> Value {
    let mut event = event.as_object().cloned().unwrap_or_else(Map::new);
    let (body, base64) = match std::str::from_utf8(body) {
        Ok(text) => (json!(text), Value::Null),
        Err(_) => (Value::Null, json!(STANDARD.encode(body))),
    };
    event.insert("body".to_owned(), body);
    event.insert("body_base64".to_owned(), base64);
    Value::Object(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_word_or_a_number() {
        assert_eq!(revision("draft"), Ok(json!("draft")));
        assert_eq!(revision("3"), Ok(json!(3)));
        for text in ["", "0", "-1", "old", "1.5", "99999999999"] {
            assert!(revision(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_body_of_the_event_is_another() {
        let event = json!({"method": "POST", "headers": [["a", "b"]], "body": null, "body_base64": "/w=="});
        let changed = with_body(&event, b"{}");
        assert_eq!(changed, json!({"method": "POST", "headers": [["a", "b"]], "body": "{}", "body_base64": null}));
        assert_eq!(with_body(&event, &[0xfe])["body_base64"], "/g==");
    }
}
