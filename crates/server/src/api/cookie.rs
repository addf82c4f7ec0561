//! The cookie that holds a session.
//! ```text
//! https   __Host-hookflow_session   Secure: browsers send it over https alone, and take it from this host alone
//! http    hookflow_session          on loopback, or where `admin_insecure` says so
//! ```
//! No page can read it (`HttpOnly`), and other sites' forms and pictures do not send it (`SameSite=Lax`).

use std::time::Duration;

use domain::answer::{SESSION_COOKIE, SESSION_COOKIE_HTTPS};
use domain::token::TokenText;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Which of the two names is in use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookie {
    pub(super) https: bool,
}

impl Cookie {
    const fn name(self) -> &'static str {
        if self.https { SESSION_COOKIE_HTTPS } else { SESSION_COOKIE }
    }

    /// What a browser has sent; `Some(None)` when it can be no session of ours, or there is more than one: then
    /// somebody else has set one, and which is ours cannot be told.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<Option<TokenText>> {
        let lines = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let mut found = lines.filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
            (name == self.name().as_bytes()).then_some(value)
        });
        let first = found.next()?;
        Some(if found.next().is_none() { TokenText::read(first) } else { None })
    }

    /// Tells the browser to keep it, and for how long at most.
    pub(super) fn keep(self, session: &TokenText, lasts: Duration) -> (HeaderName, HeaderValue) {
        self.set(session.reveal(), lasts.as_secs())
    }

    /// Tells the browser to forget it.
    pub(super) fn forget(self) -> (HeaderName, HeaderValue) {
        self.set("", 0)
    }

    fn set(self, value: &str, max_age: u64) -> (HeaderName, HeaderValue) {
        let secure = if self.https { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}", self.name());
        let mut value = HeaderValue::try_from(text).expect("names and texts of sessions are ASCII");
        value.set_sensitive(true);
        (SET_COOKIE, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(https: bool, lines: &[&str]) -> Option<Option<TokenText>> {
        let headers = lines.iter().map(|line| (COOKIE, HeaderValue::from_str(line).unwrap())).collect();
        Cookie { https }.read(&headers)
    }

    #[test]
    fn the_one_cookie_of_its_name_is_read() {
        let text = TokenText::from_random([1, 2]);
        let (plain, host) =
            (format!("hookflow_session={}", text.reveal()), format!("__Host-hookflow_session={}", text.reveal()));
        assert_eq!(read(false, &[&format!("a=b; {plain}; c=d")]), Some(Some(text.clone())));
        assert_eq!(read(false, &["a=b", &plain]), Some(Some(text.clone())));
        assert_eq!(read(true, &[&format!("{plain}; {host}")]), Some(Some(text)));
        assert_eq!(read(true, &[&plain]), None);
        assert_eq!(read(false, &[&host]), None);
        assert_eq!(read(false, &[]), None);
        for strange in [
            "hookflow_session=",
            "hookflow_session=x",
            &format!("{plain}; hookflow_session=x"),
            &format!("{plain};{plain}"),
        ] {
            assert_eq!(read(false, &[strange]), Some(None), "{strange}");
        }
    }

    #[test]
    fn it_is_for_this_host_and_no_script() {
        let text = TokenText::from_random([0, 0]);
        let set = |https| Cookie { https }.keep(&text, Duration::from_secs(60)).1.to_str().unwrap().to_owned();
        let zeros = "0".repeat(50);
        assert_eq!(
            set(false),
            format!("hookflow_session=hookflow_{zeros}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60")
        );
        assert_eq!(
            set(true),
            format!("__Host-hookflow_session=hookflow_{zeros}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")
        );
        let forget = Cookie { https: false }.forget().1;
        assert_eq!(forget, "hookflow_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
