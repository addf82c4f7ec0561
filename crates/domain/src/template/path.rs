//! Plain paths: `trigger.body.items[0].price`, `nodes.call.body["odd key"]`.
//! ```text
//! path    = root step*            root = trigger · nodes · system · secrets (loop · loops are to come)
//! step    = "." key  |  "." index  |  "[" index "]"  |  "[" quoted "]"
//! key     = ASCII letters, digits, "_", "$", "-"
//! index   = 0, or digits without a leading zero; `.0` and `[0]` are the same
//! quoted  = text in " or ', with the escapes of JSON
//! ```
//! Invariants
//! - A [`Path`] can be resolved: its root and, under `trigger` and `system`, its member exist.
//! - What a path under `secrets` comes to is the secret's mark, never its value.
//! - [`fmt::Display`] writes the canonical text, and that text parses to the same path.
//!
//! Not here: what a path comes to (`resolve`), paths inside JSONata (`term`).

use std::borrow::Cow;
use std::fmt;

use crate::flow::codes;
use crate::flow::document::NodeKey;
use crate::secret::SecretName;

/// A plain path, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    root: Root,
    steps: Vec<Step>,
    pub(super) origin: Origin,
}

/// The first word of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Trigger,
    Nodes,
    System,
    Secrets,
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(Box<str>),
    /// Into a list; on an object it is the key of these digits.
    Index(u32),
}

/// The value that a path sets out from, found when it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Trigger,
    Headers,
    Query,
    Body,
    RawBody,
    Method,
    RemoteAddr,
    ReceivedAt,
    Nodes,
    Node(NodeKey),
    System,
    Now,
    ExecutionId,
    WorkflowKey,
    Revision,
    Secret(SecretName),
}

/// Why a text is not a path that can be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("this is not a plain path")]
    Syntax,
    #[error("there is no `{0}` here: a path begins with `trigger`, `nodes`, `system` or `secrets`")]
    UnknownRoot(String),
    #[error("`{0}` cannot be used here yet; a field of that name is read as `$.{0}` or in backquotes")]
    RootNotAvailable(String),
    #[error("`{root}` has no `{member}`; it has {members}")]
    UnknownMember { root: &'static str, member: String, members: &'static str },
    #[error("`{0}` cannot be the key of a node")]
    UnknownNode(String),
    #[error("a secret is read as `secrets.` and its name, which is a letter a-z followed by letters, digits and `_`")]
    NotASecret,
}

impl PathError {
    /// Stable, for problems.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax => codes::EXPRESSION_SYNTAX,
            Self::UnknownRoot(_) => codes::TEMPLATE_UNKNOWN_ROOT,
            Self::RootNotAvailable(_) => codes::TEMPLATE_ROOT_NOT_AVAILABLE,
            Self::UnknownMember { .. } => codes::TEMPLATE_UNKNOWN_MEMBER,
            Self::UnknownNode(_) => codes::TEMPLATE_UNKNOWN_NODE,
            Self::NotASecret => codes::SECRET_PATH,
        }
    }
}

const TRIGGER_MEMBERS: &str = "`headers`, `query`, `body`, `raw_body`, `method`, `remote_addr` and `received_at`";
const SYSTEM_MEMBERS: &str = "`now`, `execution_id`, `workflow_key` and `revision`";

