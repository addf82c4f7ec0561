//! `request`: one request of the log.

use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::commands::{execution, requests, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Show one request as it came, and why it was refused.
///
/// The headers are those that were kept.
/// Of a refused one the first part of the body is kept. What became of an accepted one: `hookflow
/// execution` with the same id.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow request req_06dw4mlf4vzkjwipq7fexjp8g
  hookflow request req_06dw4mlf4vzkjwipq7fexjp8g --json | jq -r .detail")]
pub(crate) struct Args {
    /// Its req_… id, or the ex_… id of an accepted one.
    #[arg(value_name = "ID")]
    request: String,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let request = Client::find(global)?.get(&["requests", &args.request], &[]).await?;
    Ok(out.either(&request, |request| page(request).trim_end().to_owned())?)
}

fn page(request: &Value) -> String {
    let mut page = format!("{}  {}\n", plain(&text(request, "id")), plain(&requests::outcome(request)));
    for (name, field) in [("workflow", "workflow_key"), ("received", "received_at"), ("cause", "detail")] {
        let value = text(request, field);
        if !value.is_empty() {
            page += &format!("{name:8}  {}\n", plain(&value));
        }
    }
    page + "\n" + &execution::event(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refused_request_reads_from_its_cause_to_its_body() {
        let request = json!({"id": "req_1", "workflow_key": "1hfmkioou0d", "outcome": "refused", "code": "hook.not_json",
            "status": 400, "detail": "line 1, column 8: expected a value", "received_at": "2026-11-22T10:00:00.000000Z",
            "method": "POST", "remote_addr": "127.0.0.1", "query_string": "", "headers": [["content-type", "application/json"]],
            "body": "{\"id\": }", "body_base64": null});
        insta::assert_snapshot!(page(&request), @r#"
        req_1  400 hook.not_json
        workflow  1hfmkioou0d
        received  2026-11-22T10:00:00.000000Z
        cause     line 1, column 8: expected a value

        EVENT  POST from 127.0.0.1
          content-type: application/json

          {"id": }
        "#);
    }
}
