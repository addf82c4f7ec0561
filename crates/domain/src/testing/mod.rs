//! Builders that tests of this and the other crates share.

pub mod evaluator;
pub mod flows;
pub mod random;
pub mod world;
