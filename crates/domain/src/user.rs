//! People who use Hookflow in a browser: who they are, what they may, how they are known again.
//! ```text
//! invited ──sets a password──▶ active ◀──▶ disabled
//! ```
//! The password is kept as a slow hash; the texts of sessions and invites as their SHA-256, like those of
//! tokens: they hold 256 random bits.
//!
//! Not here: hashing, throttling, when a session ends (`engine`); cookies (`server`).

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Timestamp;
use crate::token::Scope;

const NAME_CHARS_MAX: usize = 100;
/// What SMTP can carry (RFC 5321, 4.5.3.1.3, without the angle brackets).
const EMAIL_BYTES_MAX: usize = 254;
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// What a user may do, as the scopes of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Makes and runs workflows.
    Editor,
    /// May do everything.
    Admin,
}

impl Role {
    pub const ALL: &[Self] = &[Self::Viewer, Self::Editor, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Viewer => &[Scope::Read],
            Self::Editor => &[Scope::Read, Scope::Operate, Scope::Author],
            Self::Admin => Scope::ALL,
        }
    }

    pub fn allows(self, scope: Scope) -> bool {
        self.scopes().contains(&scope)
    }
}

/// Why a text cannot be what it is meant to be, as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    #[error("an email address is `name@host`, without blanks, at most {EMAIL_BYTES_MAX} bytes long")]
    Email,
    #[error(
        "a name has 1 to {NAME_CHARS_MAX} characters, not all of them blanks, \
         and none that controls a terminal or turns the direction of writing"
    )]
    Name,
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes")]
    Password,
}

/// An email address, as it is written and as it is compared. It names a user; nothing is sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    written: String,
    folded: String,
}

impl Email {
    /// Trimmed, in the composed form of Unicode (NFC).
    pub fn read(text: &str) -> Result<Self, UserError> {
        let written = composed(text.trim());
        let is_shaped = written.rsplit_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.starts_with('.') && !host.ends_with('.')
        });
        let stray = |character: char| character.is_whitespace() || is_unseen(character);
        if !is_shaped || written.len() > EMAIL_BYTES_MAX || written.contains(stray) {
            return Err(UserError::Email);
        }
        let folded = folded(&written);
        Ok(Self { written, folded })
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Equal for what people take for one address: in this form no two users have the same.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// A user's name as it is kept: trimmed, in the composed form of Unicode.
pub fn read_name(text: &str) -> Result<String, UserError> {
    let name = composed(text.trim());
    let legal = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(is_unseen);
    if legal { Ok(name) } else { Err(UserError::Name) }
}

/// Passwords are taken byte for byte.
pub fn check_password(password: &str) -> Result<(), UserError> {
    let legal = password.len() <= PASSWORD_BYTES_MAX && password.chars().count() >= PASSWORD_CHARS_MIN;
    if legal { Ok(()) } else { Err(UserError::Password) }
}

fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Through capitals and back, so that `ß` is `ss`, `ſ` is `s` and both small sigmas are one.
fn folded(text: &str) -> String {
    let folded: String = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    composed(&folded)
}

/// Characters that cannot be seen, and can make a text look like another.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A password as it is kept: a hash with its salt and its cost (PHC text). Not printed in passing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Where a user's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    Active,
    /// Has no password yet.
    Invited,
    Disabled,
}

impl UserState {
    pub const ALL: &[Self] = &[Self::Active, Self::Invited, Self::Disabled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Disabled => "disabled",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    /// `None` until the invite was taken.
    pub password: Option<PasswordHash>,
    pub created_at: Timestamp,
    /// To the minute.
    pub last_seen_at: Option<Timestamp>,
}

impl User {
    pub const fn state(&self) -> UserState {
        match (self.disabled, &self.password) {
            (true, _) => UserState::Disabled,
            (false, None) => UserState::Invited,
            (false, Some(_)) => UserState::Active,
        }
    }
}

/// One browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the text that the cookie holds.
    pub digest: [u8; 32],
    pub user: UserId,
    pub created_at: Timestamp,
    /// To the minute.
    pub used_at: Timestamp,
}

/// What lets a user choose a password, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// SHA-256 of the text that is shown.
    pub digest: [u8; 32],
    pub user: UserId,
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_one_address_is_one() {
        for (a, b) in [
            ("ada@example.com", " Ada@EXAMPLE.com\n"),
            ("zoe\u{308}@example.com", "ZO\u{cb}@example.com"),
            ("straße@example.com", "STRASSE@example.com"),
            ("ſam@example.com", "sam@example.com"),
            ("ΣΊΣΥΦΟΣ@example.com", "σίσυφος@example.com"),
            ("K@example.com", "\u{212a}@example.com"),
        ] {
            assert_eq!(Email::read(a).unwrap().folded(), Email::read(b).unwrap().folded(), "{a} {b}");
        }
        let other = |a: &str, b: &str| assert_ne!(Email::read(a).unwrap().folded(), Email::read(b).unwrap().folded());
        other("ada@example.com", "ada@example.org");
        other("a.da@example.com", "ada@example.com");
        assert_eq!(Email::read(" Zoe\u{308}@example.com ").unwrap().as_str(), "Zo\u{eb}@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ada", "@example.com", "ada@", "a da@example.com", "ada@.com", "ada@example.", "a\0@b.c"] {
            assert_eq!(Email::read(text), Err(UserError::Email), "{text:?}");
        }
        assert_eq!(Email::read("a\u{202e}b@example.com"), Err(UserError::Email));
        assert_eq!(Email::read("a\u{200b}b@example.com"), Err(UserError::Email));
        assert_eq!(Email::read(&format!("{}@example.com", "a".repeat(243))), Err(UserError::Email));
        Email::read(&format!("{}@example.com", "a".repeat(242))).unwrap();
    }

    #[test]
    fn names_are_composed_and_show_what_they_hold() {
        assert_eq!(read_name("  Zoe\u{308} 李 "), Ok("Zo\u{eb} 李".into()));
        for text in ["", " \t ", "a\u{1b}[31mb", "a\u{202e}b", "a\nb", &"é".repeat(101)] {
            assert_eq!(read_name(text), Err(UserError::Name), "{text:?}");
        }
    }

    #[test]
    fn passwords_are_counted_in_characters_and_limited_in_bytes() {
        for (password, legal) in [
            ("elevenchars".to_owned(), false),
            ("twelve chars".to_owned(), true),
            ("éééééééééééé".to_owned(), true),
            ("ééééééééééé".to_owned(), false),
            ("x".repeat(1024), true),
            ("x".repeat(1025), false),
            ("é".repeat(513), false),
        ] {
            assert_eq!(check_password(&password).is_ok(), legal, "{password}");
        }
    }

    #[test]
    fn each_role_has_its_scopes() {
        use Scope::{Admin, Author, Operate, Read};
        assert_eq!(Role::Viewer.scopes(), [Read]);
        assert_eq!(Role::Editor.scopes(), [Read, Operate, Author]);
        assert_eq!(Role::Admin.scopes(), [Read, Operate, Author, Admin]);
        assert!(Role::Admin.allows(Admin) && !Role::Editor.allows(Admin) && !Role::Viewer.allows(Operate));
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }
}
