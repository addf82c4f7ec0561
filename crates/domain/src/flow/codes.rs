//! The stable codes of problems, each with what it means. The reference page is made from
//! [`ALL`] and [`OF_CHANGES`].
//!
//! A code, once published, keeps its name and its meaning. Codes of expressions at run time are not
//! here: they stand in node runs, not in documents.

macro_rules! codes {
    ($(#[$about:meta])+ $all:ident: $($(#[doc = $meaning:literal])+ $name:ident = $code:literal;)+) => {
        $($(#[doc = $meaning])+ pub const $name: &str = $code;)+

        $(#[$about])+
        pub const $all: &[(&str, &str)] = &[$(($code, concat!($($meaning),+))),+];
    };
}

codes! {
    /// Codes of what is wrong with a document whatever the server holds, each with its meaning, in the
    /// order of the reference page.
    ALL:

    /// The file is neither YAML nor JSON.
    FILE_SYNTAX = "file.syntax";
    /// The file has more bytes or more values than a workflow file may have.
    FILE_TOO_LARGE = "file.too_large";
    /// Lists and objects are nested too deep.
    FILE_TOO_DEEP = "file.too_deep";
    /// A name stands twice in the same object.
    FILE_DUPLICATE_KEY = "file.duplicate_key";

    /// `hookflow` names a format this server does not read.
    VERSION = "document.version";
    /// A value of one type stands where another is asked for.
    WRONG_TYPE = "document.wrong_type";
    /// A field that must be there is not.
    MISSING = "document.missing";
    /// There is no field of this name here.
    UNKNOWN_FIELD = "document.unknown_field";
    /// The text is not one of the words that may stand here.
    UNKNOWN_WORD = "document.unknown_word";
    /// A number is too small or too large.
    OUT_OF_RANGE = "document.out_of_range";
    /// A text is empty or holds characters that may not stand here.
    BAD_TEXT = "document.bad_text";
    /// A text is too long.
    TOO_LONG = "document.too_long";
    /// A list has too many entries.
    TOO_MANY = "document.too_many";
    /// The same thing is listed twice.
    DUPLICATE = "document.duplicate";
    /// The endpoint key is not 11 to 64 characters 0-9 and a-z.
    ENDPOINT_KEY = "document.endpoint_key";

    /// The flow has too many nodes.
    TOO_MANY_NODES = "flow.too_many_nodes";
    /// Branches are nested too deep.
    TOO_DEEP = "flow.too_deep";
    /// The flow never gets to this node: the node before it ends the execution.
    UNREACHABLE = "flow.unreachable";

    /// The node's key is not a lower-case letter followed by letters, digits and `_`.
    NODE_KEY = "node.bad_key";
    /// Another node has the same key.
    NODE_DUPLICATE_KEY = "node.duplicate_key";
    /// There is no node kind of this name.
    NODE_UNKNOWN_KIND = "node.unknown_kind";
    /// Nodes of this kind do not have this branch.
    NODE_UNKNOWN_BRANCH = "node.unknown_branch";
    /// Nodes of this kind work only in the other mode.
    NODE_WRONG_MODE = "node.wrong_mode";

    /// There is no trigger kind of this name.
    TRIGGER_UNKNOWN_KIND = "trigger.unknown_kind";
    /// The field works only in the other mode.
    TRIGGER_WRONG_MODE = "trigger.wrong_mode";
    /// The declared path is not a path.
    TRIGGER_PATH = "trigger.bad_path";
    /// The declared header name is not a header name.
    TRIGGER_HEADER = "trigger.bad_header";

    /// The header name is not an HTTP token.
    ANSWER_HEADER_NAME = "answer.header_name";
    /// The server sets this header itself, or it could be used against other pages of this server.
    ANSWER_HEADER_DENIED = "answer.header_denied";
    /// A header value holds a line break or another control character.
    ANSWER_HEADER_VALUE = "answer.header_value";

    /// `{{` has no `}}`.
    TEMPLATE_UNCLOSED = "template.unclosed";
    /// There is nothing between the braces.
    TEMPLATE_EMPTY = "template.empty";
    /// A path begins with something other than `trigger`, `nodes`, `system` or `secrets`.
    TEMPLATE_UNKNOWN_ROOT = "template.unknown_root";
    /// A path begins with a word that can't be used at this place or in this version.
    TEMPLATE_ROOT_NOT_AVAILABLE = "template.root_not_available";
    /// `trigger` or `system` has no such member.
    TEMPLATE_UNKNOWN_MEMBER = "template.unknown_member";
    /// A template reads a node that this flow does not have.
    TEMPLATE_UNKNOWN_NODE = "template.unknown_node";
    /// A template reads a node that can't have run yet.
    TEMPLATE_LATER_NODE = "template.later_node";

    /// A secret is read as `secrets.` and its name, and nothing behind it.
    SECRET_PATH = "secret.bad_path";
    /// A secret stands in a field that takes none: the reference of the node kind says which do.
    SECRET_NOT_HERE = "secret.not_here";
    /// A secret stands in an expression: it can only be put in as it is.
    SECRET_IN_EXPRESSION = "secret.in_expression";

    /// An expression is not JSONata.
    EXPRESSION_SYNTAX = "expression.syntax";
    /// An expression uses a function that is refused here.
    EXPRESSION_REFUSED = "expression.refused";
    /// An expression is too long or nested too deep.
    EXPRESSION_TOO_LARGE = "expression.too_large";

    /// A rule is not an object.
    CONDITION_NOT_AN_OBJECT = "condition.not_an_object";
    /// A rule is none of `{all}`, `{any}`, `{left, operator, right}` and `{expression}`, or several of them at once.
    CONDITION_FORM = "condition.form";
    /// A rule has no field of this name.
    CONDITION_UNKNOWN_FIELD = "condition.unknown_field";
    /// A comparison lacks its left side, its operator or its right side.
    CONDITION_MISSING_FIELD = "condition.missing_field";
    /// `all` or `any` does not hold a list of rules.
    CONDITION_NOT_A_LIST = "condition.not_a_list";
    /// `expression` is not text.
    CONDITION_NOT_TEXT = "condition.not_text";
    /// `expression` is written without `{{` and `}}`.
    CONDITION_BRACES = "condition.braces";
    /// This operator takes no right side.
    CONDITION_NO_RIGHT = "condition.no_right";
    /// There is no operator of this name.
    CONDITION_UNKNOWN_OPERATOR = "condition.unknown_operator";
    /// The right side of `matches` is not a regular expression.
    CONDITION_PATTERN = "condition.pattern";
}

codes! {
    /// Codes of what is wrong with a change, seen beside what the server holds.
    OF_CHANGES:

    /// Another of the documents has the same key.
    KEY_DUPLICATE = "key.duplicate";
    /// The key was rotated away: it is never used again.
    KEY_RETIRED = "key.retired";
    /// The key belongs to another workflow, or to one that was deleted.
    KEY_TAKEN = "key.taken";
    /// A password has to be given: none is stored for this user name.
    PASSWORD_NEEDED = "credentials.password_needed";
    /// The field belongs to the draft or to workflow files, not to the workflow level.
    WRONG_PLACE = "document.wrong_place";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_a_sentence() {
        let all = [ALL, OF_CHANGES].concat();
        for (index, (code, meaning)) in all.iter().enumerate() {
            assert!(
                code.split('.').count() == 2 && code.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b)),
                "{code}"
            );
            assert!(meaning.trim().ends_with('.'), "{code}");
            assert!(all[..index].iter().all(|(other, _)| other != code), "{code} stands twice");
        }
    }
}
