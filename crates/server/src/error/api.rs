//! Why the admin listener does not do what it was asked.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use domain::event::body::BodyError;
use domain::event::sample::SampleError;
use domain::execution::status::Status;
use domain::problem::Problem;
use domain::token::Scope;
use domain::value::Value;
use engine::authoring::AuthoringError;
use engine::handle::EngineError;
use engine::people::PeopleError;
use engine::resolve::ResolveError;
use engine::runs::RunError;
use engine::secrets::SecretError;
use engine::tokens::TokenError;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use nodes::outbound::CallError;
use serde_json::json;

use super::{internal, problem, problem_with, retry, unavailable};
use crate::body::ReadError;

#[derive(Debug)]
pub(crate) enum ApiError {
    /// No token, or not the right one.
    Token,
    /// The token was right once.
    TokenExpired,
    /// The session has ended, or never was.
    Session,
    /// The token, or the user's role, does not allow it.
    Scope(Scope),
    /// A browser was brought to ask by a page that is not ours.
    Csrf,
    /// There is a first user.
    SetupDone,
    /// Not the token that `serve` has printed.
    SetupToken,
    /// Email address or password: which, is not told.
    Login,
    /// Too many attempts have failed.
    Throttled(Duration),
    /// The old password, of someone who wants another.
    OldPassword,
    /// A token has nothing to change about itself.
    NoUser,
    /// What a user is asked to be; a sentence that says why it cannot.
    User(String),
    TooManyUsers(u32),
    EmailTaken,
    LastAdmin,
    UserDisabled,
    /// Nothing is at this path.
    Route,
    /// Something is at this path, but not for this method.
    Method,
    /// There is no such thing: `workflow`, `revision`, `sample`, `execution`, `request`, `token`,
    /// `secret`, `user`, `invite`.
    Unknown(&'static str),
    /// A query parameter that cannot be read; a sentence that says why.
    Query(String),
    /// The body is not JSON by its media type.
    MediaType,
    /// The body is packed.
    Encoding,
    /// A body that cannot be read; a sentence that says why.
    Body(String),
    Read(ReadError),
    /// Documents with problems: an item for each, nothing was applied.
    Invalid(Value),
    /// The one document, or the draft, has these problems; nothing was done.
    Problems(Vec<Problem>),
    /// A save that does not say what it was made from.
    NoIfMatch,
    BadIfMatch,
    /// Someone saved the draft meanwhile.
    DraftConflict {
        edit: u32,
        your_edit: u32,
    },
    /// Nothing is published that could be run or shown.
    NotLive,
    /// The execution cannot be cancelled any more.
    Ended(Status),
    /// No endpoint would have accepted this event; a sentence that says why.
    Event(String),
    /// An execution that cannot go on from the node; a sentence that says why.
    FromNode(String),
    /// A person's word on an execution that has no effect.
    Resolve(ResolveError),
    /// A sample that gives no list of paths.
    Sample(SampleError),
    /// The workflow has as many samples as it can have; says how many that is.
    Samples(String),
    /// What a token is asked to be; a sentence that says why it cannot.
    NewToken(String),
    TooManyTokens(String),
    /// What a secret is asked to be; a sentence that says why it cannot.
    NewSecret(String),
    TooManySecrets(String),
    /// A request to the public URL that got no answer.
    Send(CallError),
    /// What the settings of the process say cannot be set.
    FromConfig,
    /// No scheme and host.
    PublicUrl,
    /// For the time being.
    Unavailable(Cow<'static, str>),
    Internal,
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { .. } => Self::Unknown("workflow"),
            store::Error::TokenNotFound { .. } => Self::Unknown("token"),
            store::Error::UserNotFound { .. } => Self::Unknown("user"),
            store::Error::InviteNotFound => Self::Unknown("invite"),
            store::Error::UsersThere => Self::SetupDone,
            store::Error::TooManyUsers { max } => Self::TooManyUsers(max),
            store::Error::EmailTaken => Self::EmailTaken,
            store::Error::LastAdmin => Self::LastAdmin,
            store::Error::UserDisabled { .. } => Self::UserDisabled,
            store::Error::SecretNotFound { .. } => Self::Unknown("secret"),
            store::Error::SampleNotFound { .. } => Self::Unknown("sample"),
            store::Error::TooManySamples { max } => Self::Samples(format!("A workflow has {max} samples at most")),
            store::Error::SamplesTooLarge { bytes_max } => {
                Self::Samples(format!("Bodies of samples take {bytes_max} bytes at most together"))
            }
            store::Error::Overloaded => Self::unavailable("Too much is waiting to be written; try again."),
            store::Error::Away { .. } => Self::unavailable("The database cannot be reached; try again."),
            store::Error::Unwilling { .. } => Self::unavailable("The database refuses; its log says why."),
            store::Error::WorkflowChanged { .. } => {
                Self::unavailable("Others change the workflow all the time; try again.")
            }
            store::Error::Full => Self::unavailable("The disk or the database is full."),
            store::Error::Broken { .. } => {
                Self::unavailable("The database has failed; the server has to be restarted.")
            }
            store::Error::Closed => Self::unavailable("The server is stopping."),
            error => Self::internal(&error),
        }
    }
}

