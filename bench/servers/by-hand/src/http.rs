//! Calls over HTTP, events as `text/event-stream`.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures::stream::{self, Stream, StreamExt as _};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_stream::wrappers::BroadcastStream;

use crate::events::{Events, Framed};
use crate::work::{self, Envelope, Invalid, Number, Text, Words};

/// Time of silence after which a stream sends a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Bytes of events that are written as one chunk.
const CHUNK: usize = 16 * 1024;

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn answer(length: usize, call: impl FnOnce(&mut Vec<u8>) -> Result<(), Invalid>) -> Response {
    let mut out = Vec::with_capacity(length + 64);
    match call(&mut out) {
        Ok(()) => json(StatusCode::OK, out),
        Err(invalid) => json(StatusCode::BAD_REQUEST, invalid.envelope()),
    }
}

async fn ping() -> Response {
    json(StatusCode::OK, r#"{"json":"pong"}"#)
}

async fn echo<W: for<'a> Kind<'a>>(body: Bytes) -> Response {
    answer(body.len(), |out| W::echo(&body, out))
}

async fn order<W: for<'a> Kind<'a>>(body: Bytes) -> Response {
    answer(body.len(), |out| W::order(&body, out))
}

/// A choice of [`Words`] that does not name their lifetime.
trait Kind<'a>: Send + 'static {
    type Words: Words<'a>;

    fn echo(input: &'a [u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
        work::echo::<Self::Words>(input, out)
    }

    fn order(input: &'a [u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
        work::order::<Self::Words>(input, out)
    }
}

struct Borrowed;

impl<'a> Kind<'a> for Borrowed {
    type Words = Text<'a>;
}

struct Owned;

impl<'a> Kind<'a> for Owned {
    type Words = String;
}

async fn publish(State(events): State<Events>, body: Bytes) -> Response {
    answer(0, |out| {
        events.publish(&work::tick(&body)?)?;
        out.extend_from_slice(b"{}");
        Ok(())
    })
}

fn event_stream(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let first = stream::once(async { Bytes::from_static(b": \n\n") });
    let body = Body::from_stream(first.chain(chunks).map(Ok::<_, Infallible>));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Writes the events that are ready as one chunk, up to 16 KiB of them.
fn chunks<T: Serialize>(
    events: impl Stream<Item = T> + Send + 'static,
) -> impl Stream<Item = Bytes> {
    let mut events = Box::pin(events.fuse());
    let mut is_done = false;
    stream::poll_fn(move |cx| {
        if is_done {
            return Poll::Ready(None);
        }
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            match events.poll_next_unpin(cx) {
                Poll::Pending if chunk.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(None) => {
                    is_done = true;
                    chunk.extend_from_slice(b"event: done\ndata: {}\n\n");
                    break;
                }
                Poll::Ready(Some(json)) => {
                    if chunk.is_empty() {
                        chunk.reserve(CHUNK + 1024);
                    }
                    chunk.extend_from_slice(b"event: message\ndata: ");
                    serde_json::to_writer(&mut chunk, &Envelope { json }).expect("JSON");
                    chunk.extend_from_slice(b"\n\n");
                }
            }
        }
        Poll::Ready(Some(chunk.into()))
    })
}

async fn count(body: Bytes) -> Response {
    match work::count(&body) {
        Ok(to) => event_stream(chunks(stream::iter((0..to).map(|n| Number { n })))),
        Err(invalid) => json(StatusCode::BAD_REQUEST, invalid.envelope()),
    }
}

async fn next(mut events: Receiver<Arc<Framed>>) -> Option<(Bytes, Receiver<Arc<Framed>>)> {
    let bytes = match tokio::time::timeout(KEEP_ALIVE, events.recv()).await {
        Ok(Ok(event)) => event.sse.clone(),
        Err(_) => Bytes::from_static(b": \n\n"),
        Ok(Err(RecvError::Closed | RecvError::Lagged(_))) => return None,
    };
    Some((bytes, events))
}

async fn subscribe(State(events): State<Events>) -> Response {
    event_stream(stream::unfold(events.subscribe(), next))
}

/// Sends the numbers as axum documents it.
async fn plain_count(body: Bytes) -> Response {
    let to = match work::count(&body) {
        Ok(to) => to,
        Err(invalid) => return json(StatusCode::BAD_REQUEST, invalid.envelope()),
    };
    let numbers = (0..to)
        .map(|n| Event::default().event("message").json_data(Envelope { json: Number { n } }));
    let done = std::iter::once_with(|| Ok(Event::default().event("done").data("{}")));
    Sse::new(stream::iter(numbers.chain(done))).keep_alive(KeepAlive::default()).into_response()
}

async fn plain_subscribe(State(events): State<Events>) -> Response {
    let events = BroadcastStream::new(events.subscribe()).map(|event| {
        let event = event?;
        Ok::<_, axum::BoxError>(Event::default().event("message").id(&event.id).data(&event.data))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| {
        let host = headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        let origin = origin.as_bytes();
        let origin = origin.strip_prefix(b"http://").or(origin.strip_prefix(b"https://"));
        origin != Some(host)
    })
}

/// Refuses the pages of other origins.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

/// The routes with inputs that borrow and chunks of many events, or those of plain code.
pub(crate) fn routes(is_plain: bool) -> Router<Events> {
    let routes = Router::new().route("/rpc/ping", post(ping)).route("/rpc/publish", post(publish));
    let routes = if is_plain {
        routes
            .route("/rpc/echo", post(echo::<Owned>))
            .route("/rpc/order", post(order::<Owned>))
            .route("/rpc/count", post(plain_count))
            .route("/rpc/subscribe", post(plain_subscribe))
    } else {
        routes
            .route("/rpc/echo", post(echo::<Borrowed>))
            .route("/rpc/order", post(order::<Borrowed>))
            .route("/rpc/count", post(count))
            .route("/rpc/subscribe", post(subscribe))
    };
    routes.layer(DefaultBodyLimit::max(1024 * 1024))
}
