//! What a step would come to, without an execution: the same evaluation, and nothing that follows from it.

use super::{Evaluated, answered, evaluate, waited};
use crate::answer::Answer;
use crate::execution::journal::NodeError;
use crate::flow::plan::{Goto, Step};
use crate::template::Missing;
use crate::template::scope::Scope;
use crate::value::Value;

/// A step, evaluated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// As a node run would have it; of an effect or a wait its input, as nothing is performed.
    pub result: Option<Value>,
    /// The branch that would be taken; `None` also where it would take none of its own.
    pub branch: Option<String>,
    pub answer: Option<Answer>,
    pub missing: Vec<Missing>,
    pub error: Option<NodeError>,
}

/// Evaluates a step as a machine would that stands before it.
pub fn preview(step: &Step, scope: &Scope<'_>) -> Preview {
    let mut missing = Vec::new();
    let evaluated = evaluate(step, scope, &mut missing);
    let seen = Preview { missing, ..Preview::default() };
    match evaluated {
        Ok(Evaluated::Result(value) | Evaluated::Effect(value, _)) => Preview { result: Some(value), ..seen },
        Ok(Evaluated::Outcome(outcome)) => {
            let branch = match outcome.goto {
                Goto::Branch(index) => step.branches.get(index).map(|(name, _)| name.clone()),
                Goto::Next | Goto::End(_) => None,
            };
            Preview { result: Some(outcome.result.clone()), branch, ..seen }
        }
        Ok(Evaluated::Answer(answer)) => Preview { result: Some(answered(&answer)), answer: Some(answer), ..seen },
        Ok(Evaluated::End(_)) => seen,
        Ok(Evaluated::Wait(duration)) => Preview { result: Some(waited(duration)), ..seen },
        Err(error) => Preview { error: Some(error), ..seen },
    }
}
