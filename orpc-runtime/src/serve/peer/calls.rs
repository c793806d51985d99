//! The open calls of one socket.

use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::future::{AbortHandle, Abortable, BoxFuture};
use futures::stream::FuturesUnordered;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tracing::Instrument as _;

use super::gate::{Blocked, Gate};
use super::limits::PeerLimits;
use super::rate::Buckets;
use crate::budget::{Budget, Exhausted, Reservation};
use crate::core::{Code, Error, EventMeta, Output, malformed_request};
use crate::procedure::{
    Call, ErasedProcedure, EventSink, InputEvent, InputEvents, InputFeed, Opened, ProcedureKind,
    RawInput, Started, panicked,
};
use crate::router::Route;
use crate::rpc::Rpc;
use crate::schema::DecodeError;
use crate::serve::ContextSource;
use crate::serve::batch::{BatchCall, Common, answers, collect_answers, write_answers};
use crate::serve::form::{Form, FormError, FormLimits, form_bytes, read_form};
use crate::serve::memory::no_memory;
use crate::socket::{Outbox, Socket};
use crate::value::{Envelope, Malformed};
use crate::wire;
use crate::wire::v1::batch::{self, Mode};
#[cfg(feature = "websocket")]
use crate::wire::v1::beginning::{Beginning, BeginningKind};
use crate::wire::v1::peer::{
    self, BadCall, BadMessage, BatchWriter, Body, CallId, Message, Payload, PeerWriter, Request,
};
use crate::wire::v1::query::query_input;

/// Memory of a call without its message: its task, and its entry among the others.
const CALL: usize = 1024;

/// Maximum length of a result that is sent regardless of memory.
const FEW_BYTES: usize = 16 * 1024;

/// The calls of one socket: receives its messages, runs the calls, returns the frames
/// to send. It does no I/O and spawns no task; the owner of the socket polls it.
pub(crate) struct Calls<C> {
    shared: Arc<Shared<C>>,
    open: HashMap<CallId, OpenCall>,
    running: FuturesUnordered<Running>,
    /// Number of running calls with one result.
    unary: usize,
    /// Number of open or opening event iterators.
    streams: usize,
    waiting: VecDeque<Waiting<C>>,
    waiting_bytes: usize,
    buckets: Buckets,
    closing: bool,
}

/// State that the calls of a socket share.
struct Shared<C> {
    rpc: Rpc<C>,
    context: ContextSource<C>,
    socket: Socket,
    limits: PeerLimits,
    unread: Arc<Budget>,
    gate: Option<Arc<dyn Gate>>,
}

/// A call that has not ended.
struct OpenCall {
    kind: ProcedureKind,
    /// `None` while the call is queued.
    abort: Option<AbortHandle>,
    /// Feed of its input, if that is an iterator.
    feed: Option<InputFeed>,
    /// Sink of its events, if it answers with a stream.
    sink: Option<Arc<EventSink>>,
    /// Memory of the call, with its headers and input.
    _held: Reservation,
}

/// A queued call.
struct Waiting<C> {
    id: CallId,
    work: Work<C>,
    weight: usize,
}

/// Work of a call.
enum Work<C> {
    Call {
        call: Box<Call>,
        procedure: Arc<dyn ErasedProcedure<C>>,
        input: Input,
    },
    /// `None` is a call that matches no procedure.
    Batch {
        mode: Mode,
        calls: Vec<Option<BatchCall<C>>>,
    },
}

/// Input of a call as received.
struct Input {
    body: Body,
    events: Option<InputEvents>,
    /// Member of the value that is the input, if it is not the whole value.
    member: Option<&'static str>,
}

impl Input {
    /// Creates the input from the envelope of the call.
    fn of<'a>(
        envelope: Result<Envelope<'a>, Malformed>,
        member: Option<&str>,
    ) -> Result<RawInput<'a>, Error> {
        let envelope = match member {
            Some(name) => envelope.map(|envelope| envelope.member(name)),
            None => envelope,
        };
        envelope.map(RawInput::Value).map_err(|error| malformed_request(error.into()))
    }
}

