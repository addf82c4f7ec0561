//! Reading a request's body: never more bytes than allowed, never longer than a patient server
//! waits, and never more in all connections together than there is room for (`engine::budget`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::budget::{Budget, Share, Spent};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

/// Taken on a sender's word before any of it has come.
const TRUSTED_BYTES: usize = 64 << 10;
/// An answer up to here is not counted: there are no more of them than connections.
const SMALL_ANSWER_BYTES: usize = 16 << 10;

#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) bytes_max: usize,
    /// How long a body may take, beside the time it needs at `rate_min`.
    pub(crate) patience: Duration,
    /// Bytes a second.
    pub(crate) rate_min: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadError {
    TooLarge {
        max: usize,
    },
    Slow,
    /// Badly framed, or the sender has gone.
    Broken,
    /// As much is held as may be.
    NoRoom(Spent),
}

/// An answer, counted until its last byte has been sent. It is never refused, for it is on disk
/// already: whoever does not read large answers leaves less room for requests.
pub(crate) fn hold(budget: &Arc<Budget>, answer: Bytes) -> Bytes {
    if answer.len() <= SMALL_ANSWER_BYTES {
        return answer;
    }
    let mut share = budget.share(None);
    share.take(answer.len());
    Bytes::from_owner(Held { answer, _share: share })
}

struct Held {
    answer: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

/// A body on its way in. What has come so far stands in the caller's `bytes`, also after an error.
#[derive(Debug)]
pub(crate) struct Reader<'a, B> {
    body: B,
    bytes: &'a mut Vec<u8>,
    share: &'a mut Share,
    limits: BodyLimits,
    declared: Option<usize>,
    began: Instant,
}

impl<'a, B: Body<Data = Bytes> + Unpin> Reader<'a, B> {
    pub(crate) fn new(body: B, bytes: &'a mut Vec<u8>, share: &'a mut Share, limits: BodyLimits) -> Self {
        let declared = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Self { body, bytes, share, limits, declared, began: Instant::now() }
    }

    /// How long the sender says the body is; `None` when it does not say.
    pub(crate) fn declared(&self) -> Option<usize> {
        self.declared
    }

    /// Whether there is nothing in it. Reads the beginning when the sender does not say.
    pub(crate) async fn is_empty(&mut self) -> Result<bool, ReadError> {
        if let Some(declared) = self.declared {
            return Ok(declared == 0);
        }
        while self.bytes.is_empty() && self.more().await? {}
        Ok(self.bytes.is_empty())
    }

