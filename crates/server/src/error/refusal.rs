//! Rows 1 to 12: why an endpoint does not take a request.

use std::borrow::Cow;

use bytes::Bytes;
use domain::event::body::BodyError;
use domain::workflow::WhenOff;
use engine::budget::{Limit, Spent};
use engine::handle::NotDurable;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use super::{Fault, RETRY_SOON_S, problem, retry};
use crate::body::ReadError;
use crate::hooks::HookLimits;

/// When a sender may knock again at an endpoint that is off for now, in seconds.
const RETRY_WHEN_OFF_S: u32 = 60;

/// Why a request to the public listener is turned away. The order is that of the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Gone,
    Off(WhenOff),
    Method {
        allow: &'static str,
    },
    /// It comes from more executions, one behind the other, than may be.
    Loop {
        max: u32,
    },
    /// The realm is the endpoint's key.
    Credentials {
        realm: String,
    },
    TooLarge {
        max: usize,
    },
    MediaType,
    /// An encoding we do not know, or several.
    Encoding,
    /// An encoding we know, and bytes that are not in it.
    NotEncoded {
        encoding: &'static str,
    },
    Body(BodyError),
    /// The workflow has as much of a limit as it may have.
    Busy {
        limit: Limit,
        retry_after_s: u32,
    },
    NotDurable {
        /// The one that the whole server has reached, if that is why.
        limit: Option<Limit>,
        retry_after_s: u32,
    },
    /// Row 0 found while the body was read.
    Http(Fault),
}

impl Refusal {
    /// One of each, in the order of the checks; with default limits where a limit is named.
    pub(crate) fn each() -> Vec<Self> {
        let limits = HookLimits::default();
        let faults = Fault::ALL.into_iter().map(Self::Http);
        let refusals = [
            Self::Unknown,
            Self::Gone,
            Self::Off(WhenOff::NotFound),
            Self::Off(WhenOff::RetryLater),
            Self::Method { allow: "POST" },
            Self::Loop { max: limits.hops_max },
            Self::Busy { limit: Limit::ExecutionsPerWorkflow, retry_after_s: RETRY_SOON_S },
            Self::Credentials { realm: String::new() },
            Self::TooLarge { max: limits.body_bytes_max },
            Self::MediaType,
            Self::Encoding,
            Self::NotEncoded { encoding: "gzip" },
            Self::Body(BodyError::NotJson { message: "expected a value".to_owned(), line: 1, column: 8 }),
            Self::Body(BodyError::TooDeep { max: limits.body_depth_max, line: 1, column: 65 }),
            Self::NotDurable { limit: None, retry_after_s: RETRY_SOON_S },
        ];
        faults.chain(refusals).collect()
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Unknown | Self::Off(WhenOff::NotFound) => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Off(WhenOff::RetryLater) | Self::NotDurable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Loop { .. } => StatusCode::LOOP_DETECTED,
            Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Credentials { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotEncoded { .. } | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Http(fault) => fault.status(),
        }
    }

