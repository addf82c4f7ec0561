//! What a browser may do with the UI: run what was built, talk to this server, and nothing else.

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// On the page. The nonce is of this answer alone.
pub(super) fn page(headers: &mut HeaderMap, nonce: &str) {
    asset(headers);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).expect("a nonce is hexadecimal"));
    headers.insert(OPENER_POLICY.clone(), HeaderValue::from_static("same-origin"));
}

/// On what the page brings along. Opened by itself it may do nothing, an image with a script in it neither.
pub(super) fn asset(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY.clone(), HeaderValue::from_static("same-origin"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}
