//! What is counted, and its Prometheus text.
//!
//! The listeners count what they turn away; the engine and the store are asked when someone looks.
//!
//! Invariants
//! - Counting takes no lock and allocates nothing.
//! - Totals only: nothing about one workflow, nothing that a sender wrote.
//! - Every value of a label is there from the start, so that the first one of its kind is a rise.

mod exposition;
mod reference;

use std::sync::Arc;

use engine::budget::Limit;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::Histogram;

use crate::error::{Fault, Refusal};
pub(crate) use exposition::Source;
pub use reference::{MetricInfo, reference};

/// Counters by a code, of which there are few.
#[derive(Debug, Clone)]
pub(crate) struct ByCode(Arc<[(&'static str, Counter)]>);

impl ByCode {
    fn new(codes: impl Iterator<Item = &'static str>) -> Self {
        let mut counters: Vec<(&str, Counter)> = Vec::new();
        for code in codes {
            if !counters.iter().any(|(known, _)| *known == code) {
                counters.push((code, Counter::default()));
            }
        }
        Self(counters.into())
    }

    fn count(&self, code: &str) {
        if let Some((_, counter)) = self.0.iter().find(|(known, _)| *known == code) {
            counter.inc();
        }
    }
}

/// What a listener counts.
#[derive(Debug, Clone)]
pub(crate) struct ListenerMetrics {
    faults: ByCode,
    pub(crate) panics: Counter,
    pub(crate) accept_errors: Counter,
    connections: Gauge,
}

impl ListenerMetrics {
    pub(crate) fn new() -> Self {
        Self {
            faults: ByCode::new(Fault::ALL.into_iter().map(Fault::code)),
            panics: Counter::default(),
            accept_errors: Counter::default(),
            connections: Gauge::default(),
        }
    }

    pub(crate) fn count(&self, fault: Fault) {
        self.faults.count(fault.code());
    }

    #[cfg(test)]
    pub(crate) fn counted(&self, fault: Fault) -> u64 {
        self.faults.0.iter().find(|(code, _)| *code == fault.code()).unwrap().1.get()
    }

    /// Counts an open connection until what it returns is dropped.
    pub(crate) fn connection(&self) -> Open {
        self.connections.inc();
        Open(self.connections.clone())
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What the public endpoints count.
#[derive(Debug, Clone)]
pub(crate) struct HookMetrics {
    refused: ByCode,
    /// By the limit that was in the way.
    over: ByCode,
    /// From the head of a request to an endpoint to its answer, refusals too.
    pub(crate) answer_times: Arc<Histogram>,
    listener: ListenerMetrics,
}

impl HookMetrics {
    /// A fault found while a body was read is its listener's.
    pub(crate) fn new(listener: ListenerMetrics) -> Self {
        let refusals = Refusal::each().into_iter().filter(|refusal| !matches!(refusal, Refusal::Http(_)));
        Self {
            refused: ByCode::new(refusals.map(|refusal| refusal.code())),
            over: ByCode::new(Limit::ALL.into_iter().map(Limit::name)),
            answer_times: Arc::new(Histogram::of_times()),
            listener,
        }
    }

    pub(crate) fn count(&self, refusal: &Refusal) {
        if let Some(limit) = refusal.limit() {
            self.over.count(limit.name());
        }
        match refusal {
            Refusal::Http(fault) => self.listener.count(*fault),
            refusal => self.refused.count(refusal.code()),
        }
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) hooks_listener: ListenerMetrics,
    pub(crate) admin_listener: ListenerMetrics,
    pub(crate) hooks: HookMetrics,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let hooks_listener = ListenerMetrics::new();
        let hooks = HookMetrics::new(hooks_listener.clone());
        Self { hooks_listener, admin_listener: ListenerMetrics::new(), hooks }
    }

    /// Everything, ready to be written out with [`text`].
    pub(crate) fn registry(self, source: Source) -> Registry {
        let mut registry = Registry::with_prefix("hookflow");
        registry.register_collector(Box::new(exposition::Exposition { metrics: self, source }));
        registry
    }
}

/// Media type of the text a scrape gets.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn text(registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    Ok(text)
}
