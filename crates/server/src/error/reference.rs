//! Every code that stands in an answer or an execution, with what to do about it, for the reference.

/// A code, where it is met, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Of the answer.
    pub status: u16,
    pub code: &'static str,
    pub meaning: &'static str,
    pub remedy: &'static str,
}

const fn told(status: u16, code: &'static str, meaning: &'static str, remedy: &'static str) -> ErrorInfo {
    ErrorInfo { status, code, meaning, remedy }
}

const AGAIN: &str = "Try again after the seconds in `Retry-After`.";
const LIST: &str = "Look it up in the list.";

/// What the admin API says no with.
pub const API_ERRORS: &[ErrorInfo] = &[
    told(401, "api.token", "No token, or one that is unknown or was revoked.", "Send `Authorization: Bearer <token>`."),
    told(401, "api.token_expired", "The token has expired.", "Make another with `POST tokens`."),
    told(401, "api.session", "The session has ended, or its cookie holds none.", "Log in."),
    told(
        403,
        "api.scope",
        "The token or the user's role lacks the scope that `detail` names.",
        "Use a token with that scope; ask an admin for another role.",
    ),
    told(
        403,
        "csrf",
        "A request with a cookie, or to get one, that does not come from this server's own pages.",
        "Programs send a token; browsers say `Sec-Fetch-Site` or `Origin` by themselves.",
    ),
    told(404, "api.unknown", "There is nothing at this path.", "Look the path up in `/api/openapi.json`."),
    told(405, "api.method", "There is something, but not for this method.", "Use a method that `Allow` lists."),
    told(400, "api.query", "A query parameter is unknown, there twice or cannot be read.", "Mend what `detail` names."),
    told(400, "api.body", "The body is not JSON, or not of the shape that is asked for.", "Mend what `detail` names."),
    told(413, "api.too_large", "The body is too large.", "Send less, in several requests."),
    told(415, "api.media_type", "The body is not JSON by its `Content-Type`.", "Send `application/json`."),
    told(415, "api.encoding", "The body is packed.", "Send it without a `Content-Encoding`."),
    told(408, "http.slow_body", "The body took too long to arrive.", "Send it again, faster."),
    told(400, "http.broken_body", "The body broke off or is badly framed.", "Send it again, whole."),
    told(404, "workflow.unknown", "There is no such workflow, or no longer.", LIST),
    told(404, "revision.unknown", "The workflow has no such revision.", LIST),
    told(404, "sample.unknown", "The workflow has no such sample.", LIST),
    told(404, "execution.unknown", "There is no such execution, or retention has taken it.", LIST),
    told(404, "request.unknown", "There is no such request, or retention has taken it.", LIST),
    told(404, "secret.unknown", "There is no secret of this name, or it was deleted.", LIST),
    told(404, "token.unknown", "There is no such token, or it was revoked.", LIST),
    told(404, "user.unknown", "There is no such user, or it was deleted.", LIST),
    told(
        404,
        "invite.unknown",
        "There is no such invite, or it was taken, taken back or has expired.",
        "Ask an admin for another: `hookflow user reset`.",
    ),
    told(
        422,
        "workflow.invalid",
        "A document has problems, in `errors` or `items`. Nothing was done.",
        "Mend each: [problem codes](problems.md).",
    ),
    told(
        428,
        "draft.if_match",
        "The save does not say what it was made from.",
        "Send `If-Match` with the draft's `ETag`, or `*`.",
    ),
    told(400, "draft.if_match", "`If-Match` is not one strong `ETag` or `*`.", "Send the `ETag` as it came."),
    told(
        409,
        "draft.conflict",
        "Someone saved the draft meanwhile: `edit` is its edit now, `your_edit` was yours.",
        "Get the draft, put your change in, save again.",
    ),
    told(409, "workflow.not_live", "No revision of the workflow is live.", "Publish its draft."),
    told(409, "execution.ended", "The execution has ended.", "Nothing: there is nothing to cancel."),
    told(
        409,
        "execution.not_asked",
        "The execution does not wait for a person.",
        "Nothing: it runs, waits for a timer, or has ended.",
    ),
    told(
        409,
        "execution.taken",
        "Somebody else's word came first, or the server is stopping.",
        "Look at the execution; if it still waits, try again.",
    ),
    told(422, "resolve.nothing_to_skip", "It stands between two nodes.", "Let it run again, or fail."),
    told(422, "resolve.result", "The result nests too deep, or the action takes none.", "Mend what `detail` names."),
    told(422, "resolve.cannot_go_on", "What it runs or its record cannot be read.", "Let it fail; replay its event."),
    told(422, "event.invalid", "No endpoint would have accepted this event.", "Mend what `detail` names."),
    told(
        422,
        "replay.from_node",
        "The execution cannot go on from this node.",
        "Replay from another, or from the start.",
    ),
    told(422, "sample.not_json", "The sample is not JSON, at `line` and `column`.", "Mend it there."),
    told(422, "sample.too_deep", "The sample nests too deep.", "Take a flatter sample."),
    told(422, "sample.too_large", "The sample is too large, or has too many paths.", "Take a smaller sample."),
    told(409, "sample.too_many", "The workflow has as many samples as it can have.", "Delete one first."),
    told(422, "secret.invalid", "The name or the value cannot be those of a secret.", "Mend what `detail` names."),
    told(409, "secret.too_many", "There are as many secrets as there can be.", "Delete those that are not used."),
    told(422, "token.invalid", "The token cannot be made so.", "Mend what `detail` names."),
    told(409, "token.too_many", "There are as many tokens as there can be.", "Revoke those that are not used."),
    told(409, "setup.done", "There are users already.", "Log in, or ask an admin for an invite."),
    told(
        403,
        "setup.token",
        "The first user needs the set-up token, and this is not it.",
        "Take it from what `hookflow serve` printed when it started last.",
    ),
    told(
        401,
        "login.wrong",
        "There is no such user, the password is another, or the user is disabled or has none yet.",
        "Try again, or ask an admin for an invite, which sets a new password.",
    ),
    told(429, "login.throttled", "Too many attempts have failed.", AGAIN),
    told(403, "password.wrong", "The old password is wrong.", "Try again, or ask an admin for an invite."),
    told(403, "me.no_user", "A token asks to change its user, and has none.", "Log in, or use `users`."),
    told(422, "user.invalid", "The user cannot be so.", "Mend what `detail` names."),
    told(409, "user.too_many", "There are as many users as there can be.", "Delete those that are not needed."),
    told(409, "user.email_taken", "Another user has this email address.", "Use another."),
    told(
        409,
        "user.last_admin",
        "Without this user nobody could manage the others.",
        "Make another active user an admin first.",
    ),
    told(409, "user.disabled", "A user who is disabled gets no invite.", "Enable the user first."),
    told(
        502,
        "send.unreachable",
        "The public URL cannot be reached from the server.",
        "Look at `detail`: a name, a proxy, a certificate? `POST settings/check` looks without a workflow.",
    ),
    told(
        502,
        "send.too_large",
        "The answer is too large to be shown.",
        "Send the request with `hookflow send` or curl.",
    ),
    told(504, "send.timeout", "There was no answer within 60 seconds.", "Look at the execution in the list."),
    told(
        409,
        "settings.from_config",
        "Flags, environment or file of the server say what it is.",
        "Change it there, or leave `public_url` empty there.",
    ),
    told(422, "settings.public_url", "That is no scheme and host.", "Give `https://` and a host, without a path."),
    told(503, "server.unavailable", "The server takes nothing now; `detail` says why.", AGAIN),
    told(500, "server.error", "Something went wrong in the server.", "Look into its log; report it."),
];

