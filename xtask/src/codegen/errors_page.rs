//! The reference page of error codes: what the API, the endpoints and executions say, and what to do.

use domain::answer::Answer;
use domain::execution::status::End;
use domain::flow::codes;
use domain::id::ExecutionId;
use serde_json::Value;

use super::WRITTEN_BY;

pub(super) fn page() -> anyhow::Result<String> {
    let row = |status: u16, code: &str, meaning: &str, remedy: &str| {
        format!("| `{code}` | {status} | {} | {remedy} |\n", meaning.replace('|', "\\|"))
    };
    let api: String =
        server::API_ERRORS.iter().map(|info| row(info.status, info.code, info.meaning, info.remedy)).collect();
    let refusals: String = server::refusals()
        .iter()
        .map(|refusal| row(refusal.status, refusal.code, &refusal.detail, server::remedy(refusal.code)))
        .collect();
    let mut ends = String::new();
    for end in End::ALL.iter().filter(|end| **end != End::Succeeded) {
        let answer = Answer::for_end(*end, ExecutionId::from_bytes([0; 16]));
        let problem: Value = serde_json::from_slice(&answer.body)?;
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        let line = row(answer.status, &text("code"), &text("detail"), "`hookflow execution <id>` says why.");
        // Two ends can look the same from outside.
        if !ends.contains(&line) {
            ends += &line;
        }
    }
    Ok(format!(
        "\
{WRITTEN_BY}
# Error codes

An error is a problem document (`application/problem+json`, RFC 9457) with `type`, `title`, `status`, `code` and
`detail`. The code is stable and for programs; the sentence is for people and may change. What can be wrong with a
workflow document stands in [problem codes](problems.md); how the answers of endpoints come about, in
[answers](answers.md).

## The API

| `code` | status | meaning | what to do |
|---|---|---|---|
{api}
## Endpoints

| `code` | status | for example | what to do |
|---|---|---|---|
{refusals}
## Executions, to a caller who waits

| `code` | status | meaning | what to do |
|---|---|---|---|
{ends}
## Node runs

The `error` of a node run that ended as `error`; the execution then ends as `error` too.

| `code` | meaning | what to do |
|---|---|---|
{}",
        NODE_ERRORS.map(|(code, meaning, remedy)| format!("| `{code}` | {meaning} | {remedy} |\n")).concat()
    ))
}

const NODE_ERRORS: [(&str, &str, &str); 14] = [
    ("template.failed", "A template could not be rendered.", "Mend the template that the message names."),
    (
        "condition.type",
        "A comparison does not go with the types it met.",
        "Compare other values, or ask `exists` first.",
    ),
    (
        codes::CONDITION_PATTERN,
        "A pattern that came out of a template is none.",
        "Mend the pattern, or what it is made of.",
    ),
    (
        codes::ANSWER_HEADER_VALUE,
        "A header's value has line breaks, is too long, or names a cookie of ours.",
        "Mend the template of the value.",
    ),
    (codes::ANSWER_HEADER_DENIED, "A header that is not an author's to set.", "Leave it out."),
    (
        codes::NODE_UNKNOWN_KIND,
        "This server has no such kind of node.",
        "Run it on a server that has, or take the node out.",
    ),
    (
        "secret.missing",
        "The node is sent with a secret that is not there.",
        "Set it with `hookflow secret set`; replay from the node.",
    ),
    (
        "secret.unreadable",
        "The secret was sealed with another key file, or what is stored is damaged.",
        "Bring `hookflow.key` back, or set the secret again.",
    ),
    ("secret.unavailable", "The secret could not be read from the database.", "Replay from the node."),
    ("secret.misplaced", "The record of the node is damaged.", "Replay the request."),
    ("value.too_deep", "A value nests too deep to be recorded.", "Make it flatter."),
    ("wait.duration", "A wait is not a whole number of milliseconds within its range.", "Mend what it is made of."),
    (
        "node.interrupted",
        "The server stopped before the outcome was known. The node was run again, with the same idempotency key.",
        "Nothing; look at the next attempt.",
    ),
    ("node.panicked", "The node has a mistake of its own.", "Look into the server's log; report it."),
];