/// Resolves to the call's id when all its frames are written, or to `None` if it was
/// aborted.
type Running = BoxFuture<'static, Option<CallId>>;

impl<C: Send + Sync + 'static> Calls<C> {
    pub(crate) fn new(
        rpc: Rpc<C>,
        context: ContextSource<C>,
        socket: Socket,
        limits: PeerLimits,
        gate: Option<Arc<dyn Gate>>,
    ) -> Self {
        let unread = socket.memory().part(limits.unread);
        let buckets = Buckets::new(&limits.rates);
        Self {
            shared: Arc::new(Shared { rpc, context, socket, limits, unread, gate }),
            open: HashMap::new(),
            running: FuturesUnordered::new(),
            unary: 0,
            streams: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            buckets,
            closing: false,
        }
    }

    /// Returns `true` if the socket may continue. Checked before each message is read.
    #[cfg(feature = "websocket")]
    pub(crate) fn may_go_on(&self) -> bool {
        self.shared.may_go_on()
    }

    /// Receives a message. One that cannot be decoded gets no answer, because its id is
    /// unknown.
    pub(crate) fn receive(&mut self, frame: &Bytes) -> Result<(), BadMessage> {
        let Message { id, payload } =
            peer::decode(frame).inspect_err(|_| self.buckets.count_bytes(frame.len()))?;
        if !matches!(payload, Payload::Request(_) | Payload::Unreadable(_)) {
            self.buckets.count_bytes(frame.len());
        }
        match payload {
            Payload::Request(request) => self.request(id, request, frame.len()),
            Payload::Unreadable(bad) => self.refuse(&id, &bad, frame.len()),
            Payload::UnknownEvent => {
                // Otherwise the iterator would wait forever for the unreadable event.
                if let Some(feed) = self.feed(&id) {
                    feed.fail(malformed_request(DecodeError::Malformed));
                }
            }
            Payload::Event { kind, data, meta } => {
                if let Some(feed) = self.feed(&id) {
                    feed.push(InputEvent::new(kind, data, meta, frame.len()));
                }
            }
            Payload::Abort => self.abort(&id),
        }
        Ok(())
    }

    /// Refuses a call that cannot be decoded; it costs as much as one that can.
    fn refuse(&mut self, id: &CallId, bad: &BadCall, weight: usize) {
        if self.is_open(id) {
            return;
        }
        match self.buckets.take_call(weight) {
            Err(wait) if *bad != BadCall::Version2 => {
                let refused = Refused::TooFast(wait);
                self.shared.fail(id, &refused.error(), refused.retry_after());
            }
            // A client of version 2 reads only this format.
            _ => self.shared.outbox().append(|out| peer::write_unreadable(id, bad, out)),
        }
    }

    /// Fails the call of a message that is too long, or its input.
    #[cfg(feature = "websocket")]
    pub(crate) fn refuse_too_long(&mut self, message: &Beginning, length: usize) {
        let error = Error::new(Code::PayloadTooLarge);
        match message.kind {
            BeginningKind::Call if !self.is_open(&message.id) => {
                match self.buckets.take_call(length).map_err(Refused::TooFast) {
                    Ok(()) => self.shared.fail(&message.id, &error, None),
                    Err(refused) => {
                        self.shared.fail(&message.id, &refused.error(), refused.retry_after());
                    }
                }
            }
            BeginningKind::Version2 => self.refuse(&message.id, &BadCall::Version2, length),
            BeginningKind::Event => {
                self.buckets.count_bytes(length);
                if let Some(feed) = self.feed(&message.id) {
                    feed.fail(error);
                }
            }
            BeginningKind::Call | BeginningKind::Other => self.buckets.count_bytes(length),
        }
    }

    /// Returns the feed of a call whose input is an iterator.
    fn feed(&self, id: &CallId) -> Option<&InputFeed> {
        self.open.get(id)?.feed.as_ref()
    }

    /// Returns `true` if a call of that id is open. A second one is ignored.
    fn is_open(&self, id: &CallId) -> bool {
        self.open.contains_key(id) || self.shared.socket.is_hibernating(id.as_str())
    }

    fn request(&mut self, id: CallId, mut request: Request, weight: usize) {
        if self.is_open(&id) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        if let Err(wait) = self.buckets.take_call(weight) {
            let refused = Refused::TooFast(wait);
            shared.fail(&id, &refused.error(), refused.retry_after());
            return;
        }
        if let Some(gate) = &shared.gate {
            match gate.route(&shared.socket, &mut request) {
                Ok(()) => {}
                Err(Blocked::Unmatched) => return shared.unmatched(&id),
                Err(Blocked::Failed(error)) => return shared.fail(&id, &error, None),
            }
        } else if let Some(mode) = batch::mode(&request.headers) {
            return self.batch(id, mode, &request, weight);
        }
        let target = path_and_query(&request.url);
        let Some(route) = shared.find(target) else {
            shared.unmatched(&id);
            return;
        };
        // The parts of a form are copied from the message.
        let weight =
            if let Body::Form(form) = &request.body { weight + form.len() } else { weight };
        // A call that is refused for another reason costs no token of its procedure.
        let admitted = self.admit(route.target.definition.kind, weight).and_then(|held| {
            let taken = self.buckets.take_call_of(&route.target.path);
            taken.map(|()| held).map_err(Refused::TooFast)
        });
        let held = match admitted {
            Ok(held) => held,
            Err(refused) => return shared.fail(&id, &refused.error(), refused.retry_after()),
        };
        let (events, feed) = match request.body {
            Body::Events => {
                let (outbox, stop) = (Arc::clone(shared.outbox()), id.clone());
                let (events, feed) = InputEvents::new(Arc::clone(&shared.unread), move || {
                    outbox.append(|out| peer::write_abort(&stop, out));
                    // The owner of the iterator may run in another task.
                    outbox.wake();
                });
                (Some(events), Some(feed))
            }
            _ => (None, None),
        };
        let kind = route.target.definition.kind;
        self.open.insert(id.clone(), OpenCall { kind, abort: None, feed, sink: None, _held: held });
        let call = shared.call(route, request.method, request.headers, target);
        let call = call.with_unicode(request.unicode);
        let body = match call.method() {
            &Method::GET => {
                let query = target.split_once('?').map(|(_, query)| query);
                Body::Envelope(query_input(query).into())
            }
            _ => request.body,
        };
        let procedure = Arc::clone(&route.procedure);
        let mut input = Input { body, events, member: request.member };
        if kind == ProcedureKind::Unary && self.unary >= shared.limits.running {
            // Copied, because a slice would keep the socket's whole buffer.
            if let Body::Envelope(bytes) | Body::Form(bytes) = &mut input.body {
                *bytes = Bytes::copy_from_slice(bytes);
            }
        }
        let work = Work::Call { call: Box::new(call), procedure, input };
        self.queue(kind, Waiting { id, work, weight });
    }

    /// Receives a batch: several calls in one message, which count as one running call.
    fn batch(&mut self, id: CallId, mode: Mode, request: &Request, weight: usize) {
        let shared = Arc::clone(&self.shared);
        let held = match self.admit(ProcedureKind::Unary, 2 * weight) {
            Ok(held) => held,
            Err(refused) => return shared.fail(&id, &refused.error(), refused.retry_after()),
        };
        let text = match &request.body {
            Body::Envelope(text) if request.method != Method::GET => Bytes::copy_from_slice(text),
            _ => {
                let query = path_and_query(&request.url).split_once('?').map(|(_, query)| query);
                batch::query_items(query).into()
            }
        };
        let items = match batch::read(&text, shared.limits.batch) {
            Ok(items) => items,
            Err(bad) => {
                let write = |out: &mut _| peer::write_plain(&id, bad.status(), bad.body(), out);
                return shared.outbox().append(write);
            }
        };
        let mut calls = Vec::with_capacity(items.len());
        let common = Common {
            method: &request.method,
            headers: &request.headers,
            unicode: &request.unicode,
            methods: None,
        };
        for item in items {
            let call = shared.find(&item.path).map(|route| {
                let make = |target, parts| Call::on_socket(target, parts, shared.socket.clone());
                let mut call = BatchCall::new(item, route, &common, make);
                // What cannot be read does not run, and costs no token.
                if call.is_readable()
                    && let Err(wait) = self.buckets.take_call_of(&route.target.path)
                {
                    let refused = Refused::TooFast(wait);
                    call.refuse(refused.error(), refused.retry_after());
                }
                call
            });
            calls.push(call);
        }
        let kind = ProcedureKind::Unary;
        let open = OpenCall { kind, abort: None, feed: None, sink: None, _held: held };
        self.open.insert(id.clone(), open);
        self.queue(ProcedureKind::Unary, Waiting { id, work: Work::Batch { mode, calls }, weight });
    }

    /// Starts a call, or queues it.
    fn queue(&mut self, kind: ProcedureKind, call: Waiting<C>) {
        if kind == ProcedureKind::Unary && self.unary >= self.shared.limits.running {
            self.waiting_bytes += call.weight;
            self.waiting.push_back(call);
        } else {
            self.start(call);
        }
    }

    /// Admits one more call of that kind, and reserves its memory until it ends.
    fn admit(&self, kind: ProcedureKind, weight: usize) -> Result<Reservation, Refused> {
        let limits = &self.shared.limits;
        if self.closing {
            return Err(Refused::ShuttingDown);
        }
        let crowded = match kind {
            ProcedureKind::Stream => {
                self.streams + self.shared.socket.hibernating() >= limits.streams
            }
            ProcedureKind::Unary => {
                self.unary >= limits.running
                    && (self.waiting.len() >= limits.waiting
                        || self.waiting_bytes + weight > limits.waiting_bytes)
            }
        };
        if crowded {
            return Err(Refused::TooMany);
        }
        let held = self.shared.socket.memory().reserve(weight + CALL);
        held.map_err(|exhausted| match exhausted {
            Exhausted::Own => Refused::TooMany,
            Exhausted::Parent => Refused::NoMemory,
        })
    }

    fn start(&mut self, call: Waiting<C>) {
        let Waiting { id, work, .. } = call;
        let (handle, registration) = AbortHandle::new_pair();
        let Some(open) = self.open.get_mut(&id) else { return };
        open.abort = Some(handle);
        match open.kind {
            ProcedureKind::Unary => self.unary += 1,
            ProcedureKind::Stream => {
                self.streams += 1;
                open.sink = Some(self.shared.sink(&id));
            }
        }
        let shared = Arc::clone(&self.shared);
        self.running.push(match work {
            Work::Call { call, procedure, input } => {
                let (sink, call) = (open.sink.clone(), Arc::from(call));
                let run = Run { shared, id: id.clone(), sink, call, procedure }.run(input);
                Abortable::new(run, registration).map(|end| end.ok().map(|()| id)).boxed()
            }
            Work::Batch { mode, calls } => {
                let run = run_batch(shared, id.clone(), mode, calls);
                Abortable::new(run, registration).map(|end| end.ok().map(|()| id)).boxed()
            }
        });
    }

    /// Ends a call without an answer. Its id can be reused at once.
    fn abort(&mut self, id: &CallId) {
        let Some(call) = self.open.remove(id) else {
            self.shared.socket.release(id.as_str());
            return;
        };
        if let Some(handle) = call.abort {
            handle.abort();
            self.leave(call.kind);
        } else if let Some(at) = self.waiting.iter().position(|call| call.id == *id)
            && let Some(call) = self.waiting.remove(at)
        {
            self.waiting_bytes -= call.weight;
        }
    }

    /// Counts a call that no longer runs.
    fn leave(&mut self, kind: ProcedureKind) {
        match kind {
            ProcedureKind::Unary => self.unary -= 1,
            ProcedureKind::Stream => self.streams -= 1,
        }
    }

    /// Runs the calls until all of them are pending.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        self.start_waiting();
        while let Poll::Ready(Some(end)) = self.running.poll_next_unpin(cx) {
            if let Some(call) = end.and_then(|id| self.open.remove(&id)) {
                self.leave(call.kind);
            }
            self.start_waiting();
        }
    }

    /// Starts queued calls while there is room.
    fn start_waiting(&mut self) {
        while self.unary < self.shared.limits.running
            && let Some(call) = self.waiting.pop_front()
        {
            self.waiting_bytes -= call.weight;
            self.start(call);
        }
    }

    /// Refuses further calls and ends the event iterators, so that their clients
    /// reconnect; calls with one result continue.
    pub(crate) fn begin_closing(&mut self) {
        self.closing = true;
        let error = Error::new(Code::ServiceUnavailable);
        let streams: Vec<_> = self
            .open
            .iter()
            .filter(|(_, call)| call.kind == ProcedureKind::Stream)
            .map(|(id, call)| (id.clone(), call.sink.clone()))
            .collect();
        for (id, sink) in streams {
            self.abort(&id);
            match sink {
                Some(sink) if sink.is_open() => sink.error(&error, &EventMeta::default()),
                _ => self.shared.fail(&id, &error, None),
            }
        }
        for id in self.shared.socket.release_all() {
            self.shared.sink(&CallId::known(id)).error(&error, &EventMeta::default());
        }
    }

    /// Returns `true` if no call is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }
}

