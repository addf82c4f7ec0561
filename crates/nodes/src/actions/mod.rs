//! Kinds that touch the world.

mod body;
pub mod http_request;
mod outgoing;
pub(crate) mod policy;
