//! Responses to requests in a protocol that the server does not speak.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use http_body::Body;

use super::body::RpcBody;
use super::drain::RequestBody;
use super::read::read_body;
use super::response::JSON;
use crate::budget::Reservation;
use crate::serve::method::is_get;
use crate::wire::ForeignProtocol;

/// Creates the response to a call, or to each call of a batch.
pub(super) async fn respond_to<B>(
    foreign: ForeignProtocol,
    parts: &http::request::Parts,
    body: RequestBody<B>,
    body_limit: usize,
    timeout: Duration,
    batch_limit: usize,
    held: &mut Reservation,
) -> Response<RpcBody>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    if !foreign.is_batch(&parts.headers) {
        return respond(foreign);
    }
    let text = if is_get(&parts.method) {
        foreign.batch_in_query(parts.uri.query()).into()
    } else {
        match read_body(body, &parts.headers, body_limit, timeout, held).await {
            Ok(text) => text,
            Err(_) => return respond(foreign),
        }
    };
    response(StatusCode::MULTI_STATUS, foreign.encode_batch(&text, batch_limit))
}

/// Creates the response to a call.
pub(super) fn respond(foreign: ForeignProtocol) -> Response<RpcBody> {
    let (status, body) = foreign.response();
    response(status, body)
}

fn response(status: StatusCode, body: impl Into<bytes::Bytes>) -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
