//! The document inside a workflow: one trigger and a tree of nodes; its reading, and its plan.

pub mod bounds;
pub mod codes;
mod decode;
pub mod document;
pub mod encode;
mod fields;
pub mod file;
pub mod limits;
pub mod mistakes;
pub mod plan;
pub mod suggest;

#[cfg(test)]
mod tests;