/// But for `Invalid`, whose items the caller shapes.
impl From<AuthoringError> for ApiError {
    fn from(error: AuthoringError) -> Self {
        match error {
            AuthoringError::UnknownWorkflow(_) => Self::Unknown("workflow"),
            AuthoringError::Invalid(items) => Self::Invalid(json!(items)),
            AuthoringError::Problems(problems) => Self::Problems(problems),
            AuthoringError::DraftConflict { expected, actual } => {
                Self::DraftConflict { edit: actual, your_edit: expected }
            }
            AuthoringError::UnknownRevision(_) => Self::Unknown("revision"),
            AuthoringError::NothingLive => Self::NotLive,
            AuthoringError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::UnknownWorkflow(_) => Self::Unknown("workflow"),
            RunError::UnknownExecution(_) => Self::Unknown("execution"),
            RunError::UnknownRequest(_) => Self::Unknown("request"),
            RunError::UnknownRevision(_) => Self::Unknown("revision"),
            RunError::NothingLive => Self::NotLive,
            RunError::Invalid(problems) => Self::Problems(problems),
            RunError::Event(why) => Self::Event(why),
            RunError::FromNode(why) => Self::FromNode(why),
            RunError::NotDurable(why) => Self::Unavailable(format!("It {why}; try again.").into()),
            RunError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::UnknownExecution(_) => Self::Unknown("execution"),
            ResolveError::Store(error) => error.into(),
            error => Self::Resolve(error),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Store(error) => error.into(),
            TokenError::TooMany => Self::TooManyTokens(sentence(&error.to_string())),
            error => Self::NewToken(sentence(&error.to_string())),
        }
    }
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Invalid(error) => Self::User(sentence(&error.to_string())),
            PeopleError::Wrong => Self::Login,
            PeopleError::OldPassword => Self::OldPassword,
            PeopleError::Throttled { after } => Self::Throttled(after),
            PeopleError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Store(error) => error.into(),
            SecretError::TooMany => Self::TooManySecrets(sentence(&error.to_string())),
            error => Self::new_secret(&error),
        }
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<SampleError> for ApiError {
    fn from(error: SampleError) -> Self {
        Self::Sample(error)
    }
}

impl ApiError {
    pub(crate) fn unavailable(why: &'static str) -> Self {
        Self::Unavailable(why.into())
    }

    pub(crate) fn new_secret(why: &impl std::fmt::Display) -> Self {
        Self::NewSecret(sentence(&why.to_string()))
    }

