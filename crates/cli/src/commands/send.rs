//! `send`: a request to a workflow's own URL, as any sender would make it.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::{Client, http_for};
use crate::commands::text;
use crate::failure::{Failure, chain};
use crate::output::{Output, plain, plain_lines};

/// The header of every accepted request's answer.
const EXECUTION_HEADER: &str = "hookflow-execution";

/// Send a request to a workflow's own URL and print the answer.
///
/// Done (exit code 0) when the request was accepted, whatever the flow answered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow send 1hfmkioou0d --data '{\"order\":{\"id\":7,\"status\":\"paid\"}}'
  hookflow send 1hfmkioou0d --data @payload.json --header 'X-GitHub-Event: push'
  hookflow send 1hfmkioou0d --user hook:s3cret --query 'source=test&tags[]=a'")]
pub(crate) struct Args {
    /// The workflow's key, or its wf_… id.
    #[arg(value_name = "KEY")]
    workflow: String,
    /// The body: text, @FILE, or @- for stdin. Sent as application/json unless --header says otherwise.
    #[arg(long, value_name = "@FILE|TEXT")]
    data: Option<String>,
    /// A request header; may be given again.
    #[arg(long, value_name = "K:V", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// User and password of the endpoint.
    #[arg(long, value_name = "U:P")]
    user: Option<String>,
    /// What stands after `?`.
    #[arg(long, value_name = "Q")]
    query: Option<String>,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written NAME: VALUE")?;
    let name = name.trim().parse::<HeaderName>().map_err(|error| error.to_string())?;
    let value = value.trim().parse::<HeaderValue>().map_err(|error| error.to_string())?;
    Ok((name, value))
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let body = args.data.as_deref().map(read_body).transpose()?;
    let workflow = Client::find(global)?.get(&["workflows", &args.workflow], &[]).await?;
    let mut url = Url::parse(&text(&workflow, "url"))
        .map_err(|error| Failure::new("send.url", format!("the workflow's URL: {error}")))?;
    url.set_query(args.query.as_deref());

    let mut headers: HeaderMap = HeaderMap::new();
    for (name, value) in args.header {
        headers.append(name, value);
    }
    if body.is_some() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let mut request = http_for(&url)?.post(url.clone()).headers(headers);
    if let Some(user) = &args.user {
        let (user, password) =
            user.split_once(':').map_or((user.as_str(), None), |(user, password)| (user, Some(password)));
        request = request.basic_auth(user, password);
    }
    let failed = |error: reqwest::Error| {
        Failure::new("send.failed", format!("no answer from {url}: {}", chain(&error.without_url())))
            .hint("the URL is made from `public_url` or `hooks` of the server's settings")
    };
    let answer = request.body(body.unwrap_or_default()).send().await.map_err(failed)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.map_err(failed)?;
    let execution = headers.get(EXECUTION_HEADER).and_then(|id| id.to_str().ok());

    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    if out.json {
        out.document(&document(status.as_u16(), &headers, &body, execution))?;
    } else {
        out.line(format!("HTTP {status}"))?;
        for (name, value) in &headers {
            out.line(format!("{}: {}", plain(name), plain(value)))?;
        }
        if !body.is_empty() {
            out.line(format!("\n{}", plain_lines(&String::from_utf8_lossy(&body))))?;
        }
    }
    match execution {
        Some(_) => Ok(()),
        None => Err(refusal(status.as_u16(), &body, &workflow)),
    }
}

pub(super) fn read_body(data: &str) -> Result<Vec<u8>, Failure> {
    let read = match data.strip_prefix('@') {
        None => return Ok(data.as_bytes().to_vec()),
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        Some(path) => std::fs::read(path),
    };
    read.map_err(|error| Failure::new("file.unreadable", format!("cannot read {}: {error}", &data[1..])))
}

/// A body that is text stands in `body`, any other in `body_base64`.
fn document(status: u16, headers: &[(String, String)], body: &[u8], execution: Option<&str>) -> Value {
    let text = std::str::from_utf8(body).ok();
    let bytes = text.is_none().then(|| STANDARD.encode(body));
    json!({"status": status, "headers": headers, "body": text, "body_base64": bytes, "execution": execution})
}

/// The endpoint tells strangers nothing; whoever may look at the workflow is told more.
fn refusal(status: u16, body: &[u8], workflow: &Value) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or("send.refused");
    let failure = Failure::new(code, format!("the request was not accepted (status {status})"));
    match code {
        "hook.unknown" | "hook.off" if workflow["revision"].is_null() => {
            failure.hint("nothing of the workflow is live: `hookflow publish KEY` publishes its draft")
        }
        "hook.unknown" | "hook.off" if workflow["enabled"] == false => failure
            .hint("the workflow is off: `enabled: true` in its file and `hookflow apply FILE --publish` switch it on"),
        "hook.credentials" => failure.hint("give the user and password of the workflow with --user U:P"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let (name, value) = header("X-Time:  10:00 ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-time", "10:00"));
        assert!(header("no colon").is_err());
        assert!(header("a b: c").is_err());
        assert!(header("a: b\nc").is_err());
    }

    #[test]
    fn who_may_look_at_the_workflow_is_told_why_its_url_is_silent() {
        let hint = |code: &str, workflow: Value| {
            let body = json!({"code": code}).to_string();
            refusal(404, body.as_bytes(), &workflow).complaints.remove(0).hint.unwrap_or_default()
        };
        assert!(hint("hook.unknown", json!({"enabled": false, "revision": null})).contains("hookflow publish KEY"));
        assert!(hint("hook.off", json!({"enabled": false, "revision": 1})).contains("enabled: true"));
        assert!(hint("hook.credentials", json!({"enabled": true, "revision": 1})).contains("--user"));
        assert_eq!(hint("hook.not_json", json!({"enabled": true, "revision": 1})), "");
    }

    #[test]
    fn a_body_that_is_not_text_comes_as_base64() {
        assert_eq!(document(200, &[], b"ok", None)["body"], "ok");
        let document = document(200, &[], &[0xff], Some("ex_1"));
        assert_eq!((&document["body"], &document["body_base64"]), (&Value::Null, &json!("/w==")));
    }
}
