//! Runs the calls of a batch concurrently.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};
use tracing::Instrument as _;

use super::context::ContextSource;
use super::invoke::{Input, Invocation, Outcome, caught, malformed};
use super::memory::{HEADER, no_memory};
use super::method::Methods;
use crate::budget::Reservation;
use crate::core::{Error, EventKind, Output, UnicodeHeaders, fit};
use crate::procedure::{Call, ErasedProcedure, EventSink, Target};
use crate::router::Route;
use crate::socket::Outbox;
use crate::wire::{Answer, BadHeader, HttpEvents, Item, Protocol};

/// Answers of a batch with their indexes, in the order of completion. Dropping it ends
/// all calls.
pub(crate) type Answers = FuturesUnordered<BoxFuture<'static, (usize, Answer)>>;

/// A call of a batch with its procedure.
pub(crate) struct BatchCall<C> {
    protocol: Protocol,
    call: Arc<Call>,
    procedure: Arc<dyn ErasedProcedure<C>>,
    /// Error of a header that cannot be decoded.
    bad_header: Option<BadHeader>,
    methods: Option<Methods>,
    /// The procedure does not allow the method of the call, or of the batch.
    is_refused: bool,
    /// Error of a call beyond a rate.
    refusal: Option<Error>,
    /// The answer has no body.
    is_head: bool,
    /// The envelope.
    text: Bytes,
}

/// State that all calls of a batch share.
pub(crate) struct Common<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) unicode: &'a UnicodeHeaders,
    /// Method rules of HTTP; `None` on sockets, where every method runs every
    /// procedure.
    pub(crate) methods: Option<Methods>,
}

impl<C: Send + Sync + 'static> BatchCall<C> {
    /// `make` creates the call of a path from its request.
    pub(crate) fn new(
        item: Item,
        route: &Route<C>,
        common: &Common<'_>,
        make: impl FnOnce(Arc<Target>, http::request::Parts, UnicodeHeaders) -> Call,
    ) -> Self {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = item.method.unwrap_or_else(|| common.method.clone());
        parts.headers = common.headers.clone();
        let mut unicode = common.unicode.clone();
        let bad_header = match item.headers {
            Ok(own) => {
                for name in own.map.keys() {
                    parts.headers.remove(name);
                    unicode.remove(name);
                }
                parts.headers.extend(own.map);
                unicode.extend(&own.unicode);
                None
            }
            Err(bad) => Some(bad),
        };
        let query = item.query.as_deref();
        let target =
            query.map_or_else(|| item.path.clone(), |query| format!("{}?{query}", item.path));
        parts.uri = target.parse().unwrap_or_default();
        let method = &parts.method;
        // A call inside of the request must not run more than the request's own method.
        let is_refused = common.methods.is_some_and(|methods| {
            let definition = &route.target.definition;
            !methods.run(definition, common.method) || !methods.run(definition, method)
        });
        let is_head = *method == Method::HEAD && common.methods.is_some();
        let is_get = is_head || *method == Method::GET;
        Self {
            protocol: common.protocol,
            call: Arc::new(make(Arc::clone(&route.target), parts, unicode)),
            procedure: Arc::clone(&route.procedure),
            bad_header,
            methods: common.methods,
            is_refused,
            refusal: None,
            is_head,
            text: if is_get { common.protocol.input_in_query(query).into() } else { item.body },
        }
    }

    /// Returns `true` if the request could be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.bad_header.is_none()
    }

    /// Refuses the call, but no other one of the batch. `retry_after` is in seconds.
    pub(crate) fn refuse(&mut self, error: Error, retry_after: Option<u64>) {
        if let Some(seconds) = retry_after {
            // A number is a valid value.
            _ = self.call.response().insert_header(RETRY_AFTER, seconds.to_string());
        }
        self.refusal = Some(error);
    }

    async fn answer(self, context: ContextSource<C>) -> Answer {
        let span = tracing::debug_span!("rpc", procedure = self.call.path());
        let (call, methods, is_head) = (Arc::clone(&self.call), self.methods, self.is_head);
        let unsupported = self.protocol.unsupported();
        let (status, body) = match caught(&call, self.run(context)).instrument(span).await {
            Ok(Some(Output { mut envelope, files })) if files.is_empty() => {
                fit(&mut envelope);
                (call.response().status().unwrap_or(StatusCode::OK), envelope)
            }
            // Iterators and files cannot be encoded in a batch.
            Ok(_) => return Answer::text(StatusCode::INTERNAL_SERVER_ERROR, unsupported),
            Err(error) if error.has_files() => {
                return Answer::text(StatusCode::INTERNAL_SERVER_ERROR, unsupported);
            }
            Err(error) => written(&error),
        };
        let mut headers = call.response().headers().clone();
        if let Some(methods) = methods {
            methods.add_allow(call.definition(), status, &mut headers);
        }
        let body = if is_head { Vec::new() } else { body };
        Answer { status, headers, body: body.into() }
    }

    /// Returns the output; `None` if it is an iterator.
    async fn run(self, context: ContextSource<C>) -> Result<Option<Output>, Error> {
        if let Some(bad) = &self.bad_header {
            return Err(bad.answer());
        }
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let invocation = Invocation {
            context: &context,
            procedure: &*self.procedure,
            call: &self.call,
            member: None,
            is_refused: self.is_refused,
        };
        let input = pin!(std::future::ready(Ok(Input::Envelope(self.text))));
        let _turn = invocation.turn().await;
        // Unused: an iterator is not run.
        let sink = || EventSink::new(Outbox::new(1), HttpEvents(self.protocol));
        match invocation.run(input, malformed, sink).await? {
            Outcome::Output(output) => Ok(Some(output)),
            Outcome::Stream(..) | Outcome::Hibernating(_) => Ok(None),
        }
    }
}

