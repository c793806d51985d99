//! Detection of requests in version 2 of the protocol.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body;

use super::body::RpcBody;
use super::drain::RequestBody;
use super::read::read_body;
use crate::budget::Reservation;
use crate::serve::method::is_get;
use crate::wire::v1::query::query_input;
use crate::wire::v2;

/// Returns `true` if the headers are those of a call or a batch of version 2.
pub(super) fn is_version2(headers: &HeaderMap) -> bool {
    v2::http::is_batch(headers) || v2::http::is_call(headers)
}

/// Creates the response to such a request: to a batch one error for each call, because
/// its client looks for its calls in the body alone.
pub(super) async fn refuse<B>(
    parts: &http::request::Parts,
    body: RequestBody<B>,
    body_limit: usize,
    body_deadline: Duration,
    batch_limit: usize,
    held: &mut Reservation,
) -> Response<RpcBody>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    if !v2::http::is_batch(&parts.headers) {
        return error();
    }
    let text = if is_get(&parts.method) {
        query_input(parts.uri.query()).into()
    } else {
        match read_body(body, &parts.headers, body_limit, body_deadline, held).await {
            Ok(text) => text,
            Err(_) => return error(),
        }
    };
    respond(StatusCode::MULTI_STATUS, v2::http::refuse_batch(&text, batch_limit))
}

/// Creates the response to a call.
pub(super) fn error() -> Response<RpcBody> {
    let status = StatusCode::from_u16(v2::STATUS).unwrap_or(StatusCode::NOT_IMPLEMENTED);
    respond(status, v2::ERROR)
}

fn respond(status: StatusCode, body: impl Into<bytes::Bytes>) -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
