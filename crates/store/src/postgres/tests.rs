//! Statements against the real schema, and the schema against its committed dump.