    /// Reads some more; `false` at the end.
    async fn more(&mut self) -> Result<bool, ReadError> {
        if self.body.is_end_stream() {
            return Ok(false);
        }
        let Ok(frame) = timeout_at(self.due(), self.body.frame()).await else { return Err(ReadError::Slow) };
        match frame {
            None => Ok(false),
            Some(Err(_)) => Err(ReadError::Broken),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.take(&data)?;
                }
                Ok(true)
            }
        }
    }

    /// Reads to the end.
    pub(crate) async fn rest(&mut self) -> Result<(), ReadError> {
        while self.more().await? {}
        Ok(())
    }

    fn take(&mut self, data: &[u8]) -> Result<(), ReadError> {
        let length = self.bytes.len() + data.len();
        let fits = length <= self.limits.bytes_max;
        // Even of a body that is too large, the beginning is kept for the request log.
        let data = if fits { data } else { &data[..self.limits.bytes_max - self.bytes.len()] };
        self.share.grow(data.len()).map_err(ReadError::NoRoom)?;
        if length > self.bytes.capacity() {
            let declared = self.declared.unwrap_or(0).min(self.limits.bytes_max);
            let wanted = if self.bytes.is_empty() { declared.min(TRUSTED_BYTES) } else { declared };
            match wanted.checked_sub(self.bytes.len()) {
                Some(more) if more >= data.len() => self.bytes.reserve_exact(more),
                _ => self.bytes.reserve(data.len()),
            }
        }
        self.bytes.extend_from_slice(data);
        if fits { Ok(()) } else { Err(ReadError::TooLarge { max: self.limits.bytes_max }) }
    }

    fn due(&self) -> Instant {
        let earned = Duration::from_secs_f64(self.bytes.len() as f64 / f64::from(self.limits.rate_min.max(1)));
        self.began + self.limits.patience + earned
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{Full, StreamBody};
    use hyper::body::Frame;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits { bytes_max: 10, patience: Duration::from_secs(30), rate_min: 1 };

    fn chunks(chunks: &'static [&'static str]) -> impl Body<Data = Bytes, Error = std::io::Error> + Unpin {
        StreamBody::new(stream::iter(chunks.iter().map(|chunk| Ok(Frame::data(Bytes::from_static(chunk.as_bytes()))))))
    }

    async fn read(body: impl Body<Data = Bytes> + Unpin, budget: &Arc<Budget>) -> (Result<(), ReadError>, Vec<u8>) {
        let mut bytes = Vec::new();
        let result = Reader::new(body, &mut bytes, &mut budget.share(None), LIMITS).rest().await;
        (result, bytes)
    }

    #[tokio::test]
    async fn as_many_bytes_as_allowed_are_read_and_not_one_more() {
        let budget = Budget::new(100, 100);
        assert_eq!(read(chunks(&["01234", "56789"]), &budget).await, (Ok(()), b"0123456789".to_vec()));
        let (error, came) = read(chunks(&["01234", "567890"]), &budget).await;
        assert_eq!((error, came), (Err(ReadError::TooLarge { max: 10 }), b"0123456789".to_vec()));
        assert_eq!(read(Full::new(Bytes::new()), &budget).await, (Ok(()), vec![]));
    }

    fn has_room(budget: &Arc<Budget>, bytes: usize) -> bool {
        budget.share(None).grow(bytes).is_ok()
    }

    #[tokio::test]
    async fn the_budget_is_shared_and_given_back() {
        let budget = Budget::new(12, 12);
        let mut held = budget.share(None);
        held.grow(5).unwrap();
        assert!(matches!(read(chunks(&["01234567"]), &budget).await.0, Err(ReadError::NoRoom(_))));
        drop(held);
        assert_eq!(read(chunks(&["01234567"]), &budget).await.0, Ok(()));
        assert!(has_room(&budget, 12));
    }

    #[test]
    fn a_large_answer_is_counted_until_the_last_of_it_is_gone() {
        let budget = Budget::new(SMALL_ANSWER_BYTES + 10, usize::MAX);
        let sent = hold(&budget, Bytes::from(vec![b'x'; SMALL_ANSWER_BYTES + 1]));
        let rest = sent.slice(5..);
        drop(sent);
        assert!(has_room(&budget, 9) && !has_room(&budget, 10));
        drop(rest);
        assert!(has_room(&budget, SMALL_ANSWER_BYTES + 10));
    }

    #[tokio::test]
    async fn a_declared_length_is_not_taken_on_trust() {
        let budget = Budget::new(usize::MAX, usize::MAX);
        let limits = BodyLimits { bytes_max: 1 << 30, ..LIMITS };
        let (mut bytes, mut share) = (Vec::new(), budget.share(None));
        let mut reader = Reader::new(Full::new(Bytes::from_static(b"ab")), &mut bytes, &mut share, limits);
        reader.declared = Some(1 << 29);
        reader.rest().await.unwrap();
        assert!(bytes.capacity() <= TRUSTED_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_but_bytes_earn_time() {
        let budget = Budget::new(100, 100);
        let every = |seconds: u64| {
            let drip = stream::unfold((), move |()| async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"x"))), ()))
            });
            StreamBody::new(Box::pin(drip))
        };
        let began = Instant::now();
        assert_eq!(read(every(7), &budget).await.0, Err(ReadError::Slow));
        assert_eq!(began.elapsed().as_secs(), 34, "30 seconds and one for each of four bytes");
        assert_eq!(
            read(every(1), &budget).await.0,
            Err(ReadError::TooLarge { max: 10 }),
            "a second a byte is fast enough"
        );
    }
}
