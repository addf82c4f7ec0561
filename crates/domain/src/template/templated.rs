//! Config values with templates anywhere in their lists and objects.

use std::borrow::Cow;

use super::place::Place;
use super::scope::Scope;
use super::{Evaluator, Missing, Template, TemplateError, path};
use crate::problem::{Problems, below};
use crate::secret::Slot;
use crate::value::Value;

/// A config value with templates anywhere in its lists and objects; keys are left alone.
#[derive(Debug)]
pub enum Templated {
    /// Nothing in it varies.
    Constant(Value),
    Template(Template),
    List(Vec<Templated>),
    Object(Vec<(String, Templated)>),
}

impl Templated {
    pub fn parse(value: &Value, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Self {
        match value {
            Value::String(text) if Template::is_needed_for(text) => {
                Self::Template(Template::parse(text, pointer, evaluator, problems))
            }
            Value::Array(list) => {
                let list: Vec<_> = list
                    .iter()
                    .enumerate()
                    .map(|(index, value)| Self::parse(value, &below(pointer, index), evaluator, problems))
                    .collect();
                if list.iter().all(Self::is_constant) { Self::Constant(value.clone()) } else { Self::List(list) }
            }
            Value::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::parse(value, &below(pointer, key), evaluator, problems)))
                    .collect();
                if members.iter().all(|(_, member)| member.is_constant()) {
                    Self::Constant(value.clone())
                } else {
                    Self::Object(members)
                }
            }
            _ => Self::Constant(value.clone()),
        }
    }

    /// `at` is the value's pointer in the node's config, for notes and errors.
    pub fn render(&self, scope: &Scope<'_>, at: &str, missing: &mut Vec<Missing>) -> Result<Value, TemplateError> {
        self.render_at(scope, &Place::Start(at), missing, &mut Vec::new())
    }

    /// The same, from the start of a config; notes where in the value secrets are to be filled in.
    pub fn render_noting(
        &self,
        scope: &Scope<'_>,
        missing: &mut Vec<Missing>,
        slots: &mut Vec<Slot>,
    ) -> Result<Value, TemplateError> {
        self.render_at(scope, &Place::Start(""), missing, slots)
    }

    /// As [`Templated::render`], borrowing what can be borrowed, and telling missing from null: `None` for
    /// one expression alone that led nowhere.
    pub(crate) fn resolve_at<'a>(
        &'a self,
        scope: &Scope<'a>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<Option<Cow<'a, Value>>, TemplateError> {
        match self {
            Self::Constant(value) => Ok(Some(Cow::Borrowed(value))),
            Self::Template(template) => template.resolve_at(scope, place, missing),
            Self::List(_) | Self::Object(_) => {
                self.render_at(scope, place, missing, &mut Vec::new()).map(|value| Some(Cow::Owned(value)))
            }
        }
    }

    pub(crate) fn render_at(
        &self,
        scope: &Scope<'_>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
        slots: &mut Vec<Slot>,
    ) -> Result<Value, TemplateError> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Template(template) => {
                Ok(template.resolve_noting(scope, place, missing, slots)?.map_or(Value::Null, Cow::into_owned))
            }
            Self::List(list) => list
                .iter()
                .enumerate()
                .map(|(index, value)| value.render_at(scope, &Place::Index(place, index), missing, slots))
                .collect(),
            Self::Object(members) => members
                .iter()
                .map(|(key, value)| Ok((key.clone(), value.render_at(scope, &Place::Key(place, key), missing, slots)?)))
                .collect(),
        }
    }

    /// Whether it holds JSONata, which costs more than a path and runs outside the fast lane.
    pub fn is_heavy(&self) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Template(template) => template.is_heavy(),
            Self::List(list) => list.iter().any(Self::is_heavy),
            Self::Object(members) => members.iter().any(|(_, value)| value.is_heavy()),
        }
    }

    /// Every plain path in it, those inside JSONata included.
    pub fn paths(&self) -> Vec<&path::Path> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Template(template) => template.paths(),
            Self::List(list) => list.iter().flat_map(Self::paths).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, value)| value.paths()).collect(),
        }
    }

    /// Whether it is the same in every execution.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }
}
