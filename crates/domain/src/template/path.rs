//! Plain paths: `trigger.body.items[0].price`, `nodes.call.body["odd key"]`.

/// A plain path, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {}