/// What to do about a refusal of the public listener.
pub fn remedy(code: &str) -> &'static str {
    match code {
        "hook.unknown" => "Check the URL, and that the workflow is on and published.",
        "hook.gone" => "Ask for the new URL: `hookflow show`.",
        "hook.off" => "Switch the workflow on, or publish it.",
        "hook.method" => "Send a POST.",
        "hook.credentials" => "Send the workflow's user and password.",
        "hook.too_large" => "Send less, or raise the limit in the [settings](settings.md).",
        "hook.media_type" => "Send `Content-Type: application/json`.",
        "hook.encoding" => "Send the body as it is, or pack it once as the header says.",
        "hook.not_json" | "hook.too_deep" => "Mend the body at the line and column in `detail`.",
        "hook.loop" => {
            "Take the call that leads back here out of the workflow. If it is meant, raise `hops_max` in the [settings](settings.md)."
        }
        "hook.busy" => {
            "Wait as long as `Retry-After` says. If it lasts, raise the limit in the [settings](settings.md)."
        }
        "hook.not_durable" | "http.too_many_connections" => AGAIN,
        "http.slow_head" | "http.slow_body" => "Send it again, faster.",
        "http.broken_body" => "Send it again, whole.",
        "http.host" => "Send one `Host` header.",
        "http.transfer_encoding" => "Use a `Content-Length`, or `chunked` once.",
        "http.head_too_large" | "http.target_too_long" => "Send shorter headers, or a shorter URL.",
        _ => "Send valid HTTP/1.1.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Refusal, refusals};
    use super::*;
    use crate::error::ApiError;

    /// An error whose code is not here, or that is here and never sent, fails.
    #[test]
    fn every_error_of_the_api_is_here() {
        let sent: BTreeSet<_> = ApiError::each().into_iter().map(ApiError::told).collect();
        let listed: BTreeSet<_> = API_ERRORS.iter().map(|info| (info.status, info.code.to_owned())).collect();
        assert_eq!(listed.len(), API_ERRORS.len(), "none is there twice");
        assert_eq!(sent, listed);
    }

    #[test]
    fn every_refusal_has_a_remedy_of_its_own() {
        assert!(refusals().len() >= Refusal::each().len());
        for refusal in refusals().iter().filter(|refusal| refusal.code != "http.bad_head") {
            assert_ne!(remedy(refusal.code), remedy("anything else"), "{}", refusal.code);
        }
    }
}
