//! The document inside a workflow: one trigger and a tree of nodes; its reading, and its plan.

pub mod document;
pub mod file;
pub mod plan;
