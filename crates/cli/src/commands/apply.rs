//! `apply`: workflows from files, all or none.

use std::path::PathBuf;

use domain::problem::Problem;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::{Client, refused};
use crate::commands::text;
use crate::failure::Failure;
use crate::files::{self, Named};
use crate::output::{Output, plain};

/// Create or update workflows from files.
///
/// A file with a `key` updates the workflow that has it, or makes it; one without makes a new
/// workflow each time. If any file has problems, none is applied.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow apply payment.yaml                 save the draft, nothing changes for callers
  hookflow apply payment.yaml --publish       make it live
  URL=$(hookflow apply payment.yaml --publish | tail -1)
  hookflow apply flows/*.yaml --publish --json")]
pub(crate) struct Args {
    /// Workflow files, YAML or JSON.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Make the documents live, not only the drafts.
    #[arg(long)]
    publish: bool,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let named = files::read(&args.files)?;
    let client = Client::find(global)?;
    let documents: Vec<&Value> = named.iter().filter_map(Named::document).collect();
    let all_read = documents.len() == named.len();
    let body = json!({"documents": documents, "publish": args.publish});
    // With a file that cannot be read, nothing is applied, but the others' problems are told too.
    let path = if all_read { "apply" } else { "check" };
    let (status, answer) = client.post_any(&[path], &body).await?;
    if !answer["items"].is_array() || !(status.is_success() || status == StatusCode::UNPROCESSABLE_ENTITY) {
        return Err(refused(status, &answer));
    }

    let mut items = answer["items"].as_array().into_iter().flatten();
    let mut bad = 0;
    for named in &named {
        let applied = named.document().and_then(|_| items.next()).unwrap_or(&Value::Null);
        let problems = match &named.content {
            Ok(file) => file.locate(Vec::<Problem>::deserialize(&applied["problems"]).unwrap_or_default()),
            Err(problems) => problems.clone(),
        };
        bad += usize::from(!problems.is_empty());
        if out.json {
            out.document(&document(named, applied, &problems))?;
        } else if !problems.is_empty() {
            files::print(out, &named.path, &problems)?;
        } else if all_read && status.is_success() {
            out.line(line(named, applied, args.publish))?;
            if named.document().is_some_and(|document| document["key"].is_null()) {
                let key = plain(&text(applied, "key"));
                out.line(format!("  add `key: {key}` to the file, or the next apply makes another workflow"))?;
            }
            out.line(plain(&text(applied, "url")))?;
        }
    }
    if bad > 0 || !all_read || !status.is_success() {
        return Err(Failure::new(
            "apply.invalid",
            format!("{}; nothing was applied", files::summary(bad, named.len())),
        ));
    }
    Ok(())
}

fn document(named: &Named, applied: &Value, problems: &[Problem]) -> Value {
    let flag = |name: &str| applied[name].as_bool().unwrap_or(false);
    json!({
        "file": named.path.to_string_lossy(),
        "id": applied["id"],
        "key": applied["key"],
        "url": applied["url"],
        "title": applied["title"],
        "created": flag("created"),
        "changed": flag("changed"),
        "enabled": flag("enabled"),
        "revision": applied["revision"],
        "problems": problems,
    })
}

/// `payment.yaml: created "Payment callback", revision 1 is live`
fn line(named: &Named, applied: &Value, published: bool) -> String {
    let flag = |name: &str| applied[name].as_bool().unwrap_or(false);
    let what = match (flag("created"), flag("changed")) {
        (true, _) => "created",
        (false, true) => "updated",
        (false, false) => "unchanged",
    };
    let live = match applied["revision"].as_u64() {
        None => "not published yet (--publish)".to_owned(),
        Some(number) if !published => format!("a draft; revision {number} stays live (--publish changes that)"),
        Some(number) if flag("enabled") => format!("revision {number} is live"),
        Some(number) => format!("revision {number}; it is off (`enabled: true` switches it on)"),
    };
    format!("{}: {what} \"{}\", {live}", named.path.display(), plain(&text(applied, "title")))
}
