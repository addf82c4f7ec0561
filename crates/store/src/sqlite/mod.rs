//! SQLite: one writer with group commit, a few readers.
