//! An evaluator for tests that need none.

use std::sync::Arc;

use crate::template::{Evaluator, Expression, ExpressionError};

/// Refuses every expression that is not a plain path.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExpressions;

impl Evaluator for NoExpressions {
    fn compile(&self, _source: &str, _variables: &[String]) -> Result<Arc<dyn Expression>, ExpressionError> {
        Err(ExpressionError { code: "expression.syntax", message: "only plain paths are known here".to_owned() })
    }
}
