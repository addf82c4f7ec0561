//! Kinds that decide where the flow goes.

pub mod condition;
pub mod delay;
pub mod end;
pub mod response;
