//! A workflow file: YAML or JSON text with a line for every place in it.
//!
//! An object whose first name stands in quotes is JSON and read exactly; everything else is YAML 1.2
//! with its core types (`yes`, `no` and `on` are text). Both readers make the same [`Node`] tree, so
//! that duplicates and depth are judged once.
//!
//! Invariants
//! - No text makes it panic, nest without bound, or grow past [`limits`].
//! - A [`File`] that could be read has no problems of its own.
//!
//! Not here: what the fields mean ([`super::decode`]).

mod json;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::Map;

use crate::flow::document::WorkflowDocument;
use crate::flow::suggest::quoted;
use crate::flow::{codes, limits};
use crate::problem::{Problem, Problems, below};
use crate::value::Value;

/// A file's content, and where each value in it stands.
#[derive(Debug)]
pub struct File {
    pub value: Value,
    places: Place,
}

/// The line of a value, and the places inside it.
#[derive(Debug)]
struct Place {
    line: u32,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Nothing,
    List(Vec<Place>),
    Object(HashMap<String, Place>),
}

/// A value as it was read, before duplicate names are sorted out.
#[derive(Debug, Clone, PartialEq)]
struct Node {
    /// From 1.
    line: u32,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Object(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    key: String,
    /// The key's line: of `nodes:` with a list below it, this is the line an author looks for.
    line: u32,
    value: Node,
}

/// Why there is no tree.
#[derive(Debug, PartialEq)]
struct Unreadable {
    code: &'static str,
    message: String,
    line: u32,
}

impl File {
    /// Problems: `file.syntax`, `file.too_large`, `file.too_deep`, `file.duplicate_key`; with the last also what
    /// else is wrong with the document, as far as it can be told without knowing node kinds.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > limits::FILE_BYTES_MAX {
            let message = format!("the file is larger than {} bytes", limits::FILE_BYTES_MAX);
            return Err(vec![problem(codes::FILE_TOO_LARGE, message, 1)]);
        }
        let node = read_tree(text.trim_start_matches('\u{feff}'))
            .map_err(|why| vec![problem(why.code, why.message, why.line)])?;
        if node.content == Content::Scalar(Value::Null) {
            return Err(vec![problem(codes::FILE_SYNTAX, "there is nothing in the file".to_owned(), 1)]);
        }
        let mut problems = Problems::new();
        let (value, places) = settle(node, "", &mut problems);
        let file = Self { value, places };
        if problems.is_empty() {
            return Ok(file);
        }
        WorkflowDocument::decode(&file.value, &mut problems);
        Err(file.locate(problems.into_vec()))
    }

    /// The line of `pointer`, or of the nearest thing around it.
    pub fn line(&self, pointer: &str) -> Option<u32> {
        let mut place = &self.places;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match &place.inside {
                Inside::Nothing => None,
                Inside::List(list) => step.parse::<usize>().ok().and_then(|index| list.get(index)),
                Inside::Object(object) => object.get(&step),
            };
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        Some(place.line)
    }

    /// Fills in the lines of problems with this file's content, and puts them in the order of the file.
    pub fn locate(&self, mut problems: Vec<Problem>) -> Vec<Problem> {
        for problem in &mut problems {
            problem.line = problem.line.or_else(|| self.line(&problem.pointer));
        }
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

fn problem(code: &str, message: String, line: u32) -> Problem {
    Problem { pointer: String::new(), code: code.to_owned(), message, line: Some(line.max(1)) }
}

/// YAML's flow style looks like JSON but for the quotes around names.
fn read_tree(text: &str) -> Result<Node, Unreadable> {
    let is_json = text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']));
    if is_json { json::read(text) } else { yaml::read(text) }
}

/// The value of a tree, and its places. Of duplicate names the last one counts, and each is a problem.
fn settle(node: Node, pointer: &str, problems: &mut Problems) -> (Value, Place) {
    let (value, inside) = match node.content {
        Content::Scalar(value) => (value, Inside::Nothing),
        Content::List(nodes) => {
            let settled =
                nodes.into_iter().enumerate().map(|(index, node)| settle(node, &below(pointer, index), problems));
            let (values, places) = settled.unzip();
            (Value::Array(values), Inside::List(places))
        }
        Content::Object(entries) => {
            let (mut values, mut places) = (Map::new(), HashMap::<String, Place>::new());
            for Entry { key, line, value } in entries {
                let pointer = below(pointer, &key);
                if let Some(first) = places.get(&key) {
                    let message = format!("{} stands here twice, first in line {}", quoted(&key), first.line);
                    let problem =
                        Problem { pointer: pointer.clone(), ..problem(codes::FILE_DUPLICATE_KEY, message, line) };
                    problems.extend([problem]);
                }
                let (value, place) = settle(value, &pointer, problems);
                places.insert(key.clone(), Place { line, ..place });
                values.insert(key, value);
            }
            (Value::Object(values), Inside::Object(places))
        }
    };
    (value, Place { line: node.line, inside })
}

/// Keeps count of what has been read, for both readers.
#[derive(Debug, Default)]
struct Counter {
    values: usize,
}

impl Counter {
    /// One more value, `depth` lists and objects around it.
    fn add(&mut self, depth: usize, line: u32) -> Result<(), Unreadable> {
        self.values += 1;
        if self.values > limits::FILE_VALUES_MAX {
            let message = format!("the file has more than {} values", limits::FILE_VALUES_MAX);
            return Err(Unreadable { code: codes::FILE_TOO_LARGE, message, line });
        }
        if depth > limits::DEPTH_MAX {
            let message = format!("lists and objects are nested deeper than {}", limits::DEPTH_MAX);
            return Err(Unreadable { code: codes::FILE_TOO_DEEP, message, line });
        }
        Ok(())
    }
}
