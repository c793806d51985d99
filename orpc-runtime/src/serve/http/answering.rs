//! The answer of one call, in as few steps as it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Response;
use http::header::CONTENT_ENCODING;
use http_body::Body;

use super::answer::{Answer, Failure, event_sink};
use super::body::RpcBody;
use super::dispatch::Ending;
use super::drain::RequestBody;
use super::read::{declared_length, refuse_codings};
use super::service::Options;
use crate::budget::Reservation;
use crate::core::{Error, HeaderNames, Output};
use crate::procedure::{Call, ErasedProcedure, ErasedRun, RunKind, panicked};
use crate::serve::invoke::{Input, caught};
use crate::serve::memory::no_memory;
use crate::serve::method::is_get;
use crate::serve::state::Served;
use crate::wire::{BodyKind, Protocol};

/// A call that is to be answered.
pub(super) struct Answering<C> {
    pub(super) served: Served<C, Options>,
    pub(super) protocol: Protocol,
    pub(super) procedure: Arc<dyn ErasedProcedure<C>>,
    pub(super) call: Arc<Call>,
    /// Names of its headers.
    pub(super) names: HeaderNames,
    pub(super) held: Reservation,
    pub(super) ending: Ending,
}

/// Outcome of the first poll of a call.
enum Polled {
    Ended(Output),
    /// The procedure waits.
    Waits(ErasedRun),
    /// Not begun: the body is not there, or is not read in one step.
    NotBegun,
}

impl<C: Send + Sync + 'static> Answering<C> {
    /// Answers the call.
    pub(super) async fn run<B>(mut self, body: RequestBody<B>) -> Response<RpcBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let answer =
            self.served.answer(self.protocol, &*self.procedure, &self.call, body, &mut self.held);
        let answer = caught(&self.call, answer).await;
        self.end(answer)
    }

    /// Answers the call when its procedure has ended.
    async fn end_after(self, run: ErasedRun) -> Response<RpcBody> {
        let answer = async { Ok(Answer::Output(run.await?.into_output()?)) };
        let answer = caught(&self.call, answer).await;
        self.end(answer)
    }

    /// Creates the response.
    fn end(self, answer: Result<Answer, Error>) -> Response<RpcBody> {
        let response = self.served.respond_to(self.protocol, &self.call, answer);
        self.ending.complete(response, self.held)
    }

    /// Runs a procedure with one result until it waits, if nothing else can make the call wait.
    fn begin<B>(
        &mut self,
        body: &mut RequestBody<B>,
        cx: &mut Context<'_>,
    ) -> Result<Polled, Failure>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        if self.procedure.run_kind() != RunKind::Output {
            return Ok(Polled::NotBegun);
        }
        let Some(context) = self.served.context.ready(&self.call) else {
            return Ok(Polled::NotBegun);
        };
        let context = context?;
        let Some(text) = self.text(body, cx)? else { return Ok(Polled::NotBegun) };
        let invocation = self.served.invocation(&*self.procedure, &self.call);
        let sink = || event_sink(self.protocol, self.held.budget().cloned());
        let input = Input::Envelope(text);
        let mut run = invocation.start(context, input, Failure::malformed, &sink)?.run;
        Ok(match run.as_mut().poll(cx) {
            Poll::Ready(end) => Polled::Ended(end?.into_output()?),
            Poll::Pending => Polled::Waits(run),
        })
    }

    /// Returns the input, if the body is no more than one piece that is there, and may be read.
    fn text<B>(
        &mut self,
        body: &mut RequestBody<B>,
        cx: &mut Context<'_>,
    ) -> Result<Option<Bytes>, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let (headers, limit) = (self.call.headers(), self.served.options.body_limit);
        let has_coding = self.names.may_have(&CONTENT_ENCODING) && refuse_codings(headers).is_err();
        if is_get(self.call.method()) || has_coding {
            return Ok(None);
        }
        let kind = self.protocol.body_kind(headers);
        let is_read = matches!(kind, BodyKind::Json | BodyKind::Nowhere)
            && declared_length(body, headers) <= limit as u64;
        if !is_read || !body.poll_whole(cx, limit) {
            return Ok(None);
        }
        let bytes = body
            .take_first()
            .map_or_else(Bytes::new, |mut data| data.copy_to_bytes(data.remaining()));
        self.held.grow(bytes.len()).map_err(no_memory)?;
        Ok(Some(if kind == BodyKind::Json { bytes } else { Bytes::new() }))
    }
}

/// The future of a response to a call. Most calls end when they are polled for the first time,
/// and need no future that could wait for each of their steps.
pub(super) enum AnswerFuture<C, B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    Fresh(Answering<C>, RequestBody<B>),
    Waits(BoxFuture<'static, Response<RpcBody>>),
    Ended,
}

impl<C, B> Future for AnswerFuture<C, B>
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Output = Response<RpcBody>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<RpcBody>> {
        let this = &mut *self;
        if let Self::Waits(rest) = this {
            return rest.as_mut().poll(cx);
        }
        let Self::Fresh(mut call, mut body) = std::mem::replace(this, Self::Ended) else {
            return Poll::Pending;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| call.begin(&mut body, cx)));
        let answer = match polled {
            Ok(Ok(Polled::Ended(output))) => Ok(Answer::Output(output)),
            Ok(Ok(Polled::Waits(run))) => {
                *this = Self::Waits(call.end_after(run).boxed());
                return Poll::Pending;
            }
            Ok(Ok(Polled::NotBegun)) => {
                let mut rest = call.run(body).boxed();
                let response = rest.as_mut().poll(cx);
                if response.is_pending() {
                    *this = Self::Waits(rest);
                }
                return response;
            }
            Ok(Err(failure)) => failure.into_answer(),
            Err(panic) => Err(panicked(&call.call, &*panic)),
        };
        Poll::Ready(call.end(answer))
    }
}
