//! From a request to a response.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;
use tracing::Instrument as _;

use super::body::{EventBody, KeepAlive, RpcBody};
use super::events::BodyEvents;
use super::form::FormBody;
use super::read::{ReadError, read_body, read_form};
use super::version2::{self, is_version2};
use crate::event::InputEvents;
use crate::procedure::{
    Call, Code, Error, EventSink, Output, RawInput, Started, StreamEnd, StreamRun, UnicodeHeaders,
    malformed_request, needs_socket, panicked,
};
use crate::router::Route;
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::serve::batch::{BatchCall, Common, answers, collect_answers, write_answers};
use crate::serve::form::{Form, FormError, FormLimits};
use crate::serve::served::{Parts, Served};
use crate::serve::time::SHORTEST;
use crate::socket::Outbox;
use crate::value::Envelope;
use crate::wire;
use crate::wire::v1::batch::{self, Item, Mode};
use crate::wire::v1::http::{InputSource, input_source, query_input};
use crate::wire::v1::sse::{self, SseWriter};
use crate::wire::v2;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("multipart/form-data");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

const MIB: usize = 1024 * 1024;

/// A stream waits while so many bytes of its events are unsent.
const STREAM_BUFFER: usize = 16 * 1024;

/// What a service needs beside the router.
#[derive(Debug, Clone)]
struct Options {
    prefix: String,
    body_limit: usize,
    form: FormLimits,
    strict_get: bool,
    batch_limit: usize,
    batch_status: StatusCode,
    batch_headers: HeaderMap,
    initial_comment: Option<Bytes>,
    keep_alive: Option<(Duration, Bytes)>,
    deadlines: Deadlines,
}

/// For what a client has to do.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    /// For the next piece of a body.
    body: Duration,
    /// For the next piece of a body of events.
    events: Duration,
}

/// The procedures of a router as a tower service over HTTP.
///
/// Made by [`Rpc::http`]. It takes any request and never fails: a path that
/// belongs to no procedure gets a plain 404 that is marked with [`Unmatched`].
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | [`body_limit`](HttpService::body_limit) | 1 MiB | PAYLOAD_TOO_LARGE, 413, before the body is read as far as it declares its length |
/// | [`form_limit`](HttpService::form_limit) of a form with files | 32 MiB | 413, before it is read as far as it declares its length |
/// | [`file_limit`](HttpService::file_limit) of one file | 16 MiB | 413 |
/// | [`files_limit`](HttpService::files_limit) of one form | 100 files | 413 |
/// | [`file_memory`](HttpService::file_memory) of one file | 1 MiB | the file is kept in a temporary one |
/// | [`body_deadline`](HttpService::body_deadline) | 20 s without a piece of a body | TIMEOUT, 408 |
/// | [`input_silence_limit`](HttpService::input_silence_limit) | 75 s without a piece of an event iterator that a client sends | the iterator ends with TIMEOUT |
/// | depth of JSON | 128 | BAD_REQUEST, 400 |
/// | items of an envelope's `meta` | 50,000 | BAD_REQUEST, 400 |
/// | issues in the answer to an invalid input | 1,000, or 1 MiB of texts and keys | one more issue says that others are left out |
/// | invalid input whose issues could take 64 MiB | some 130,000 values, fewer below long keys | one issue says that it is too large to say what is wrong |
/// | [`batch_limit`](HttpService::batch_limit) | 10 calls in one request | 413 |
/// | an event of an event iterator that a client sends: [`body_limit`](HttpService::body_limit) | 1 MiB | the iterator ends with PAYLOAD_TOO_LARGE |
/// | unsent events of a stream | 16 KiB | the stream is not polled until the client reads |
pub struct HttpService<C> {
    served: Served<C, Options>,
}

/// Marks, in a response's extensions, that no procedure has the request's path:
/// an application can answer something else instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmatched;

