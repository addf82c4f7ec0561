//! One file a command: its flags, its help, what it does.

pub(crate) mod activate;
pub(crate) mod apply;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config_check;
pub(crate) mod delete;
pub(crate) mod execution;
pub(crate) mod executions;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod moving;
pub(crate) mod publish;
pub(crate) mod ready;
pub(crate) mod replay;
pub(crate) mod request;
pub(crate) mod requests;
pub(crate) mod resolve;
pub(crate) mod revisions;
pub(crate) mod rotate;
pub(crate) mod secret;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod token;
pub(crate) mod user;

use std::collections::HashMap;

use serde_json::Value;

use crate::client::Client;
use crate::failure::{FAILED, Failure};
use crate::output::{Output, plain};

/// A field of an answer as text: `""` when it is absent or null.
pub(crate) fn text(document: &Value, field: &str) -> String {
    match &document[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A field with a time, short: `2026-11-22T10:00:00.000042Z` → `11-22 10:00:00`
fn moment(document: &Value, field: &str) -> String {
    let time = text(document, field);
    match time.split_once('-').zip(time.split_once('.')) {
        Some(((year, _), (seconds, _))) => seconds[year.len() + 1..].replace('T', " "),
        None => time,
    }
}

/// What workflows are called, by their ids: a key changes with `rotate`, and executions keep the old one.
#[derive(Debug, Default)]
struct Titles(HashMap<String, String>);

impl Titles {
    /// None for programs, which are given keys.
    async fn of(client: &Client, out: &Output) -> Result<Self, Failure> {
        if out.json {
            return Ok(Self::default());
        }
        let workflows = client.list(&["workflows"], &[], None).await?;
        Ok(Self(workflows.iter().map(|workflow| (text(workflow, "id"), text(workflow, "title"))).collect()))
    }

    /// The key of one that was deleted, or made since.
    fn title(&self, of: &Value) -> String {
        self.0.get(&text(of, "workflow_id")).cloned().unwrap_or_else(|| text(of, "workflow_key"))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(String, String); N]> for Titles {
    fn from(titles: [(String, String); N]) -> Self {
        Self(titles.into())
    }
}

/// Does something to each, and tells at the end which of them were refused.
async fn each(names: &[String], mut act: impl AsyncFnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut complaints = Vec::new();
    for name in names {
        let Err(failure) = act(name).await else { continue };
        for mut complaint in failure.complaints.iter().cloned() {
            if names.len() > 1 && !complaint.sentence.contains(name) {
                complaint.sentence = format!("{}: {}", plain(name), complaint.sentence);
            }
            complaints.push(complaint);
        }
        if !failure.is_about_one() {
            // The next would fare no better.
            return Err(Failure { complaints, ..failure });
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(Failure { complaints, exit: FAILED }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `a b c` were tried when each fails with `code`, and how it ended.
    async fn tried(code: &str) -> (String, Result<(), Failure>) {
        let mut tried = String::new();
        let names = ["a", "b", "c"].map(str::to_owned);
        let ended = each(&names, async |name| {
            tried.push_str(name);
            if name == "b" { Ok(()) } else { Err(Failure::new(code, "no")) }
        })
        .await;
        (tried, ended)
    }

    #[tokio::test]
    async fn all_are_tried_unless_there_is_no_point() {
        let (names, ended) = tried("execution.ended").await;
        assert_eq!(names, "abc");
        let told: Vec<String> = ended.unwrap_err().complaints.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["error[execution.ended]: a: no", "error[execution.ended]: c: no"]);
        for code in ["client.unreachable", "api.token", "api.scope"] {
            assert_eq!(tried(code).await.0, "a", "{code}");
        }
    }
}
