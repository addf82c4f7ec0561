//! Kinds of triggers.

pub mod webhook;
