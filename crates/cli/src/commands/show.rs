//! `show`: one workflow.

use serde_json::Value;

use crate::args::{self, Global};
use crate::client::Client;
use crate::commands::text;
use crate::failure::Failure;
use crate::output::Output;

/// Show a workflow: its URL, whether it answers, who may call it.
///
/// With --json also the draft.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow show 1hfmkioou0d
  hookflow show 1hfmkioou0d --json | jq .draft")]
pub(crate) struct Args {
    #[command(flatten)]
    of: args::Workflow,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let workflow = Client::find(global)?.get(&["workflows", &args.of.workflow], &[]).await?;
    if out.json {
        out.document(&workflow)?;
    } else {
        out.fields(&fields(&workflow))?;
    }
    Ok(())
}

fn fields(workflow: &Value) -> Vec<(&'static str, String)> {
    let tags: Vec<&str> = workflow["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = [
        ("title", text(workflow, "title")),
        ("description", text(workflow, "description")),
        ("tags", tags.join(", ")),
        ("state", state(workflow)),
        ("mode", text(workflow, "mode")),
        ("url", text(workflow, "url")),
        ("user", text(&workflow["credentials"]["basic"], "username")),
        ("key", text(workflow, "key")),
        ("id", text(workflow, "id")),
        ("created", text(workflow, "created_at")),
        ("changed", text(workflow, "changed_at")),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// `on, revision 3`, `off, revision 3`, `draft`.
pub(crate) fn state(workflow: &Value) -> String {
    let switched = if workflow["enabled"].as_bool().unwrap_or(false) { "on" } else { "off" };
    match workflow["revision"].as_u64() {
        Some(number) => format!("{switched}, revision {number}"),
        None => "draft".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_state_says_whether_callers_get_an_answer() {
        assert_eq!(state(&json!({"enabled": true, "revision": 3})), "on, revision 3");
        assert_eq!(state(&json!({"enabled": false, "revision": 3})), "off, revision 3");
        assert_eq!(state(&json!({"enabled": true, "revision": null})), "draft");
    }
}
