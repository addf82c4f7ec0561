//! Lists: newest first, a page at a time.

use serde::Serialize;

use crate::error::ApiError;

/// What a parameter that is a moment looks like.
pub(super) const TIME: &str = "a time such as 2026-11-22T10:00:00Z";

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 500;

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Which page of a list is asked for. `C` says where the one before ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging<C> {
    pub(super) before: Option<C>,
    limit: u32,
}

impl<C: std::str::FromStr> Paging<C> {
    pub(super) fn read(cursor: Option<&str>, limit: Option<&str>) -> Result<Self, ApiError> {
        Ok(Self { before: read(cursor, "cursor", "what next_cursor said")?, limit: self::limit(limit)? })
    }
}

impl<C> Paging<C> {
    /// How many items go out.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// How many items to get: one more than goes out tells whether there is another page.
    pub(super) fn fetch(&self) -> u32 {
        self.limit + 1
    }

    pub(super) fn page<T>(&self, items: Vec<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        Page::cut(items, self.limit, cursor)
    }
}

impl<T> Page<T> {
    /// A list so short that it has one page.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// A part of a list that says itself where it goes on.
    pub(super) fn part(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor }
    }

    /// From one item more than wanted, if there are so many.
    fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Self { items, next_cursor }
    }
}

/// How many items a caller wants.
fn limit(text: Option<&str>) -> Result<u32, ApiError> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| ApiError::Query(format!("limit is a number from 1 to {LIMIT_MAX}.")))
}

/// A parameter as one of our types; `expected` says what it is.
pub(super) fn read<T: std::str::FromStr>(
    text: Option<&str>,
    name: &str,
    expected: &str,
) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse().map_err(|_| ApiError::Query(format!("{name} is {expected}.")))).transpose()
}

/// `true` or `false`.
pub(super) fn flag(text: Option<&str>, name: &str) -> Result<Option<bool>, ApiError> {
    read(text, name, "true or false")
}

/// A status such as `404`, or all of a class such as `4xx`: the first and the last of them.
pub(super) fn statuses(text: Option<&str>, name: &str) -> Result<Option<(u16, u16)>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let class = text.strip_suffix("xx").filter(|class| class.len() == 1);
    let first = class.map_or_else(|| text.parse().ok(), |class| class.parse::<u16>().ok().map(|class| class * 100));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x');
    let first = first.filter(|first| is_plain && text.len() == 3 && (100..=599).contains(first));
    let last = |first| if class.is_some() { first + 99 } else { first };
    let statuses = first.map(|first| Some((first, last(first))));
    statuses.ok_or_else(|| ApiError::Query(format!("{name} is a status such as 404, or a class such as 4xx.")))
}

/// Characters of a text to look for.
const TEXT_CHARS_MAX: usize = 200;

/// A text to look for; `None` when it is empty.
pub(super) fn text(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
        return Err(ApiError::Query(format!("q has {TEXT_CHARS_MAX} characters at most.")));
    }
    Ok(text.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let page = |items: Vec<u32>| {
            let page = Page::cut(items, 2, u32::to_string);
            (page.items, page.next_cursor)
        };
        assert_eq!(page(vec![9, 8, 7]), (vec![9, 8], Some("8".into())));
        assert_eq!(page(vec![9, 8]), (vec![9, 8], None));
        assert_eq!(page(vec![]), (vec![], None));
    }

    #[test]
    fn limits_outside_the_range_are_problems() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!((limit(Some("1")).unwrap(), limit(Some("500")).unwrap()), (1, 500));
        for text in ["0", "501", "-1", "", "x", "1.5", "99999999999"] {
            assert!(matches!(limit(Some(text)), Err(ApiError::Query(_))), "{text}");
        }
    }

    #[test]
    fn a_status_is_itself_or_a_class() {
        for (text, expected) in [("200", (200, 200)), ("4xx", (400, 499)), ("599", (599, 599))] {
            assert_eq!(statuses(Some(text), "answer").unwrap(), Some(expected), "{text}");
        }
        for text in ["", "20", "2000", "0xx", "6xx", "xxx", "2x", "+20", "20x", "-4xx", "4XX", "099"] {
            assert!(statuses(Some(text), "answer").is_err(), "{text}");
        }
    }
}