    /// The server's own mistake: the cause goes into its log only.
    fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request to the API failed");
        Self::Internal
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let response = match self {
            Self::Token => {
                let detail = "Send a token: Authorization: Bearer <token>. \
                              One stands in admin.token in the data folder; `POST tokens` makes others.";
                challenge(problem(StatusCode::UNAUTHORIZED, "api.token", detail), "Bearer")
            }
            Self::TokenExpired => {
                let refused = problem(StatusCode::UNAUTHORIZED, "api.token_expired", "The token has expired.");
                challenge(refused, "Bearer error=\"invalid_token\"")
            }
            Self::Scope(scope) => {
                let detail = format!("Token or role lacks the scope {}.", scope.as_str());
                let refused = problem(StatusCode::FORBIDDEN, "api.scope", &detail);
                challenge(refused, &format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.as_str()))
            }
            Self::Session => {
                challenge(problem(StatusCode::UNAUTHORIZED, "api.session", "The session has ended; log in."), "Bearer")
            }
            Self::Csrf => problem(
                StatusCode::FORBIDDEN,
                "csrf",
                "This comes from a page that is not this server's own; programs send a token instead of a cookie.",
            ),
            Self::SetupDone => problem(StatusCode::CONFLICT, "setup.done", "This server has been set up; log in."),
            Self::SetupToken => problem(
                StatusCode::FORBIDDEN,
                "setup.token",
                "The first user needs the set-up token that `hookflow serve` prints when it starts.",
            ),
            Self::Login => challenge(
                problem(StatusCode::UNAUTHORIZED, "login.wrong", "Email address or password is wrong."),
                "Bearer",
            ),
            Self::Throttled(after) => {
                let after_s = u32::try_from(after.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                let detail = format!("Too many attempts have failed; try again in {after_s} seconds.");
                retry(problem(StatusCode::TOO_MANY_REQUESTS, "login.throttled", &detail), after_s)
            }
            Self::OldPassword => problem(StatusCode::FORBIDDEN, "password.wrong", "The old password is wrong."),
            Self::NoUser => {
                problem(StatusCode::FORBIDDEN, "me.no_user", "A token is nobody; this is for users who are logged in.")
            }
            Self::User(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "user.invalid", &why),
            Self::TooManyUsers(max) => {
                let detail = format!("There are {max} users already; delete some first.");
                problem(StatusCode::CONFLICT, "user.too_many", &detail)
            }
            Self::EmailTaken => {
                problem(StatusCode::CONFLICT, "user.email_taken", "Another user has this email address.")
            }
            Self::LastAdmin => problem(
                StatusCode::CONFLICT,
                "user.last_admin",
                "This is the last active admin; make somebody else an admin first.",
            ),
            Self::UserDisabled => {
                problem(StatusCode::CONFLICT, "user.disabled", "The user is disabled; let them log in again first.")
            }
            Self::Route => problem(StatusCode::NOT_FOUND, "api.unknown", "There is nothing here."),
            Self::Method => {
                problem(StatusCode::METHOD_NOT_ALLOWED, "api.method", "This is not done with this method; see Allow.")
            }
            Self::Unknown(what) => {
                problem(StatusCode::NOT_FOUND, &format!("{what}.unknown"), &format!("There is no such {what}."))
            }
            Self::Query(why) => problem(StatusCode::BAD_REQUEST, "api.query", &why),
            Self::MediaType => {
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "api.media_type", "Send the body as application/json.")
            }
            Self::Encoding => {
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "api.encoding", "Send the body without a Content-Encoding.")
            }
            Self::Body(why) => problem(StatusCode::BAD_REQUEST, "api.body", &why),
            Self::Read(error) => read_failed(error),
            Self::Invalid(items) => problem_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                "workflow.invalid",
                "Some documents have problems; nothing was applied.",
                &[("items", items)],
            ),
            Self::Problems(problems) => problem_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                "workflow.invalid",
                "The document has problems; errors says where and what to do. Nothing was done.",
                &[("errors", json!(problems))],
            ),
            Self::NoIfMatch => problem(
                StatusCode::PRECONDITION_REQUIRED,
                "draft.if_match",
                "Send If-Match with the ETag of the draft that was edited, or * to save over whatever is there.",
            ),
            Self::BadIfMatch => problem(
                StatusCode::BAD_REQUEST,
                "draft.if_match",
                "If-Match is one ETag as it came with the draft, such as \"7\", or *: no list, no weak tag.",
            ),
            Self::DraftConflict { edit, your_edit } => problem_with(
                StatusCode::CONFLICT,
                "draft.conflict",
                &format!("The draft is at edit {edit}, not {your_edit}: someone else saved it. Get it and try again."),
                &[("edit", json!(edit)), ("your_edit", json!(your_edit))],
            ),
            Self::NewToken(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "token.invalid", &why),
            Self::TooManyTokens(why) => problem(StatusCode::CONFLICT, "token.too_many", &why),
            Self::NewSecret(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "secret.invalid", &why),
            Self::TooManySecrets(why) => problem(StatusCode::CONFLICT, "secret.too_many", &why),
            Self::NotLive => problem(
                StatusCode::CONFLICT,
                "workflow.not_live",
                "No revision of the workflow is live; publish its draft first.",
            ),
            Self::Ended(status) => problem(
                StatusCode::CONFLICT,
                "execution.ended",
                &format!("The execution has ended as {}; there is nothing to cancel.", status.as_str()),
            ),
            Self::Event(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "event.invalid", &sentence(&why)),
            Self::FromNode(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "replay.from_node", &sentence(&why)),
            Self::Resolve(error) => resolve_failed(&error),
            Self::Sample(error) => sample_failed(&error),
            Self::Samples(most) => {
                problem(StatusCode::CONFLICT, "sample.too_many", &format!("{most}; delete one first."))
            }
            Self::Send(error) => send_failed(&error),
            Self::FromConfig => problem(
                StatusCode::CONFLICT,
                "settings.from_config",
                "Flags, environment or file of the server say what it is; change it there.",
            ),
            Self::PublicUrl => problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                "settings.public_url",
                "A public URL is a scheme and a host without a path, such as https://hooks.example.com.",
            ),
            Self::Unavailable(why) => unavailable("server.unavailable", &why),
            Self::Internal => internal(),
        };
        response.map(Body::new)
    }
}

