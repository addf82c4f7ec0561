//! What a scrape says about itself, for the reference.

use std::collections::BTreeMap;

use super::{Metrics, Source, text};

/// A metric, for the reference.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MetricInfo {
    /// As it stands in a query: a counter with its `_total`.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    pub help: String,
    /// Each label with its values, in order.
    pub labels: Vec<(String, Vec<String>)>,
}

/// Every metric of `/metrics`, in its order, read from the text of a server that has done nothing.
pub fn reference() -> Vec<MetricInfo> {
    let text = text(&Metrics::new().registry(Source::Nothing)).unwrap_or_default();
    let mut metrics: Vec<MetricInfo> = Vec::new();
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("# HELP ") {
            let (name, help) = line.split_once(' ').unwrap_or((line, ""));
            metrics.push(MetricInfo { name: name.to_owned(), help: help.to_owned(), ..MetricInfo::default() });
        } else if let Some(metric) = metrics.last_mut() {
            if let Some(line) = line.strip_prefix("# TYPE ") {
                metric.kind = line.rsplit(' ').next().unwrap_or_default().to_owned();
                if metric.kind == "counter" {
                    metric.name += "_total";
                }
            } else if !line.starts_with('#') {
                add_labels(&mut metric.labels, line);
            }
        }
    }
    metrics
}

/// Of `name{label="value",…} 0`. Values are codes, words and numbers: nothing in them is escaped.
fn add_labels(labels: &mut Vec<(String, Vec<String>)>, line: &str) {
    let Some((_, rest)) = line.split_once('{') else { return };
    let found: BTreeMap<&str, &str> =
        rest.split('}').next().unwrap_or_default().split(',').filter_map(|pair| pair.split_once('=')).collect();
    for (label, value) in found {
        let value = value.trim_matches('"').to_owned();
        if label == "le" {
            continue; // a histogram's own
        }
        match labels.iter_mut().find(|(known, _)| known == label) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => labels.push((label.to_owned(), vec![value])),
        }
    }
}
