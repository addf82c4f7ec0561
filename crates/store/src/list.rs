//! What every backend does with what it has read for a list: what of it is wanted, and how much is looked at.
//!
//! Not here: how it is read (each backend's `execution_list`, `request_log`, `figures`, `search`).

use std::time::Duration;

use domain::execution::status::Status;
use domain::id::ExecutionId;
use domain::time::Timestamp;

use crate::row::{ExecutionFilter, Outcome, RequestFilter, RequestHead};

/// Looked at for one page of a list.
pub(crate) const ROWS_MAX: u32 = 20_000;
/// The end of a journal that is read to tell why an execution ended. Bytes; what is larger tells nothing.
pub(crate) const CAUSE_BYTES_MAX: u32 = 64 << 10;
/// Looked at for one histogram.
pub(crate) const COUNTED_MAX: u32 = 100_000;
/// Looked at for the figures of one workflow.
pub(crate) const WORKFLOW_ROWS_MAX: u32 = 10_000;
/// And for those of all together.
pub(crate) const ALL_ROWS_MAX: u32 = 100_000;
/// Waiting executions looked at for the figures.
pub(crate) const WAITING_ROWS_MAX: u32 = 20_000;
/// The newest executions among which the newest one that is no test is looked for.
pub(crate) const LAST_ROWS_MAX: u32 = 100;
/// Bytes of requests looked through for one page of a list.
const SEARCHED_BYTES_MAX: usize = 64 << 20;

/// What tells whether an execution is wanted, and where it counts.
pub(crate) struct Scanned {
    pub(crate) id: ExecutionId,
    pub(crate) status: Status,
    pub(crate) answer: Option<u16>,
    pub(crate) is_test: bool,
    pub(crate) event: [u8; 16],
    pub(crate) accepted_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
}

impl Scanned {
    /// All of the filter but its text.
    pub(crate) fn is_wanted(&self, filter: &ExecutionFilter) -> bool {
        let answered = |(first, last)| self.answer.is_some_and(|status| (first..=last).contains(&status));
        filter.status.is_none_or(|status| status == self.status)
            && filter.answer.is_none_or(answered)
            && filter.test.is_none_or(|test| test == self.is_test)
            && filter.from.is_none_or(|from| self.accepted_at >= from)
    }
}

impl RequestHead {
    /// All of the filter but its text.
    pub(crate) fn is_wanted(&self, filter: &RequestFilter) -> bool {
        let refused_so = match &self.outcome {
            Outcome::Accepted { .. } => filter.code.is_none() && filter.status.is_none(),
            Outcome::Refused { code, status, .. } => {
                filter.code.as_ref().is_none_or(|wanted| wanted == code)
                    && filter.status.is_none_or(|(first, last)| (first..=last).contains(status))
            }
        };
        refused_so && filter.from.is_none_or(|from| self.received_at >= from)
    }
}

/// A text, and how much may still be looked through for it.
pub(crate) struct Search {
    /// ASCII letters in lower case.
    needle: Vec<u8>,
    left: usize,
}

impl Search {
    pub(crate) fn new(text: &str) -> Self {
        Self { needle: text.to_ascii_lowercase().into_bytes(), left: SEARCHED_BYTES_MAX }
    }

    /// Whether there is more that may be looked through.
    pub(crate) fn goes_on(&self) -> bool {
        self.left > 0
    }

    /// The headers are made only when the rest does not hold the text.
    pub(crate) fn is_in_request<E>(
        &mut self,
        query_string: &[u8],
        body: &[u8],
        headers: impl FnOnce() -> Result<Vec<(String, String)>, E>,
    ) -> Result<bool, E> {
        if self.is_in(query_string) || self.is_in(body) {
            return Ok(true);
        }
        Ok(headers()?.iter().any(|(name, value)| self.is_in(format!("{name}: {value}").as_bytes())))
    }

    fn is_in(&mut self, hay: &[u8]) -> bool {
        self.left = self.left.saturating_sub(hay.len());
        let Some((first, rest)) = self.needle.split_first() else { return true };
        let mut at = 0;
        while let Some(found) = hay[at..].iter().position(|byte| byte.eq_ignore_ascii_case(first)) {
            at += found + 1;
            if hay[at..].get(..rest.len()).is_some_and(|next| next.eq_ignore_ascii_case(rest)) {
                return true;
            }
        }
        false
    }
}

/// The smallest time that nineteen of twenty did not exceed.
pub(crate) fn p95(mut times: Vec<Duration>) -> Option<Duration> {
    let place = (times.len() * 19).div_ceil(20).checked_sub(1)?;
    Some(*times.select_nth_unstable(place).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_stands_whatever_its_case() {
        for (needle, hay, found) in [
            ("ord-7", "{\"id\": \"ORD-7\"}", true),
            ("AAB", "aaaab", true),
            ("b", "aaab", true),
            ("bb", "aaab", false),
            ("é", "caf\u{e9}", true),
            ("", "x", true),
            ("x", "", false),
        ] {
            assert_eq!(Search::new(needle).is_in(hay.as_bytes()), found, "{needle} in {hay}");
        }
    }

    #[test]
    fn a_search_ends() {
        let mut search = Search::new("x");
        assert!(!search.is_in(&vec![b'y'; SEARCHED_BYTES_MAX - 1]) && search.goes_on());
        assert!(!search.is_in(b"yy") && !search.goes_on());
    }

    #[test]
    fn the_95th_percentile_is_a_time_that_was_measured() {
        let of = |times: &[u64]| p95(times.iter().map(|ms| Duration::from_millis(*ms)).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some(Duration::from_millis(7)));
        assert_eq!(of(&(1..=20).rev().collect::<Vec<_>>()), Some(Duration::from_millis(19)));
        assert_eq!(of(&(1..=100).collect::<Vec<_>>()), Some(Duration::from_millis(95)));
    }
}
