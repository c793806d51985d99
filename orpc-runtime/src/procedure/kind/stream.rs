//! Procedures that answer with a stream of events.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use futures::Stream as _;

use super::Kind;
use crate::core::{
    Error, ErrorDeclaration, ErrorEvent, EventError, EventItem, EventMeta, EventPayload, RpcError,
    present,
};
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::{Emitter, EventSink};
use crate::procedure::erased::{ErasedRun, Finished, RunKind, Started, Wanted};
use crate::procedure::handler::{Scope, StreamHandler, Streams};
use crate::procedure::in_process;
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{EndOfCall, Finalized, Run};
use crate::procedure::signature::IoSchema;
use crate::schema::{OutputWriter, SchemaError, TypeSchema};
use crate::wire::CarriedWith;

/// The kind of a procedure that answers with a stream: the writers of its events and of
/// its return value.
struct EventStream(Arc<[OutputWriter; 2]>);

impl EventStream {
    fn of<P: Streams>(are_checked: bool) -> Result<Self, SchemaError> {
        let event = TypeSchema::of::<<P::Event as EventItem>::Value>();
        Self::of_schemas(event, TypeSchema::of::<<P::Event as EventItem>::Return>(), are_checked)
    }

    fn of_schemas(
        event: TypeSchema,
        end: TypeSchema,
        are_checked: bool,
    ) -> Result<Self, SchemaError> {
        let writer = |schema| OutputWriter::of_events(schema, are_checked);
        Ok(Self(Arc::new([writer(event)?, writer(end)?])))
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
            let [events, returns] = &*outputs;
            let handler = pin!(async {
                let scope = Scope { context: &*context, call };
                let stream = P::open(scope, input).await.map_err(RpcError::into_error)?;
                emitter.open(call.carried(CarriedWith::Events));
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
                                EventPayload::Message(value) => match P::Event::encoded(&value) {
                                    Some(envelope) => emitter.encoded(&meta, events, envelope)?,
                                    None => emitter.message(&meta, events, present(&value))?,
                                },
                                EventPayload::Done(value) => {
                                    return emitter.done(&meta, returns, present(&value));
                                }
                            }
                        }
                        Err(event) => {
                            let (error, meta) = event.into_parts();
                            let error = errors.finalize(call, error);
                            let end = emitter.fail(ErrorEvent::with_meta(error, meta));
                            return Ok(Finished::Events(end));
                        }
                    }
                }
                emitter.done(&EventMeta::default(), returns, None)
            });
            let wanted = Wanted::Output;
            let end = Finalized { call, errors: &errors, wanted, handler }.await;
            emitter.end(end)
        };
        Started { run: Box::pin(run), events: Some(sink) }
    }

    fn call(&self, run: Run<C, P>, _: Arc<DeclaredErrors>) -> ErasedRun {
        Box::pin(async move {
            match in_process::open(run).await {
                Ok(stream) => Ok(Finished::Reply(Box::new(stream))),
                Err(error) => Err(Error::of_procedure(Box::new(error))),
            }
        })
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
