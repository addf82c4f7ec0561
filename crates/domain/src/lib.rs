//! Floor 0: the nouns of Hookflow, their rules, and the pure execution machine.
//!
//! Nothing here waits, opens a file or a socket, reads a clock or draws a random number: times and
//! ids come in as arguments, and the JSONata evaluator comes in behind [`template::Evaluator`].
//!
//! Not here: what a node kind is (`nodes`), what keeps these values (`store`), what makes them
//! happen (`engine`), how they look on the wire (`server`).

pub mod answer;
pub mod condition;
pub mod credentials;
pub mod event;
pub mod execution;
pub mod flow;
pub mod id;
pub mod problem;
pub mod secret;
pub mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod token;
pub mod user;
pub mod value;
pub mod workflow;
