//! The open calls of one socket.

mod admission;
mod batches;
mod run;

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::future::{AbortHandle, Abortable, BoxFuture};
use futures::{FutureExt as _, StreamExt as _};

use futures::stream::FuturesUnordered;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};
use smol_str::SmolStr;

use self::admission::{Counts, Refused};
use self::run::{Received, Run};
use super::gate::{Blocked, Gate};
use super::limits::PeerLimits;
use super::rate::Buckets;
use crate::budget::{Budget, Exhausted, Reservation};
use crate::core::{Code, Error, EventMeta, malformed_request};
use crate::procedure::{Call, EventSink, InputEvent, InputEvents, InputFeed, ProcedureKind};
use crate::router::{Route, RouteId};
use crate::rpc::Rpc;
use crate::schema::DecodeError;
use crate::serve::ContextSource;
use crate::serve::batch::BatchCall;
use crate::serve::memory::HEADER;
use crate::socket::{Outbox, Socket};
use crate::wire::{
    BadCall, BadMessage, Body, CallId, Message, Mode, Payload, PeerEvents, Protocol, Request,
    Response,
};
#[cfg(feature = "websocket")]
use crate::wire::{Beginning, BeginningKind};

/// Memory of a call without its message: its task, and its entry among the others.
const CALL: usize = 4 * 1024;

/// Status of a successful call.
const OK: u16 = 200;

/// Maximum length of a result that is sent regardless of memory.
const FEW_BYTES: usize = 16 * 1024;

/// The calls of one socket: receives its messages, runs the calls, returns the frames
/// to send. It does no I/O and spawns no task; the owner of the socket polls it.
pub(crate) struct Calls<C> {
    shared: Arc<Shared<C>>,
    /// The ids are the client's own: a socket has few calls, whatever their hashes are.
    open: HashMap<CallId, OpenCall, foldhash::fast::RandomState>,
    /// Calls that have not been polled, which are not among the open ones yet.
    fresh: VecDeque<Fresh>,
    /// `None` while no call is pending.
    running: Option<FuturesUnordered<Running>>,
    counts: Counts,
    waiting: VecDeque<Waiting<C>>,
    buckets: Buckets,
    /// Memory of a call that has ended, for the next one while messages are being read.
    spare: Option<Reservation>,
    closing: bool,
}

/// State that the calls of a socket share.
struct Shared<C> {
    rpc: Rpc<C>,
    context: ContextSource<C>,
    socket: Socket,
    limits: Arc<PeerLimits>,
    unread: Arc<Budget>,
    gate: Option<Arc<dyn Gate>>,
}

/// A call that has not ended.
struct OpenCall {
    kind: ProcedureKind,
    /// `None` until the call is pending.
    abort: Option<AbortHandle>,
    /// Feed of its input, if that is an iterator.
    feed: Option<InputFeed>,
    /// Sink of its events, if it answers with a stream.
    sink: Option<Arc<EventSink>>,
    /// Memory of the call, with its headers and input.
    held: Reservation,
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
        call: Arc<Call>,
        route: RouteId,
        received: Received,
    },
    /// `None` is a call that matches no procedure.
    Batch {
        mode: Mode,
        calls: Vec<Option<BatchCall<C>>>,
    },
}

/// A call that has started and has not been polled. Most calls end when they are polled for
/// the first time, and never become pending.
struct Fresh {
    id: CallId,
    open: OpenCall,
    run: FreshRun,
}

/// The run of a call that has not been polled.
enum FreshRun {
    Call { call: Arc<Call>, route: RouteId, received: Received },
    Batch(BoxFuture<'static, ()>),
}

impl Fresh {
    /// Polls the run. Returns the rest of it, or `None` if it has ended.
    fn begin<C: Send + Sync + 'static>(
        id: &CallId,
        open: &OpenCall,
        run: FreshRun,
        shared: &Arc<Shared<C>>,
        cx: &mut Context<'_>,
    ) -> Option<BoxFuture<'static, ()>> {
        // Timers of JavaScript hosts, such as `worker::Delay`, wake the task alone that
        // polled them first.
        let is_native = !cfg!(target_family = "wasm");
        match run {
            FreshRun::Call { call, route, received } => {
                let run = Run { shared, id: id.clone(), sink: open.sink.clone(), call, route };
                if is_native { run.begin(received, cx) } else { Some(run.boxed(received)) }
            }
            FreshRun::Batch(mut run) => {
                let has_ended = is_native && run.poll_unpin(cx).is_ready();
                (!has_ended).then_some(run)
            }
        }
    }
}

