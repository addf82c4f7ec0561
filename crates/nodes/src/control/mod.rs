//! Kinds that decide where the flow goes.
