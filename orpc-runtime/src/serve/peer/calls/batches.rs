//! Batches: several calls in one message.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use smol_str::SmolStr;

use super::admission::Refused;
use super::{Calls, OpenCall, Shared, Waiting, Work, path_and_query};
use crate::procedure::{Call, EventSink, ProcedureKind};
use crate::serve::batch::{BatchCall, Common, answers, collect_answers, memory, write_answers};
use crate::serve::memory::no_memory;
use crate::wire::{Body, CallId, Mode, PeerEvents, Request};

impl<C: Send + Sync + 'static> Calls<C> {
    /// Receives a batch: several calls in one message, which count as one running call.
    pub(super) fn batch(&mut self, id: CallId, mode: Mode, request: &Request, weight: usize) {
        let shared = Arc::clone(&self.shared);
        let protocol = shared.protocol();
        let mut held = match self.admit(ProcedureKind::Unary, 2 * weight, None) {
            Ok(held) => held,
            Err(refused) => return shared.turn_away(&id, refused),
        };
        let text = match &request.body {
            Body::Envelope(text) if request.method != Method::GET => Bytes::copy_from_slice(text),
            _ => {
                let query = path_and_query(&request.url).split_once('?').map(|(_, query)| query);
                protocol.batch_in_query(query).into()
            }
        };
        let items = match protocol.decode_batch(&text, shared.limits.batch) {
            Ok(items) => items,
            Err(bad) => {
                return shared.respond(&id, bad.status(), protocol.batch_refusal(bad));
            }
        };
        if let Err(exhausted) = held.grow(memory(&items, &request.headers)) {
            return shared.fail(&id, &no_memory(exhausted), None);
        }
        let mut calls = Vec::with_capacity(items.len());
        let common = Common {
            protocol,
            method: &request.method,
            headers: &request.headers,
            unicode: &request.unicode,
            methods: None,
        };
        for item in items {
            let call = shared.find(&item.path).map(|route| {
                let make = |target, parts: http::request::Parts, unicode| {
                    let (url, socket) =
                        (SmolStr::from(parts.uri.to_string()), shared.socket.clone());
                    let headers = parts.headers.into();
                    Call::on_socket(target, parts.method, url, headers, unicode, socket)
                };
                let mut call = BatchCall::new(item, route, &common, make);
                // A call that cannot be read is not run, and costs no token.
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
        let open = OpenCall { kind, abort: None, feed: None, sink: None, held };
        self.queue(open, Waiting { id, work: Work::Batch { mode, calls }, weight });
    }
}

/// Runs a batch to its last frame.
pub(super) async fn run_batch<C: Send + Sync + 'static>(
    shared: Arc<Shared<C>>,
    id: CallId,
    mode: Mode,
    calls: Vec<Option<BatchCall<C>>>,
) {
    let protocol = shared.protocol();
    let mut answers = answers(protocol, &shared.context, calls);
    let mut held = shared.socket.memory().nothing();
    let status = StatusCode::MULTI_STATUS;
    match mode {
        Mode::Buffered => {
            let body = collect_answers(protocol, &mut answers, status, &mut held).await;
            shared.outbox().ready().await;
            shared.respond(&id, status, &body);
        }
        Mode::Streaming => {
            let events = PeerEvents { protocol, id: id.clone(), status: status.as_u16() };
            let sink = EventSink::new(Arc::clone(shared.outbox()), events);
            write_answers(protocol, answers, status, sink, held).await;
            shared.outbox().append(|out| protocol.encode_end(&id, out));
        }
    }
}
