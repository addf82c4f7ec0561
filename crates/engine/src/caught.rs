//! A panic in a task ends that task and nobody hears of it: what it was in the middle of would stay so.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use crate::handle::Inner;

#[derive(Debug)]
pub(crate) struct Panicked;

/// What `future` comes to, unless it panics. In a box, because it is large and what awaits it would hold it twice.
pub(crate) fn caught<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Panicked>> {
    let mut future = Box::pin(future);
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(Err(Panicked)),
    })
}

impl Inner {
    /// Runs what this server cannot do without: when it panics, only a restart puts things right.
    pub(crate) fn vital(&self, what: &'static str, future: impl Future<Output = ()>) -> impl Future<Output = ()> {
        let caught = caught(future);
        async move {
            if caught.await.is_err() {
                self.panicked_over(what);
            }
        }
    }

    pub(crate) fn panicked_over(&self, what: &'static str) {
        self.store_failed(&store::Error::Broken { reason: format!("the server panicked over {what}") });
    }
}
