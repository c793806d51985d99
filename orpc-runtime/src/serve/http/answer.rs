//! From the request of a call to its result.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures::TryFutureExt as _;
use http_body::Body;

use super::body::{EventBody, KeepAlive};
use super::drain::RequestBody;
use super::events::BodyEvents;
use super::read::{ReadError, read_body, read_form, refuse_codings};
use super::service::{Options, STREAM_BUFFER};
use crate::budget::{Budget, Reservation};
use crate::core::{Code, Error, Output};
use crate::procedure::{Call, ErasedProcedure, ErasedRun, EventSink, InputEvents, needs_socket};
use crate::router::Route;
use crate::serve::form::FormError;
use crate::serve::invoke::{Input, Invocation, Outcome, malformed};
use crate::serve::memory::no_memory;
use crate::serve::method::is_get;
use crate::serve::state::Parts;
use crate::serve::woken::WokenFuture;
use crate::socket::Outbox;
use crate::value::Malformed;
use crate::wire::{BodyKind, ForeignProtocol, HttpEvents, Protocol};

/// Result of a call, before it is a response.
pub(super) enum Answer {
    Output(Output),
    Events(Box<EventBody>),
    /// The call is in a protocol that the server does not speak.
    Foreign(ForeignProtocol),
}

/// Error of a call without an answer.
pub(super) enum Failure {
    Error(Error),
    Foreign(ForeignProtocol),
}

impl Failure {
    /// Recognises the envelope of a protocol that the server does not speak.
    pub(super) fn malformed(text: &[u8], error: Malformed) -> Self {
        match ForeignProtocol::of_envelope(text) {
            Some(foreign) => Self::Foreign(foreign),
            None => Self::Error(malformed(text, error)),
        }
    }

    /// Returns the answer, or the error that is one.
    pub(super) fn into_answer(self) -> Result<Answer, Error> {
        match self {
            Self::Foreign(foreign) => Ok(Answer::Foreign(foreign)),
            Self::Error(error) => Err(error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Creates the sink of a call's events.
pub(super) fn event_sink(protocol: Protocol, memory: Option<Arc<Budget>>) -> Arc<EventSink> {
    EventSink::new(Outbox::within(STREAM_BUFFER, memory), HttpEvents(protocol))
}

impl<C: Send + Sync + 'static> Parts<C, Options> {
    pub(super) fn find(&self, path: &str) -> Option<&Route<C>> {
        self.rpc.find(self.below(path)?)
    }

    /// Returns the path below the prefix.
    pub(super) fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(self.options.prefix.as_str())?;
        // The prefix must end at the end of a segment.
        (below.is_empty() || below.starts_with('/')).then_some(below)
    }

    pub(super) async fn answer<B>(
        &self,
        protocol: Protocol,
        procedure: &dyn ErasedProcedure<C>,
        call: &Arc<Call>,
        body: RequestBody<B>,
        held: &mut Reservation,
    ) -> Result<Answer, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let invocation = self.invocation(procedure, call);
        let memory = held.budget().cloned();
        let sink = || event_sink(protocol, memory.clone());
        let input = pin!(self.input(protocol, call, body, held).map_err(Failure::Error));
        match invocation.run(input, Failure::malformed, sink).await {
            Ok(Outcome::Output(output)) => Ok(Answer::Output(output)),
            Ok(Outcome::Stream(run, sink)) => self.open(run, sink).await.map(Answer::Events),
            Ok(Outcome::Hibernating(_)) => Err(needs_socket()),
            Err(failure) => failure.into_answer(),
        }
    }

    pub(super) fn invocation<'a>(
        &'a self,
        procedure: &'a dyn ErasedProcedure<C>,
        call: &'a Arc<Call>,
    ) -> Invocation<'a, C> {
        Invocation {
            context: &self.context,
            procedure,
            call,
            member: None,
            is_refused: !self.options.methods.run(call.definition(), call.method()),
        }
    }

    /// Returns the input, from the body or the query.
    async fn input<B>(
        &self,
        protocol: Protocol,
        call: &Call,
        body: RequestBody<B>,
        held: &mut Reservation,
    ) -> Result<Input, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        if is_get(call.method()) {
            let text = protocol.input_in_query(call.uri().query());
            held.grow(text.len()).map_err(no_memory)?;
            return Ok(Input::Envelope(text.into()));
        }
        let headers = call.headers();
        refuse_codings(headers)?;
        let kind = protocol.body_kind(headers);
        let timeouts = self.options.timeouts;
        match kind {
            BodyKind::Form => {
                // Boxed, so that calls without files are no larger for it.
                let limits = &self.options.form;
                let form =
                    Box::pin(read_form(protocol, body, headers, limits, timeouts.body, held)).await;
                return form.map(Input::Form).map_err(FormError::answer);
            }
            BodyKind::Events => {
                let (limit, kept) = (self.options.body_limit, held.another());
                let events = BodyEvents::new(protocol, body, limit, timeouts.events, kept);
                return Ok(Input::Events(InputEvents::read(events)));
            }
            BodyKind::Json | BodyKind::Nowhere => {}
        }
        // A body without an envelope is read as well, so that the connection can
        // continue with the next request.
        let bytes = read_body(body, headers, self.options.body_limit, timeouts.body, held).await;
        let bytes = bytes.map_err(ReadError::answer)?;
        let text = if kind == BodyKind::Json { bytes } else { Bytes::new() };
        Ok(Input::Envelope(text))
    }

    /// Runs a stream procedure until it has returned its stream, or failed.
    async fn open(&self, run: ErasedRun, sink: Arc<EventSink>) -> Result<Box<EventBody>, Error> {
        if self.rpc.is_shut_down() {
            return Err(Error::new(Code::ServiceUnavailable));
        }
        let mut events = self.events(run, sink).await?;
        events.shutdown = Some(self.rpc.on_shutdown());
        events.counted = Some(Box::new(self.rpc.count_stream()));
        Ok(events)
    }

    /// Runs a stream until it has begun, or failed.
    pub(super) async fn events(
        &self,
        mut run: ErasedRun,
        sink: Arc<EventSink>,
    ) -> Result<Box<EventBody>, Error> {
        let ended = poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(result.map(|_| true)),
            Poll::Pending if sink.is_open() => Poll::Ready(Ok(false)),
            Poll::Pending => Poll::Pending,
        })
        .await?;
        let keep_alive = self.options.keep_alive.clone();
        Ok(Box::new(EventBody {
            run: (!ended).then(|| WokenFuture::new(run)),
            sink,
            initial: self.options.initial_comment.clone(),
            keep_alive: keep_alive.map(|(interval, comment)| KeepAlive::new(interval, comment)),
            shutdown: None,
            span: tracing::Span::current(),
            counted: None,
            held: Reservation::unbounded(),
        }))
    }
}