impl<C> Clone for HttpService<C> {
    fn clone(&self) -> Self {
        Self { served: self.served.clone() }
    }
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Serves the router over HTTP, each call with a context from `context`:
    /// a `C`, an `Arc<C>`, or an `async fn(&Call) -> Result<C, E>`.
    pub fn http<How>(&self, context: impl IntoContext<C, How>) -> HttpService<C> {
        let options = Options {
            prefix: String::new(),
            body_limit: MIB,
            form: FormLimits {
                envelope: MIB as u64,
                file: 16 * MIB as u64,
                files: 100,
                form: 32 * MIB as u64,
                memory: MIB as u64,
            },
            strict_get: true,
            batch_limit: 10,
            batch_status: StatusCode::MULTI_STATUS,
            batch_headers: HeaderMap::new(),
            initial_comment: Some(sse::comment("").into()),
            keep_alive: Some((Duration::from_secs(5), sse::comment("").into())),
            deadlines: Deadlines { body: Duration::from_secs(20), events: Duration::from_secs(75) },
        };
        HttpService { served: Served::new(self.clone(), context.into_context(), options) }
    }
}

impl<C: Send + Sync + 'static> HttpService<C> {
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        Self { served: self.served.with(change) }
    }

    /// The path below which the procedures lie, such as `/rpc`. Not needed where
    /// a router in front strips it, as axum's `nest_service` does.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix).to_owned();
        self.with(|options| options.prefix = prefix)
    }

    /// The longest body in bytes; 1 MiB unless set. Of a form with files it
    /// bounds the part that is no file, of an event iterator each event.
    #[must_use]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with(|options| {
            options.body_limit = bytes;
            options.form.envelope = bytes as u64;
        })
    }

    /// The longest form with files in bytes; 32 MiB unless set.
    #[must_use]
    pub fn form_limit(self, bytes: u64) -> Self {
        self.with(|options| options.form.form = bytes)
    }

    /// The largest file of a form in bytes; 16 MiB unless set.
    #[must_use]
    pub fn file_limit(self, bytes: u64) -> Self {
        self.with(|options| options.form.file = bytes)
    }

    /// How many files a form may hold; 100 unless set.
    #[must_use]
    pub fn files_limit(self, files: usize) -> Self {
        self.with(|options| options.form.files = files)
    }

    /// The largest file in bytes that is kept in memory while its call runs;
    /// 1 MiB unless set. A larger one is written to a temporary file, in the
    /// directory that the environment names (`TMPDIR`, else `/tmp`): not of use
    /// where that is memory itself.
    #[must_use]
    pub fn file_memory(self, bytes: u64) -> Self {
        self.with(|options| options.form.memory = bytes)
    }

    /// Whether GET is refused for procedures that do not allow it, with
    /// METHOD_NOT_SUPPORTED. On unless set: a GET can be sent by any web page.
    #[must_use]
    pub fn strict_get(self, strict: bool) -> Self {
        self.with(|options| options.strict_get = strict)
    }

    /// How many calls one request of the official batch plugin may hold; 10
    /// unless set. They run side by side.
    #[must_use]
    pub fn batch_limit(self, calls: usize) -> Self {
        self.with(|options| options.batch_limit = calls)
    }

    /// The status and headers of the response to a batch, whatever becomes of its
    /// calls; 207 and none unless set.
    #[must_use]
    pub fn batch_response(self, status: StatusCode, headers: HeaderMap) -> Self {
        self.with(|options| {
            options.batch_status = status;
            options.batch_headers = headers;
        })
    }

    /// The comment that opens every event stream, so that the head is sent at
    /// once; an empty one unless set.
    #[must_use]
    pub fn initial_comment(self, text: Option<&str>) -> Self {
        self.with(|options| options.initial_comment = text.map(|text| sse::comment(text).into()))
    }

    /// After which silence a comment is sent on an event stream, and its text;
    /// an empty one every 5 s unless set.
    #[must_use]
    pub fn keep_alive(self, every: Option<(Duration, &str)>) -> Self {
        self.with(|options| {
            options.keep_alive =
                every.map(|(interval, text)| (interval.max(SHORTEST), sse::comment(text).into()));
        })
    }

    /// How long a body may bring nothing; 20 s unless set. A body that goes on for
    /// longer must bring 512 bytes per second on average. Beyond that the call fails
    /// with TIMEOUT, 408.
    #[must_use]
    pub fn body_deadline(self, time: Duration) -> Self {
        self.with(|options| options.deadlines.body = time)
    }

    /// How long an event iterator that a client sends as a body may bring nothing,
    /// not even a comment; 75 s unless set. Beyond that the iterator ends with TIMEOUT.
    #[must_use]
    pub fn input_silence_limit(self, time: Duration) -> Self {
        self.with(|options| options.deadlines.events = time)
    }

    async fn handle<B>(self, request: Request<B>) -> Result<Response<RpcBody>, Infallible>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let state = &*self.served;
        if is_version2(request.headers()) && state.below(request.uri().path()).is_some() {
            let (parts, body) = request.into_parts();
            let Options { body_limit, batch_limit, deadlines, .. } = state.options;
            let answer = version2::refuse(&parts, body, body_limit, deadlines.body, batch_limit);
            return Ok(Box::pin(answer).await);
        }
        if let Some(mode) = batch::mode(request.headers())
            && state.below(request.uri().path()).is_some()
        {
            // On its own, so that other calls are no larger for it.
            return Ok(Box::pin(state.batch(mode, request)).await);
        }
        let Some(route) = state.find(request.uri().path()) else {
            return Ok(unmatched());
        };
        let (parts, body) = request.into_parts();
        let call = Arc::new(Call::from_parts(Arc::clone(&route.target), parts));
        let span = tracing::debug_span!("rpc", procedure = call.path());
        let answer = AssertUnwindSafe(state.answer(route, &call, body)).catch_unwind();
        let answer = match answer.instrument(span.clone()).await {
            Ok(answer) => answer,
            Err(panic) => Err(span.in_scope(|| panicked(&call, &*panic))),
        };
        Ok(match answer {
            Ok(answer) => respond(answer, &call),
            Err(error) => {
                span.in_scope(|| {
                    tracing::debug!(code = error.code(), status = error.status(), "call failed");
                });
                let headers = call.response().take_headers();
                respond_with_error(&error, headers)
            }
        })
    }
}

