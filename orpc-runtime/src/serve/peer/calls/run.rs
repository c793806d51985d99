//! Runs of admitted calls.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use tracing::{Instrument as _, Level};

use super::admission::Refused;
use super::{FEW_BYTES, OK, Shared};
use crate::budget::Reservation;
use crate::core::{Code, Error, EventMeta, Output, fit, reuse};
use crate::procedure::{
    Call, ErasedProcedure, ErasedRun, EventSink, Finished, InputEvents, Opened, RunKind, panicked,
};
use crate::router::RouteId;
use crate::serve::form::{Form, FormError, FormLimits, form_bytes, read_form};
use crate::serve::invoke::{Input, Invocation, Outcome, caught, malformed};
use crate::serve::memory::no_memory;
use crate::value::Malformed;
use crate::value::tokens::is_json;
use crate::wire::{
    Body, CallId, CarriedWith, Form as FormFrame, MessageHeaders, Response, carried,
};

/// Input of a call as received.
pub(super) struct Received {
    pub(super) body: Body,
    pub(super) events: Option<InputEvents>,
    /// Member of the value that is the input, if it is not the whole value.
    pub(super) member: Option<&'static str>,
    /// The body is a slice of a buffer with other messages.
    pub(super) is_slice: bool,
}

impl Received {
    /// Copies the body: a slice would keep the whole buffer.
    pub(super) fn copy(&mut self) {
        if let Body::Envelope(bytes) | Body::Form(bytes) = &mut self.body {
            *bytes = Bytes::copy_from_slice(bytes);
        }
        self.is_slice = false;
    }
}

/// Last frame of a call.
enum Reply {
    Nothing,
    Envelope(Vec<u8>),
    Form { status: u16, content_type: HeaderValue, body: Vec<u8>, _held: Reservation },
    Error(Error),
}

/// Output of a call; `None` if it has written events.
type Answered = Result<Option<Output>, Failure>;

/// Outcome of the first poll of a procedure.
enum Polled {
    Ended(Option<Output>),
    Waits(ErasedRun),
}

/// Failure of a call.
enum Failure {
    Error(Error),
    /// Its message is not JSON: like others that cannot be decoded, it gets no answer.
    NotJson,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Failure {
    /// Returns the failure of a call whose envelope in its message cannot be parsed.
    fn of_message(text: &[u8], error: Malformed) -> Self {
        let is_json = text.is_empty() || std::str::from_utf8(text).is_ok_and(is_json);
        if is_json { Self::of_part(text, error) } else { Self::NotJson }
    }

    /// Returns the failure of a call whose envelope in its query or form cannot be parsed: the message
    /// itself is JSON.
    fn of_part(text: &[u8], error: Malformed) -> Self {
        Self::Error(malformed(text, error))
    }
}

/// State of a socket, which a call borrows or owns.
pub(super) trait SocketState {
    /// Context of its calls.
    type Context: Send + Sync + 'static;

    fn get(&self) -> &Shared<Self::Context>;
}

impl<C: Send + Sync + 'static> SocketState for Arc<Shared<C>> {
    type Context = C;

    fn get(&self) -> &Shared<C> {
        self
    }
}

impl<C: Send + Sync + 'static> SocketState for &Arc<Shared<C>> {
    type Context = C;

    fn get(&self) -> &Shared<C> {
        self
    }
}

/// A running call. It borrows the state of its socket until it waits: few calls do.
pub(super) struct Run<S> {
    pub(super) shared: S,
    pub(super) id: CallId,
    pub(super) sink: Option<Arc<EventSink>>,
    pub(super) call: Arc<Call>,
    pub(super) route: RouteId,
}

