//! Kinds of triggers.
