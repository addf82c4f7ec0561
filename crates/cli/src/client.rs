//! The admin API as the commands use it.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;

use crate::args::Global;
use crate::config;
use crate::failure::{Complaint, Failure, chain, root};
use crate::folder::{Folder, reachable};
use crate::output::plain;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a sync workflow keeps its caller waiting by default.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The live feed says something more often than this, if only that it is there.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// What the API gives at most in one list.
const PAGE_MAX: usize = 500;

pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

impl Client {
    /// The server at HOOKFLOW_URL, or the one that runs on the data folder.
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        let (base, token) = match (variable("HOOKFLOW_URL"), variable("HOOKFLOW_TOKEN")) {
            (Some(url), Some(token)) => (read_url(&url)?, token),
            // The token of this machine's server is nobody else's business.
            (Some(_), None) => {
                return Err(Failure::new("client.no_token", "HOOKFLOW_URL is set, but not HOOKFLOW_TOKEN")
                    .hint("on the server's machine the token stands in <data>/admin.token"));
            }
            (None, token) => {
                let folder = Folder::at(data(global));
                let info = folder.running().ok_or_else(|| {
                    Failure::new("client.no_server", format!("no server runs on {}", folder.path().display())).hint(
                        "start one with `hookflow serve`, or say where it is: --data, HOOKFLOW_DATA or HOOKFLOW_URL",
                    )
                })?;
                let url = read_url(&format!("http://{}", reachable(info.admin)))?;
                (url, token.map_or_else(|| folder.read_token(), Ok)?)
            }
        };
        Ok(Self { http: http_for(&base)?, base, token })
    }

    /// `path` below `/api/v1`, one element a segment.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        accepted(path, self.request(Method::GET, self.url(path, query), None).await?)
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Value, Failure> {
        accepted(path, self.request(Method::DELETE, self.url(path, &[]), None).await?)
    }

    pub(crate) async fn patch(&self, path: &[&str], body: &Value) -> Result<Value, Failure> {
        accepted(path, self.request(Method::PATCH, self.url(path, &[]), Some(body)).await?)
    }

    /// The address of a page for people.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.base.as_str().trim_end_matches('/'))
    }

    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Failure> {
        accepted(path, self.post_any(path, body).await?)
    }

    pub(crate) async fn put(&self, path: &[&str], body: &Value) -> Result<Value, Failure> {
        accepted(path, self.request(Method::PUT, self.url(path, &[]), Some(body)).await?)
    }

    /// Status and document, whatever the status.
    pub(crate) async fn post_any(&self, path: &[&str], body: &Value) -> Result<(StatusCode, Value), Failure> {
        self.request(Method::POST, self.url(path, &[]), Some(body)).await
    }

    /// The first `limit` of a list, page by page; `None` for all of it.
    pub(crate) async fn list(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        limit: Option<usize>,
    ) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let wanted = limit.map_or(PAGE_MAX, |limit| (limit - items.len()).min(PAGE_MAX));
            let mut query = query.to_vec();
            query.push(("limit", wanted.to_string()));
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page = self.get(path, &query).await?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || limit.is_some_and(|limit| items.len() >= limit) {
                return Ok(items);
            }
        }
    }

    /// An answer that comes bit by bit: server-sent events, those after the one that was `last`.
    pub(crate) async fn stream(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        last: Option<&str>,
    ) -> Result<Response, Failure> {
        let http = builder_for(&self.base).read_timeout(SILENCE_MAX).build().map_err(no_tls)?;
        let mut request = http.get(self.url(path, query)).bearer_auth(&self.token).header(ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let refused = self.read(answer).await?;
        Err(accepted(path, refused).err().unwrap_or_else(|| Failure::new("client.refused", "the server refused")))
    }

    /// What `/readyz` says.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("http addresses have a path").pop_if_empty().push("readyz");
        let answer = self.http.get(url).send().await.map_err(|error| self.unreachable(error))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let (status, problem) = self.read(answer).await?;
        Err(refused(status, &problem))
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("http addresses have a path").pop_if_empty().extend(["api", "v1"]).extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn request(&self, method: Method, url: Url, body: Option<&Value>) -> Result<(StatusCode, Value), Failure> {
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.read(request.send().await.map_err(|error| self.unreachable(error))?).await
    }

    async fn read(&self, answer: Response) -> Result<(StatusCode, Value), Failure> {
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| self.unreachable(error))?;
        match serde_json::from_slice(&bytes) {
            Ok(document) => Ok((status, document)),
            Err(_) if bytes.is_empty() => Ok((status, Value::Null)),
            Err(_) => Err(Failure::new(
                "client.no_api",
                format!("{} answered {status} with something that is not JSON", self.base),
            )
            .hint("HOOKFLOW_URL is the address of the admin listener")),
        }
    }

    pub(crate) fn unreachable(&self, error: reqwest::Error) -> Failure {
        Failure::new("client.unreachable", format!("the server at {} cannot be reached: {}", self.base, root(&error)))
            .hint("is it running? `hookflow serve` starts one")
    }
}

pub(crate) fn http_for(url: &Url) -> Result<reqwest::Client, Failure> {
    builder_for(url).timeout(TIMEOUT).build().map_err(no_tls)
}

fn no_tls(error: reqwest::Error) -> Failure {
    Failure::new("client.tls", chain(&error))
}

/// A client that asks no proxy for what is on this machine.
fn builder_for(url: &Url) -> reqwest::ClientBuilder {
    // Refused only if it was done before.
    _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("hookflow/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
        builder = builder.no_proxy();
    }
    builder
}

