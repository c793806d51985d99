//! Reads request bodies within their limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::form::Chunks;
use crate::procedure::{Code, Error, malformed_request};
use crate::schema::DecodeError;
use crate::serve::form::{self, Form, FormError, FormLimits};
use crate::serve::patience::{Failed, Patience};

/// How much of a refused body is read and thrown away, so that a client that is
/// still sending gets to read the answer instead of a connection reset.
const DRAIN_BYTES: usize = 8 * 1024 * 1024;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadError {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// The connection failed on the way.
    Broken,
}

impl ReadError {
    /// The error as the client sees it.
    pub(super) fn answer(self) -> Error {
        match self {
            Self::TooLarge => Error::new(Code::PayloadTooLarge),
            Self::Late => Error::new(Code::Timeout),
            Self::Broken => malformed_request(DecodeError::Malformed),
        }
    }
}

/// Reads a body of at most `limit` bytes. A longer one is refused by the length
/// it declares, or else as soon as the limit is passed.
pub(super) async fn read_body<B>(
    body: B,
    headers: &HeaderMap,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, ReadError>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    if declared_length(&body, headers) > limit as u64 {
        drain(Box::pin(body));
        return Err(ReadError::TooLarge);
    }
    let mut body = Box::pin(body);
    let mut patience = Patience::new(deadline);
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| patience.poll_frame(body.as_mut(), cx)).await {
        let frame = frame.map_err(|failed| match failed {
            Failed::Late => ReadError::Late,
            Failed::Body(_) => ReadError::Broken,
        });
        let Ok(mut data) = frame?.into_data() else { continue };
        if first.len() + all.len() + data.remaining() > limit {
            drain(body);
            return Err(ReadError::TooLarge);
        }
        // Most bodies come in one piece, which then is not copied.
        if first.is_empty() && all.is_empty() {
            first = data.copy_to_bytes(data.remaining());
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data.copy_to_bytes(data.remaining()));
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The length that a body has at least.
fn declared_length<B: Body>(body: &B, headers: &HeaderMap) -> u64 {
    if let Some(exact) = body.size_hint().exact() {
        return exact;
    }
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or_else(|| body.size_hint().lower())
}

/// Reads a form within its limits, in the same way.
pub(super) async fn read_form<B>(
    body: B,
    headers: &HeaderMap,
    limits: &FormLimits,
    deadline: Duration,
) -> Result<Form, FormError>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let is_refused = declared_length(&body, headers) > limits.form;
    let mut body = Box::pin(body);
    if is_refused {
        drain(body);
        return Err(FormError::TooLarge);
    }
    let content_type = headers.get(CONTENT_TYPE).map_or(b"".as_slice(), |value| value.as_bytes());
    let mut patience = Patience::new(deadline);
    let chunks = Chunks { body: body.as_mut(), patience: &mut patience };
    let form = form::read_form(content_type, chunks, limits).await;
    if patience.is_late() {
        return Err(FormError::Late);
    }
    // The connection can go on to the next request once all is read, the form or
    // what follows it.
    if !body.is_end_stream() {
        drain(body);
    }
    form
}

/// Goes on reading for a while, outside of the call.
pub(super) fn drain<B>(mut body: Pin<Box<B>>)
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    // Without a runtime there is no connection, either.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, bytes::Buf::remaining);
            if drained > DRAIN_BYTES {
                break;
            }
        }
    }));
}
