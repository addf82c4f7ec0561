//! Where in a config a value is being rendered: a JSON pointer that is written only when it is needed.

use std::fmt;

use crate::problem::below;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Start(&'a str),
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Start(pointer) => (*pointer).to_owned(),
            Self::Key(parent, key) => below(&parent.pointer(), key),
            Self::Index(parent, index) => below(&parent.pointer(), index),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pointer())
    }
}
