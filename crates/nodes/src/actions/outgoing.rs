//! From a rendered config to a call.

use std::time::Duration;

use bytes::Bytes;
use domain::execution::journal::NodeError;
use domain::flow::codes;
use domain::value::Value;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use sha2::{Digest, Sha256};

use super::body::BodyType;
use crate::contract::{Compiler, RunContext};
use crate::outbound::{Call, HOPS, IDEMPOTENCY_KEY};

/// Headers that belong to the connection.
const DENIED: [&str; 9] =
    ["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// What can be told about the address and the names of headers before anything is rendered.
pub(super) fn check<'a>(url: &str, headers: impl Iterator<Item = &'a str>, compiler: &mut Compiler<'_>) {
    if !url.contains("{{")
        && let Err(why) = address(url)
    {
        compiler.problem("url", codes::BAD_TEXT, why);
    }
    for (index, name) in headers.enumerate() {
        let field = format!("headers/{index}/name");
        match HeaderName::from_bytes(name.as_bytes()) {
            Err(_) => {
                compiler.problem(&field, codes::ANSWER_HEADER_NAME, format!("`{name}` is not the name of a header"));
            }
            Ok(name) if DENIED.contains(&name.as_str()) => {
                compiler.problem(&field, codes::ANSWER_HEADER_DENIED, format!("`{name}` belongs to the connection"));
            }
            Ok(_) => {}
        }
    }
}

/// Errors: `http.url`, `http.header`, `http.body`.
pub(super) fn call(input: &Value, run: &RunContext) -> Result<Call, NodeError> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let number = |name: &str| input[name].as_u64().unwrap_or_default();
    let mut url = match &input["url"] {
        Value::String(url) => address(url).map_err(|why| NodeError::new("http.url", why))?,
        Value::Null => return Err(NodeError::new("http.url", "there is no address: the template came to nothing")),
        // What it is instead may hold anything, and an error's text is read by many.
        _ => return Err(NodeError::new("http.url", "the address is not text")),
    };
    let query: Vec<_> = pairs(&input["query"]).collect();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let mut headers = HeaderMap::new();
    for (index, (name, value)) in pairs(&input["headers"]).enumerate() {
        let refused = || NodeError::new("http.header", format!("the header `{name}` cannot be sent with this value"));
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| refused())?;
        value.set_sensitive(run.has_secret_in(&format!("headers/{index}")));
        headers.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?, value);
    }
    if let Ok(key) = HeaderValue::from_str(&run.idempotency_key)
        && !headers.contains_key(&IDEMPOTENCY_KEY)
    {
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    headers.insert(HOPS, run.hops.into());
    let mut body = Bytes::new();
    let body_type = BodyType::named(text("body_type")).unwrap_or_default();
    if let Some((bytes, media_type)) = body_type.write(&input["body"], &boundary(&run.idempotency_key))? {
        body = bytes;
        if let Ok(media_type) = HeaderValue::from_str(&media_type) {
            if body_type == BodyType::Multipart {
                // Without our boundary nobody can read it.
                headers.insert(CONTENT_TYPE, media_type);
            } else {
                headers.entry(CONTENT_TYPE).or_insert(media_type);
            }
        }
    }
    Ok(Call {
        method: Method::from_bytes(text("method").as_bytes()).unwrap_or(Method::GET),
        url,
        headers,
        body,
        body_is_secret: run.has_secret_in("body"),
        timeout: Duration::from_millis(number("timeout_ms")),
        redirects_max: usize::try_from(number("redirects_max")).unwrap_or_default(),
        answer_bytes_max: usize::try_from(number("answer_bytes_max")).unwrap_or_default(),
    })
}

/// Something http can call, or why it is not.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("this is no address: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("only http and https can be called, not {other}")),
    }
}

fn pairs(list: &Value) -> impl Iterator<Item = (&str, String)> {
    list.as_array().into_iter().flatten().map(|pair| {
        let value = match &pair["value"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        (pair["name"].as_str().unwrap_or_default(), value)
    })
}

/// Nobody can know it who does not know the key, so no data holds it.
fn boundary(key: &str) -> String {
    let digest = Sha256::new().chain_update("boundary").chain_update(key).finalize();
    digest[..16].iter().fold("hookflow-".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// `application/json`, or anything with `+json`.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}
