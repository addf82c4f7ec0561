//! A request to an endpoint: the checks in their order, then the engine.
//! ```text
//! 1 key ─ 2 live ─ 3 method ─ 4 hops ─ 5 room ─ 6 credentials ─ 7 declared length ─ 8 media type, encoding
//!   ─ 9 read, inflate ─ 11 JSON ─ 12 accept ──▶ answer
//! ```
//! The numbers are the rows of the table in the guide on webhooks; no later check shows before an
//! earlier one has passed, and what is wrong with a request before its body is known without it.
//!
//! Once the engine has the request it is the engine's: nothing here can lose it, whatever becomes
//! of the connection.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::event::body;
use domain::event::headers::{self, HOPS};
use domain::id::{EndpointKey, WorkflowId};
use engine::budget::Share;
use engine::catalog::{Endpoint, Lookup};
use engine::handle::{Incoming, Reply};
use http::request::Parts;
use http::{Method, Response};
use http_body_util::Full;
use hyper::body::Body;
use store::RefusedRequest;

use super::inflate::inflate;
use super::limits::REFUSED_HEADERS_BYTES_MAX;
use super::{Hooks, answer, basic, kept};
use crate::body::{BodyLimits, Reader};
use crate::error::{RETRY_SOON_S, Refusal};
use crate::media::{self, Encoding};

pub(super) async fn trigger<B: Body<Data = Bytes> + Unpin>(
    hooks: &Hooks,
    key: &str,
    head: &Parts,
    body: B,
    sender: IpAddr,
) -> Response<Full<Bytes>> {
    let (endpoint, is_known) = match hooks.engine.endpoint(key) {
        Lookup::Found(endpoint) => (endpoint, true),
        Lookup::Retired { key, workflow } => {
            let headers = kept::kept(&head.headers, &[], false);
            let refused = Refused { workflow, key, headers, cause: &Refusal::Gone, came: &[] };
            hooks.engine.log_refused(|| entry(hooks, refused, head, sender));
            return hooks.turn_away(&Refusal::Gone);
        }
        // Goes all the way of one that is off, so that the time it takes does not tell them apart.
        Lookup::Unknown => (Arc::clone(&hooks.nowhere), false),
    };
    let mut came = Vec::new();
    let refusal = match admit(hooks, &endpoint, head, body, &mut came).await {
        Ok(admitted) => {
            let incoming = Incoming {
                method: head.method.as_str().to_owned(),
                headers: kept_headers(&endpoint, head),
                query_string: query_string(head),
                body: admitted.body,
                share: admitted.share,
                tree_bytes: admitted.tree_bytes,
                remote_addr: sender,
            };
            match hooks.engine.accept(&endpoint, incoming).await {
                Ok(accepted) => {
                    return match accepted.reply {
                        Reply::Answer(answer) => answer::finished(hooks, answer, accepted.execution),
                        Reply::Later { ticket } => answer::later(&ticket, accepted.execution),
                    };
                }
                Err(not_durable) => Refusal::from(not_durable),
            }
        }
        Err(refusal) => refusal,
    };
    if refusal.is_logged() && hooks.is_worth_a_line(&endpoint, &refusal) {
        let made = || {
            let (workflow, key, headers) = (endpoint.workflow, endpoint.key.clone(), kept_headers(&endpoint, head));
            entry(hooks, Refused { workflow, key, headers, cause: &refusal, came: &came }, head, sender)
        };
        if is_known {
            hooks.engine.log_refused(made);
        } else {
            drop(made());
        }
    }
    hooks.hold_back(&refusal).await;
    hooks.turn_away(if is_known { &refusal } else { &Refusal::Unknown })
}

/// A body that passed every check.
struct Admitted {
    body: Bytes,
    share: Share,
    tree_bytes: usize,
}

