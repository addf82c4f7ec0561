//! One call, with its redirects, inside its limits.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::event::headers;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE,
    HeaderMap, HeaderName, LOCATION, USER_AGENT,
};
use reqwest::{Method, Response, StatusCode, Url};
use url::Host;

use super::resolver::RefusedName;
use super::{HEADERS_MAX, Outbound};

/// Carries the key that is the same on every attempt.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What tells a loop from work.
pub const HOPS: HeaderName = HeaderName::from_static(headers::HOPS);

/// What to send, where, and what to take at most.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// It goes to no other origin.
    pub body_is_secret: bool,
    /// For all of it, redirects and the answer's body included.
    pub timeout: Duration,
    /// 0: an answer that redirects is an answer like any other.
    pub redirects_max: usize,
    pub answer_bytes_max: usize,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why nothing of use came back. The texts name hosts and addresses, never headers or bodies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The URL cannot be called by anybody.
    #[error("{0}")]
    Url(String),
    /// It may not be called from here.
    #[error("{0}")]
    Refused(String),
    #[error("there was no connection: {0}")]
    Connect(String),
    #[error("it took longer than {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the answer has more than {HEADERS_MAX} headers, or larger ones than are read")]
    HeadTooLarge,
    #[error("there were more than {0} redirects")]
    Redirects(usize),
}

impl CallError {
    /// Stable, for node runs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "http.url",
            Self::Refused(_) => "http.refused",
            Self::Connect(_) => "http.connect",
            Self::Timeout(_) => "http.timeout",
            Self::Broken(_) => "http.broken",
            Self::TooLarge(_) | Self::HeadTooLarge => "http.too_large",
            Self::Redirects(_) => "http.redirects",
        }
    }

    /// Whether another try may end otherwise.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Timeout(_) | Self::Broken(_))
    }
}

impl Outbound {
    pub async fn call(&self, call: Call) -> Result<Got, CallError> {
        let timeout = call.timeout;
        tokio::time::timeout(timeout, self.follow(call)).await.unwrap_or(Err(CallError::Timeout(timeout)))
    }

    async fn follow(&self, mut call: Call) -> Result<Got, CallError> {
        let mut redirects = 0;
        loop {
            self.check(&call.url)?;
            let mut request =
                self.client().request(call.method.clone(), call.url.clone()).headers(call.headers.clone());
            if !call.headers.contains_key(ACCEPT_ENCODING) {
                // What is unpacked here could be any size.
                request = request.header(ACCEPT_ENCODING, "identity");
            }
            if !call.body.is_empty() {
                request = request.body(call.body.clone());
            } else if matches!(call.method, Method::POST | Method::PUT | Method::PATCH) {
                // RFC 9110, 8.6: said where a body could be. Some servers ask for it.
                request = request.header(CONTENT_LENGTH, "0");
            }
            let answer = request.send().await.map_err(|error| failed(&error))?;
            match target(&call.url, &answer) {
                Some(target) if call.redirects_max > 0 => {
                    redirects += 1;
                    if redirects > call.redirects_max {
                        return Err(CallError::Redirects(call.redirects_max));
                    }
                    redirect(&mut call, answer.status(), target?)?;
                }
                _ => return read(answer, call.answer_bytes_max).await,
            }
        }
    }

    /// A literal address is never given to the resolver, so it is looked at here.
    fn check(&self, url: &Url) -> Result<(), CallError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(CallError::Url(format!("only http and https can be called, not {}", url.scheme())));
        }
        let address = match url.host() {
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            None => return Err(CallError::Url("the URL has no host".to_owned())),
        };
        match self.0.allowed.refusal(address) {
            Some(refused) => Err(CallError::Refused(refused.to_string())),
            None => Ok(()),
        }
    }
}

/// Where an answer leads to; `None` when it is no redirect.
fn target(from: &Url, answer: &Response) -> Option<Result<Url, CallError>> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = answer.headers().get(LOCATION)?;
    let target = std::str::from_utf8(location.as_bytes()).ok().and_then(|location| from.join(location).ok());
    Some(target.ok_or_else(|| CallError::Url("the answer redirects to something that is no URL".to_owned())))
}

/// As browsers do: 303 asks for what stands there, and so do 301 and 302 after a POST. All else sends the same again.
fn redirect(call: &mut Call, status: StatusCode, mut target: Url) -> Result<(), CallError> {
    let asks = match status.as_u16() {
        303 => !matches!(call.method, Method::GET | Method::HEAD),
        301 | 302 => call.method == Method::POST,
        _ => false,
    };
    if asks {
        call.method = Method::GET;
        call.body = Bytes::new();
        for name in [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE] {
            call.headers.remove(name);
        }
    }
    if target.origin() != call.url.origin() {
        if call.body_is_secret && !call.body.is_empty() {
            return Err(CallError::Refused(
                "the answer redirects to another origin, and the body has a secret in it".to_owned(),
            ));
        }
        // Any header may be a credential; these are none, unless they are known to be.
        let mut kept = HeaderMap::new();
        for name in [ACCEPT, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, IDEMPOTENCY_KEY, HOPS, USER_AGENT] {
            if let Some(value) = call.headers.get(&name).filter(|value| !value.is_sensitive()) {
                kept.insert(name, value.clone());
            }
        }
        call.headers = kept;
    } else if target.username().is_empty() && target.password().is_none() {
        // Fails only where there is no host.
        _ = target.set_username(call.url.username());
        _ = target.set_password(call.url.password());
    }
    call.url = target;
    Ok(())
}

async fn read(mut answer: Response, bytes_max: usize) -> Result<Got, CallError> {
    if answer.content_length().is_some_and(|length| length > bytes_max as u64) {
        return Err(CallError::TooLarge(bytes_max));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(CallError::TooLarge(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    let headers = std::mem::take(answer.headers_mut());
    Ok(Got { status: answer.status(), headers, body: body.freeze() })
}

fn failed(error: &reqwest::Error) -> CallError {
    let mut cause = error.source();
    let mut last = String::new();
    while let Some(source) = cause {
        if let Some(refused) = source.downcast_ref::<RefusedName>() {
            return CallError::Refused(refused.to_string());
        }
        last = source.to_string();
        cause = source.source();
    }
    // The URL stands in its own text, and with it what the author put there.
    match error {
        error if error.is_builder() => CallError::Url("the URL cannot be called".to_owned()),
        // The only way to tell without hyper at hand; a test sees when it says it otherwise.
        _ if last == "message head is too large" => CallError::HeadTooLarge,
        error if error.is_connect() => CallError::Connect(last),
        _ => CallError::Broken(last),
    }
}
