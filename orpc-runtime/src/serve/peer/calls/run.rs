//! Runs of admitted calls.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use tracing::Instrument as _;

use super::admission::Refused;
use super::{OK, Shared, carried};
use crate::budget::Reservation;
use crate::core::{Error, EventMeta, Output, malformed_request};
use crate::procedure::{
    Call, ErasedProcedure, EventSink, InputEvents, Opened, RawInput, Started, panicked,
};
use crate::serve::form::{Form, FormError, FormLimits, form_bytes, read_form};
use crate::serve::memory::no_memory;
use crate::value::{Envelope, Malformed};
use crate::wire::{Body, CallId, DURABLE_ITERATOR, Form as FormFrame, POSITION, Response};

/// Input of a call as received.
pub(super) struct Input {
    pub(super) body: Body,
    pub(super) events: Option<InputEvents>,
    /// Member of the value that is the input, if it is not the whole value.
    pub(super) member: Option<&'static str>,
}

impl Input {
    /// Creates the input from the envelope of the call.
    pub(super) fn of<'a>(
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

/// Last frame of a call.
enum Reply {
    Nothing,
    Envelope(Vec<u8>),
    Form { status: u16, content_type: HeaderValue, body: Vec<u8>, _held: Reservation },
    Error(Error),
}

/// A running call.
pub(super) struct Run<C> {
    pub(super) shared: Arc<Shared<C>>,
    pub(super) id: CallId,
    pub(super) sink: Option<Arc<EventSink>>,
    pub(super) call: Arc<Call>,
    pub(super) procedure: Arc<dyn ErasedProcedure<C>>,
}

impl<C: Send + Sync + 'static> Run<C> {
    /// Runs the call to its last frame.
    pub(super) fn run(self, input: Input) -> impl Future<Output = ()> + Send {
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
                    let headers = carried(self.call.response().headers(), DURABLE_ITERATOR);
                    let body = Body::Envelope(&*envelope);
                    self.shared.send(&self.id, &Response { status: OK, headers, body });
                }
                Ok(Reply::Form { status, content_type, body, _held }) => {
                    outbox.ready().await;
                    let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
                    let response = Response { status, headers, body: Body::Form(&*body) };
                    let protocol = self.shared.protocol();
                    outbox.append_binary(|out| protocol.encode_response(&self.id, &response, out));
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
            Ok(Some(output)) => Box::pin(self.form(OK, output)).await,
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
        let form = FormFrame::new(self.shared.protocol(), output);
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
        read_form(self.shared.protocol(), content_type, body, &limits).await
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
        let headers = carried(self.call.response().headers(), POSITION);
        self.shared.send(&self.id, &Response { status: OK, headers, body: Body::Events });
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
