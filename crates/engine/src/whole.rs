//! Work that goes to its end, though whoever waits for it goes away.
//! ```text
//! awaited   it runs where it is awaited: no task, no wake of another thread
//! dropped   what is left of it goes on in a task of its own
//! ```
//! A stop waits for it in both cases.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::handle::Inner;

pub(crate) struct Whole<F: Future<Output: Send> + Send + 'static> {
    /// `None` once it is done, or has panicked.
    rest: Option<Pin<Box<F>>>,
    tasks: TaskTracker,
    runtime: Handle,
    _counted: TaskTrackerToken,
}

impl Inner {
    /// To its end, though whoever asked for it hangs up: between the store and its task, an execution is nobody's.
    pub(crate) fn whole<F: Future<Output: Send> + Send + 'static>(&self, work: F) -> Whole<F> {
        Whole {
            rest: Some(Box::pin(work)),
            tasks: self.tasks.clone(),
            runtime: Handle::current(),
            _counted: self.tasks.token(),
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Whole<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out, so that what panics is not begun again.
        let mut rest = self.rest.take().expect("what is done is asked no more");
        let polled = rest.as_mut().poll(context);
        if polled.is_pending() {
            self.rest = Some(rest);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Whole<F> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            drop(self.tasks.spawn_on(rest, &self.runtime));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    fn whole<F: Future<Output: Send> + Send + 'static>(tasks: &TaskTracker, work: F) -> Whole<F> {
        Whole { rest: Some(Box::pin(work)), tasks: tasks.clone(), runtime: Handle::current(), _counted: tasks.token() }
    }

    #[tokio::test]
    async fn what_is_dropped_on_the_way_goes_on_and_is_waited_for() {
        let tasks = TaskTracker::new();
        let (go, wait) = oneshot::channel::<()>();
        let done = Arc::new(());
        let held = Arc::clone(&done);
        let mut work = whole(&tasks, async move {
            let _ = wait.await;
            drop(held);
        });
        assert!(tokio::time::timeout(Duration::from_millis(5), &mut work).await.is_err());
        drop(work);
        tasks.close();
        assert!(tokio::time::timeout(Duration::from_millis(5), tasks.wait()).await.is_err(), "it is still under way");
        let _ = go.send(());
        tasks.wait().await;
        assert_eq!(Arc::strong_count(&done), 1);
    }

    #[tokio::test]
    async fn what_is_awaited_needs_no_task() {
        let tasks = TaskTracker::new();
        assert_eq!(whole(&tasks, async { 7 }).await, 7);
        assert!(tasks.is_empty());
    }
}