    /// The cause, as the request log has it.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "hook.unknown",
            Self::Gone => "hook.gone",
            Self::Off(_) => "hook.off",
            Self::Method { .. } => "hook.method",
            Self::Loop { .. } => "hook.loop",
            Self::Busy { .. } => "hook.busy",
            Self::Credentials { .. } => "hook.credentials",
            Self::TooLarge { .. } => "hook.too_large",
            Self::MediaType => "hook.media_type",
            Self::Encoding | Self::NotEncoded { .. } => "hook.encoding",
            Self::Body(BodyError::NotJson { .. }) => "hook.not_json",
            Self::Body(BodyError::TooDeep { .. }) => "hook.too_deep",
            Self::NotDurable { .. } => "hook.not_durable",
            Self::Http(fault) => fault.code(),
        }
    }

    /// The cause in a sentence, as the request log has it.
    pub(crate) fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Unknown => "There is nothing here.".into(),
            Self::Gone => "This address is no longer in use; ask its owner for the new one.".into(),
            Self::Off(_) => "The workflow is off, or nothing is published yet.".into(),
            Self::Method { allow } => format!("Send {allow}.").into(),
            Self::Loop { max } => {
                format!("The request comes from more than {max} workflows, one calling the other: a loop.").into()
            }
            Self::Busy { .. } => "The workflow has as many requests as it can take; send it again later.".into(),
            Self::Credentials { .. } => "User and password are missing or wrong.".into(),
            Self::TooLarge { max } => format!("The body is larger than {max} bytes.").into(),
            Self::MediaType => {
                "Send the body as application/json, or as a media type that ends in +json, in one Content-Type header."
                    .into()
            }
            Self::Encoding => "Send the body as it is, or with one Content-Encoding: gzip, deflate, br or zstd.".into(),
            Self::NotEncoded { encoding } => {
                format!("The Content-Encoding is {encoding}, but the body cannot be decoded.").into()
            }
            Self::Body(error) => error.to_string().into(),
            Self::NotDurable { .. } => "The request could not be kept; send it again later.".into(),
            Self::Http(fault) => fault.detail().into(),
        }
    }

    /// Whether an author finds it in the request log; what is left is counted only.
    pub(crate) const fn is_logged(&self) -> bool {
        !matches!(self, Self::Unknown | Self::NotDurable { .. } | Self::Http(_))
    }

    /// The limit that is in the way.
    pub(crate) const fn limit(&self) -> Option<Limit> {
        match self {
            Self::Busy { limit, .. } => Some(*limit),
            Self::NotDurable { limit, .. } => *limit,
            _ => None,
        }
    }

    pub(crate) fn response(&self) -> Response<Full<Bytes>> {
        match self {
            // What is off looks like what never was, unless its author wants senders to come back.
            Self::Off(WhenOff::NotFound) => Self::Unknown.response(),
            Self::Off(WhenOff::RetryLater) => {
                let detail = "This address takes no requests for now; try again later.";
                retry(problem(self.status(), self.code(), detail), RETRY_WHEN_OFF_S)
            }
            Self::Busy { retry_after_s, .. } | Self::NotDurable { retry_after_s, .. } => {
                retry(self.plain(), *retry_after_s)
            }
            Self::Method { allow } => {
                let mut response = self.plain();
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
                response
            }
            Self::Credentials { realm } => {
                let mut response = self.plain();
                // A key is letters and digits, so the challenge needs no escapes and is always legal.
                if let Ok(challenge) = HeaderValue::try_from(format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")) {
                    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Self::Http(fault) => fault.response(),
            _ => self.plain(),
        }
    }

    fn plain(&self) -> Response<Full<Bytes>> {
        problem(self.status(), self.code(), &self.detail())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Http(fault)
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<Spent> for Refusal {
    fn from(Spent { limit, retry_after_s }: Spent) -> Self {
        if limit.is_of_one_workflow() {
            Self::Busy { limit, retry_after_s }
        } else {
            Self::NotDurable { limit: Some(limit), retry_after_s }
        }
    }
}

impl From<NotDurable> for Refusal {
    fn from(NotDurable { limit, retry_after_s, .. }: NotDurable) -> Self {
        match limit {
            Some(limit) => Spent { limit, retry_after_s }.into(),
            None => Self::NotDurable { limit, retry_after_s },
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge { max } => Self::TooLarge { max },
            ReadError::Slow => Self::Http(Fault::SlowBody),
            ReadError::Broken => Self::Http(Fault::BrokenBody),
            ReadError::NoRoom(spent) => spent.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A new refusal does not compile here until it has a place, and fails until it is in `each`.
    #[test]
    fn the_reference_forgets_none() {
        let place = |refusal: &Refusal| match refusal {
            Refusal::Unknown => 0,
            Refusal::Gone => 1,
            Refusal::Off(WhenOff::NotFound) => 2,
            Refusal::Off(WhenOff::RetryLater) => 3,
            Refusal::Method { .. } => 4,
            Refusal::Busy { .. } => 22,
            Refusal::Credentials { .. } => 5,
            Refusal::TooLarge { .. } => 6,
            Refusal::MediaType => 7,
            Refusal::Encoding => 8,
            Refusal::NotEncoded { .. } => 9,
            Refusal::Body(BodyError::NotJson { .. }) => 10,
            Refusal::Body(BodyError::TooDeep { .. }) => 11,
            Refusal::NotDurable { .. } => 12,
            Refusal::Http(Fault::BadHead) => 13,
            Refusal::Http(Fault::HeadTooLarge) => 14,
            Refusal::Http(Fault::Host) => 15,
            Refusal::Http(Fault::Target) => 16,
            Refusal::Http(Fault::SlowHead) => 17,
            Refusal::Http(Fault::SlowBody) => 18,
            Refusal::Http(Fault::BrokenBody) => 19,
            Refusal::Http(Fault::Connections) => 20,
            Refusal::Http(Fault::TransferEncoding) => 21,
            Refusal::Loop { .. } => 23,
        };
        let places: BTreeSet<i32> = Refusal::each().iter().map(place).collect();
        assert_eq!(places, (0..=23).collect());
    }
}