/// The input of a call as it arrived.
enum Input {
    /// The text of the envelope.
    Envelope(Bytes),
    Form(Form),
    Events(InputEvents),
}

/// The result of a call, before it is a response.
enum Answer {
    Output(Output),
    Events(EventBody),
    /// The call is of version 2 of the protocol.
    Version2,
}

impl<C: Send + Sync + 'static> Parts<C, Options> {
    fn find(&self, path: &str) -> Option<&Route<C>> {
        self.rpc.find(self.below(path)?)
    }

    /// The path below the prefix.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(self.options.prefix.as_str())?;
        // The prefix must end where a segment does.
        (below.is_empty() || below.starts_with('/')).then_some(below)
    }

    async fn answer<B>(&self, route: &Route<C>, call: &Arc<Call>, body: B) -> Result<Answer, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let context = self.context.get(call).await?;
        let input = self.input(call.method(), call.headers(), call.uri().query(), body).await?;
        let value = match input {
            Input::Envelope(ref text) => (&text[..], Envelope::parse(text).map(RawInput::Value)),
            Input::Form(ref form) => (form.text(), form.envelope().map(RawInput::Value)),
            Input::Events(events) => (&[][..], Ok(RawInput::Events(events))),
        };
        let input = match value {
            (_, Ok(input)) => input,
            (text, Err(_)) if v2::is_envelope(text) => return Ok(Answer::Version2),
            (_, Err(malformed)) => return Err(malformed_request(malformed.into())),
        };
        if *call.method() == Method::GET
            && self.options.strict_get
            && route.target.definition.method != Method::GET
        {
            return Err(Error::new(Code::MethodNotSupported));
        }
        let sink = || EventSink::new(Outbox::new(STREAM_BUFFER), SseWriter);
        match route.procedure.start(context, Arc::clone(call), input, &sink)? {
            Started::Unary(run) => run.await.map(Answer::Output),
            Started::Stream(run, sink) => self.open(run, sink).await.map(Answer::Events),
            Started::Hibernating(_) => Err(needs_socket()),
        }
    }

    /// The input, wherever the request has it.
    async fn input<B>(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: B,
    ) -> Result<Input, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let source = input_source(method, headers);
        let deadlines = self.options.deadlines;
        match source {
            InputSource::Query => return Ok(Input::Envelope(query_input(query).into())),
            InputSource::Form => {
                // On its own, so that calls without files are no larger for it.
                let form =
                    Box::pin(read_form(body, headers, &self.options.form, deadlines.body)).await;
                return form.map(Input::Form).map_err(FormError::answer);
            }
            InputSource::Events => {
                let events = BodyEvents::new(body, self.options.body_limit, deadlines.events);
                return Ok(Input::Events(InputEvents::read(events)));
            }
            InputSource::Json | InputSource::Nowhere => {}
        }
        // A body that holds no envelope is read as well, so that the connection
        // can go on to the next request.
        let bytes = read_body(body, headers, self.options.body_limit, deadlines.body).await;
        let bytes = bytes.map_err(ReadError::answer)?;
        let text = if source == InputSource::Json { bytes } else { Bytes::new() };
        Ok(Input::Envelope(text))
    }

    /// Answers many calls in one response.
    async fn batch<B>(&self, mode: Mode, request: Request<B>) -> Response<RpcBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let (parts, body) = request.into_parts();
        let text = if parts.method == Method::GET {
            batch::query_items(parts.uri.query()).into()
        } else {
            let (limit, deadline) = (self.options.body_limit, self.options.deadlines.body);
            match read_body(body, &parts.headers, limit, deadline).await {
                Ok(text) => text,
                Err(error) => return respond_with_error(&error.answer(), HeaderMap::new()),
            }
        };
        let items = match batch::read(&text, self.options.batch_limit) {
            Ok(items) => items,
            Err(bad) => {
                let mut response = Response::new(RpcBody::full(bad.body()));
                *response.status_mut() = bad.status();
                response.headers_mut().insert(CONTENT_TYPE, JSON);
                return response;
            }
        };
        let status = self.options.batch_status;
        let mut answers = answers(&self.context, self.batch_calls(items, &parts));
        match mode {
            Mode::Buffered => {
                let body = collect_answers(&mut answers, status).await;
                self.batch_response(JSON, RpcBody::full(body))
            }
            Mode::Streaming => {
                let sink = EventSink::new(Outbox::new(STREAM_BUFFER), SseWriter);
                let run = write_answers(answers, status, Arc::clone(&sink));
                let run = run.map(|()| Ok(StreamEnd(None))).boxed();
                let events = match self.events(run, sink).await {
                    Ok(events) => events,
                    Err(error) => return respond_with_error(&error, HeaderMap::new()),
                };
                self.batch_response(EVENT_STREAM, RpcBody::events(events))
            }
        }
    }

    fn batch_response(&self, content_type: HeaderValue, body: RpcBody) -> Response<RpcBody> {
        let mut response = Response::new(body);
        *response.status_mut() = self.options.batch_status;
        *response.headers_mut() = self.options.batch_headers.clone();
        set_content_type(&mut response, content_type);
        response
    }

    /// The calls of a batch in its order; none for one that matches no procedure.
    fn batch_calls(
        &self,
        items: Vec<Item>,
        batch: &http::request::Parts,
    ) -> Vec<Option<BatchCall<C>>> {
        // Calls are named by their whole path, of which a router in front may have
        // stripped a part: what the first call has more than the batch, whose path
        // begins with that of the first call.
        let own = batch.uri.path();
        let own = own.strip_suffix("/__batch__").unwrap_or(own);
        let stripped = items.first().and_then(|first| first.path.strip_suffix(own));
        let stripped = stripped.unwrap_or_default().to_owned();
        let common = Common {
            method: &batch.method,
            headers: &batch.headers,
            unicode: UnicodeHeaders::NONE,
            strict_get: self.options.strict_get,
        };
        let call = |item: Item| {
            let below = item.path.strip_prefix(stripped.as_str());
            let route = self.find(&item.path).or_else(|| self.find(below?))?;
            Some(BatchCall::new(item, route, &common, |target, mut parts| {
                parts.extensions = batch.extensions.clone();
                Call::from_parts(target, parts)
            }))
        };
        items.into_iter().map(call).collect()
    }

    /// Runs a stream procedure until it has returned its stream, or failed.
    async fn open(&self, run: StreamRun, sink: Arc<EventSink>) -> Result<EventBody, Error> {
        if self.rpc.is_shut_down() {
            return Err(Error::new(Code::ServiceUnavailable));
        }
        let mut events = self.events(run, sink).await?;
        events.shutdown = Some(Box::pin(self.rpc.on_shutdown()));
        events.counted = Some(Box::new(self.rpc.count_stream()));
        Ok(events)
    }

    /// Runs what writes events until it has begun, or failed.
    async fn events(&self, mut run: StreamRun, sink: Arc<EventSink>) -> Result<EventBody, Error> {
        let ended = poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(result.map(|_| true)),
            Poll::Pending if sink.is_open() => Poll::Ready(Ok(false)),
            Poll::Pending => Poll::Pending,
        })
        .await?;
        let keep_alive = self.options.keep_alive.clone();
        Ok(EventBody {
            run: (!ended).then_some(run),
            sink,
            initial: self.options.initial_comment.clone(),
            keep_alive: keep_alive.map(|(interval, comment)| KeepAlive::new(interval, comment)),
            shutdown: None,
            span: tracing::Span::current(),
            counted: None,
        })
    }
}