/// Reason why a call is not admitted.
#[derive(Debug, Clone, Copy)]
enum Refused {
    TooMany,
    TooFast(Duration),
    /// The memory of the service is exhausted.
    NoMemory,
    ShuttingDown,
}

impl Refused {
    fn error(self) -> Error {
        Error::new(match self {
            Self::TooMany | Self::TooFast(_) => Code::TooManyRequests,
            Self::NoMemory | Self::ShuttingDown => Code::ServiceUnavailable,
        })
    }

    /// Returns whole seconds, rounded up.
    fn retry_after(self) -> Option<u64> {
        match self {
            Self::TooFast(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Self::TooMany | Self::NoMemory | Self::ShuttingDown => None,
        }
    }
}

impl<C: Send + Sync + 'static> Shared<C> {
    /// Finds the procedure of a path and query.
    fn find(&self, target: &str) -> Option<&Route<C>> {
        self.rpc.find(target.split_once('?').map_or(target, |(path, _)| path))
    }

    fn may_go_on(&self) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.may_go_on(&self.socket))
    }

    fn call(&self, route: &Route<C>, method: Method, headers: HeaderMap, target: &str) -> Call {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = method;
        parts.headers = headers;
        // The path names the procedure; the query may not be valid in a URI.
        parts.uri = target.parse().unwrap_or_default();
        Call::on_socket(Arc::clone(&route.target), parts, self.socket.clone())
    }

    /// Returns the outbox for the frames of calls.
    fn outbox(&self) -> &Arc<Outbox> {
        self.socket.outbox()
    }

    fn sink(&self, id: &CallId) -> Arc<EventSink> {
        EventSink::new(Arc::clone(self.outbox()), PeerWriter(id.clone()))
    }

    /// Reserves memory for a result that has to wait to be sent.
    fn hold(&self, bytes: usize) -> Result<Option<Reservation>, Exhausted> {
        if bytes > FEW_BYTES && self.socket.memory().is_exhausted() {
            return Err(Exhausted::Parent);
        }
        let waits = self.outbox().is_full();
        waits.then(|| self.socket.memory().reserve(bytes)).transpose()
    }

    fn unmatched(&self, id: &CallId) {
        self.outbox().append(|out| peer::write_unmatched(id, out));
    }

    fn fail(&self, id: &CallId, error: &Error, retry_after: Option<u64>) {
        let written = self.outbox().write(|out| peer::write_error(id, error, retry_after, out));
        if let Err(reason) = written {
            tracing::error!(%reason, "an error cannot be serialised");
        }
    }
}