/// RFC 6750 3.
fn challenge<B>(mut response: Response<B>, challenge: &str) -> Response<B> {
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn read_failed(error: ReadError) -> Response<http_body_util::Full<bytes::Bytes>> {
    match error {
        ReadError::TooLarge { max } => {
            problem(StatusCode::PAYLOAD_TOO_LARGE, "api.too_large", &format!("The body is larger than {max} bytes."))
        }
        ReadError::Slow => super::Fault::SlowBody.response(),
        ReadError::Broken => super::Fault::BrokenBody.response(),
        ReadError::NoRoom(_) => unavailable("server.unavailable", "Too many requests are being read; try again."),
    }
}

fn resolve_failed(error: &ResolveError) -> Response<http_body_util::Full<bytes::Bytes>> {
    let (status, code) = match error {
        ResolveError::NotAsked(_) => (StatusCode::CONFLICT, "execution.not_asked"),
        ResolveError::NothingToSkip => (StatusCode::UNPROCESSABLE_ENTITY, "resolve.nothing_to_skip"),
        ResolveError::Result(_) => (StatusCode::UNPROCESSABLE_ENTITY, "resolve.result"),
        ResolveError::CannotGoOn(_) => (StatusCode::UNPROCESSABLE_ENTITY, "resolve.cannot_go_on"),
        _ => (StatusCode::CONFLICT, "execution.taken"),
    };
    problem(status, code, &sentence(&error.to_string()))
}

/// The server's own URL, so nothing in the text is a stranger's.
fn send_failed(error: &CallError) -> Response<http_body_util::Full<bytes::Bytes>> {
    let (status, code) = match error {
        CallError::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "send.timeout"),
        CallError::TooLarge(_) | CallError::HeadTooLarge => (StatusCode::BAD_GATEWAY, "send.too_large"),
        _ => (StatusCode::BAD_GATEWAY, "send.unreachable"),
    };
    problem(status, code, &sentence(&error.to_string()))
}

fn sample_failed(error: &SampleError) -> Response<http_body_util::Full<bytes::Bytes>> {
    let (code, place) = match error {
        SampleError::Body(BodyError::NotJson { line, column, .. }) => ("sample.not_json", Some((line, column))),
        SampleError::Body(BodyError::TooDeep { line, column, .. }) => ("sample.too_deep", Some((line, column))),
        SampleError::TooLarge { .. } | SampleError::TooMany { .. } => ("sample.too_large", None),
    };
    let place = place.map(|(line, column)| [("line", json!(line)), ("column", json!(column))]);
    let place = place.as_ref().map_or(&[][..], |place| &place[..]);
    problem_with(StatusCode::UNPROCESSABLE_ENTITY, code, &sentence(&error.to_string()), place)
}

/// An error's text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", rest.as_str())
}

