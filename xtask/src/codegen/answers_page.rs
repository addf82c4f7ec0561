//! The reference page of the answers that Hookflow itself gives: refusals, and ends without a Response node.

use anyhow::Context;
use domain::answer::Answer;
use domain::execution::status::End;
use domain::id::ExecutionId;
use serde_json::Value;

use super::WRITTEN_BY;

pub(super) fn page() -> anyhow::Result<String> {
    let refusals = server::refusals().into_iter().map(|refusal| {
        let kept = if refusal.logged { "logged" } else { "counted" };
        format!("| {} | `{}` | {} | {kept} |\n", refusal.status, refusal.code, refusal.detail.replace('|', "\\|"))
    });
    let ends = End::ALL.iter().copied().map(end);
    Ok(format!(
        "\
{WRITTEN_BY}
# Answers that Hookflow itself gives

Each is a problem document (`application/problem+json`, RFC 9457) with `type`, `title`, `status`, `code`
and `detail`. The code is stable, the sentence is not. When the caller gets what:
[Answers](../guides/answers.md).

## Refusals

The request makes no execution. In the order of the checks; the first two have no body. What is logged stands in the
[request log](../guides/request-log.md) with its code, anything else is counted in `/metrics`.
Two rows of `hook.off`: what is off answers like an unknown URL (`hook.unknown`) unless the workflow
says `when_off: retry_later`.

| status | `code` | for example | |
|---|---|---|---|
{}
## Ends without a Response node

What the caller of a synchronous workflow gets. The document names the execution.

| the execution is | status | `code` | |
|---|---|---|---|
{}",
        refusals.collect::<String>(),
        ends.collect::<anyhow::Result<String>>()?
    ))
}

fn end(end: End) -> anyhow::Result<String> {
    let answer = Answer::for_end(end, ExecutionId::from_bytes([0; 16]));
    let problem: Value = match &answer.body[..] {
        b"" => Value::Null,
        body => serde_json::from_slice(body).context("a problem document")?,
    };
    let code = problem["code"].as_str().map_or(String::new(), |code| format!("`{code}`"));
    let detail = problem["detail"].as_str().unwrap_or("No body.");
    Ok(format!("| `{}` | {} | {code} | {detail} |\n", end.as_str(), answer.status))
}
