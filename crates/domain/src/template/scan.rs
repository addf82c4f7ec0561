//! Finds the expressions in a text, and what in an expression is not code.
//!
//! Only as much of JSONata is known here as finding `}}` and paths needs: quoted texts ("…", '…',
//! `…`), comments and regular expressions pass as one piece, and braces are counted.

use std::ops::Range;

/// A part of a template's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// Without the braces.
    Expression(&'a str),
}

/// A `{{` that no `}}` closes, at this byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclosed(pub(super) usize);

/// Cuts a template's text into pieces. Empty texts are left out.
pub(super) fn split(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(opening) = rest.find("{{") {
        let inside = &rest[opening + 2..];
        let length = expression_length(inside).ok_or(Unclosed(text.len() - rest.len() + opening))?;
        if opening > 0 {
            pieces.push(Piece::Text(&rest[..opening]));
        }
        pieces.push(Piece::Expression(&inside[..length]));
        rest = &inside[length + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Up to the `}}` that closes nothing inside.
fn expression_length(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for Lexeme { range, char, .. } in Lexer::new(text) {
        match char {
            Some('{') => depth += 1,
            Some('}') if depth > 0 => depth -= 1,
            Some('}') if text[range.end..].starts_with('}') => return Some(range.start),
            _ => {}
        }
    }
    None
}

/// One step of a [`Lexer`].
#[derive(Debug)]
pub(super) struct Lexeme {
    /// In bytes.
    pub(super) range: Range<usize>,
    /// `None`: a quoted text, a comment or a regular expression.
    pub(super) char: Option<char>,
    /// What stands before it, blanks and comments left out.
    pub(super) before: Before,
}

/// The last two characters that count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) last: Option<char>,
    pub(super) second_last: Option<char>,
    /// Nothing stands between `last` and here.
    pub(super) adjacent: bool,
}

/// Walks through JSONata, character by character where it is code.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    before: Before,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, before: Before::default() }
    }

    /// Goes on behind `length` more bytes, which end an operand.
    pub(super) fn skip_operand(&mut self, length: usize) {
        self.at += length;
        self.before = Before { last: Some(')'), second_last: None, adjacent: true };
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let comment = rest.starts_with("/*");
        let opaque = match first {
            '"' | '\'' | '`' => Some(quoted_length(rest, first)),
            '/' if comment => Some(rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '/' if !self.before.ends_operand() => regex_length(rest),
            _ => None,
        };
        let start = self.at;
        self.at += opaque.unwrap_or(first.len_utf8());
        let before = self.before;
        if comment || first.is_whitespace() {
            self.before.adjacent = false;
        } else {
            // A quoted text or a regular expression counts as the quote it ends with.
            let last = if opaque.is_some() { '"' } else { first };
            self.before = Before { last: Some(last), second_last: before.last, adjacent: true };
        }
        Some(Lexeme { range: start..self.at, char: opaque.is_none().then_some(first), before })
    }
}

impl Before {
    /// Whether a `/` here divides.
    fn ends_operand(self) -> bool {
        self.last.is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '$' | ')' | ']' | '}' | '"'))
    }

    /// Whether a name here is a step of a path: after a `.` that is not the second of a range `..`.
    pub(super) fn is_step(self) -> bool {
        self.last == Some('.') && self.second_last != Some('.')
    }

    /// Whether a letter here goes on with a name.
    pub(super) fn is_in_name(self) -> bool {
        self.adjacent && self.last.is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '$'))
    }
}

/// With its quotes; to the end if it is never closed. In backquotes nothing is escaped.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        if char == '\\' && quote != '`' {
            chars.next();
        } else if char == quote {
            return at + 1;
        }
    }
    text.len()
}

/// With its slashes; `None` if no second slash follows, so that the first one divides after all.
fn regex_length(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}
