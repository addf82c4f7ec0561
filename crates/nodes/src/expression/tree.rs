//! Walking and building syntax trees.

use domain::template::ExpressionError;
use jsonata_core::ast::{AstNode, Stage};

pub(super) fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: name.to_owned(), args, is_builtin: true }
}

/// `$`
pub(super) fn context() -> AstNode {
    AstNode::variable("")
}

pub(super) fn take(node: &mut AstNode) -> AstNode {
    std::mem::replace(node, AstNode::Null)
}

pub(super) type Visit<'a> = &'a mut dyn FnMut(&mut AstNode) -> Result<(), ExpressionError>;

/// Visits what stands directly in `node`. Every kind is listed, so that a new one cannot slip past the guards.
pub(super) fn children(node: &mut AstNode, visit: Visit<'_>) -> Result<(), ExpressionError> {
    match node {
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => Ok(()),
        AstNode::Path { steps } => steps.iter_mut().try_for_each(|step| {
            visit(&mut step.node)?;
            step.stages.iter_mut().try_for_each(|stage| match stage {
                Stage::Filter(filter) => visit(filter),
                Stage::KeepArray | Stage::Index(_) => Ok(()),
            })
        }),
        AstNode::Binary { lhs, rhs, .. } => {
            visit(lhs)?;
            visit(rhs)
        }
        AstNode::Unary { operand: inner, .. }
        | AstNode::Lambda { body: inner, .. }
        | AstNode::FunctionApplication(inner) => visit(inner),
        AstNode::Function { args: nodes, .. }
        | AstNode::Array(nodes)
        | AstNode::Block(nodes)
        | AstNode::ArrayGroup(nodes) => nodes.iter_mut().try_for_each(visit),
        AstNode::Call { procedure, args } => {
            visit(procedure)?;
            args.iter_mut().try_for_each(visit)
        }
        AstNode::Object(pairs) => visit_pairs(pairs, visit),
        AstNode::ObjectTransform { input, pattern } => {
            visit(input)?;
            visit_pairs(pattern, visit)
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            visit(condition)?;
            visit(then_branch)?;
            else_branch.as_deref_mut().map_or(Ok(()), visit)
        }
        AstNode::Sort { input, terms } => {
            visit(input)?;
            terms.iter_mut().try_for_each(|(term, _)| visit(term))
        }
        AstNode::Transform { location, update, delete } => {
            visit(location)?;
            visit(update)?;
            delete.as_deref_mut().map_or(Ok(()), visit)
        }
    }
}

fn visit_pairs(pairs: &mut [(AstNode, AstNode)], visit: Visit<'_>) -> Result<(), ExpressionError> {
    pairs.iter_mut().try_for_each(|(key, value)| {
        visit(key)?;
        visit(value)
    })
}
