//! The tree that branches merge into, with JavaScript's holes and `qs`'s marks.
//!
//! A list has holes until the end (`a[7]=x` leaves seven), and only its elements count against
//! [`LIST_MAX`]. Two marks live beside the values:
//! - **overflow**, on an object that stands for a list too long: text merged into it goes under the
//!   next index.
//! - **conflict**, on a list made because text met an object under one key, and on the object such
//!   a list may turn into: later text is appended there and does not nest once more.
//!
//! Indexes are doubles as in JavaScript, where `2^53 + 1` is `2^53` again.
//!
//! Not here: how a key becomes a branch (`super::key`).

use indexmap::IndexMap;
use serde_json::Map;

use super::LIST_MAX;
use super::key;
use crate::value::Value;

#[derive(Debug, Default)]
pub(super) enum Node {
    #[default]
    Null,
    Text(String),
    List(List),
    Object(Object),
}

#[derive(Debug, Default)]
pub(super) struct List {
    /// None is a hole.
    items: Vec<Option<Node>>,
    conflict: bool,
}

#[derive(Debug, Default)]
pub(super) struct Object {
    entries: IndexMap<String, Node>,
    /// The highest index in use, if the mark is set.
    overflow: Option<f64>,
    conflict: Option<f64>,
}

impl Node {
    pub(super) fn empty_object() -> Self {
        Self::Object(Object::default())
    }

    pub(super) fn object(key: String, value: Self) -> Self {
        Self::Object(Object { entries: IndexMap::from([(key, value)]), ..Object::default() })
    }

    /// What `[3]` makes of its value.
    pub(super) fn list_or_overflow(index: f64, value: Self) -> Self {
        if index < LIST_MAX as f64 {
            let mut items = Vec::new();
            items.resize_with(index as usize, || None);
            items.push(Some(value));
            Self::List(List { items, conflict: false })
        } else {
            let entries = IndexMap::from([(index.to_string(), value)]);
            Self::Object(Object { entries, overflow: Some(index), conflict: None })
        }
    }

    /// What `[]` makes of its value: a list stays one.
    pub(super) fn into_list(self) -> Self {
        match self {
            Self::List(_) | Self::Object(Object { overflow: Some(_), .. }) => self,
            _ => Self::list([self]),
        }
    }

    /// The values of one key that stands twice.
    pub(super) fn combine(self, value: Self) -> Self {
        match self {
            Self::List(list) if list.items.len() == LIST_MAX => Self::Object(list.into_overflow(value)),
            Self::List(mut list) => {
                list.items.push(Some(value));
                Self::List(list)
            }
            Self::Object(mut object) => {
                object.push_overflow(value);
                Self::Object(object)
            }
            scalar => Self::list([scalar, value]),
        }
    }

    /// Adds what another key says.
    pub(super) fn merge(self, source: Self) -> Self {
        match (self, source) {
            // `qs` asks whether the source is truthy.
            (target, Self::Null) => target,
            (target, Self::Text(text)) if text.is_empty() => target,

            (Self::List(list), text @ Self::Text(_)) => list.append(text),
            (Self::Object(object), text @ Self::Text(_)) => object.append(text),
            (scalar, text @ Self::Text(_)) => Self::list([scalar, text]),

            (Self::List(target), Self::List(source)) => target.merge(source),
            (Self::List(target), Self::Object(source)) => target.into_object().merge(source),
            (Self::Object(target), Self::List(source)) => target.merge(source.into_object()),
            (Self::Object(target), Self::Object(source)) => target.merge(source),

            (scalar, Self::List(source)) => source.prepend(scalar),
            (scalar, Self::Object(source)) => match source.overflow {
                Some(highest) => Self::Object(source.prepend(scalar, highest)),
                None => Self::list([scalar, Self::Object(source)]),
            },
        }
    }

    fn list<const N: usize>(items: [Self; N]) -> Self {
        Self::List(List { items: items.into_iter().map(Some).collect(), conflict: false })
    }

    fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }

    /// Closes the holes and puts the keys in order.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::String(text),
            Self::List(list) => Value::Array(list.items.into_iter().flatten().map(Self::into_value).collect()),
            Self::Object(mut object) => {
                sort_as_javascript(&mut object.entries);
                let entries = object.entries.into_iter().map(|(key, node)| (key, node.into_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl List {
    fn elements(&self) -> usize {
        self.items.iter().flatten().count()
    }

    fn append(mut self, value: Node) -> Node {
        if self.elements() >= LIST_MAX {
            return Node::Object(self.into_overflow(value));
        }
        self.items.push(Some(value));
        Node::List(self)
    }

    fn prepend(mut self, value: Node) -> Node {
        self.items.insert(0, Some(value));
        // Here `qs` counts the holes too.
        if self.items.len() > LIST_MAX { Node::Object(self.overflow()) } else { Node::List(self) }
    }

    fn merge(mut self, source: Self) -> Node {
        for (index, item) in source.items.into_iter().enumerate() {
            let Some(item) = item else { continue };
            if index >= self.items.len() {
                self.items.resize_with(index + 1, || None);
            }
            match &mut self.items[index] {
                hole @ None => *hole = Some(item),
                Some(target) if target.is_container() && item.is_container() => {
                    *target = std::mem::take(target).merge(item);
                }
                Some(_) => self.items.push(Some(item)),
            }
        }
        if self.elements() > LIST_MAX { Node::Object(self.overflow()) } else { Node::List(self) }
    }

    fn into_overflow(mut self, last: Node) -> Object {
        self.items.push(Some(last));
        self.overflow()
    }

    fn overflow(self) -> Object {
        let highest = self.items.len() - 1;
        Object { overflow: Some(highest as f64), conflict: None, ..self.into_object() }
    }

    fn into_object(self) -> Object {
        let conflict = self.conflict.then_some(self.items.len() as f64 - 1.0);
        let numbered = self.items.into_iter().enumerate();
        let entries = numbered.filter_map(|(index, item)| Some((index.to_string(), item?))).collect();
        Object { entries, overflow: None, conflict }
    }
}

impl Object {
    fn append(mut self, value: Node) -> Node {
        if self.overflow.is_some() {
            self.push_overflow(value);
        } else if let Some(highest) = self.conflict {
            self.entries.insert((highest + 1.0).to_string(), value);
            self.conflict = Some(highest + 1.0);
        } else {
            return Node::List(List { items: vec![Some(Node::Object(self)), Some(value)], conflict: true });
        }
        Node::Object(self)
    }

    fn push_overflow(&mut self, value: Node) {
        let next = self.overflow.map_or(0.0, |highest| highest + 1.0);
        self.entries.insert(next.to_string(), value);
        self.overflow = Some(next);
    }

    /// All indexes move up by one.
    fn prepend(self, value: Node, highest: f64) -> Self {
        let mut entries = IndexMap::from([("0".to_owned(), value)]);
        let indexed = self.entries.into_iter().filter_map(|(key, node)| Some((key::index(&key)?, node)));
        entries.extend(indexed.map(|(index, node)| ((index + 1.0).to_string(), node)));
        Self { entries, overflow: Some(highest + 1.0), conflict: None }
    }

    fn merge(mut self, source: Self) -> Node {
        for (key, value) in source.entries {
            let index = key::index(&key);
            match self.entries.get_mut(&key) {
                Some(target) => *target = std::mem::take(target).merge(value),
                None => {
                    self.entries.insert(key, value);
                }
            }
            if let (Some(highest), None) = (source.overflow, self.overflow) {
                let indexes = self.entries.keys().filter_map(|key| key::index(key));
                self.overflow = Some(indexes.fold(highest, f64::max));
            }
            if let Some(index) = index {
                self.overflow = self.overflow.map(|highest| highest.max(index));
                self.conflict = self.conflict.map(|highest| highest.max(index));
            }
        }
        Node::Object(self)
    }
}

/// JavaScript lists the keys that are array indexes (0 to 2^32 - 2) first, ascending, then the others as they came.
pub(super) fn sort_as_javascript<V>(entries: &mut IndexMap<String, V>) {
    const INDEX_MAX: f64 = 4_294_967_294.0;
    let rank = |key: &str| key::index(key).filter(|index| *index <= INDEX_MAX);
    entries.sort_by_cached_key(|key, _| rank(key).map_or(u64::MAX, |index| index as u64));
}
