//! Procedures that answer with a stream of events.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use futures::Stream as _;
use futures::future::BoxFuture;

use super::Kind;
use crate::core::{
    ErrorDeclaration, ErrorEvent, EventError, EventItem, EventKind, EventMeta, EventPayload,
    RpcError, present,
};
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::{Emitter, EventSink};
use crate::procedure::erased::{Finished, RunKind, Started, StreamEnd};
use crate::procedure::handler::{Scope, StreamHandler, Streams};
use crate::procedure::in_process;
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{EndOfCall, Run, finalized};
use crate::procedure::signature::IoSchema;
use crate::schema::{OutputWriter, SchemaError};

/// The kind of a procedure that answers with a stream: the writers of its events and of
/// its return value.
struct EventStream(Arc<[OutputWriter; 2]>);

impl EventStream {
    fn of<P: Streams>(are_checked: bool) -> Result<Self, SchemaError> {
        Ok(Self(Arc::new([
            OutputWriter::of::<<P::Event as EventItem>::Value>(are_checked)?,
            OutputWriter::of::<<P::Event as EventItem>::Return>(are_checked)?,
        ])))
    }
}

impl<C, P, Marker> Kind<C, P, Marker> for EventStream
where
    C: Send + Sync + 'static,
    P: StreamHandler<C, Marker>,
    Marker: 'static,
{
    const RUNS: RunKind = RunKind::Events;
    const NEEDS_SOCKET: bool = P::NEEDS_SOCKET;

    fn compile() -> Result<Self, SchemaError> {
        Self::of::<P>(false)
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Self::of::<P>(true)
    }

    fn output() -> IoSchema {
        IoSchema::events::<<P::Event as EventItem>::Value, <P::Event as EventItem>::Return>()
    }

    fn errors() -> Vec<ErrorDeclaration> {
        <P::EventError as EventError>::declarations()
    }

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        let outputs = Arc::clone(&self.0);
        let sink = sink();
        let emitter = Emitter::new(Arc::clone(&sink));
        let Run { context, call, input } = run;
        let run = async move {
            let end = EndOfCall(call);
            let call = &*end.0;
            let mut open = false;
            let [events, returns] = &*outputs;
            let handler = async {
                let scope = Scope { context: &*context, call };
                let stream = P::open(scope, input).await.map_err(RpcError::into_error)?;
                open = true;
                emitter.open();
                let mut stream = pin!(stream);
                loop {
                    if !emitter.may_go_on() {
                        emitter.ready().await;
                    }
                    let next = poll_fn(|cx| {
                        let next = stream.as_mut().poll_next(cx);
                        if next.is_pending() {
                            emitter.waits();
                        }
                        next
                    });
                    let Some(mut item) = next.await else { break };
                    if !emitter.has_room() {
                        item = emitter.hold(item).await;
                    }
                    let event = P::split(item).map_err(EventError::into_error_event);
                    match event.map(EventItem::into_event) {
                        Ok(event) => {
                            let (step, meta) = event.into_parts();
                            match step {
                                EventPayload::Message(value) => {
                                    let write = |out: &mut _| match P::Event::encoded(&value) {
                                        Some(envelope) => events.write_encoded(envelope, out),
                                        None => events.write(present(&value), out),
                                    };
                                    emitter.emit(EventKind::Message, &meta, write)?;
                                }
                                EventPayload::Done(value) => {
                                    let write = |out: &mut _| returns.write(present(&value), out);
                                    emitter.emit(EventKind::Done, &meta, write)?;
                                    return Ok(StreamEnd(None));
                                }
                            }
                        }
                        Err(event) => {
                            let (error, meta) = event.into_parts();
                            let error = errors.finalize(call, error);
                            return Ok(emitter.fail(ErrorEvent::with_meta(error, meta)));
                        }
                    }
                }
                let write = |out: &mut _| returns.write(None::<&()>, out);
                emitter.emit(EventKind::Done, &EventMeta::default(), write)?;
                Ok(StreamEnd(None))
            };
            let end = match finalized(call, &errors, handler).await {
                Err(error) if open => emitter.fail(ErrorEvent::new(error)),
                end => end?,
            };
            Ok(Finished::Events(end))
        };
        Started { run: Box::pin(run), events: Some(sink) }
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(in_process::open(run))
    }
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure that answers with a stream.
    pub fn stream<P, Marker>(self)
    where
        P: StreamHandler<C, Marker>,
        Marker: 'static,
    {
        self.place::<P, EventStream, Marker>();
    }
}
