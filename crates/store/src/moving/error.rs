//! Why a move did not come to its end.

use super::sums::Sums;
use crate::error::Error;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    #[error("there is no Hookflow database at {place}")]
    NoSource { place: String },
    #[error("source and target are the same database")]
    SamePlace,
    /// A server lives there, or another move is under way.
    #[error("{place} is in use: {by}")]
    InUse { place: String, by: String },
    /// By something else than this move.
    #[error("{place} is not empty: there are rows in `{table}`")]
    NotEmpty { place: String, table: &'static str },
    #[error("a move from {from} has begun at {place}, which is another source")]
    OtherMove { place: String, from: String },
    /// Both are as they were found.
    #[error("what was read back from the target is not what stands in the source")]
    Differs { source_sums: Box<Sums>, target_sums: Box<Sums> },
    /// It has been used, and so it was changed.
    #[error("this move was finished, and since then source or target were changed")]
    ChangedSince { source_sums: Box<Sums>, target_sums: Box<Sums> },
    #[error("the marker of the move cannot be read: {reason}")]
    Marker { reason: String },
    #[error("execution {execution} in {place} has no event")]
    NoEvent { place: String, execution: String },
    #[error("{place}")]
    Store {
        place: String,
        #[source]
        source: Error,
    },
}
