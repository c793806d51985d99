//! Batches: several calls in one request.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body::Body;

use super::body::RpcBody;
use super::drain::RequestBody;
use super::read::{ReadError, read_body, refuse_codings};
use super::response::{
    EVENT_STREAM, JSON, allowed_methods, cross_site, error_response, no_memory, refused_method,
    set_content_type,
};
use super::service::{Options, STREAM_BUFFER};
use crate::budget::Reservation;
use crate::core::{Error, UnicodeHeaders};
use crate::procedure::{Call, EventSink, Finished, StreamEnd};
use crate::serve::batch::{BatchCall, Common, answers, collect_answers, write_answers};
use crate::serve::method::{self, is_get, is_unsafe};
use crate::serve::state::Parts;
use crate::serve::{batch as calls, memory};
use crate::socket::Outbox;
use crate::wire::{HttpEvents, Item, Mode, Protocol};

impl<C: Send + Sync + 'static> Parts<C, Options> {
    /// Answers several calls in one response.
    pub(super) async fn batch<B>(
        &self,
        protocol: Protocol,
        mode: Mode,
        parts: http::request::Parts,
        body: RequestBody<B>,
        held: &mut Reservation,
    ) -> Response<RpcBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        if parts.method == http::Method::OPTIONS {
            return allowed_methods(method::ANY);
        }
        if !is_get(&parts.method) && !is_unsafe(&parts.method) {
            return refused_method(method::ANY);
        }
        if !self.options.origins.allow(&parts.headers, &parts.uri) {
            return cross_site();
        }
        let text = match self.batch_text(protocol, &parts, body, held).await {
            Ok(text) => text,
            Err(error) => return error_response(&error),
        };
        let items = match protocol.decode_batch(&text, self.options.batch_limit) {
            Ok(items) => items,
            Err(bad) => {
                let mut response = Response::new(RpcBody::full(protocol.batch_refusal(bad)));
                *response.status_mut() = bad.status();
                response.headers_mut().insert(CONTENT_TYPE, JSON);
                return response;
            }
        };
        if let Err(exhausted) = held.grow(calls::memory(&items, &parts.headers)) {
            return no_memory(exhausted);
        }
        let status = self.options.batch_status;
        let mut answers =
            answers(protocol, &self.context, self.batch_calls(protocol, items, &parts));
        match mode {
            Mode::Buffered => {
                let body = collect_answers(protocol, &mut answers, status, held).await;
                self.batch_response(JSON, RpcBody::full(body))
            }
            Mode::Streaming => {
                let sink = EventSink::new(Outbox::new(STREAM_BUFFER), HttpEvents(protocol));
                let run =
                    write_answers(protocol, answers, status, Arc::clone(&sink), held.another());
                let run = run.map(|()| Ok(Finished::Events(StreamEnd(None)))).boxed();
                let events = match self.events(run, sink).await {
                    Ok(events) => events,
                    Err(error) => return error_response(&error),
                };
                self.batch_response(EVENT_STREAM, RpcBody::events(events))
            }
        }
    }

    /// Returns the JSON text of the calls, from the body or the query.
    async fn batch_text<B>(
        &self,
        protocol: Protocol,
        parts: &http::request::Parts,
        body: RequestBody<B>,
        held: &mut Reservation,
    ) -> Result<Bytes, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        if is_get(&parts.method) {
            let text = protocol.batch_in_query(parts.uri.query());
            held.grow(text.len()).map_err(memory::no_memory)?;
            return Ok(text.into());
        }
        refuse_codings(&parts.headers)?;
        let (limit, timeout) = (self.options.body_limit, self.options.timeouts.body);
        let text = read_body(body, &parts.headers, limit, timeout, held).await;
        text.map_err(ReadError::answer)
    }

    fn batch_response(&self, content_type: HeaderValue, body: RpcBody) -> Response<RpcBody> {
        let mut response = Response::new(body);
        *response.status_mut() = self.options.batch_status;
        *response.headers_mut() = self.options.batch_headers.clone();
        set_content_type(&mut response, content_type);
        response
    }

    /// Returns the calls of a batch in order; `None` for one that matches no procedure.
    fn batch_calls(
        &self,
        protocol: Protocol,
        items: Vec<Item>,
        batch: &http::request::Parts,
    ) -> Vec<Option<BatchCall<C>>> {
        // Calls have their whole paths, of which a router in front may have stripped a
        // part, and a proxy before that may have changed another.
        let own = batch.uri.path();
        let told = self.options.stripped.clone().or_else(|| stripped(own, &batch.extensions));
        let told = told.unwrap_or_default();
        let guessed = items.first().and_then(|first| guessed(own, &first.path));
        let common = Common {
            protocol,
            method: &batch.method,
            headers: &batch.headers,
            unicode: UnicodeHeaders::NONE,
            methods: Some(self.options.methods),
        };
        let call = |item: Item| {
            let find = |stripped: &str| self.find(item.path.strip_prefix(stripped)?);
            let route = find(&told).or_else(|| find(guessed.as_deref()?))?;
            Some(BatchCall::new(item, route, &common, |target, mut parts, unicode| {
                parts.extensions = batch.extensions.clone();
                Call::from_parts(target, parts, unicode)
            }))
        };
        items.into_iter().map(call).collect()
    }
}

/// Returns the part of a path that axum has stripped.
#[cfg(feature = "axum")]
fn stripped(own: &str, extensions: &http::Extensions) -> Option<String> {
    let original = &extensions.get::<axum::extract::OriginalUri>()?.0;
    // A service that is nested at `/rpc` receives `/` for `/rpc`, too.
    let stripped = original.path().strip_suffix(own);
    Some(stripped.or_else(|| (own == "/").then(|| original.path()))?.to_owned())
}

#[cfg(not(feature = "axum"))]
fn stripped(_: &str, _: &http::Extensions) -> Option<String> {
    None
}

/// Returns the stripped part of a path if the batch was sent to the default URL of the
/// official client: that of the first call and `/__batch__`.
fn guessed(own: &str, first: &str) -> Option<String> {
    let own = own.strip_suffix("/__batch__").filter(|own| !own.is_empty())?;
    first.strip_suffix(own).map(str::to_owned)
}
