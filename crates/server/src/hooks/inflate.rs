//! Unpacks a body within its limit: a bomb is noticed when the limit is passed, not after.

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use engine::budget::Share;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::body::ReadError;
use crate::error::Refusal;
use crate::media::Encoding;

/// Unpacked at a time.
const STEP_BYTES: usize = 16 << 10;
/// Unpacked before other requests get a turn.
const TURN_BYTES: usize = 1 << 20;
/// RFC 9659: a window of 8 MB is the most a sender may ask for.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// All of `packed`, which is not empty, unpacked to at most `bytes_max`.
pub(super) async fn inflate(
    encoding: Encoding,
    packed: &[u8],
    bytes_max: usize,
    share: &mut Share,
) -> Result<Vec<u8>, Refusal> {
    // Several members one after the other are one body (RFC 1952 2.2, RFC 8878 3.1).
    let (unpacked, rest) = match encoding {
        Encoding::Identity => return Ok(packed.to_vec()),
        Encoding::Gzip => {
            let mut decoder = GzipDecoder::new(packed);
            decoder.multiple_members(true);
            (drain(&mut decoder, encoding, bytes_max, share).await?, decoder.into_inner())
        }
        // RFC 9110 8.4.1.2: `deflate` is the zlib format, but some senders leave its frame out.
        Encoding::Deflate if is_zlib(packed) => {
            let mut decoder = ZlibDecoder::new(packed);
            (drain(&mut decoder, encoding, bytes_max, share).await?, decoder.into_inner())
        }
        Encoding::Deflate => {
            let mut decoder = DeflateDecoder::new(packed);
            (drain(&mut decoder, encoding, bytes_max, share).await?, decoder.into_inner())
        }
        Encoding::Brotli => {
            let mut decoder = BrotliDecoder::new(packed);
            (drain(&mut decoder, encoding, bytes_max, share).await?, decoder.into_inner())
        }
        Encoding::Zstd => {
            let mut decoder = ZstdDecoder::with_params(packed, &[DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)]);
            decoder.multiple_members(true);
            (drain(&mut decoder, encoding, bytes_max, share).await?, decoder.into_inner())
        }
    };
    if rest.is_empty() { Ok(unpacked) } else { Err(corrupt(encoding)) }
}

/// RFC 1950 2.2: method 8, and a header that divides by 31.
fn is_zlib(packed: &[u8]) -> bool {
    matches!(packed, [method, flags, ..] if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

/// Not in this encoding, cut short, or followed by something else.
fn corrupt(encoding: Encoding) -> Refusal {
    Refusal::NotEncoded { encoding: encoding.name() }
}

async fn drain(
    decoder: &mut (impl AsyncRead + Unpin),
    encoding: Encoding,
    bytes_max: usize,
    share: &mut Share,
) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::new();
    let mut turn_ends = TURN_BYTES;
    loop {
        unpacked.reserve(STEP_BYTES);
        let read = decoder.read_buf(&mut unpacked).await.map_err(|_| corrupt(encoding))?;
        share.grow(read).map_err(ReadError::NoRoom)?;
        if unpacked.len() > bytes_max {
            return Err(ReadError::TooLarge { max: bytes_max }.into());
        }
        if read == 0 {
            unpacked.shrink_to_fit();
            return Ok(unpacked);
        }
        if unpacked.len() > turn_ends {
            turn_ends += TURN_BYTES;
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use async_compression::Level;
    use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
    use engine::budget::Budget;
    use proptest::prelude::*;

    use super::*;

    async fn packed(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match encoding {
            Encoding::Identity => { bytes }.read_to_end(&mut out).await,
            Encoding::Gzip => GzipEncoder::new(bytes).read_to_end(&mut out).await,
            Encoding::Deflate => ZlibEncoder::new(bytes).read_to_end(&mut out).await,
            Encoding::Brotli => BrotliEncoder::with_quality(bytes, Level::Precise(5)).read_to_end(&mut out).await,
            Encoding::Zstd => ZstdEncoder::new(bytes).read_to_end(&mut out).await,
        }
        .unwrap();
        out
    }

    const PACKED: [Encoding; 4] = [Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];

    async fn unpack(encoding: Encoding, bytes: &[u8], max: usize) -> Result<Vec<u8>, Refusal> {
        inflate(encoding, bytes, max, &mut Budget::new(usize::MAX, usize::MAX).share(None)).await
    }

    #[tokio::test]
    async fn every_encoding_is_unpacked_up_to_the_limit() {
        let body = br#"{"order":{"id":"A-1"}}"#.repeat(1_000);
        for encoding in PACKED {
            let bytes = packed(encoding, &body).await;
            assert_eq!(unpack(encoding, &bytes, body.len()).await.as_ref(), Ok(&body), "{encoding:?}");
            let max = body.len() - 1;
            assert_eq!(unpack(encoding, &bytes, max).await, Err(Refusal::TooLarge { max }), "{encoding:?}");
        }
        let mut raw = Vec::new();
        DeflateEncoder::new(body.as_slice()).read_to_end(&mut raw).await.unwrap();
        assert_eq!(unpack(Encoding::Deflate, &raw, body.len()).await, Ok(body), "deflate without a frame");
    }

    #[tokio::test]
    async fn a_bomb_costs_no_more_than_the_limit() {
        let zeros = vec![0; 64 << 20];
        for encoding in PACKED {
            let bomb = packed(encoding, &zeros).await;
            let budget = Budget::new(2 << 20, 2 << 20);
            let result = inflate(encoding, &bomb, 1 << 20, &mut budget.share(None)).await;
            assert_eq!(result, Err(Refusal::TooLarge { max: 1 << 20 }), "{encoding:?}");
        }
    }

    #[tokio::test]
    async fn what_is_cut_short_or_followed_by_more_is_corrupt() {
        for encoding in PACKED {
            let bytes = packed(encoding, b"{\"a\":1}").await;
            for end in 1..bytes.len() {
                let cut = unpack(encoding, &bytes[..end], 100).await;
                assert_eq!(cut, Err(corrupt(encoding)), "{encoding:?} cut at {end} of {}", bytes.len());
            }
            let more = [bytes.as_slice(), b"more"].concat();
            assert_eq!(unpack(encoding, &more, 100).await, Err(corrupt(encoding)), "{encoding:?}");
            assert_eq!(unpack(encoding, b"{\"a\":1}", 100).await, Err(corrupt(encoding)), "{encoding:?}");
        }
    }

    #[tokio::test]
    async fn members_in_a_row_are_one_body() {
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let bytes = [packed(encoding, b"{\"a\"").await, packed(encoding, b":1}").await].concat();
            assert_eq!(unpack(encoding, &bytes, 100).await, Ok(b"{\"a\":1}".to_vec()), "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_or_pass_the_limit(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for encoding in PACKED {
                if let Ok(unpacked) = runtime.block_on(unpack(encoding, &bytes, 1_000)) {
                    prop_assert!(unpacked.len() <= 1_000);
                }
            }
        }
    }
}
