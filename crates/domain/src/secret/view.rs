//! A text as it reads once its escapes are undone, with the way back to where each part of it stood.

use std::ops::Range;

pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// Behind each escape: the place in `bytes`, and in the text.
    behind: Vec<(usize, usize)>,
}

impl View {
    pub(super) fn plain(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), behind: Vec::new() }
    }

    /// `None`: there is nothing to undo.
    pub(super) fn without_percents(text: &str) -> Option<Self> {
        Self::undoing(text, b'%', |rest| {
            let byte = u8::try_from(hex(rest.get(1..3)?)?).ok()?;
            Some((3, Undone::Byte(byte)))
        })
    }

    /// As JSON escapes. `None`: there is nothing to undo.
    pub(super) fn without_backslashes(text: &str) -> Option<Self> {
        Self::undoing(text, b'\\', |rest| {
            let char = match rest.get(1)? {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => return unicode(rest),
                other @ (b'"' | b'\\' | b'/') => char::from(*other),
                _ => return None,
            };
            Some((2, Undone::Char(char)))
        })
    }

    fn undoing(text: &str, sign: u8, undo: impl Fn(&[u8]) -> Option<(usize, Undone)>) -> Option<Self> {
        let source = text.as_bytes();
        let mut at = memchr::memchr(sign, source)?;
        let mut view = Self { bytes: source[..at].to_vec(), behind: Vec::new() };
        while at < source.len() {
            let rest = &source[at..];
            let Some((length, undone)) = undo(rest).filter(|_| rest.first() == Some(&sign)) else {
                let next = memchr::memchr(sign, &source[at + 1..]).map_or(source.len(), |next| at + 1 + next);
                view.bytes.extend_from_slice(&source[at..next]);
                at = next;
                continue;
            };
            match undone {
                Undone::Byte(byte) => view.bytes.push(byte),
                Undone::Char(char) => view.bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            at += length;
            view.behind.push((view.bytes.len(), at));
        }
        Some(view)
    }

    /// Where a part of `bytes` stands in the text.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| match self.behind.partition_point(|(view, _)| *view <= at) {
            0 => at,
            after => self.behind[after - 1].1 + (at - self.behind[after - 1].0),
        };
        place(range.start)..place(range.end)
    }
}

enum Undone {
    Byte(u8),
    Char(char),
}

/// `\uXXXX`, or two of them for a character beyond the first plane.
fn unicode(rest: &[u8]) -> Option<(usize, Undone)> {
    let first = hex(rest.get(2..6)?)?;
    if let Some(char) = char::from_u32(first) {
        return Some((6, Undone::Char(char)));
    }
    let second = hex(rest.get(6..12)?.strip_prefix(b"\\u")?)?;
    let mut decoded = char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]);
    Some((12, Undone::Char(decoded.next()?.ok()?)))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
