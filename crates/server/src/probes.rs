//! `/healthz` and `/readyz`, the same on both listeners.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use engine::Engine;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response};
use http_body_util::Full;

use crate::error::{Refusal, unavailable};

/// Whether requests should be sent here.
#[derive(Debug, Clone)]
pub(crate) struct Readiness {
    engine: Engine,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, stopping: Arc::default() }
    }

    /// Not ready from now on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// `Err` says why not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.stopping.load(Ordering::Relaxed) {
            Err("the server is stopping".to_owned())
        } else {
            self.engine.ready()
        }
    }
}

/// The process lives.
pub(crate) fn health(method: &Method) -> Response<Full<Bytes>> {
    probe(method, || text("ok\n"))
}

/// The process takes requests, or says why it does not.
pub(crate) fn ready(method: &Method, readiness: &Readiness) -> Response<Full<Bytes>> {
    probe(method, || match readiness.check() {
        Ok(()) => text("ready\n"),
        Err(why) => unavailable("server.not_ready", &why),
    })
}

fn probe(method: &Method, answer: impl FnOnce() -> Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    if matches!(*method, Method::GET | Method::HEAD) {
        let mut response = answer();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    } else {
        Refusal::Method { allow: "GET, HEAD" }.response()
    }
}

fn text(body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
