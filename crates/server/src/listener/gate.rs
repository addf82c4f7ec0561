//! What every request passes before a handler sees it, and every answer on its way out.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Request, Response};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::arriving;
use super::connection::Shared;
use super::pulse::Pulse;
use super::{Handler, Stop};
use crate::error::{self, Fault};
use crate::standing;

pub(super) async fn pass<H: Handler>(
    shared: Arc<Shared<H>>,
    request: Request<Incoming>,
    peer: IpAddr,
    pulse: Pulse,
) -> Result<Response<Outgoing<Either<H::Body, Full<Bytes>>>>, Infallible> {
    pulse.request_began();
    let checked = check(&request, shared.limits.target_bytes_max);
    let (request, rest) = arriving::split(request, pulse.clone());
    let mut response = match checked {
        Ok(()) => {
            let answer = Arc::clone(&shared.handler).handle(request, peer);
            match AssertUnwindSafe(answer).catch_unwind().await {
                Ok(response) => response.map(Either::Left),
                Err(_) => {
                    // The panic itself, with its place, has been printed by the panic hook.
                    shared.metrics.panics.inc();
                    own(error::internal())
                }
            }
        }
        Err(fault) => {
            shared.metrics.count(fault);
            own(fault.response())
        }
    };
    let stops = *shared.stopping.borrow() != Stop::No;
    if !response.headers().contains_key(CONNECTION) && (stops || !rest.can_follow().await) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Outgoing { body, pulse }))
}

fn own<B>(mut response: Response<Full<Bytes>>) -> Response<Either<B, Full<Bytes>>> {
    standing::seal(response.headers_mut());
    response.map(Either::Right)
}

/// What hyper lets pass and two servers in a row could read differently, which is a way to smuggle.
fn check(request: &Request<Incoming>, target_bytes_max: usize) -> Result<(), Fault> {
    // RFC 9112 3.2: exactly one Host, and a valid one.
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.as_bytes().iter().all(|byte| is_host_byte(*byte)) => {}
        _ => return Err(Fault::Host),
    }
    // RFC 9112 6.1: we know one coding, and it can be applied once.
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => {}
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {}
        _ => return Err(Fault::TransferEncoding),
    }
    if target_len(request.uri()) > target_bytes_max { Err(Fault::Target) } else { Ok(()) }
}

/// RFC 3986 3.2.2 and a port.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}

fn target_len(uri: &http::Uri) -> usize {
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    scheme + authority + path
}

/// A body that tells the pulse when hyper has taken the last of it.
pub(super) struct Outgoing<B> {
    body: B,
    pulse: Pulse,
}

impl<B> Drop for Outgoing<B> {
    fn drop(&mut self) {
        self.pulse.request_ended();
    }
}

impl<B: Body + Unpin> Body for Outgoing<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
