//! What callers were told.

use std::collections::BTreeMap;
use std::io::Result;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::id::ExecutionId;

use crate::written::Written;

/// A request and what came back. A request without an answer has no line.
#[derive(Debug)]
pub struct Ledger {
    lines: Written,
    is_over: AtomicBool,
}

impl Ledger {
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self { lines: Written::create(path)?, is_over: AtomicBool::new(false) })
    }

    /// `execution` as the answer named it; `-` if it did not.
    pub(crate) fn note(&self, request: u64, status: u16, execution: &str) {
        let late = if self.is_over.load(Ordering::SeqCst) { " late" } else { "" };
        self.lines.note(format!("{request} {status} {execution}{late}"));
    }

    /// The power goes: what comes from now on, no caller would have heard. While ext4 is being shut down, a flush
    /// that is under way can come back as done although it is not; a machine without power says nothing.
    pub(crate) fn ends_here(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// What is on disk once all have their line.
    pub fn close(self) -> Result<Account> {
        Ok(Account::of(&self.lines.close()?))
    }
}

/// A ledger, read from its file.
#[derive(Debug, Default)]
pub struct Account {
    /// Executions whose callers got a 2xx.
    pub acknowledged: Vec<ExecutionId>,
    /// 2xx that named no execution: not one of them can be looked up.
    pub nameless: u64,
    pub refused: u64,
    /// How often with which status.
    pub refused_with: BTreeMap<u16, u64>,
}

impl Account {
    fn of(text: &str) -> Self {
        let mut account = Self::default();
        for line in text.lines().filter(|line| !line.ends_with(" late")) {
            let mut words = line.split(' ').skip(1);
            let status: u16 = words.next().and_then(|status| status.parse().ok()).unwrap_or(0);
            let is_success = (200..300).contains(&status);
            match words.next().and_then(|id| id.parse().ok()) {
                Some(id) if is_success => account.acknowledged.push(id),
                _ if is_success => account.nameless += 1,
                _ => {
                    account.refused += 1;
                    *account.refused_with.entry(status).or_default() += 1;
                }
            }
        }
        account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_counts_only_with_its_execution_and_in_time() {
        let id = ExecutionId::from_bytes([7; 16]);
        let account = Account::of(&format!("1 200 {id}\n2 503 -\n3 202 {id}\n4 200 -\n5 200 {id} late\n"));
        assert_eq!(account.acknowledged, [id, id]);
        assert_eq!((account.nameless, account.refused), (1, 1));
        assert_eq!(account.refused_with, [(503, 1)].into());
    }
}
