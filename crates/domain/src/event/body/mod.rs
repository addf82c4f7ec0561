//! JSON bodies: a check that builds no tree, and the parser.
//!
//! Both are one reader (`read`) that either drops what it reads or keeps it, so what passes the
//! check can be parsed later. Both read strings (UTF-8, no lone surrogates) and numbers (`1e400` is
//! refused), skip a byte order mark, and hold to a depth, which also bounds the stack.
//!
//! The tree is not made by `serde_json`'s own `Value` reader: with its feature `raw_value`, which any crate
//! of the build can switch on, that one takes an object with a certain magic key for JSON inside a string.
//!
//! Not here: the limit in bytes, inflation and content types (`server::hooks`).

mod read;
#[cfg(test)]
mod tests;

pub(crate) use self::read::json;
use crate::value::Value;

/// How deep lists and objects may nest, by default. `[]` has depth 1, a scalar 0.
pub const DEPTH_MAX: usize = 64;

/// The highest depth that can be asked for: one below what `serde_json` itself refuses.
pub const DEPTH_CEILING: usize = 126;

/// What a body that passed the check costs to parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Values in it: scalars, lists and objects, keys not counted.
    pub nodes: usize,
    /// About how much memory [`parse`] would take for it: of small objects, thirty times their text.
    pub tree_bytes: usize,
}

/// Why a body is refused. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is not JSON: {message}, at line {line} column {column}")]
    NotJson { message: String, line: usize, column: usize },
    #[error("the body nests deeper than {max}, at line {line} column {column}")]
    TooDeep { max: usize, line: usize, column: usize },
}

/// Reads strings, numbers and depth without building a tree. An empty body is fine; blanks or a BOM alone are not.
///
/// A `depth_max` above [`DEPTH_CEILING`] counts as that.
pub fn check(body: &[u8], depth_max: usize) -> Result<Checked, BodyError> {
    let (read::Dropped, checked) = read::read(body, depth_max)?;
    Ok(checked)
}

/// Parses what [`check`] let pass, at whatever depth. Null for an empty body.
///
/// The last of duplicate keys wins, at the place of the first. Integers of i64 and u64 are exact,
/// numbers beyond are doubles.
pub fn parse(body: &[u8]) -> Result<Value, BodyError> {
    let (value, _) = read::read(body, DEPTH_CEILING)?;
    Ok(value)
}