/// Runs a batch to its last frame.
async fn run_batch<C: Send + Sync + 'static>(
    shared: Arc<Shared<C>>,
    id: CallId,
    mode: Mode,
    calls: Vec<Option<BatchCall<C>>>,
) {
    let mut answers = answers(&shared.context, calls);
    match mode {
        Mode::Buffered => {
            let body = collect_answers(&mut answers, StatusCode::MULTI_STATUS).await;
            shared.outbox().ready().await;
            shared
                .outbox()
                .append(|out| peer::write_plain(&id, StatusCode::MULTI_STATUS, &body, out));
        }
        Mode::Streaming => {
            let sink = EventSink::new(Arc::clone(shared.outbox()), BatchWriter(id.clone()));
            write_answers(answers, StatusCode::MULTI_STATUS, sink).await;
            shared.outbox().append(|out| peer::write_end_of_batch(&id, out));
        }
    }
}

/// Returns path and query of a URL: a client may send a complete one.
pub(crate) fn path_and_query(url: &str) -> &str {
    let target = match url.split_once("://") {
        Some((_, rest)) if !url.starts_with('/') => {
            rest.find(['/', '?']).map_or("/", |start| &rest[start..])
        }
        _ => url,
    };
    target.split_once('#').map_or(target, |(target, _)| target)
}