/// Rows 2 to 11. On refusal, `came` holds the body as far as it was read, as it came.
async fn admit<B: Body<Data = Bytes> + Unpin>(
    hooks: &Hooks,
    endpoint: &Endpoint,
    head: &Parts,
    body: B,
    came: &mut Vec<u8>,
) -> Result<Admitted, Refusal> {
    if endpoint.live.is_none() {
        return Err(Refusal::Off(endpoint.when_off));
    }
    if head.method != Method::POST {
        return Err(Refusal::Method { allow: "POST" });
    }
    if hops(head) > hooks.limits.hops_max {
        return Err(Refusal::Loop { max: hooks.limits.hops_max });
    }
    let mut share = hooks.engine.admit(endpoint, declared(&body).min(hooks.limits.body_bytes_max))?;
    if let Some(credentials) = &endpoint.credentials
        && !basic::allows(&head.headers, credentials, hooks.engine.server_key())
    {
        return Err(Refusal::Credentials { realm: endpoint.key.to_string() });
    }
    let limits = &hooks.limits;
    let max = limits.body_bytes_max;
    let reading = BodyLimits { bytes_max: max, patience: limits.body_timeout, rate_min: limits.body_rate_min };
    let mut reader = Reader::new(body, came, &mut share, reading);
    if reader.declared().is_some_and(|bytes| bytes > max) {
        return Err(Refusal::TooLarge { max });
    }
    let mut unpacked = None;
    if !reader.is_empty().await? {
        if !media::is_json(&head.headers) {
            return Err(Refusal::MediaType);
        }
        let encoding = media::encoding(&head.headers).ok_or(Refusal::Encoding)?;
        reader.rest().await?;
        if encoding != Encoding::Identity {
            // The semaphore is never closed.
            let _turn = hooks.inflating.acquire().await;
            unpacked = Some(inflate(encoding, came, max, &mut share).await?);
            share.shrink(came.len());
        }
    }
    let inflated = unpacked.is_some();
    let body = unpacked.unwrap_or_else(|| std::mem::take(came));
    let (bytes, depth_max) = (body.len(), limits.body_depth_max);
    let check = move || (body::check(&body, depth_max), body);
    let checked = hooks.engine.beside(endpoint.workflow, bytes, check).await;
    let (checked, body) = checked.ok_or(Refusal::NotDurable { retry_after_s: RETRY_SOON_S, limit: None })?;
    match checked {
        Ok(checked) => Ok(Admitted { body: body.into(), share, tree_bytes: checked.tree_bytes }),
        Err(error) => {
            if !inflated {
                *came = body;
            }
            Err(error.into())
        }
    }
}

/// How many executions it comes from, one behind the other.
fn hops(head: &Parts) -> u32 {
    let said = head.headers.get_all(HOPS).iter().filter_map(|value| value.to_str().ok());
    headers::hops(said.map(|value| (HOPS, value)))
}

/// What the sender says; who does not say is believed to send little, until it comes.
fn declared(body: &impl Body) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

/// What the request log says of a request beside its head.
struct Refused<'a> {
    workflow: WorkflowId,
    /// As it was asked for.
    key: EndpointKey,
    headers: Vec<(String, String)>,
    cause: &'a Refusal,
    /// The body as far as it was read.
    came: &'a [u8],
}

/// Tells the author why a sender was turned away.
fn entry(hooks: &Hooks, refused: Refused<'_>, head: &Parts, sender: IpAddr) -> RefusedRequest {
    let Refused { workflow, key, headers, cause, came } = refused;
    let came = &came[..came.len().min(hooks.limits.refused_body_bytes_max)];
    RefusedRequest {
        id: hooks.engine.new_request_id(),
        workflow,
        workflow_key: key,
        code: cause.code().to_owned(),
        status: cause.status().as_u16(),
        detail: cause.detail().into_owned(),
        method: head.method.as_str().to_owned(),
        headers: kept::first(headers, REFUSED_HEADERS_BYTES_MAX),
        query_string: query_string(head),
        body: Bytes::copy_from_slice(came),
        remote_addr: sender,
        received_at: hooks.engine.now(),
    }
}

fn kept_headers(endpoint: &Endpoint, head: &Parts) -> Vec<(String, String)> {
    let declared = endpoint.live.as_ref().map_or(&[][..], |live| &live.plan.declared_headers);
    kept::kept(&head.headers, declared, endpoint.credentials.is_some())
}

fn query_string(head: &Parts) -> String {
    head.uri.query().unwrap_or_default().to_owned()
}
