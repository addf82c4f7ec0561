//! What is wrong with a document an author wrote: every problem at once, each with its place.

use serde::{Deserialize, Serialize};

/// One thing an author has to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON pointer (RFC 6901) into the document, `""` for the whole of it.
    pub pointer: String,
    /// Stable, for programs: `node.unknown_kind`.
    pub code: String,
    /// For people: one sentence that says what to do.
    pub message: String,
    /// The line in the file the document came from, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// Collects problems while a document is read, so that an author sees all of them at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(Problem { pointer: pointer.into(), code: code.to_owned(), message: message.into(), line: None });
    }

    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        self.0.extend(others);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// `value` if nothing was wrong, else the problems.
    pub fn or<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// The pointer one step below `parent`, with `~` and `/` escaped as RFC 6901 says.
pub fn below(parent: &str, step: impl std::fmt::Display) -> String {
    let step = step.to_string().replace('~', "~0").replace('/', "~1");
    format!("{parent}/{step}")
}