impl<C: Send + Sync + 'static> Run<&Arc<Shared<C>>> {
    /// Runs the call until it waits. Returns the rest of it, or `None` if its last frame is
    /// written.
    pub(super) fn begin(
        self,
        received: Received,
        cx: &mut Context<'_>,
    ) -> Option<BoxFuture<'static, ()>> {
        if self.is_plain(&received) {
            return self.begin_plain(received, cx);
        }
        let mut run = self.boxed(received);
        run.as_mut().poll(cx).is_pending().then_some(run)
    }

    /// Runs the call to its last frame, in a span if anybody traces it.
    pub(super) fn boxed(self, received: Received) -> BoxFuture<'static, ()> {
        self.owned().boxed(received)
    }

    fn owned(self) -> Run<Arc<Shared<C>>> {
        let Self { shared, id, sink, call, route } = self;
        Run { shared: Arc::clone(shared), id, sink, call, route }
    }

    /// Does what [`boxed`](Self::boxed) does, without its future as long as the call does not
    /// wait, and with a smaller one while it does.
    fn begin_plain(
        self,
        received: Received,
        cx: &mut Context<'_>,
    ) -> Option<BoxFuture<'static, ()>> {
        let counted = (self.procedure().run_kind() == RunKind::Events)
            .then(|| self.shared.rpc.count_stream());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut run = self.started(received)?;
            Ok::<_, Failure>(match run.as_mut().poll(cx) {
                Poll::Ready(end) => Polled::Ended(end?.into_answer()?),
                Poll::Pending => Polled::Waits(run),
            })
        }));
        let answered = match polled {
            Ok(Ok(Polled::Waits(run))) => {
                return Some(self.owned().end_after(run, counted).boxed());
            }
            Ok(Ok(Polled::Ended(answer))) => Ok(answer),
            Ok(Err(failure)) => Err(failure),
            Err(panic) => Err(panicked(&self.call, &*panic).into()),
        };
        let answered = self.end_now(answered)?;
        let mut rest = self.owned().end_with(answered).boxed();
        rest.as_mut().poll(cx).is_pending().then_some(rest)
    }
}

