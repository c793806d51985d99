//! Reads request bodies within their limit.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body;
use http_body_util::BodyExt as _;

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
    /// The connection failed on the way.
    Broken,
}

/// Reads a body of at most `limit` bytes. A longer one is refused by the length
/// it declares, or else as soon as the limit is passed.
pub(super) async fn read_body<B>(
    body: B,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Bytes, ReadError>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or_else(|| body.size_hint().lower());
    if declared > limit as u64 {
        drain(body);
        return Err(ReadError::TooLarge);
    }
    let mut body = Box::pin(body);
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| ReadError::Broken)?.into_data() else {
            continue;
        };
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
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Goes on reading for a while, outside of the call.
fn drain<B>(body: B)
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    // Without a runtime there is no connection, either.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut body = pin!(body);
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, bytes::Buf::remaining);
            if drained > DRAIN_BYTES {
                break;
            }
        }
    }));
}