fn respond(answer: Answer, call: &Call) -> Response<RpcBody> {
    let mut head = call.response();
    let (content_type, body) = match (answer, head.take_body()) {
        (Answer::Version2, _) => return version2::error(),
        (Answer::Output(_), Some(bytes)) => (None, RpcBody::form(FormBody::of_file(bytes))),
        (Answer::Output(output), None) => {
            let (content_type, body) = output_body(output);
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

fn set_content_type(response: &mut Response<RpcBody>, content_type: HeaderValue) {
    if response.body().is_events() {
        // nginx would hold events back to fill its buffers.
        response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    response.headers_mut().insert(CONTENT_TYPE, content_type);
}

/// The body of an output and its content type: a form if there are files.
fn output_body(output: Output) -> (HeaderValue, RpcBody) {
    if output.files.is_empty() {
        return (JSON, RpcBody::full(output.envelope));
    }
    let form = wire::v1::form::Form::new(output);
    // A boundary is made of letters and digits.
    let content_type = HeaderValue::from_str(&form.content_type()).unwrap_or(FORM);
    (content_type, RpcBody::form(FormBody::new(form)))
}

/// The response of a call that failed.
pub(crate) fn respond_with_error(error: &Error, headers: HeaderMap) -> Response<RpcBody> {
    let (content_type, body) = output_body(error.output());
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn unmatched() -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full("Not found"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
    response.extensions_mut().insert(Unmatched);
    response
}

/// The future of an [`HttpService`].
pub type HttpFuture = BoxFuture<'static, Result<Response<RpcBody>, Infallible>>;

impl<C, B> Service<Request<B>> for HttpService<C>
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = HttpFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().handle(request))
    }
}

impl<C> std::fmt::Debug for HttpService<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpService").field("options", &self.served.options).finish_non_exhaustive()
    }
}