impl Path {
    /// Reads the whole of `text` as a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let (word, steps, length) = read(text).ok_or(PathError::Syntax)?;
        if length < text.len() {
            return Err(PathError::Syntax);
        }
        Self::new(word, steps)
    }

    /// Reads the longest path at the start of `text`: its length in bytes, and the path.
    /// `None` if `text` does not start with the word of a root.
    pub(super) fn prefix(text: &str) -> Option<(usize, Result<Self, PathError>)> {
        let (word, steps, length) = read(text)?;
        match Self::new(word, steps) {
            Err(PathError::UnknownRoot(_)) => None,
            read => Some((length, read)),
        }
    }

    fn new(word: &str, mut steps: Vec<Step>) -> Result<Self, PathError> {
        let (root, origin) = match word {
            "trigger" => (Root::Trigger, trigger_origin(steps.first())?),
            "nodes" => (Root::Nodes, node_origin(steps.first())?),
            "system" => (Root::System, system_origin(steps.first())?),
            "secrets" => (Root::Secrets, secret_origin(&steps)?),
            "loop" | "loops" => return Err(PathError::RootNotAvailable(word.to_owned())),
            _ => return Err(PathError::UnknownRoot(word.to_owned())),
        };
        if let (Origin::Headers, Some(Step::Key(name))) = (&origin, steps.get_mut(1)) {
            name.make_ascii_lowercase();
        }
        Ok(Self { root, steps, origin })
    }

    /// The node whose result it reads.
    pub fn node(&self) -> Option<&NodeKey> {
        match &self.origin {
            Origin::Node(key) => Some(key),
            _ => None,
        }
    }

    /// The secret that it stands for.
    pub fn secret(&self) -> Option<&SecretName> {
        match &self.origin {
            Origin::Secret(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_bare_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps below its origin.
    pub(super) fn rest(&self) -> &[Step] {
        match self.origin {
            Origin::Trigger | Origin::Nodes | Origin::System => &self.steps,
            _ => &self.steps[1..],
        }
    }
}

fn trigger_origin(member: Option<&Step>) -> Result<Origin, PathError> {
    let Some(member) = member else { return Ok(Origin::Trigger) };
    Ok(match &*member.text() {
        "headers" => Origin::Headers,
        "query" => Origin::Query,
        "body" => Origin::Body,
        "raw_body" => Origin::RawBody,
        "method" => Origin::Method,
        "remote_addr" => Origin::RemoteAddr,
        "received_at" => Origin::ReceivedAt,
        other => return Err(unknown_member("trigger", other, TRIGGER_MEMBERS)),
    })
}

fn system_origin(member: Option<&Step>) -> Result<Origin, PathError> {
    let Some(member) = member else { return Ok(Origin::System) };
    Ok(match &*member.text() {
        "now" => Origin::Now,
        "execution_id" => Origin::ExecutionId,
        "workflow_key" => Origin::WorkflowKey,
        "revision" => Origin::Revision,
        other => return Err(unknown_member("system", other, SYSTEM_MEMBERS)),
    })
}

fn node_origin(key: Option<&Step>) -> Result<Origin, PathError> {
    let Some(key) = key else { return Ok(Origin::Nodes) };
    let text = key.text();
    text.parse().map(Origin::Node).map_err(|_| PathError::UnknownNode(text.into_owned()))
}

/// A name and nothing behind it: there is nothing inside a secret.
fn secret_origin(steps: &[Step]) -> Result<Origin, PathError> {
    match steps {
        [Step::Key(name)] => name.parse().map(Origin::Secret).map_err(|_| PathError::NotASecret),
        _ => Err(PathError::NotASecret),
    }
}

fn unknown_member(root: &'static str, member: &str, members: &'static str) -> PathError {
    PathError::UnknownMember { root, member: member.to_owned(), members }
}

impl Step {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Key(key) => Cow::Borrowed(key),
            Self::Index(index) => Cow::Owned(index.to_string()),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.root {
            Root::Trigger => "trigger",
            Root::Nodes => "nodes",
            Root::System => "system",
            Root::Secrets => "secrets",
        })?;
        self.steps.iter().try_for_each(|step| step.fmt(f))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) if !key.is_empty() && key.bytes().all(is_key_byte) && index(key).is_none() => {
                write!(f, ".{key}")
            }
            // A JSON string is a quoted key: the escapes are the same.
            Self::Key(key) => write!(f, "[{}]", serde_json::Value::from(&**key)),
        }
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-')
}

/// The first word, the steps behind it as far as they go, and how many bytes that took.
fn read(text: &str) -> Option<(&str, Vec<Step>, usize)> {
    let word = bare(text);
    if !word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    let mut steps = Vec::new();
    let mut length = word.len();
    while let Some((step, taken)) = read_step(&text[length..]) {
        steps.push(step);
        length += taken;
    }
    Some((word, steps, length))
}

fn read_step(text: &str) -> Option<(Step, usize)> {
    if let Some(rest) = text.strip_prefix('.') {
        let key = bare(rest);
        // `items.$sum(price)` calls a function of JSONata's.
        let called = rest[key.len()..].trim_start().starts_with('(');
        if key.is_empty() || called {
            return None;
        }
        let step = index(key).map_or_else(|| Step::Key(key.into()), Step::Index);
        return Some((step, 1 + key.len()));
    }
    let rest = text.strip_prefix('[')?;
    let (step, taken) = match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let (key, taken) = unquote(&rest[1..], quote)?;
            (Step::Key(key.into()), 1 + taken)
        }
        _ => {
            let digits = bare(rest);
            (Step::Index(index(digits)?), digits.len())
        }
    };
    rest[taken..].starts_with(']').then_some((step, taken + 2))
}

fn bare(text: &str) -> &str {
    &text[..text.bytes().position(|byte| !is_key_byte(byte)).unwrap_or(text.len())]
}

/// `0`, or digits without a leading zero, so that every index has one way to be written.
fn index(text: &str) -> Option<u32> {
    let legal = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if legal { text.parse().ok() } else { None }
}

/// Reads up to the closing `quote`: the text, and how many bytes the quote included took.
fn unquote(text: &str, quote: char) -> Option<(String, usize)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => {
                let (_, escape) = chars.next()?;
                match escape {
                    '\'' => key.push('\''),
                    'u' => {
                        let (char, more) = unicode_escape(&text[at..])?;
                        key.push(char);
                        chars.nth(more - 3);
                    }
                    _ => key.push_str(&serde_json::from_str::<String>(&format!("\"\\{escape}\"")).ok()?),
                }
            }
            _ if char == quote => return Some((key, at + 1)),
            _ => key.push(char),
        }
    }
    None
}

/// `\uXXXX`, or two of them for a character beyond the first plane: the character, and the length.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    [6, 12].into_iter().find_map(|length| {
        let char = serde_json::from_str::<String>(&format!("\"{}\"", text.get(..length)?)).ok()?;
        Some((char.chars().next()?, length))
    })
}
