//! What goes into the machine and what comes out of it.

use std::sync::Arc;

use crate::answer::Answer;
use crate::execution::journal::{Failure, NodeRun};
use crate::execution::status::End;
use crate::id::{EndpointKey, ExecutionId};
use crate::secret::Slot;
use crate::time::Timestamp;
use crate::value::Value;

/// What stays the same over an execution's life.
#[derive(Debug, Clone)]
pub struct Facts {
    pub execution: ExecutionId,
    pub workflow_key: EndpointKey,
    /// `None`: a copy of the draft, which a test runs.
    pub revision: Option<u32>,
    /// When the workflow's timeout ends it.
    pub timeout_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Start, go on after a `Yield` or a rebuild, or look at the time again: a timer may have fired, the timeout may have passed.
    Advance,
    /// The outcome of the last `Run`.
    EffectDone(Result<Value, Failure>),
    /// Ends the execution at the next node boundary.
    Cancelled,
    /// A person's word on what [`Action::Ask`] asked, or on an execution that was set aside.
    Resolve(Resolution),
    /// Stops at the next node boundary without ending: the process is about to go away.
    Park,
}

/// How to go on with a node whose outcome is not known.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// With the same idempotency key.
    RunAgain,
    /// As if it had come to this result; `None`: to none.
    Skip(Option<Value>),
    /// The execution ends as `error`.
    Fail,
}

/// What came of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// New in the journal.
    pub records: Vec<NodeRun>,
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Run(Run),
    Sleep {
        until: Timestamp,
    },
    /// As `Sleep`, until the next attempt of an effect.
    Pause {
        until: Timestamp,
    },
    /// Nothing happens until a [`Input::Resolve`], or the timeout.
    Ask {
        until: Option<Timestamp>,
    },
    Yield,
    Parked,
    Finish(Finish),
}

/// An effect to perform.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub kind: Arc<str>,
    /// `<execution>.<node>.<visit>`, the same on every attempt.
    pub idempotency_key: String,
    pub attempt: u32,
    /// With marks where secrets go.
    /// Shared with its record.
    pub input: Arc<Value>,
    /// Where those marks stand. Whatever else in `input` looks like one is data.
    pub slots: Vec<Slot>,
}

/// The end of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub end: End,
    /// `None` in asynchronous workflows, whose caller has long been answered.
    pub answer: Option<Answer>,
}
