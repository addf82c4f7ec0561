//! The tree of nodes, in reading order: each node, then its branches, then what follows it.
//!
//! Nodes without a key get one of kind and number, which keeps away from every key an author wrote.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Map;

use crate::flow::document::{Node, NodeKey};
use crate::flow::fields::Fields;
use crate::flow::{codes, limits, mistakes};
use crate::problem::{Problems, below};
use crate::value::Value;

pub(super) fn read(fields: &mut Fields<'_, '_>) -> Vec<Node> {
    let pointer = fields.at("nodes");
    let list = fields.list("nodes").unwrap_or_default();
    let mut reader = NodeReader {
        taken: HashSet::new(),
        seen: HashSet::new(),
        numbers: HashMap::new(),
        count: 0,
        problems: fields.problems,
    };
    reader.find_keys(list, 0);
    reader.list(list, &pointer, 0)
}

/// Reads the tree of nodes in reading order.
struct NodeReader<'v, 'p> {
    /// Every key an author wrote: generated keys keep away from them.
    taken: HashSet<&'v str>,
    /// Keys of the nodes read so far, generated ones too.
    seen: HashSet<NodeKey>,
    /// The last number given to a node of each kind.
    numbers: HashMap<String, u32>,
    count: usize,
    problems: &'p mut Problems,
}

impl<'v> NodeReader<'v, '_> {
    fn find_keys(&mut self, nodes: &'v [Value], depth: usize) {
        if depth > limits::BRANCH_DEPTH_MAX {
            return;
        }
        for node in nodes {
            self.taken.extend(node.get("key").and_then(Value::as_str));
            for branch in node.get("branches").and_then(Value::as_object).into_iter().flat_map(Map::values) {
                self.find_keys(branch.as_array().map_or(&[], Vec::as_slice), depth + 1);
            }
        }
    }

    fn list(&mut self, values: &'v [Value], pointer: &str, depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (index, value) in values.iter().enumerate() {
            self.count += 1;
            if self.count > limits::NODES_MAX {
                // Said once; what comes after is not read.
                if self.count == limits::NODES_MAX + 1 {
                    let message = format!("a flow can have {} nodes and no more", limits::NODES_MAX);
                    self.problems.add(below(pointer, index), codes::TOO_MANY_NODES, message);
                }
                break;
            }
            nodes.extend(self.node(value, below(pointer, index), depth));
        }
        nodes
    }

    fn node(&mut self, value: &'v Value, pointer: String, depth: usize) -> Option<Node> {
        let mut fields = Fields::of(value, &pointer, self.problems)?;
        fields.require("kind");
        let kind = fields.text("kind", usize::MAX).unwrap_or_default().to_owned();
        let key = fields.text("key", usize::MAX);
        let title = fields.text("title", limits::TITLE_MAX).map(str::to_owned);
        let note = fields.text("note", limits::NOTE_MAX).map(str::to_owned);
        let disabled = fields.boolean("disabled").unwrap_or(false);
        let config = Value::Object(fields.map("config").cloned().unwrap_or_default());
        let branches = fields.map("branches");
        fields.finish();
        let key = self.key(key, &kind, &pointer);
        let branches =
            branches.map_or_else(IndexMap::new, |map| self.branches(map, &below(&pointer, "branches"), depth));
        Some(Node { pointer, key, kind, title, note, disabled, config, branches })
    }

    fn branches(&mut self, map: &'v Map<String, Value>, pointer: &str, depth: usize) -> IndexMap<String, Vec<Node>> {
        if map.len() > limits::BRANCHES_MAX {
            mistakes::too_many(self.problems, pointer, "branches", limits::BRANCHES_MAX);
        }
        if depth == limits::BRANCH_DEPTH_MAX && !map.is_empty() {
            let message = format!("branches can be nested {} deep and no deeper", limits::BRANCH_DEPTH_MAX);
            self.problems.add(pointer, codes::TOO_DEEP, message);
            return IndexMap::new();
        }
        let mut branches = IndexMap::new();
        for (name, value) in map.iter().take(limits::BRANCHES_MAX) {
            let pointer = below(pointer, name);
            let nodes = match value {
                // `"false":` with nothing below it is an empty branch.
                Value::Null => Vec::new(),
                Value::Array(list) => self.list(list, &pointer, depth + 1),
                other => {
                    mistakes::wrong_type(self.problems, &pointer, "a list of nodes", other);
                    Vec::new()
                }
            };
            branches.insert(name.clone(), nodes);
        }
        branches
    }

    /// The key as written, or a new one of kind and number.
    fn key(&mut self, written: Option<&str>, kind: &str, pointer: &str) -> NodeKey {
        match written.map(str::parse::<NodeKey>) {
            Some(Ok(key)) if self.seen.insert(key.clone()) => return key,
            Some(Ok(key)) => {
                let message = format!("another node has the key `{key}` already: every node needs its own");
                self.problems.add(below(pointer, "key"), codes::NODE_DUPLICATE_KEY, message);
            }
            Some(Err(error)) => self.problems.add(below(pointer, "key"), codes::NODE_KEY, error.to_string()),
            None => {}
        }
        let key = self.generated_key(kind);
        self.seen.insert(key.clone());
        key
    }

    fn generated_key(&mut self, kind: &str) -> NodeKey {
        let number = self.numbers.entry(kind.to_owned()).or_insert(0);
        loop {
            *number += 1;
            let from_kind = format!("{kind}{number}").parse::<NodeKey>();
            let key =
                from_kind.unwrap_or_else(|_| format!("node{number}").parse().expect("`node` and a number is a key"));
            if !self.seen.contains(&key) && !self.taken.contains(key.as_str()) {
                return key;
            }
        }
    }
}
