//! What came of a row: one line for a person, one file for the page.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What a row was tried with and how it ended. Figures are measured or not there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub row: String,
    pub did: String,
    pub figures: String,
    /// What is not as promised; empty is what one hopes for.
    pub violations: Vec<String>,
    /// Why nothing was tried.
    pub skipped: Option<String>,
    /// The rest is filled in by the command line.
    pub command: String,
    pub date: String,
    pub commit: String,
}

/// Of each kind of violation the first few say enough.
const SHOWN_MAX: usize = 5;

impl Outcome {
    pub fn new(row: &str) -> Self {
        Self { row: row.to_owned(), ..Self::default() }
    }

    pub fn skipped(row: &str, why: &str) -> Self {
        Self { skipped: Some(why.to_owned()), ..Self::new(row) }
    }

    pub fn held(&self) -> bool {
        self.violations.is_empty()
    }

    pub fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    pub fn check(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.violation(otherwise());
        }
    }

    /// A violation if there are any of them.
    pub fn none<T: fmt::Debug>(&mut self, what: &str, them: &[T]) {
        let shown = &them[..them.len().min(SHOWN_MAX)];
        self.check(them.is_empty(), || format!("{} {what}, such as {shown:?}", them.len()));
    }

    pub fn keep(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{}.json", self.row)), serde_json::to_vec_pretty(self)?)?;
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, did, figures, violations, skipped, .. } = self;
        if let Some(why) = skipped {
            return write!(f, "SKIPPED ({why}): {row}");
        }
        write!(f, "{row}: {did}: {figures}")?;
        violations.iter().try_for_each(|violation| write!(f, "\n{row}: VIOLATED: {violation}"))
    }
}
