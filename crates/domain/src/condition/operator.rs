//! The operators of comparisons, by the words that documents use.

use std::fmt;

macro_rules! operators {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Operator { $($variant),+ }

        impl Operator {
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(super) fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

operators! {
    Equal = "equal",
    NotEqual = "not_equal",
    Greater = "greater",
    GreaterOrEqual = "greater_or_equal",
    Less = "less",
    LessOrEqual = "less_or_equal",
    Contains = "contains",
    NotContains = "not_contains",
    StartsWith = "starts_with",
    NotStartsWith = "not_starts_with",
    EndsWith = "ends_with",
    NotEndsWith = "not_ends_with",
    IsEmpty = "is_empty",
    IsNotEmpty = "is_not_empty",
    IsNull = "is_null",
    Exists = "exists",
    In = "in",
    NotIn = "not_in",
    Matches = "matches",
}

impl Operator {
    /// Whether it looks at the left side only.
    pub(super) fn is_unary(self) -> bool {
        matches!(self, Self::IsEmpty | Self::IsNotEmpty | Self::IsNull | Self::Exists)
    }

    /// What it can be used on, for messages.
    pub(super) fn takes(self) -> &'static str {
        match self {
            Self::Contains | Self::NotContains => "a list and anything, or text and text",
            Self::In | Self::NotIn => "anything and a list",
            Self::Matches => "text and a pattern",
            Self::StartsWith | Self::NotStartsWith | Self::EndsWith | Self::NotEndsWith => "text and text",
            _ => "anything",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
