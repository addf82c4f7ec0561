//! Whether what this server sends to its public URL comes in at its own public listener.
//! ```text
//! expect ─▶ a text nobody knows ─▶ GET <public_url>/healthz, with it ─▶ proxies ─▶ our listener? note ─▶ has come
//! ```
//! The answer is the same for everybody, so a stranger learns nothing, not even that there is such a thing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName};

/// Carries the text.
pub(crate) static CHECK: HeaderName = HeaderName::from_static("hookflow-check");

/// What was sent and has not come yet, or has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arrivals(Arc<Mutex<HashMap<String, bool>>>);

/// Something that was sent, until it is dropped.
#[derive(Debug)]
pub(crate) struct Expected {
    arrivals: Arrivals,
    pub(crate) text: String,
}

impl Arrivals {
    pub(crate) fn expect(&self) -> Expected {
        let text = crate::random::hex();
        self.lock().insert(text.clone(), false);
        Expected { arrivals: self.clone(), text }
    }

    /// A request with these headers has come in.
    pub(crate) fn note(&self, headers: &HeaderMap) {
        let Some(text) = headers.get(&CHECK).and_then(|value| value.to_str().ok()) else { return };
        if let Some(has_come) = self.lock().get_mut(text) {
            *has_come = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Expected {
    pub(crate) fn has_come(&self) -> bool {
        self.arrivals.lock().get(&self.text).copied().unwrap_or_default()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.arrivals.lock().remove(&self.text);
    }
}
