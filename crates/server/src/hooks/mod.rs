//! The public listener: the only door to the open internet.
//! ```text
//! POST /api/webhook:trigger/<key>     a request for a workflow             trigger
//! GET  /api/webhook:answer/<ticket>   an answer that was not ready in time  answer
//! GET  /healthz, /readyz              for whoever watches the process      probes
//! anything else                       404, the same bytes as an unknown key
//! ```
//! Invariants
//! - Nothing goes out without the standing headers.
//! - What is off, unknown or elsewhere looks alike.
//! - Keys, credentials and bodies are never logged by the process.
//!
//! Not here: connections and their limits (`listener`), what a workflow does (`engine`).

mod answer;
pub(crate) mod basic;
mod inflate;
mod kept;
mod limits;
mod seldom;
mod trigger;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::id::{EndpointKey, WorkflowId};
use domain::workflow::WhenOff;
use engine::Engine;
use engine::budget::Limit;
use engine::catalog::Endpoint;
use http::{Request, Response};
use http_body_util::Full;
use nodes::outbound::Networks;
use tokio::sync::Semaphore;
use tokio::time::sleep;

pub use limits::HookLimits;

use self::seldom::Seldom;
use crate::arrivals::Arrivals;
use crate::error::Refusal;
use crate::forwarded;
use crate::listener::{Arriving, Handler};
use crate::metrics::HookMetrics;
use crate::probes::{self, Readiness};
use crate::random;
use crate::standing;

/// Where a webhook trigger answers, before its key.
pub(crate) const TRIGGER_PATH: &str = "/api/webhook:trigger/";
/// Where late answers stand, before their ticket.
const ANSWER_PATH: &str = "/api/webhook:answer/";

/// How long a refusal is held back, about.
const HELD: Duration = Duration::from_millis(200);

/// The public endpoints.
#[derive(Debug)]
pub(crate) struct Hooks {
    engine: Engine,
    limits: HookLimits,
    trusted_proxies: Networks,
    inflating: Semaphore,
    /// Refusals that may be held back together.
    held: Semaphore,
    flood_told: Seldom,
    /// Stands in for what is unknown.
    nowhere: Arc<Endpoint>,
    metrics: HookMetrics,
    readiness: Readiness,
    arrivals: Arrivals,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Trigger(&'a str),
    Answer(&'a str),
    Health,
    Ready,
    Nothing,
}

impl<'a> Place<'a> {
    fn at(path: &'a str) -> Self {
        match path {
            "/healthz" => return Self::Health,
            "/readyz" => return Self::Ready,
            _ => {}
        }
        let Some(rest) = path.strip_prefix("/api/webhook") else { return Self::Nothing };
        // Some senders write the colon as `%3A`; RFC 3986 lets them.
        let rest = [":", "%3A", "%3a"].iter().find_map(|colon| rest.strip_prefix(colon));
        let Some((place, name)) = rest.and_then(|rest| rest.split_once('/')) else { return Self::Nothing };
        match place {
            "trigger" => Self::Trigger(name),
            "answer" => Self::Answer(name),
            _ => Self::Nothing,
        }
    }
}

impl Hooks {
    pub(crate) fn new(
        engine: Engine,
        limits: HookLimits,
        trusted_proxies: Networks,
        metrics: HookMetrics,
        readiness: Readiness,
        arrivals: Arrivals,
    ) -> Self {
        let inflating = Semaphore::new(limits.inflating_max);
        let held = Semaphore::new(limits.refusals_held_max);
        let nowhere = Arc::new(Endpoint {
            workflow: WorkflowId::from_bytes([0; 16]),
            key: EndpointKey::from_random(0),
            when_off: WhenOff::NotFound,
            credentials: None,
            live: None,
        });
        let flood_told = Seldom::default();
        Self { engine, limits, trusted_proxies, inflating, held, flood_told, nowhere, metrics, readiness, arrivals }
    }

    /// Whether the request log has room for one more like this.
    fn is_worth_a_line(&self, endpoint: &Endpoint, refusal: &Refusal) -> bool {
        !matches!(refusal, Refusal::Busy { .. } | Refusal::Loop { .. })
            || self.flood_told.is_first(endpoint.workflow, Instant::now())
    }

    /// While the machine is behind, whoever asks for too much waits for his refusal: a sender that comes again at once would
    /// otherwise be refused as fast as the machine can, and that is all it would do. Not for many at a time.
    async fn hold_back(&self, refusal: &Refusal) {
        if matches!(refusal, Refusal::Busy { limit: Limit::TurnWait, .. })
            && let Ok(_held) = self.held.try_acquire()
        {
            // Those who came together do not come back together.
            sleep(HELD.mul_f64(0.5 + random::part())).await;
        }
    }

    /// Counts, and answers.
    fn turn_away(&self, refusal: &Refusal) -> Response<Full<Bytes>> {
        self.metrics.count(refusal);
        refusal.response()
    }
}

impl Handler for Hooks {
    type Body = Full<Bytes>;

    async fn handle(self: Arc<Self>, request: Request<Arriving>, peer: IpAddr) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut response = match Place::at(head.uri.path()) {
            Place::Trigger(key) => {
                let came = Instant::now();
                let sender = forwarded::sender(&head.headers, peer, &self.trusted_proxies);
                let response = trigger::trigger(&self, key, &head, body, sender).await;
                self.metrics.answer_times.add_time(came.elapsed());
                response
            }
            Place::Answer(ticket) => answer::collect(&self, &head.method, ticket).await,
            Place::Health => {
                self.arrivals.note(&head.headers);
                probes::health(&head.method)
            }
            Place::Ready => probes::ready(&head.method, &self.readiness),
            Place::Nothing => self.turn_away(&Refusal::Unknown),
        };
        standing::seal(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_paths_lead_anywhere() {
        assert_eq!(Place::at("/api/webhook:trigger/1hfmkioou0d"), Place::Trigger("1hfmkioou0d"));
        assert_eq!(Place::at("/api/webhook%3Atrigger/1hfmkioou0d"), Place::Trigger("1hfmkioou0d"));
        assert_eq!(Place::at("/api/webhook:answer/ex_1.2"), Place::Answer("ex_1.2"));
        assert_eq!(Place::at("/healthz"), Place::Health);
        assert_eq!(Place::at("/readyz"), Place::Ready);
        // No workflow has such a key, so it is unknown all the same.
        assert_eq!(Place::at("/api/webhook:trigger/a/b"), Place::Trigger("a/b"));
        for path in [
            "/",
            "",
            "//api/webhook:trigger/a",
            "/api/webhook:trigger",
            "/api/webhooktrigger/a",
            "/API/webhook:trigger/a",
            "/api/webhook:Trigger/a",
            "/api/webhook::trigger/a",
            "/api//webhook:trigger/a",
            "/api/../api/webhook:trigger/a",
            "/api/webhook;x:trigger/a",
            "/api/v1/workflows",
            "/metrics",
            "/healthz/",
            "/readyz;x",
        ] {
            assert_eq!(Place::at(path), Place::Nothing, "{path}");
        }
    }

    #[test]
    fn the_paths_we_hand_out_are_the_paths_we_know() {
        assert_eq!(Place::at(&format!("{TRIGGER_PATH}a")), Place::Trigger("a"));
        assert_eq!(Place::at(&format!("{ANSWER_PATH}a")), Place::Answer("a"));
    }
}
