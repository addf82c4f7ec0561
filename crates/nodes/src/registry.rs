//! All node kinds by name, and the way from a flow document to a plan.

use std::sync::Arc;

use domain::execution::journal::NodeError;
use domain::flow::document::Flow;
use domain::flow::plan::Plan;
use domain::problem::Problem;
use domain::value::Value;

use crate::contract::RunContext;

#[derive(Debug)]
pub struct Registry {}

impl Registry {
    /// Every kind this build has.
    pub fn standard() -> Arc<Self> {
        Arc::new(Self {})
    }

    /// Every problem of the flow at once, pointers relative to the document.
    pub fn compile(&self, _flow: &Flow) -> Result<Plan, Vec<Problem>> {
        todo!()
    }

    /// Performs an effect of `kind`.
    pub async fn perform(&self, _kind: &str, _run: &RunContext, _input: Value) -> Result<Value, NodeError> {
        todo!()
    }
}
