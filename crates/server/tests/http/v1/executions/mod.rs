//! `executions/{id}/…`.

mod cancel;
mod replay;
mod resolve;

use serde_json::{Value, json};

use super::*;

const NEVER: &str = "/executions/ex_0000000000000000000000000";
