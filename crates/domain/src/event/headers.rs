//! Which headers of a request can be, and which of them are kept.
//!
//! Whatever proves who sent a request stays out of the database unless the author asks for it by
//! name. Our own session cookies are never kept: the browser that sends them to the hooks listener
//! meant the other one.

use crate::answer::session_cookie;

/// Words that headers with a signature have in their names: `x-hub-signature-256`,
/// `stripe-signature`, `webhook-signature`, `svix-signature`, `x-shopify-hmac-sha256`.
const SIGNATURE_WORDS: [&str; 2] = ["signature", "hmac"];

const PRIVATE_NAMES: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    // They do the work of a signature under another name.
    "paypal-transmission-sig",
    "x-gitlab-token",
    "x-goog-channel-token",
    "x-hook-secret",
    "x-telegram-bot-api-secret-token",
];

/// A token of RFC 9110 section 5.6.2, in any case.
pub fn is_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// No DEL and nothing of C0 but the tab. Bytes above ASCII are opaque in HTTP.
pub fn is_value(value: &str) -> bool {
    !value.chars().any(|c| c.is_ascii_control() && c != '\t')
}

/// Says how many executions a request comes from, one behind the other: a call that one of them makes says one more
/// than the request that began it. Whoever calls itself is known by it.
pub const HOPS: &str = "hookflow-hops";

/// What [`HOPS`] says; 0 where it says nothing, or no number.
pub fn hops<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> u32 {
    let said = headers.into_iter().filter(|(name, _)| *name == HOPS);
    said.filter_map(|(_, value)| value.trim().parse().ok()).max().unwrap_or(0)
}

/// Of headers with lower-case names, in their order, those that an event keeps.
///
/// `declared`: lower-case names the trigger declares. `checked`: the endpoint has credentials, so
/// that `Authorization` has done its work.
pub fn kept(
    headers: impl IntoIterator<Item = (String, String)>,
    declared: &[String],
    checked: bool,
) -> Vec<(String, String)> {
    let keep = |(name, value): (String, String)| {
        if (name == "authorization" && checked) || (is_private(&name) && !declared.contains(&name)) {
            return None;
        }
        let value = if name == "cookie" { without_sessions(value)? } else { value };
        Some((name, value))
    };
    headers.into_iter().filter_map(keep).collect()
}

fn is_private(name: &str) -> bool {
    PRIVATE_NAMES.contains(&name) || SIGNATURE_WORDS.iter().any(|word| name.contains(word))
}

/// A `Cookie` without our own; `None` when nothing is left.
fn without_sessions(cookies: String) -> Option<String> {
    let is_ours = |cookie: &str| {
        let name = cookie.split('=').next().unwrap_or(cookie).trim();
        session_cookie(name).is_some()
    };
    if !cookies.split(';').any(is_ours) {
        return Some(cookies);
    }
    let others: Vec<_> = cookies.split(';').filter(|cookie| !is_ours(cookie)).map(str::trim).collect();
    if others.iter().all(|cookie| cookie.is_empty()) { None } else { Some(others.join("; ")) }
}