fn written(error: &Error) -> (StatusCode, Vec<u8>) {
    let status = StatusCode::from_u16(error.status());
    (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error.output().envelope)
}

/// Runs the calls; `None` is a call that matches no procedure.
pub(crate) fn answers<C: Send + Sync + 'static>(
    protocol: Protocol,
    context: &ContextSource<C>,
    calls: impl IntoIterator<Item = Option<BatchCall<C>>>,
) -> Answers {
    let run = |(index, call): (usize, Option<BatchCall<C>>)| -> BoxFuture<'static, _> {
        let context = context.clone();
        Box::pin(async move {
            match call {
                Some(call) => (index, call.answer(context).await),
                None => (index, Answer::text(StatusCode::NOT_FOUND, protocol.unmatched())),
            }
        })
    };
    calls.into_iter().enumerate().map(run).collect()
}

/// Length of an entry of the array without its body and headers.
const ENTRY: usize = 64;

/// Memory of a call of a batch without its text and headers.
const CALL: usize = 1024;

/// Returns the memory of the calls beside their text: each has the headers of all.
pub(crate) fn memory(items: &[Item], headers: &HeaderMap) -> usize {
    let own = |item: &Item| item.headers.as_ref().map_or(0, |own| own.map.len());
    items.iter().map(|item| CALL + HEADER * (headers.len() + own(item))).sum()
}

/// Counts an answer towards `held`; replaces it by an error if there is no memory for it.
fn count(mut answer: Answer, held: &mut Reservation) -> Answer {
    match held.grow(answer.body.len()) {
        Ok(()) => {
            // Serialised into a buffer of up to twice its length.
            if let Cow::Owned(body) = &mut answer.body {
                body.shrink_to_fit();
            }
            answer
        }
        Err(exhausted) => {
            let (status, body) = written(&no_memory(exhausted));
            Answer { status, headers: HeaderMap::new(), body: body.into() }
        }
    }
}

/// Collects all answers into one JSON array, in a response of that status. They count
/// towards `held`.
pub(crate) async fn collect_answers(
    protocol: Protocol,
    answers: &mut Answers,
    status: StatusCode,
    held: &mut Reservation,
) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some((index, answer)) = answers.next().await {
        all.push((index, count(answer, held)));
    }
    let length: usize = all.iter().map(|(_, answer)| answer.body.len() + ENTRY).sum();
    let mut body = Vec::with_capacity(length);
    body.push(b'[');
    for (index, answer) in all {
        if body.len() > 1 {
            body.push(b',');
        }
        protocol.encode_answer(&answer, index, status, &mut body);
    }
    body.push(b']');
    body
}

/// Writes each answer as an event when it is ready, in a response of that status. There
/// is no final event. Answers that wait for the client count towards `held`.
pub(crate) async fn write_answers(
    protocol: Protocol,
    mut answers: Answers,
    status: StatusCode,
    sink: Arc<EventSink>,
    mut held: Reservation,
) {
    while let Some((index, answer)) = answers.next().await {
        if !sink.is_open() {
            sink.open(HeaderMap::new());
        }
        let answer = count(answer, &mut held);
        sink.ready().await;
        sink.plain(EventKind::Message, |out| {
            protocol.encode_answer(&answer, index, status, out);
        });
        held.shrink(answer.body.len());
    }
}
