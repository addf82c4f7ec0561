//! A request's body on its way to a handler, and what the handler leaves of it.
//!
//! An answer may go out before the body has come. HTTP/1 cannot say "stop sending": either the rest is
//! read, so that the next request can follow it, or the connection ends with the answer. Then the answer
//! has to say so. A client that is not told sends its next request into a closed connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::EXPECT;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::limits::{REST_BYTES_MAX, REST_TIMEOUT};
use super::pulse::Pulse;

/// The body as a handler sees it.
#[derive(Debug)]
pub(crate) struct Arriving {
    /// Gone once it has been read to its end.
    body: Option<Incoming>,
    left: Option<oneshot::Sender<Incoming>>,
    pulse: Pulse,
    /// Whether the pulse knows that the body is waited for.
    awaited: bool,
}

/// The body as the handler left it.
#[derive(Debug)]
pub(super) struct Rest {
    left: oneshot::Receiver<Incoming>,
    /// The client sends the body once it is asked for it.
    is_held_back: bool,
}

pub(super) fn split(request: Request<Incoming>, pulse: Pulse) -> (Request<Arriving>, Rest) {
    let (sender, left) = oneshot::channel();
    let rest = Rest { left, is_held_back: holds_back(request.headers()) };
    (request.map(|body| Arriving { body: Some(body), left: Some(sender), pulse, awaited: false }), rest)
}

/// RFC 9110 10.1.1: reading from such a body asks for it.
fn holds_back(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

impl Rest {
    /// Whether another request can follow on the connection. A little of it is read for that.
    pub(super) async fn can_follow(mut self) -> bool {
        let Ok(mut body) = self.left.try_recv() else { return true };
        let least = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if self.is_held_back || least > REST_BYTES_MAX {
            return false;
        }
        let read = async {
            let mut bytes = 0;
            while let Some(frame) = body.frame().await {
                // Where a badly framed body ends, nobody knows.
                let Ok(frame) = frame else { return false };
                bytes += frame.data_ref().map_or(0, Bytes::len);
                if bytes > REST_BYTES_MAX {
                    return false;
                }
            }
            true
        };
        timeout(REST_TIMEOUT, read).await.unwrap_or(false)
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        match &polled {
            Poll::Pending => {
                self.awaited = true;
                self.pulse.body_is_awaited();
            }
            Poll::Ready(Some(Ok(frame))) if self.awaited => {
                self.pulse.body_came(frame.data_ref().map_or(0, Bytes::len));
            }
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None | Some(Err(_))) => self.body = None,
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if self.awaited {
            self.pulse.body_ended();
        }
        if let (false, Some(body), Some(left)) = (self.is_end_stream(), self.body.take(), self.left.take()) {
            // Nobody takes it when the connection has ended.
            let _ = left.send(body);
        }
    }
}
