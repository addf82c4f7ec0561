//! What is counted, and its Prometheus text.
//!
//! The listeners count what they turn away; the engine and the store are asked when someone looks.

use std::fmt;

use engine::Engine;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use crate::error::{Fault, Refusal};

/// One label and its value.
type Label = [(&'static str, &'static str); 1];

/// What a listener counts.
#[derive(Debug, Clone)]
pub(crate) struct ListenerMetrics {
    faults: Family<Label, Counter>,
    pub(crate) panics: Counter,
    pub(crate) accept_errors: Counter,
    connections: Gauge,
}

impl ListenerMetrics {
    pub(crate) fn new() -> Self {
        Self {
            faults: Family::default(),
            panics: Counter::default(),
            accept_errors: Counter::default(),
            connections: Gauge::default(),
        }
    }

    pub(crate) fn count(&self, fault: Fault) {
        self.faults.get_or_create(&[("code", fault.code())]).inc();
    }

    #[cfg(test)]
    pub(crate) fn counted(&self, fault: Fault) -> u64 {
        self.faults.get_or_create(&[("code", fault.code())]).get()
    }

    /// Counts an open connection until what it returns is dropped.
    pub(crate) fn connection(&self) -> Open {
        self.connections.inc();
        Open(self.connections.clone())
    }

    fn register(&self, registry: &mut Registry, listener: &'static str) {
        let registry = registry.sub_registry_with_label(("listener".into(), listener.into()));
        registry.register("http_faults", "Requests turned away because of their HTTP", self.faults.clone());
        registry.register("http_panics", "Requests whose handling panicked", self.panics.clone());
        registry.register("http_accept_errors", "Times a connection could not be accepted", self.accept_errors.clone());
        registry.register("http_connections", "Connections open now", self.connections.clone());
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
    refused: Family<Label, Counter>,
    listener: ListenerMetrics,
}

impl HookMetrics {
    /// A fault found while a body was read is its listener's.
    pub(crate) fn new(listener: ListenerMetrics) -> Self {
        Self { refused: Family::default(), listener }
    }

    pub(crate) fn count(&self, refusal: &Refusal) {
        match refusal {
            Refusal::Http(fault) => self.listener.count(*fault),
            refusal => {
                self.refused.get_or_create(&[("code", refusal.code())]).inc();
            }
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
    pub(crate) fn registry(&self, engine: &Engine) -> Registry {
        let mut registry = Registry::with_prefix("hookflow");
        self.hooks_listener.register(&mut registry, "hooks");
        self.admin_listener.register(&mut registry, "admin");
        registry.register("requests_refused", "Requests turned away, by cause", self.hooks.refused.clone());
        registry.register_collector(Box::new(EngineCollector(engine.clone())));
        registry
    }
}

/// The text a scrape gets, and its media type.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry)?;
    Ok(text)
}

#[derive(Debug)]
struct EngineCollector(Engine);

impl Collector for EngineCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let engine = self.0.counters();
        let store = self.0.store().stats();
        let counters = [
            ("requests_accepted", "Requests that became an execution", engine.accepted),
            ("requests_not_durable", "Requests answered 503 because they could not be kept", engine.not_durable),
            ("executions_finished", "Executions that ended", engine.finished),
            ("request_log_entries", "Refused requests put into the request log", engine.requests_logged),
            ("request_log_drops", "Refused requests left out of the request log", engine.requests_dropped),
            ("live_left_out", "Changes that the live feed had no room for", engine.live_left_out),
            ("live_gaps", "Gaps that clients of the live feed were told of", engine.live_gaps),
            ("store_flushes", "Transactions committed, each with one flush", store.flushes),
            ("store_commands", "Commands in those transactions", store.commands),
        ];
        for (name, help, value) in counters {
            put(&mut encoder, name, help, &ConstCounter::new(value))?;
        }
        let gauges = [
            ("executions_in_memory", "Executions held in memory now", engine.in_memory),
            ("live_listeners", "Clients of the live feed now", engine.live_listeners),
            ("database_bytes", "Size of the database with its write-ahead log", store.database_bytes),
        ];
        for (name, help, value) in gauges {
            put(&mut encoder, name, help, &ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)))?;
        }
        Ok(())
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &(impl EncodeMetric + prometheus_client::metrics::TypedMetric),
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}
