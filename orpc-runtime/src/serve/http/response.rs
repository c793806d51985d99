//! Responses: their status, headers and body.

use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue,
};
use http::{Response, StatusCode};
use http_body::Body as _;

use super::answer::Answer;
use super::body::RpcBody;
use super::foreign;
use super::form::FormBody;
use super::service::Unmatched;
use crate::budget::Exhausted;
use crate::core::{Code, Error, Output};
use crate::procedure::Call;
use crate::serve::host;
use crate::wire::{Form, Protocol};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain");
const NO_TRANSFORM: HeaderValue = HeaderValue::from_static("no-cache, no-transform");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Creates the response of a successful call.
pub(super) fn respond(protocol: Protocol, answer: Answer, call: &Call) -> Response<RpcBody> {
    let mut head =
        call.used_response().map(|mut head| std::mem::take(&mut *head)).unwrap_or_default();
    let (content_type, body) = match (answer, head.take_body()) {
        (Answer::Foreign(foreign), _) => return foreign::respond(foreign),
        (Answer::Output(_), Some(bytes)) => (None, RpcBody::form(FormBody::of_file(bytes))),
        (Answer::Output(output), None) => {
            let (content_type, body) = output_body(protocol, output);
            (Some(content_type), body)
        }
        (Answer::Events(events), _) => (Some(EVENT_STREAM), RpcBody::events(events)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status().unwrap_or(StatusCode::OK);
    *response.headers_mut() = head.take_headers();
    if let Some(content_type) = content_type {
        set_content_type(&mut response, content_type);
    }
    response
}

/// Sets the content type and, for events, headers that keep intermediaries from
/// buffering, unless they are set already.
pub(super) fn set_content_type(response: &mut Response<RpcBody>, content_type: HeaderValue) {
    if response.body().is_events() {
        let headers = response.headers_mut();
        // A transformation, such as compression, would buffer events (RFC 9111, section
        // 5.2.2.6), and caches must not store them.
        headers.entry(CACHE_CONTROL).or_insert(NO_TRANSFORM);
        // nginx would buffer events.
        headers.entry(X_ACCEL_BUFFERING).or_insert(HeaderValue::from_static("no"));
    }
    response.headers_mut().insert(CONTENT_TYPE, content_type);
}

/// Returns the body of an output and its content type: a form if there are files.
fn output_body(protocol: Protocol, output: Output) -> (HeaderValue, RpcBody) {
    if output.files.is_empty() {
        return (JSON, RpcBody::json(output.envelope));
    }
    let form = Form::new(protocol, output);
    (form.content_type(), RpcBody::form(FormBody::new(form)))
}

/// Creates the response of a failed call.
pub(super) fn respond_with_error(
    protocol: Protocol,
    error: &Error,
    headers: HeaderMap,
) -> Response<RpcBody> {
    let (content_type, body) = output_body(protocol, error.output());
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        // Bodies are not decoded (RFC 9110, section 15.5.16).
        let identity = HeaderValue::from_static("identity");
        response.headers_mut().entry(ACCEPT_ENCODING).or_insert(identity);
    }
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Creates the response to a request that failed before a call had headers to add.
pub(crate) fn error_response(error: &Error) -> Response<RpcBody> {
    respond_with_error(Protocol::default(), error, HeaderMap::new())
}

/// Creates the response to a path without a procedure.
pub(super) fn unmatched() -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full("Not found"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
    response.extensions_mut().insert(Unmatched);
    response
}

/// Creates the response while the memory of the connection or the service is exhausted.
pub(super) fn no_memory(exhausted: Exhausted) -> Response<RpcBody> {
    error_response(&crate::serve::memory::no_memory(exhausted))
}

/// Creates the response to OPTIONS, which runs no procedure (RFC 9110, section 9.3.7).
pub(super) fn allowed_methods(allow: HeaderValue) -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, allow);
    response
}

/// Creates the response to a method that the resource does not have.
pub(super) fn refused_method(allow: HeaderValue) -> Response<RpcBody> {
    let headers = HeaderMap::from_iter([(ALLOW, allow)]);
    respond_with_error(Protocol::default(), &Error::new(Code::MethodNotSupported), headers)
}

/// Creates the response to a page of another origin.
pub(super) fn cross_site() -> Response<RpcBody> {
    let message = "Cross-site requests are refused unless the server allows the page's origin";
    error_response(&Error::new(Code::Forbidden).with_message(message))
}

/// Creates the response to a request with a host that is not listed.
pub(super) fn foreign_host() -> Response<RpcBody> {
    error_response(&Error::new(Code::Forbidden).with_message(host::NOT_ALLOWED))
}

/// Turns a response to GET into that to HEAD: its headers without its body.
pub(super) fn head_only(mut response: Response<RpcBody>) -> Response<RpcBody> {
    if let Some(length) = response.body().size_hint().exact()
        && response.status() != StatusCode::NO_CONTENT
    {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    response.map(|_| RpcBody::default())
}