/// A pending call. Resolves to its id when all its frames are written, or to `None` if it was
/// aborted.
struct Running {
    id: CallId,
    run: Abortable<BoxFuture<'static, ()>>,
}

impl Future for Running {
    type Output = Option<CallId>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<CallId>> {
        let end = ready!(self.run.poll_unpin(cx));
        Poll::Ready(end.ok().map(|()| self.id.clone()))
    }
}

impl<C: Send + Sync + 'static> Calls<C> {
    pub(crate) fn new(
        rpc: Rpc<C>,
        context: ContextSource<C>,
        socket: Socket,
        limits: Arc<PeerLimits>,
        gate: Option<Arc<dyn Gate>>,
    ) -> Self {
        let unread = socket.memory().part(limits.unread);
        let buckets = Buckets::new(&limits.rates);
        Self {
            shared: Arc::new(Shared { rpc, context, socket, limits, unread, gate }),
            open: HashMap::default(),
            fresh: VecDeque::new(),
            running: None,
            counts: Counts::default(),
            waiting: VecDeque::new(),
            buckets,
            spare: None,
            closing: false,
        }
    }

    /// Returns `true` if the socket may continue. Checked before each message is read.
    pub(crate) fn may_go_on(&self) -> bool {
        self.shared.may_go_on()
    }

    /// Receives a message. One that cannot be decoded gets no answer, because its id is
    /// unknown.
    ///
    /// Of a message that is a slice of a larger buffer, what is kept beyond the next poll is
    /// copied.
    pub(crate) fn receive(&mut self, frame: &Bytes, is_slice: bool) -> Result<(), BadMessage> {
        let message = self.shared.protocol().decode_request(frame);
        let Message { id, payload } =
            message.inspect_err(|_| self.buckets.count_bytes(frame.len()))?;
        if !matches!(payload, Payload::First(_) | Payload::Unreadable(_)) {
            self.buckets.count_bytes(frame.len());
        }
        match payload {
            Payload::First(request) => self.request(id, request, frame.len(), is_slice),
            Payload::Unreadable(bad) => self.refuse(&id, &bad, frame.len()),
            Payload::UnknownEvent => {
                // Otherwise the iterator would wait forever for the unreadable event.
                if let Some(feed) = self.feed(&id) {
                    feed.fail(malformed_request(DecodeError::Malformed));
                }
            }
            Payload::Event { kind, data, meta } => {
                if let Some(feed) = self.feed(&id) {
                    let data = if is_slice { Bytes::copy_from_slice(&data) } else { data };
                    feed.push(InputEvent::new(kind, data, meta, frame.len()));
                }
            }
            Payload::Abort => self.abort(&id),
        }
        Ok(())
    }

    /// Refuses a call that cannot be decoded; it costs as much as one that can.
    #[cold]
    fn refuse(&mut self, id: &CallId, bad: &BadCall, weight: usize) {
        if self.is_open(id) {
            return;
        }
        let taken = self.buckets.take_call(weight).map_err(Refused::TooFast);
        match (taken, bad) {
            // Its client reads only this format.
            (_, BadCall::Foreign(foreign)) => {
                self.shared.outbox().append(|out| foreign.encode_response(id, out));
            }
            (Err(refused), _) => self.shared.turn_away(id, refused),
            (Ok(()), _) => {
                let error = Error::new(Code::BadRequest).with_message(bad.to_string());
                self.shared.fail(id, &error, None);
            }
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
                    Err(refused) => self.shared.turn_away(&message.id, refused),
                }
            }
            BeginningKind::Foreign(foreign) => {
                self.refuse(&message.id, &BadCall::Foreign(foreign), length);
            }
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
        let fresh = || self.fresh.iter().find(|call| call.id == *id).map(|call| &call.open);
        self.open.get(id).or_else(fresh)?.feed.as_ref()
    }

    /// Returns `true` if a call of that id is open. A second one is ignored.
    fn is_open(&self, id: &CallId) -> bool {
        self.open.contains_key(id)
            || self.fresh.iter().any(|call| call.id == *id)
            || self.shared.socket.is_hibernating(id.as_str())
    }

    fn request(&mut self, id: CallId, mut request: Request, weight: usize, is_slice: bool) {
        if self.is_open(&id) {
            return;
        }
        let shared = &self.shared;
        let protocol = shared.protocol();
        if let Err(wait) = self.buckets.take_call(weight) {
            return shared.turn_away(&id, Refused::TooFast(wait));
        }
        if let Some(gate) = &shared.gate {
            match gate.route(&shared.socket, &mut request) {
                Ok(()) => {}
                Err(Blocked::Unmatched) => return shared.unmatched(&id),
                Err(Blocked::Failed(error)) => return shared.fail(&id, &error, None),
            }
        } else if let Some(mode) = protocol.batch_mode(&request.headers) {
            return self.batch(id, mode, &request, weight);
        }
        let mut url = std::mem::take(&mut request.url);
        keep_path_and_query(&mut url);
        let target = &*url;
        let Some(route_id) = shared.find_id(target) else {
            shared.unmatched(&id);
            return;
        };
        let route = shared.rpc.route(route_id);
        // The parts of a form are copied from the message.
        let weight =
            if let Body::Form(form) = &request.body { weight + form.len() } else { weight };
        let weight = weight + HEADER * request.headers.len();
        // A call that is refused for another reason costs no token of its procedure.
        let spare = self.spare.take();
        let kind = route.target.definition.kind;
        let admitted = self.admit(kind, weight, spare).and_then(|held| {
            let taken = self.buckets.take_call_of(&route.target.path);
            taken.map(|()| held).map_err(Refused::TooFast)
        });
        let held = match admitted {
            Ok(held) => held,
            Err(refused) => return shared.turn_away(&id, refused),
        };
        let (events, feed) = match request.body {
            Body::Events => shared.input_events(&id),
            _ => (None, None),
        };
        let body = match request.method {
            Method::GET => shared.body_in_query(target),
            _ => request.body,
        };
        let mut received = Received { body, events, member: request.member, is_slice };
        if kind == ProcedureKind::Unary && self.counts.unary >= shared.limits.running {
            received.copy();
        }
        let call = Arc::new(Call::on_socket(
            Arc::clone(&route.target),
            request.method,
            url,
            request.headers,
            request.unicode,
            shared.socket.clone(),
        ));
        let open = OpenCall { kind, abort: None, feed, sink: None, held };
        self.queue(
            open,
            Waiting { id, work: Work::Call { call, route: route_id, received }, weight },
        );
    }

    /// Runs the calls until all of them are pending.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        self.advance(cx);
        self.spare = None;
    }

    /// Does the same between two messages: the memory of the first call serves the second one.
    pub(crate) fn advance(&mut self, cx: &mut Context<'_>) {
        loop {
            self.start_waiting();
            if let Some(Fresh { id, open, run }) = self.fresh.pop_front() {
                match Fresh::begin(&id, &open, run, &self.shared, cx) {
                    None => {
                        self.counts.leave(open.kind);
                        self.spare = Some(open.held);
                    }
                    Some(run) => self.keep(id, open, run),
                }
            } else if let Some(running) = &mut self.running
                && !running.is_empty()
                && let Poll::Ready(Some(end)) = running.poll_next_unpin(cx)
            {
                if let Some(call) = end.and_then(|id| self.open.remove(&id)) {
                    self.counts.leave(call.kind);
                }
            } else {
                break;
            }
        }
    }

    /// Keeps a call that is pending.
    fn keep(&mut self, id: CallId, open: OpenCall, run: BoxFuture<'static, ()>) {
        let (handle, registration) = AbortHandle::new_pair();
        self.open.insert(id.clone(), OpenCall { abort: Some(handle), ..open });
        self.running
            .get_or_insert_default()
            .push(Running { id, run: Abortable::new(run, registration) });
    }

    /// Refuses further calls and ends the event iterators, so that their clients
    /// reconnect; calls with one result continue.
    pub(crate) fn begin_closing(&mut self) {
        self.closing = true;
        let error = Error::new(Code::ServiceUnavailable);
        let streams: Vec<_> = self
            .open
            .iter()
            .chain(self.fresh.iter().map(|call| (&call.id, &call.open)))
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
            self.shared.sink(&CallId::known(&id)).error(&error, &EventMeta::default());
        }
    }

    /// Releases memory that only further messages need.
    #[cfg(feature = "websocket")]
    pub(crate) fn rest(&mut self) {
        fn release<T>(queue: &mut VecDeque<T>) {
            if queue.capacity() > 0 && queue.is_empty() {
                *queue = VecDeque::new();
            }
        }

        release(&mut self.fresh);
        release(&mut self.waiting);
        if self.running.as_ref().is_some_and(FuturesUnordered::is_empty) {
            self.running = None;
        }
    }

    /// Returns `true` if no call is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.fresh.is_empty()
    }
}

