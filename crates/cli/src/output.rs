//! What a command prints on stdout: aligned text for people, JSON for programs.
//!
//! Text from outside (titles, payloads, answers) passes through [`plain`], so that nothing a sender
//! writes can steer a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// Where a command writes, and in which form.
pub(crate) struct Output {
    pub(crate) json: bool,
    sink: Box<dyn Write>,
}

impl Output {
    pub(crate) fn stdout(json: bool) -> Self {
        Self { json, sink: Box::new(io::stdout().lock()) }
    }

    /// One JSON document on a line of its own.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.sink, document)?;
        self.sink.write_all(b"\n")?;
        self.sink.flush()
    }

    pub(crate) fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.sink, "{}", line.as_ref())?;
        self.sink.flush()
    }

    /// What is meant for a file or another program, as it is.
    pub(crate) fn text(&mut self, text: &[u8]) -> io::Result<()> {
        self.sink.write_all(text)?;
        self.sink.flush()
    }

    /// One result: the document, or what it says to a person.
    pub(crate) fn either(&mut self, document: &Value, line: impl FnOnce(&Value) -> String) -> io::Result<()> {
        if self.json { self.document(document) } else { self.line(line(document)) }
    }

    /// A list: a document a line, or a table, or the sentence about `nothing`.
    pub(crate) fn list<const N: usize>(
        &mut self,
        items: &[Value],
        nothing: &str,
        head: [&str; N],
        row: impl Fn(&Value) -> [String; N],
    ) -> io::Result<()> {
        if self.json {
            items.iter().try_for_each(|item| self.document(item))
        } else if items.is_empty() {
            self.line(nothing)
        } else {
            self.table(head, &items.iter().map(row).collect::<Vec<_>>())
        }
    }

    /// The head of a list without an end, for people.
    pub(crate) fn head<const N: usize>(&mut self, head: [&str; N], widths: [usize; N]) -> io::Result<()> {
        if self.json { Ok(()) } else { self.line(cells(&head.map(str::to_owned), widths)) }
    }

    /// One more of a list without an end.
    pub(crate) fn row<const N: usize>(
        &mut self,
        item: &Value,
        widths: [usize; N],
        row: impl Fn(&Value) -> [String; N],
    ) -> io::Result<()> {
        self.either(item, |item| cells(&row(item).map(|cell| plain(&cell)), widths))
    }

    /// Columns as wide as their widest cell, the last one as it comes.
    pub(crate) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
        self.line(table(head, rows).trim_end())
    }

    /// `name  value` lines, the values under each other.
    pub(crate) fn fields(&mut self, fields: &[(&str, String)]) -> io::Result<()> {
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in fields {
            self.line(format!("{name:width$}  {}", plain(value)).trim_end())?;
        }
        Ok(())
    }
}

fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned))
        .chain(rows.iter().map(|row| row.clone().map(|cell| plain(&cell))))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        text.push_str(&cells(row, widths));
        text.push('\n');
    }
    text
}

fn cells<const N: usize>(row: &[String; N], widths: [usize; N]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    cells.join("  ").trim_end().to_owned()
}

/// The text on one line, control characters escaped.
pub(crate) fn plain(text: &str) -> String {
    escape(text, |_| false, |plain, character| plain.extend(character.escape_default()))
}

/// The text with its lines and tabs, other control characters escaped.
pub(crate) fn plain_lines(text: &str) -> String {
    let keep = |character| matches!(character, '\n' | '\t');
    escape(text, keep, |plain, character| plain.extend(character.escape_default()))
}

/// A line of JSON, control characters escaped as JSON has it. Only text can hold any.
pub(crate) fn plain_json(line: &str) -> String {
    // All of them have four digits.
    escape(line, |_| false, |plain, character| plain.push_str(&format!("\\u{:04x}", u32::from(character))))
}

fn escape(text: &str, keep: impl Fn(char) -> bool, put: impl Fn(&mut String, char)) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        // Marks that turn the direction of writing can make text look like other text.
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() || turns) && !keep(character) {
            put(&mut plain, character);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a".into(), "Ünïcode".into(), "x".into()], ["longer".into(), "b".into(), String::new()]];
        insta::assert_snapshot!(table(["KEY", "TITLE", "URL"], &rows), @r"
        KEY     TITLE    URL
        a       Ünïcode  x
        longer  b
        ");
    }

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{9b}d\u{202e}e"), r"a\u{1b}[31mb\nc\u{9b}d\u{202e}e");
        assert_eq!(plain_lines("a\nb\tc\rd"), "a\nb\tc\\rd");
    }
}
