//! The web UI: one page and its assets, embedded in the program.
//! ```text
//! /assets/…             for ever the same under its name: cached for a year, packed as the browser likes
//! /favicon.svg          and whatever else stands beside the page: asked for again with its tag
//! any other GET         of a browser that wants a page: the page, with a fresh nonce
//! /api, probes, totals  never
//! ```
//! The page knows by itself what to show at which path. Why it is sealed as it is:
//! `docs/decisions/0026-the-ui-is-embedded-and-sealed.md`.
//!
//! Not here: what the page asks for (`api`), how it is made (`web`, `build.rs`).

mod base;
mod bundle;
mod negotiate;
mod seal;
#[cfg(test)]
mod tests;

use axum::body::Body;
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION, VARY};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

pub use base::BasePath;
use bundle::{Bundle, File};

/// Below these nothing is a page, whatever a browser asks for.
const NO_PAGES: [&str; 5] = ["api", "assets", "metrics", "healthz", "readyz"];

/// What the admin listener shows to browsers.
#[derive(Debug)]
pub(crate) struct Ui {
    base: BasePath,
    bundle: &'static Bundle,
    /// The page with all in it but the nonce.
    page: String,
}

impl Ui {
    pub(crate) fn new(base: BasePath) -> Self {
        Self::of(base, &bundle::EMBEDDED)
    }

    fn of(base: BasePath, bundle: &'static Bundle) -> Self {
        let page = bundle.page.replace("__BASE__", base.as_str());
        Self { base, bundle, page }
    }

    pub(crate) fn base(&self) -> &BasePath {
        &self.base
    }

    /// `None`: the UI has nothing there. `path` is without the base path.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let name = path.strip_prefix('/')?;
        if let Some(file) = self.bundle.files.iter().find(|file| file.name == name) {
            return Some(asset(file, method, headers));
        }
        let first = name.split(['/', ';', '%']).next().unwrap_or_default();
        let is_page = matches!(*method, Method::GET | Method::HEAD) && wants_page(headers);
        (is_page && !NO_PAGES.contains(&first)).then(|| self.page())
    }

    /// To the base path as it should be written, with its slash at the end.
    pub(crate) fn at_the_base(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        let location = HeaderValue::try_from(self.base.as_str()).expect("a base path holds letters and marks only");
        response.headers_mut().insert(LOCATION, location);
        seal::asset(response.headers_mut());
        response
    }

    /// hyper leaves the bytes out when it was asked for with HEAD.
    fn page(&self) -> Response<Body> {
        let nonce = crate::random::hex();
        let page = self.page.replace("__NONCE__", &nonce);
        let mut response = Response::new(Body::from(page));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        seal::page(headers, &nonce);
        response
    }
}

/// A browser that goes somewhere names the type; programs that take anything (`*/*`) get the API's problem instead.
fn wants_page(headers: &HeaderMap) -> bool {
    let types =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    types
        .map(|part| part.split(';').next().unwrap_or_default().trim())
        .any(|kind| kind.eq_ignore_ascii_case("text/html"))
}

fn asset(file: &'static File, method: &Method, headers: &HeaderMap) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        seal::asset(response.headers_mut());
        return response;
    }
    let (encoding, bytes) = negotiate::packed(file, headers);
    let tag = format!("\"{}{}\"", file.tag, encoding.map(|name| format!("-{name}")).unwrap_or_default());
    let unchanged = negotiate::has(headers, &tag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(bytes) });
    let out = response.headers_mut();
    let for_ever = file.name.starts_with("assets/");
    let caching = if for_ever { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(ETAG, HeaderValue::try_from(tag).expect("a tag is hexadecimal"));
    if file.brotli.is_some() || file.gzip.is_some() {
        out.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    seal::asset(out);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    out.insert(CONTENT_TYPE, HeaderValue::from_static(bundle::media_type(file.name)));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
