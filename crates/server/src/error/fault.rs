//! Row 0: what is wrong with the HTTP itself.

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use super::problem;

/// What is wrong with the HTTP itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered by hyper.
    BadHead,
    /// Answered by hyper.
    HeadTooLarge,
    Host,
    TransferEncoding,
    Target,
    SlowHead,
    SlowBody,
    /// The framing of the body is broken, or the sender went away in the middle of it.
    BrokenBody,
    Connections,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::BadHead,
        Self::HeadTooLarge,
        Self::Host,
        Self::TransferEncoding,
        Self::Target,
        Self::SlowHead,
        Self::SlowBody,
        Self::BrokenBody,
        Self::Connections,
    ];

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadHead | Self::Host | Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TransferEncoding => StatusCode::NOT_IMPLEMENTED,
            Self::Target => StatusCode::URI_TOO_LONG,
            Self::SlowHead | Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Connections => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::BadHead => "http.bad_head",
            Self::HeadTooLarge => "http.head_too_large",
            Self::Host => "http.host",
            Self::TransferEncoding => "http.transfer_encoding",
            Self::Target => "http.target_too_long",
            Self::SlowHead => "http.slow_head",
            Self::SlowBody => "http.slow_body",
            Self::BrokenBody => "http.broken_body",
            Self::Connections => "http.too_many_connections",
        }
    }

    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::BadHead => "The request line or a header cannot be read.",
            Self::HeadTooLarge => "The headers are too large.",
            Self::Host => "A request has exactly one valid Host header.",
            Self::TransferEncoding => "The only Transfer-Encoding understood here is chunked, once.",
            Self::Target => "The request target is too long.",
            Self::SlowHead => "The head of the request took too long to arrive.",
            Self::SlowBody => "The body of the request took too long to arrive.",
            Self::BrokenBody => "The body of the request broke off or is badly framed.",
            Self::Connections => "There are too many connections; try again soon.",
        }
    }

    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let mut response = problem(self.status(), self.code(), self.detail());
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}