/// Where the server's data are, for commands: they read no settings.
fn data(global: &Global) -> std::path::PathBuf {
    let variable = || std::env::var_os("HOOKFLOW_DATA").filter(|path| !path.is_empty()).map(Into::into);
    global.server.data.clone().or_else(variable).unwrap_or_else(config::default_data)
}

fn read_url(text: &str) -> Result<Url, Failure> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| Failure::new("client.url", format!("`{}` is not an http address", plain(text))))
}

/// The document, or the refusal; what is unknown is named as the user did.
fn accepted(path: &[&str], (status, document): (StatusCode, Value)) -> Result<Value, Failure> {
    if status.is_success() {
        return Ok(document);
    }
    let mut failure = refused(status, &document);
    if let Some((what, "unknown")) = document["code"].as_str().and_then(|code| code.split_once('.'))
        && let Some(place) = path.iter().position(|step| step.strip_suffix('s') == Some(what))
        && let (Some(name), Some(complaint)) = (path.get(place + 1), failure.complaints.first_mut())
    {
        complaint.sentence = format!("there is no {} `{}`", plain(what), plain(name));
    }
    Err(failure)
}

/// A problem document as this program's own failure.
pub(crate) fn refused(status: StatusCode, problem: &Value) -> Failure {
    let text = |name: &str| problem[name].as_str().filter(|text| !text.is_empty());
    let sentence =
        text("detail").or_else(|| text("title")).map_or_else(|| format!("the server answered {status}"), plain);
    let code = text("code").unwrap_or("client.refused");
    // Nothing on the admin listener speaks like this.
    if code.starts_with("hook.") {
        let sentence = format!("the server answered {status}, as the one for webhooks does");
        return Failure::new("client.no_api", sentence).hint("HOOKFLOW_URL is the address of the admin listener");
    }
    let sentence = if code == "api.token" { "the server does not take this token".to_owned() } else { sentence };
    let mut failure = Failure::new(code, sentence);
    if let Some(hint) = hint(code) {
        failure = failure.hint(hint);
    }
    // What is wrong with a document, one by one.
    failure.complaints.extend(problem["errors"].as_array().into_iter().flatten().map(|problem| {
        let text = |field: &str| plain(problem[field].as_str().unwrap_or_default());
        let place = if text("pointer").is_empty() { String::new() } else { format!(" at {}", text("pointer")) };
        Complaint::new(&text("code"), text("message") + &place)
    }));
    failure
}

/// What to do about a refusal.
fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "api.token" => "look at HOOKFLOW_TOKEN; the server's own token stands in <data>/admin.token",
        "api.token_expired" => "`hookflow token create` makes a new one",
        "api.scope" => "`hookflow token create NAME --scope …` makes a token that may; scopes of a token never change",
        "workflow.unknown" => "`hookflow list` shows what there is",
        "execution.unknown" => "`hookflow executions` shows what there is",
        "request.unknown" => "`hookflow requests` shows what there is",
        "token.unknown" => "`hookflow token list` shows what there is",
        "secret.unknown" => "`hookflow secret list` shows what there is",
        "revision.unknown" => "`hookflow revisions KEY` shows what there is",
        "user.unknown" => "`hookflow user list` shows who there is",
        "user.email_taken" => "`hookflow user reset EMAIL` prints a new link for them",
        "user.last_admin" => "`hookflow user set EMAIL --role admin` makes somebody else one first",
        "workflow.not_live" => "`hookflow publish KEY` makes the draft live",
        "workflow.invalid" => "`hookflow export KEY > FILE` and `hookflow check FILE` show the lines",
        "draft.conflict" => {
            "someone else saved it meanwhile: look at theirs with `hookflow export KEY`, then try again"
        }
        "execution.ended" => "`hookflow execution ID` shows how; `hookflow replay ID` runs it again",
        "execution.not_asked" | "execution.taken" => "`hookflow execution ID` shows what it does now",
        "resolve.nothing_to_skip" => "`--run-again` lets it go on from there, `--fail` ends it",
        "resolve.cannot_go_on" => "`--fail` ends it; `hookflow replay ID` runs its event again",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_keeps_the_servers_code_and_sentence() {
        let problem =
            json!({"code": "workflow.unknown", "title": "Not Found", "detail": "there is no workflow x\u{1b}"});
        let failure = refused(StatusCode::NOT_FOUND, &problem);
        insta::assert_snapshot!(failure.complaints[0], @r"
        error[workflow.unknown]: there is no workflow x\u{1b}
        hint: `hookflow list` shows what there is
        ");
        assert_eq!(
            refused(StatusCode::BAD_GATEWAY, &Value::Null).complaints[0].sentence,
            "the server answered 502 Bad Gateway"
        );
    }

    #[test]
    fn what_a_user_types_stays_one_segment_of_the_path() {
        let base = Url::parse("http://127.0.0.1:1/behind/").unwrap();
        let client = Client { http: http_for(&base).unwrap(), base, token: String::new() };
        assert_eq!(
            client.url(&["workflows", "../a?b#c/d"], &[]).as_str(),
            "http://127.0.0.1:1/behind/api/v1/workflows/..%2Fa%3Fb%23c%2Fd"
        );
    }

    #[test]
    fn only_http_addresses_are_taken() {
        for text in ["", "localhost:1", "ftp://x", "http://", "/x"] {
            assert!(read_url(text).is_err(), "{text}");
        }
    }
}
