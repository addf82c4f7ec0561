//! Floor 3: HTTP and nothing else.
