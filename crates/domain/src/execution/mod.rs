//! One run of one revision for one event: its life, its journal, and the machine that drives it.

pub mod journal;
pub mod machine;
pub mod status;
