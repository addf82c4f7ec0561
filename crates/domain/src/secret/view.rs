//! A text as it reads once its escapes are undone, with the way back to where each part of it stood.

use std::ops::Range;
use std::rc::Rc;

/// Escapes inside escapes that are undone.
const DEPTH_MAX: usize = 2;

pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// Behind each escape: the place in `bytes`, and in those that it was undone in.
    behind: Vec<(usize, usize)>,
    /// `None`: the text itself.
    undone_in: Option<Rc<View>>,
}

impl View {
    /// The text as it is, and then with each kind of escapes undone, one inside the other.
    pub(super) fn each(text: &str) -> Vec<Rc<Self>> {
        let mut views = vec![Rc::new(Self { bytes: text.as_bytes().to_vec(), behind: Vec::new(), undone_in: None })];
        let mut newest = 0..1;
        for _ in 0..DEPTH_MAX {
            let inner =
                views[newest.clone()].iter().flat_map(|view| [view.without_percents(), view.without_backslashes()]);
            let inner: Vec<_> = inner.flatten().map(Rc::new).collect();
            newest = views.len()..views.len() + inner.len();
            views.extend(inner);
        }
        views
    }

    /// `None`: there is nothing to undo.
    fn without_percents(self: &Rc<Self>) -> Option<Self> {
        self.undoing(b'%', |rest| {
            let byte = u8::try_from(hex(rest.get(1..3)?)?).ok()?;
            Some((3, Undone::Byte(byte)))
        })
    }

    /// As JSON escapes. `None`: there is nothing to undo.
    fn without_backslashes(self: &Rc<Self>) -> Option<Self> {
        self.undoing(b'\\', |rest| {
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

    fn undoing(self: &Rc<Self>, sign: u8, undo: impl Fn(&[u8]) -> Option<(usize, Undone)>) -> Option<Self> {
        let source = self.bytes.as_slice();
        let mut at = memchr::memchr(sign, source)?;
        let mut view = Self { bytes: source[..at].to_vec(), behind: Vec::new(), undone_in: Some(Rc::clone(self)) };
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
        if view.behind.is_empty() {
            return None;
        }
        Some(view)
    }

    /// Where a part of `bytes` stands in the text.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| match self.behind.partition_point(|(view, _)| *view <= at) {
            0 => at,
            after => self.behind[after - 1].1 + (at - self.behind[after - 1].0),
        };
        let range = place(range.start)..place(range.end);
        self.undone_in.as_ref().map_or(range.clone(), |view| view.place(range))
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
