//! Parts of a request, read so that a mistake in one is a problem with a clear sentence.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::middleware::Next;
use axum::response::Response;
use engine::budget::Share;
use http::request::Parts;
use serde::de::{DeserializeOwned, Error as _, Unexpected};
use serde::{Deserialize, Deserializer};

use super::{Api, BODY, BODY_VALUES_MAX, mistake, strict};
use crate::body::{ReadError, Reader};
use crate::error::ApiError;
use crate::media::{self, Encoding};

/// The one variable element of the path.
pub(super) struct Name(pub(super) String);

impl FromRequestParts<Arc<Api>> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let name = Path::<String>::from_request_parts(parts, api).await;
        name.map(|Path(name)| Self(name)).map_err(|_| ApiError::Route)
    }
}

/// Several variable elements of the path, in their order.
pub(super) struct Names<const N: usize>(pub(super) [String; N]);

impl<const N: usize> FromRequestParts<Arc<Api>> for Names<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let names = Path::<Vec<String>>::from_request_parts(parts, api).await.map_err(|_| ApiError::Route)?;
        names.0.try_into().map(Self).map_err(|_| ApiError::Route)
    }
}

/// The query. `T` refuses names it does not know.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Api>> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, ApiError> {
        let params = Query::<T>::try_from_uri(&parts.uri);
        params.map(|Query(params)| Self(params)).map_err(|error| ApiError::Query(mistake::in_query(&error.body_text())))
    }
}

/// What a value takes in memory, with its name and its place in a list or an object.
const VALUE_BYTES: usize = 64;

/// What a request holds of the budget for bodies, until it is answered: what was made of a body can wait for
/// its turn.
#[derive(Debug, Clone, Default)]
struct Held(Arc<Mutex<Option<Share>>>);

/// Around every operation.
pub(super) async fn hold(mut request: Request, next: Next) -> Response {
    let held = Held::default();
    request.extensions_mut().insert(held.clone());
    let response = next.run(request).await;
    drop(held);
    response
}

/// The body, which is JSON.
#[derive(Default)]
pub(super) struct Document<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Document<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, ApiError> {
        let (mut bytes, mut share) = (Vec::new(), api.bodies.share(None));
        let (head, body) = request.into_parts();
        is_plain_json(&head)?;
        let reader = Reader::new(body, &mut bytes, &mut share, BODY);
        read(reader).await?;
        decode(&bytes, share, &head)
    }
}

/// `None` when there is no body, or null.
impl<T: DeserializeOwned> OptionalFromRequest<Arc<Api>> for Document<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Option<Self>, ApiError> {
        let (mut bytes, mut share) = (Vec::new(), api.bodies.share(None));
        let (head, body) = request.into_parts();
        let mut reader = Reader::new(body, &mut bytes, &mut share, BODY);
        if reader.is_empty().await? {
            return Ok(None);
        }
        is_plain_json(&head)?;
        read(reader).await?;
        let Document(document) = decode::<Option<T>>(&bytes, share, &head)?;
        Ok(document.map(Document))
    }
}

fn is_plain_json(head: &Parts) -> Result<(), ApiError> {
    // A page of another origin can send anything but this without being asked first.
    if !media::is_json(&head.headers) {
        return Err(ApiError::MediaType);
    }
    if media::encoding(&head.headers) != Some(Encoding::Identity) {
        return Err(ApiError::Encoding);
    }
    Ok(())
}

async fn read(mut reader: Reader<'_, Body>) -> Result<(), ApiError> {
    if reader.declared().is_some_and(|bytes| bytes > BODY.bytes_max) {
        return Err(ReadError::TooLarge { max: BODY.bytes_max }.into());
    }
    Ok(reader.rest().await?)
}

fn decode<T: DeserializeOwned>(bytes: &[u8], mut share: Share, head: &Parts) -> Result<Document<T>, ApiError> {
    let values = values(bytes);
    if values > BODY_VALUES_MAX {
        return Err(ApiError::Body(format!("The body has more than {BODY_VALUES_MAX} values.")));
    }
    share.grow(values * VALUE_BYTES).map_err(ReadError::NoRoom)?;
    if let Some(Held(held)) = head.extensions.get() {
        *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(share);
    }
    let document = strict::from_slice(bytes);
    document.map(Document).map_err(|error| ApiError::Body(mistake::sentence(&error)))
}

/// How many values there are at most, be it JSON or not.
fn values(bytes: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// A whole number, for which JSON also writes `11.0`.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let exact = number.as_u64().and_then(|number| u32::try_from(number).ok());
    let whole = exact.or_else(|| {
        let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within the range")]
        number.as_f64().filter(is_whole).map(|number| number as u32)
    });
    let refused = || D::Error::invalid_value(Unexpected::Other(&format!("the number `{number}`")), &"u32");
    whole.ok_or_else(refused)
}

/// The same, or null.
pub(super) fn whole_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u32);
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|whole| whole.0))
}

#[cfg(test)]
mod tests {
    use engine::budget::Budget;

    use super::*;

    #[test]
    fn values_are_counted_without_what_stands_in_texts() {
        for (text, at_most) in
            [("", 1), ("7", 1), ("[1, [2, 3], {}]", 7), (r#"{"a": "[,{", "b\\": ["\"[,", "\\", 1]}"#, 6), ("[[[,,,", 7)]
        {
            assert_eq!(values(text.as_bytes()), at_most, "{text}");
        }
    }

    #[test]
    fn what_is_held_for_a_body_is_held_until_the_request_is_answered() {
        let budget = Budget::new(10 * VALUE_BYTES, usize::MAX);
        let held = Held::default();
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.extensions.insert(held.clone());
        let document = decode::<domain::value::Value>(b"[1, 2, 3, 4]", budget.share(None), &head).unwrap();
        drop(head);
        assert!(budget.share(None).grow(6 * VALUE_BYTES).is_err());
        drop((document, held));
        assert_eq!(budget.share(None).grow(10 * VALUE_BYTES), Ok(()));
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_it_is_decoded() {
        let (head, ()) = http::Request::new(()).into_parts();
        let budget = Budget::new(usize::MAX, usize::MAX);
        let many = format!("[{}", "0,".repeat(BODY_VALUES_MAX));
        let refused = decode::<domain::value::Value>(many.as_bytes(), budget.share(None), &head);
        assert!(matches!(refused, Err(ApiError::Body(told)) if told.contains("1048576 values")));
    }
}
