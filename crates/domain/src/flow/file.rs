//! A workflow file: YAML or JSON text with a line for every place in it.

use std::collections::HashMap;

use crate::problem::Problem;
use crate::value::Value;

/// A file's content, and where each value in it stands.
#[derive(Debug)]
pub struct File {
    pub value: Value,
    /// JSON pointer → line, from 1.
    lines: HashMap<String, u32>,
}

impl File {
    /// Problems: `file.syntax`, `file.too_large`, `file.duplicate_key`.
    pub fn read(_text: &str) -> Result<Self, Vec<Problem>> {
        todo!()
    }

    /// The line of `pointer`, or of the nearest thing around it.
    pub fn line(&self, _pointer: &str) -> Option<u32> {
        let _ = &self.lines;
        todo!()
    }
}