/// Last frame of a call.
enum Reply {
    Nothing,
    Envelope(Vec<u8>),
    Form { status: u16, content_type: String, body: Vec<u8>, _held: Reservation },
    Error(Error),
}

/// A running call.
struct Run<C> {
    shared: Arc<Shared<C>>,
    id: CallId,
    sink: Option<Arc<EventSink>>,
    call: Arc<Call>,
    procedure: Arc<dyn ErasedProcedure<C>>,
}

impl<C: Send + Sync + 'static> Run<C> {
    /// Runs the call to its last frame.
    fn run(self, input: Input) -> impl Future<Output = ()> + Send {
        let span = tracing::debug_span!("rpc", procedure = self.call.path());
        let respond = async move {
            let reply = AssertUnwindSafe(self.reply(input)).catch_unwind().await;
            let outbox = self.shared.outbox();
            if !self.shared.may_go_on() {
                return;
            }
            match reply {
                Ok(Reply::Envelope(envelope)) => {
                    let _held = match self.shared.hold(envelope.len()) {
                        Ok(held) => held,
                        Err(exhausted) => {
                            drop(envelope);
                            return self.shared.fail(&self.id, &no_memory(exhausted), None);
                        }
                    };
                    outbox.ready().await;
                    let response = self.call.response();
                    let headers = response.headers();
                    outbox.append(|out| peer::write_output(&self.id, headers, &envelope, out));
                }
                Ok(Reply::Form { status, content_type, body, _held }) => {
                    outbox.ready().await;
                    outbox.append_binary(|out| {
                        peer::write_form(&self.id, status, &content_type, &body, out);
                    });
                }
                Ok(Reply::Nothing) => {}
                Ok(Reply::Error(error)) => {
                    outbox.ready().await;
                    self.shared.fail(&self.id, &error, None);
                }
                Err(panic) => {
                    self.shared.fail(&self.id, &panicked(&self.call, &*panic), None);
                }
            }
        };
        respond.instrument(span)
    }

    /// Returns the last frame of the call.
    async fn reply(&self, input: Input) -> Reply {
        let failed = match self.answer(input).await {
            // All frames were events.
            Ok(None) => return Reply::Nothing,
            Ok(Some(output)) if output.files.is_empty() => return Reply::Envelope(output.envelope),
            Ok(Some(output)) => Box::pin(self.form(200, output)).await,
            Err(error) => {
                tracing::debug!(code = error.code(), status = error.status(), "call failed");
                if !error.has_files() {
                    return Reply::Error(error);
                }
                Box::pin(self.form(error.status(), error.output())).await
            }
        };
        failed.unwrap_or_else(|error| {
            if error.kind() == ErrorKind::QuotaExceeded {
                return Reply::Error(Refused::TooMany.error());
            }
            let error = Error::internal(error);
            error.log(self.call.path());
            Reply::Error(error)
        })
    }

    async fn form(&self, status: u16, output: Output) -> std::io::Result<Reply> {
        let form = wire::v1::form::Form::new(output);
        let content_type = form.content_type();
        let mut held = self.shared.socket.memory().nothing();
        let body = form_bytes(form, self.shared.limits.result_files, &mut held).await?;
        Ok(Reply::Form { status, content_type, body, _held: held })
    }

    /// Returns the output; `None` if the call has written events.
    async fn answer(&self, input: Input) -> Result<Option<Output>, Error> {
        let context = self.shared.context.get(&self.call).await?;
        let started = match input {
            Input { body: Body::Form(body), events: None, member } => {
                // Boxed, so that calls without files are no larger for it.
                let form = Box::pin(self.read_form(body)).await.map_err(FormError::answer)?;
                self.start(context, Input::of(form.envelope(), member)?)?
            }
            // The message is not kept, nor the socket's buffer that it is a slice of.
            input => self.start_with(context, input)?,
        };
        match started {
            Started::Unary(run) => run.await.map(Some),
            Started::Stream(run, _) => {
                let _counted = self.shared.rpc.count_stream();
                run.await.map(|_| None)
            }
            Started::Hibernating(run) => {
                let opened = run.await?;
                self.hibernate(opened);
                Ok(None)
            }
        }
    }

    async fn read_form(&self, body: Bytes) -> Result<Form, FormError> {
        let content_type = self.call.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or(b"".as_slice(), HeaderValue::as_bytes);
        let limits = FormLimits::of_message(self.shared.limits.files);
        let body = futures::stream::once(std::future::ready(Ok(body)));
        read_form(content_type, body, &limits).await
    }

    /// Decodes an input that is not a form.
    fn start_with(&self, context: Arc<C>, input: Input) -> Result<Started, Error> {
        let text = match input.body {
            Body::Envelope(text) => text,
            Body::Form(_) | Body::Nowhere | Body::Events => Bytes::new(),
        };
        let input = match input.events {
            Some(events) => RawInput::Events(events),
            None => Input::of(Envelope::parse(&text), input.member)?,
        };
        self.start(context, input)
    }

    fn start(&self, context: Arc<C>, input: RawInput<'_>) -> Result<Started, Error> {
        let sink = || match &self.sink {
            Some(sink) => Arc::clone(sink),
            None => self.shared.sink(&self.id),
        };
        self.procedure.start(context, Arc::clone(&self.call), input, &sink)
    }

    /// Tells the client that it has an iterator, and the procedure its id. The call
    /// itself has ended.
    fn hibernate(&self, opened: Opened) {
        let socket = &self.shared.socket;
        // From here on, because events may be sent as soon as the id is known.
        socket.hibernate(self.id.as_str());
        let response = self.call.response();
        socket.outbox().append(|out| peer::write_iterator(&self.id, response.headers(), out));
        drop(response);
        let opened = catch_unwind(AssertUnwindSafe(|| opened(self.id.as_str().into())));
        let error = match opened {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(panic) => panicked(&self.call, &*panic),
        };
        if socket.release(self.id.as_str()) {
            self.shared.sink(&self.id).error(&error, &EventMeta::default());
        }
    }
}