impl<C: Send + Sync + 'static> Run<Arc<Shared<C>>> {
    /// Runs the call to its last frame, in a span if anybody traces it.
    fn boxed(self, mut received: Received) -> BoxFuture<'static, ()> {
        if received.is_slice {
            received.copy();
        }
        if !tracing::span_enabled!(Level::DEBUG) {
            return self.run(received).boxed();
        }
        let span = tracing::debug_span!("rpc", procedure = self.call.path());
        self.run(received).instrument(span).boxed()
    }

    async fn run(self, received: Received) {
        let reply = caught(&self.call, self.reply(received).map(Ok)).await;
        self.end(reply).await;
    }

    /// Runs the call to its last frame, when its procedure waits. Drops `counted` at the end.
    #[expect(clippy::manual_async_fn, reason = "an async function would hold its arguments twice")]
    fn end_after(
        self,
        run: ErasedRun,
        counted: Option<impl Send>,
    ) -> impl Future<Output = ()> + Send {
        async move {
            let answer = caught(&self.call, run).await.and_then(Finished::into_answer);
            if let Some(answered) = self.end_now(answer.map_err(Failure::Error)) {
                // Boxed, so that it takes no memory while the procedure waits.
                self.end_with(answered).boxed().await;
            }
            drop(counted);
        }
    }

    /// Writes the last frame of a call whose procedure has ended.
    async fn end_with(self, answered: Answered) {
        let reply = caught(&self.call, self.reply_of(answered).map(Ok)).await;
        self.end(reply).await;
    }

    /// Writes the last frame of a call.
    async fn end(self, reply: Result<Reply, Error>) {
        let outbox = self.shared.outbox();
        if !self.shared.may_go_on() {
            return;
        }
        match reply {
            Ok(Reply::Envelope(envelope)) => {
                if let Err(exhausted) = self.shared.ready(envelope.len()).await {
                    drop(envelope);
                    return self.shared.fail(&self.id, &no_memory(exhausted), None);
                }
                let headers = self.call.carried(CarriedWith::Output);
                let body = Body::Envelope(&*envelope);
                self.shared.send(&self.id, &Response { status: OK, headers, body });
            }
            Ok(Reply::Form { status, content_type, body, _held }) => {
                outbox.ready().await;
                let is_output = status == OK;
                let with = if is_output { CarriedWith::Output } else { CarriedWith::Error };
                let mut headers = self.call.carried(with);
                headers.insert(CONTENT_TYPE, content_type);
                let response = Response { status, headers, body: Body::Form(&*body) };
                let protocol = self.shared.protocol();
                outbox.append_binary(|out| protocol.encode_response(&self.id, &response, out));
            }
            Ok(Reply::Nothing) => {}
            Ok(Reply::Error(error)) => {
                outbox.ready().await;
                self.fail(&error);
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Returns the last frame of the call.
    async fn reply(&self, received: Received) -> Reply {
        self.reply_of(self.answer(received).await).await
    }

    /// Returns the last frame for an answer.
    async fn reply_of(&self, answered: Answered) -> Reply {
        let failed = match answered {
            // All frames were events.
            Ok(None) => return Reply::Nothing,
            Ok(Some(Output { mut envelope, files })) if files.is_empty() => {
                // It may have to wait.
                fit(&mut envelope);
                return Reply::Envelope(envelope);
            }
            Ok(Some(output)) => Box::pin(self.form(OK, output)).await,
            Err(Failure::NotJson) => {
                tracing::debug!("a message is ignored: it is not JSON");
                return Reply::Nothing;
            }
            Err(Failure::Error(error)) => {
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
        let form = FormFrame::new(self.shared.protocol(), output);
        let content_type = form.content_type();
        let mut held = self.shared.socket.memory().nothing();
        let body = form_bytes(form, self.shared.limits.result_files, &mut held).await?;
        Ok(Reply::Form { status, content_type, body, _held: held })
    }

    /// Returns the output; `None` if the call has written events.
    async fn answer(&self, received: Received) -> Result<Option<Output>, Failure> {
        let Received { body, events, member, .. } = received;
        let (invocation, malformed) = (self.invocation(member), self.malformed(&body));
        let input = pin!(async {
            Ok(match (events, body) {
                (Some(events), _) => Input::Events(events),
                (None, Body::Envelope(text)) => Input::Envelope(text),
                (None, Body::Nowhere | Body::Events) => Input::Envelope(Bytes::new()),
                (None, Body::Form(body)) => {
                    // Boxed, so that calls without files are no larger for it.
                    let form = Box::pin(self.read_form(body)).await;
                    Input::Form(form.map_err(FormError::answer)?)
                }
            })
        });
        let _turn = invocation.turn().await;
        match invocation.run(input, malformed, || self.sink()).await? {
            Outcome::Output(output) => Ok(Some(output)),
            Outcome::Stream(run, _) => {
                let _counted = self.shared.rpc.count_stream();
                run.await?;
                Ok(None)
            }
            Outcome::Hibernating(run) => {
                let opened = run.await?.into_opened()?;
                self.hibernate(opened)?;
                Ok(None)
            }
        }
    }

    async fn read_form(&self, body: Bytes) -> Result<Form, FormError> {
        let content_type = self.call.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or(b"".as_slice(), HeaderValue::as_bytes);
        let limits = FormLimits::of_message(self.shared.limits.files);
        let body = futures::stream::once(std::future::ready(Ok(body)));
        read_form(self.shared.protocol(), content_type, body, &limits).await
    }

    /// Tells the client that it has an iterator, and the procedure its id. The call
    /// itself has ended.
    fn hibernate(&self, opened: Opened) -> Result<(), Error> {
        let socket = &self.shared.socket;
        // From here on, because events may be sent as soon as the id is known.
        socket.hibernate(self.id.as_str()).map_err(|error| {
            tracing::warn!(%error, socket = socket.id(), "an iterator does not hibernate");
            Error::new(Code::TooManyRequests)
                .with_message("the socket has no room for another iterator")
        })?;
        let headers = self.call.carried(CarriedWith::Events);
        self.shared.send(&self.id, &Response { status: OK, headers, body: Body::Events });
        let opened = catch_unwind(AssertUnwindSafe(|| opened(socket, self.id.as_str().into())));
        let error = match opened {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(panic) => panicked(&self.call, &*panic),
        };
        if socket.release(self.id.as_str()) {
            self.shared.sink(&self.id).error(&error, &EventMeta::default());
        }
        Ok(())
    }
}

impl<S: SocketState> Run<S> {
    fn shared(&self) -> &Shared<S::Context> {
        self.shared.get()
    }

    fn procedure(&self) -> &dyn ErasedProcedure<S::Context> {
        &*self.shared().rpc.route(self.route).procedure
    }

    /// Returns the failure of an envelope that cannot be parsed, by its place.
    fn malformed(&self, body: &Body) -> fn(&[u8], Malformed) -> Failure {
        let is_part = *self.call.method() == Method::GET || matches!(body, Body::Form(_));
        if is_part { Failure::of_part } else { Failure::of_message }
    }

    /// Returns `true` if nothing but the procedure itself can make the call wait.
    fn is_plain(&self, received: &Received) -> bool {
        self.procedure().run_kind() != RunKind::Hibernating
            && received.events.is_none()
            && !matches!(received.body, Body::Form(_))
            && self.shared().context.is_ready()
            && self.shared().socket.turns().is_none()
            && !tracing::span_enabled!(Level::DEBUG)
    }

    /// Ends the call, unless that has to wait or fails. Otherwise returns what it was given.
    fn end_now(&self, answered: Answered) -> Option<Answered> {
        match answered {
            Ok(None) => None,
            Ok(Some(output)) if output.files.is_empty() && self.sends_now(&output.envelope) => {
                reuse(output.envelope);
                None
            }
            answered => Some(answered),
        }
    }

    /// Starts the procedure of a [plain](Self::is_plain) call.
    fn started(&self, received: Received) -> Result<ErasedRun, Failure> {
        let Received { body, member, .. } = received;
        let shared = self.shared();
        let context = shared.context.ready(&self.call).unwrap_or_else(|| Err(Error::hidden()))?;
        let malformed = self.malformed(&body);
        let text = if let Body::Envelope(text) = body { text } else { Bytes::new() };
        let input = Input::Envelope(text);
        let started = self.invocation(member).start(context, input, malformed, &|| self.sink())?;
        Ok(started.run)
    }

    /// Sends a result, unless that has to wait or fails.
    fn sends_now(&self, envelope: &[u8]) -> bool {
        let shared = self.shared();
        let is_refused = envelope.len() > FEW_BYTES && shared.socket.memory().is_exhausted();
        if is_refused || !shared.may_go_on() {
            return false;
        }
        let headers = match self.call.used_response() {
            Some(head) => carried(head.headers(), CarriedWith::Output).into(),
            None => MessageHeaders::default(),
        };
        let response = Response { status: OK, headers, body: Body::Envelope(envelope) };
        let protocol = shared.protocol();
        shared.outbox().try_append(|out| protocol.encode_response(&self.id, &response, out))
    }

    fn fail(&self, error: &Error) {
        self.shared().fail_with(&self.id, error, self.call.carried(CarriedWith::Error));
    }

    fn invocation(&self, member: Option<&'static str>) -> Invocation<'_, S::Context> {
        Invocation {
            context: &self.shared().context,
            procedure: self.procedure(),
            call: &self.call,
            member,
            // Every method runs every procedure.
            is_refused: false,
        }
    }

    fn sink(&self) -> Arc<EventSink> {
        match &self.sink {
            Some(sink) => Arc::clone(sink),
            None => self.shared().sink(&self.id),
        }
    }
}