#[cfg(test)]
impl ApiError {
    /// One of each. A new one does not compile here until it has a place.
    pub(super) fn each() -> Vec<Self> {
        let body = |error| Self::Sample(SampleError::Body(error));
        let mut each = vec![
            Self::Token,
            Self::TokenExpired,
            Self::Session,
            Self::Csrf,
            Self::SetupDone,
            Self::SetupToken,
            Self::Login,
            Self::Throttled(Duration::ZERO),
            Self::OldPassword,
            Self::NoUser,
            Self::User(String::new()),
            Self::TooManyUsers(1),
            Self::EmailTaken,
            Self::LastAdmin,
            Self::UserDisabled,
            Self::Scope(Scope::Read),
            Self::Route,
            Self::Method,
            Self::Query(String::new()),
            Self::MediaType,
            Self::Encoding,
            Self::Body(String::new()),
            Self::Invalid(json!([])),
            Self::Problems(Vec::new()),
            Self::NoIfMatch,
            Self::BadIfMatch,
            Self::DraftConflict { edit: 2, your_edit: 1 },
            Self::NewToken(String::new()),
            Self::TooManyTokens(String::new()),
            Self::NewSecret(String::new()),
            Self::TooManySecrets(String::new()),
            Self::NotLive,
            Self::Ended(Status::Failed),
            Self::Event(String::new()),
            Self::FromNode(String::new()),
            Self::Samples(String::new()),
            Self::Resolve(ResolveError::NotAsked(Status::Running)),
            Self::Resolve(ResolveError::Taken),
            Self::Resolve(ResolveError::NothingToSkip),
            Self::Resolve(ResolveError::Result(String::new())),
            Self::Resolve(ResolveError::CannotGoOn(String::new())),
            Self::Unavailable("".into()),
            Self::Internal,
            Self::Send(CallError::Timeout(std::time::Duration::ZERO)),
            Self::Send(CallError::TooLarge(1)),
            Self::Send(CallError::Connect(String::new())),
            Self::FromConfig,
            Self::PublicUrl,
            body(BodyError::NotJson { message: String::new(), line: 1, column: 1 }),
            body(BodyError::TooDeep { max: 1, line: 1, column: 1 }),
            Self::Sample(SampleError::TooLarge { max: 1 }),
        ];
        each.extend(
            ["workflow", "revision", "sample", "execution", "request", "token", "secret", "user", "invite"]
                .map(Self::Unknown),
        );
        let spent = engine::budget::Spent { limit: engine::budget::Limit::Bytes, retry_after_s: 1 };
        let unread = [ReadError::TooLarge { max: 1 }, ReadError::Slow, ReadError::Broken, ReadError::NoRoom(spent)];
        each.extend(unread.map(Self::Read));
        let places: std::collections::BTreeSet<_> = each.iter().map(Self::place).collect();
        assert_eq!(places, (0..45).collect());
        each
    }

    const fn place(&self) -> u8 {
        match self {
            Self::Token => 0,
            Self::TokenExpired => 1,
            Self::Scope(_) => 2,
            Self::Route => 3,
            Self::Method => 4,
            Self::Query(_) => 5,
            Self::MediaType => 6,
            Self::Encoding => 7,
            Self::Body(_) => 8,
            Self::Invalid(_) => 9,
            Self::Problems(_) => 10,
            Self::NoIfMatch => 11,
            Self::BadIfMatch => 12,
            Self::DraftConflict { .. } => 13,
            Self::NewToken(_) => 14,
            Self::TooManyTokens(_) => 15,
            Self::NotLive => 16,
            Self::Ended(_) => 17,
            Self::Event(_) => 18,
            Self::FromNode(_) => 19,
            Self::Samples(_) => 20,
            Self::Unavailable(_) => 21,
            Self::Internal => 22,
            Self::Sample(_) => 23,
            Self::Unknown(_) => 24,
            Self::Read(_) => 25,
            Self::Resolve(_) => 26,
            Self::Session => 27,
            Self::Csrf => 28,
            Self::SetupDone => 29,
            Self::SetupToken => 30,
            Self::Login => 31,
            Self::Throttled(_) => 32,
            Self::OldPassword => 33,
            Self::NoUser => 34,
            Self::User(_) => 35,
            Self::TooManyUsers(_) => 36,
            Self::EmailTaken => 37,
            Self::LastAdmin => 38,
            Self::UserDisabled => 39,
            Self::NewSecret(_) => 40,
            Self::TooManySecrets(_) => 41,
            Self::Send(_) => 42,
            Self::FromConfig => 43,
            Self::PublicUrl => 44,
        }
    }

    /// Status and code as they are sent.
    pub(super) fn told(self) -> (u16, String) {
        use http_body_util::BodyExt as _;
        let response = self.into_response();
        let status = response.status().as_u16();
        let body = futures_util::FutureExt::now_or_never(response.into_body().collect());
        let problem: Value = serde_json::from_slice(&body.unwrap().unwrap().to_bytes()).unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    }
}