impl<C> Drop for Calls<C> {
    fn drop(&mut self) {
        self.shared.socket.drop_guards();
    }
}

impl<C: Send + Sync + 'static> Shared<C> {
    /// Finds the procedure of a path and query.
    fn find(&self, target: &str) -> Option<&Route<C>> {
        self.find_id(target).map(|id| self.rpc.route(id))
    }

    fn find_id(&self, target: &str) -> Option<RouteId> {
        // Most paths are too short for a faster search.
        let end = target.bytes().position(|byte| byte == b'?').unwrap_or(target.len());
        self.rpc.find_id(&target[..end])
    }

    fn may_go_on(&self) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.may_go_on(&self.socket))
    }

    fn protocol(&self) -> Protocol {
        self.socket.protocol()
    }

    /// Returns the outbox for the frames of calls.
    fn outbox(&self) -> &Arc<Outbox> {
        self.socket.outbox()
    }

    fn sink(&self, id: &CallId) -> Arc<EventSink> {
        {
            let events = PeerEvents { protocol: self.protocol(), id: id.clone(), status: OK };
            EventSink::new(Arc::clone(self.outbox()), events)
        }
    }

    /// Waits until a result may be sent. While it waits its memory is reserved.
    async fn ready(&self, bytes: usize) -> Result<(), Exhausted> {
        if bytes > FEW_BYTES && self.socket.memory().is_exhausted() {
            return Err(Exhausted::Parent);
        }
        if self.outbox().is_full() {
            let _held = self.socket.memory().reserve(bytes)?;
            self.outbox().ready().await;
        }
        Ok(())
    }

    /// Answers a call with JSON text that is not an envelope.
    fn respond(&self, id: &CallId, status: StatusCode, text: &[u8]) {
        let body = Body::Envelope(text);
        self.send(id, &Response { status: status.as_u16(), headers: HeaderMap::new(), body });
    }

    /// Creates the input of a call whose events follow, and its feed.
    #[cold]
    fn input_events(&self, id: &CallId) -> (Option<InputEvents>, Option<InputFeed>) {
        let (protocol, outbox, stop) = (self.protocol(), Arc::clone(self.outbox()), id.clone());
        let (events, feed) = InputEvents::new(Arc::clone(&self.unread), move || {
            outbox.append(|out| protocol.encode_abort(&stop, out));
            // The owner of the iterator may run in another task.
            outbox.wake();
        });
        (Some(events), Some(feed))
    }

    /// Returns the body of a call whose input is in its query.
    #[cold]
    fn body_in_query(&self, target: &str) -> Body {
        let query = target.split_once('?').map(|(_, query)| query);
        Body::Envelope(self.protocol().input_in_query(query).into())
    }

    /// Answers a call that is not admitted.
    #[cold]
    fn turn_away(&self, id: &CallId, refused: Refused) {
        self.fail(id, &refused.error(), refused.retry_after());
    }

    #[cold]
    fn unmatched(&self, id: &CallId) {
        self.respond(id, StatusCode::NOT_FOUND, self.protocol().unmatched());
    }

    /// Sends the response of a call that is not a form.
    fn send(&self, id: &CallId, response: &Response<HeaderMap, &[u8]>) {
        self.outbox().append(|out| self.protocol().encode_response(id, response, out));
    }

    #[cold]
    fn fail(&self, id: &CallId, error: &Error, retry_after: Option<u64>) {
        let seconds = retry_after.map(|seconds| (RETRY_AFTER, seconds.into()));
        self.fail_with(id, error, HeaderMap::from_iter(seconds));
    }

    fn fail_with(&self, id: &CallId, error: &Error, headers: HeaderMap) {
        let text = error.output().envelope;
        self.send(id, &Response { status: error.status(), headers, body: Body::Envelope(&text) });
    }
}

/// Removes all but path and query from a URL.
fn keep_path_and_query(url: &mut SmolStr) {
    if url.starts_with('/') && !url.bytes().any(|byte| byte == b'#') {
        return;
    }
    let target = path_and_query(url);
    if target.len() < url.len() {
        *url = target.into();
    }
}

/// Returns path and query of a URL: a client may send a complete one.
pub(crate) fn path_and_query(url: &str) -> &str {
    let origin = if url.starts_with('/') { None } else { url.find("://") };
    let target = origin.map_or(url, |scheme| {
        let rest = &url[scheme + "://".len()..];
        rest.find(['/', '?']).map_or("/", |start| &rest[start..])
    });
    let end = memchr::memchr(b'#', target.as_bytes()).unwrap_or(target.len());
    &target[..end]
}
