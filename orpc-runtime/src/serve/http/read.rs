//! Reading of request bodies within limits.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body::Body;
use http_body_util::LengthLimitError;

use super::drain::RequestBody;
use super::form::Chunks;
use crate::budget::{Exhausted, Reservation};
use crate::clock;
use crate::core::{Chain, Code, Error, malformed_request};
use crate::schema::DecodeError;
use crate::serve::arriving::Arriving;
use crate::serve::form::{self, Form, FormError, FormLimits};
use crate::serve::memory::no_memory;
use crate::serve::patience::{Failed, Patience};
use crate::wire::Protocol;

/// Error of a body.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// Error of reading a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadError {
    /// It is longer than the limit of the service, or of a layer in front of it.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// The memory of the connection or the service is exhausted.
    NoMemory(Exhausted),
    /// The connection failed.
    Broken,
}

impl ReadError {
    /// Reads the error of a body from itself, or from the first known one that caused it.
    pub(super) fn of_body(error: BoxError) -> Self {
        tracing::debug!(error = %Chain(&*error), "a request body fails");
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
        while let Some(error) = cause {
            if error.is::<LengthLimitError>() {
                return Self::TooLarge;
            }
            if is_timeout(error) {
                return Self::Late;
            }
            // The source of an `io::Error` is that of the error in it.
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            cause = inner.map_or_else(|| error.source(), |inner| Some(inner));
        }
        Self::Broken
    }

    /// Converts it to the error for the client.
    pub(super) fn answer(self) -> Error {
        match self {
            Self::TooLarge => Error::new(Code::PayloadTooLarge),
            Self::Late => Error::new(Code::Timeout),
            Self::NoMemory(exhausted) => no_memory(exhausted),
            Self::Broken => malformed_request(DecodeError::Malformed),
        }
    }
}

/// Returns `true` if a body did not arrive in time.
fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    #[cfg(feature = "server")]
    if error.is::<crate::serve::patience::BodyTimeout>() {
        return true;
    }
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::TimedOut) || error.is::<clock::Elapsed>()
}

impl From<Failed<Self>> for ReadError {
    fn from(failed: Failed<Self>) -> Self {
        match failed {
            Failed::Late => Self::Late,
            Failed::Body(error) => error,
        }
    }
}

/// Refuses a body in a content coding, such as gzip: bodies are not decoded.
pub(super) fn refuse_codings(headers: &HeaderMap) -> Result<(), Error> {
    let is_plain = |coding: &[u8]| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    };
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    if codings.all(|value| value.as_bytes().split(|byte| *byte == b',').all(is_plain)) {
        return Ok(());
    }
    let message = "Bodies with a Content-Encoding are not supported: send the body as it is";
    Err(Error::new(Code::UnsupportedMediaType).with_message(message))
}

/// Reads a body of at most `limit` bytes, which count towards `held`. A longer one is refused by its
/// declared length, otherwise as soon as the limit is passed.
pub(super) async fn read_body<B>(
    mut body: RequestBody<B>,
    headers: &HeaderMap,
    limit: usize,
    timeout: Duration,
    held: &mut Reservation,
) -> Result<Bytes, ReadError>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let declared = declared_length(&body, headers);
    if declared > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    // None is declared for a body in chunks.
    let most = usize::try_from(declared).ok().filter(|length| *length > 0).unwrap_or(limit);
    let mut first = Bytes::new();
    let mut all = Arriving::default();
    let mut patience = Patience::new(timeout);
    while let Some(frame) = poll_fn(|cx| patience.poll_frame(Pin::new(&mut body), cx)).await {
        let Ok(mut data) = frame?.into_data() else { continue };
        if first.len() + all.len() + data.remaining() > limit {
            return Err(ReadError::TooLarge);
        }
        let data = data.copy_to_bytes(data.remaining());
        // Most bodies arrive in one piece, which is not copied.
        if first.is_empty() && all.is_empty() {
            held.grow(data.len()).map_err(ReadError::NoMemory)?;
            first = data;
        } else {
            held.shrink(first.len());
            all.push(&std::mem::take(&mut first), most, held).map_err(ReadError::NoMemory)?;
            all.push(&data, most, held).map_err(ReadError::NoMemory)?;
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if all.is_empty() { first } else { all.into_bytes() })
}

/// Returns the minimum length of a body.
pub(super) fn declared_length<B: Body>(body: &B, headers: &HeaderMap) -> u64 {
    if let Some(exact) = body.size_hint().exact() {
        return exact;
    }
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or_else(|| body.size_hint().lower())
}

/// Reads a form within its limits, likewise.
pub(super) async fn read_form<B>(
    protocol: Protocol,
    mut body: RequestBody<B>,
    headers: &HeaderMap,
    limits: &FormLimits,
    timeout: Duration,
    held: &mut Reservation,
) -> Result<Form, FormError>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    if declared_length(&body, headers) > limits.form {
        return Err(FormError::TooLarge);
    }
    let content_type = headers.get(CONTENT_TYPE).map_or(b"".as_slice(), |value| value.as_bytes());
    let mut patience = Patience::new(timeout);
    let chunks = Chunks { body: Pin::new(&mut body), patience: &mut patience };
    form::read_form_within(protocol, content_type, chunks, limits, held).await
}
