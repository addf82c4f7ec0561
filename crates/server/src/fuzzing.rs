//! A door for the crate `fuzz` to what is private here. Nothing else uses it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::io::DuplexStream;
use tokio::time::timeout;

use crate::error::Fault;
use crate::hooks::basic;
use crate::listener::{Arriving, Handler, ListenerLimits, serve_one};

/// The header in which the answer repeats the request's method.
pub const METHOD: &str = "x-method";

/// As long as the body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// What is compared with an endpoint's credentials; `None` when a request brings none that can be read.
pub fn user_and_password(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    basic::user_and_password(headers)
}

/// Serves one connection of a listener to its end; every body is sent back. How many panics were counted.
pub async fn connection(stream: DuplexStream) -> u64 {
    serve_one(Arc::new(Echo), ListenerLimits::default(), stream).await
}

/// `/unread` leaves the body alone.
struct Echo;

impl Handler for Echo {
    type Body = Full<Bytes>;

    async fn handle(self: Arc<Self>, request: Request<Arriving>, _: IpAddr) -> Response<Full<Bytes>> {
        let method = request.method().clone();
        let mut answer = if request.uri().path() == "/unread" {
            Response::new(Full::default())
        } else {
            match timeout(BODY_TIMEOUT, request.into_body().collect()).await {
                Ok(Ok(body)) => Response::new(Full::new(body.to_bytes())),
                Ok(Err(_)) => Fault::BrokenBody.response(),
                Err(_) => Fault::SlowBody.response(),
            }
        };
        if method == Method::CONNECT {
            // With a 200 it would become a tunnel. No endpoint has such a target.
            *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        }
        if let Ok(method) = method.as_str().parse() {
            answer.headers_mut().insert(METHOD, method);
        }
        answer
    }
}
