//! Of a flood that is turned away, one request a second and workflow goes into the request log: the rest would push
//! everything else out of it. All are counted.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::id::WorkflowId;

const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    since: Option<Instant>,
    workflows: HashSet<WorkflowId>,
}

impl Seldom {
    /// Whether this is the first one of its workflow in this second.
    pub(super) fn is_first(&self, workflow: WorkflowId, now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.since.is_none_or(|since| now.saturating_duration_since(since) >= EVERY) {
            seen.since = Some(now);
            seen.workflows.clear();
        }
        seen.workflows.insert(workflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_and_workflow() {
        let (seldom, began) = (Seldom::default(), Instant::now());
        let workflow = |byte| WorkflowId::from_bytes([byte; 16]);
        let seen = [(1, 0), (1, 10), (2, 20), (2, 990), (1, 1_010), (1, 1_500), (2, 1_900)];
        let first = seen.map(|(byte, ms)| seldom.is_first(workflow(byte), began + Duration::from_millis(ms)));
        assert_eq!(first, [true, false, true, false, true, false, true]);
    }
}
