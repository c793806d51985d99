//! Batches: several calls in one message.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};

use super::admission::Refused;
use super::{Calls, OpenCall, Shared, Waiting, Work, path_and_query};
use crate::procedure::{Call, EventSink, ProcedureKind};
use crate::serve::batch::{BatchCall, Common, answers, collect_answers, write_answers};
use crate::wire::v1::batch::{self, Mode};
use crate::wire::v1::peer::{self, BatchWriter, Body, CallId, Request};

impl<C: Send + Sync + 'static> Calls<C> {
    /// Receives a batch: several calls in one message, which count as one running call.
    pub(super) fn batch(&mut self, id: CallId, mode: Mode, request: &Request, weight: usize) {
        let shared = Arc::clone(&self.shared);
        let held = match self.admit(ProcedureKind::Unary, 2 * weight) {
            Ok(held) => held,
            Err(refused) => return shared.fail(&id, &refused.error(), refused.retry_after()),
        };
        let text = match &request.body {
            Body::Envelope(text) if request.method != Method::GET => Bytes::copy_from_slice(text),
            _ => {
                let query = path_and_query(&request.url).split_once('?').map(|(_, query)| query);
                batch::query_items(query).into()
            }
        };
        let items = match batch::read(&text, shared.limits.batch) {
            Ok(items) => items,
            Err(bad) => {
                let write = |out: &mut _| peer::write_plain(&id, bad.status(), bad.body(), out);
                return shared.outbox().append(write);
            }
        };
        let mut calls = Vec::with_capacity(items.len());
        let common = Common {
            method: &request.method,
            headers: &request.headers,
            unicode: &request.unicode,
            methods: None,
        };
        for item in items {
            let call = shared.find(&item.path).map(|route| {
                let make = |target, parts| Call::on_socket(target, parts, shared.socket.clone());
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
        let open = OpenCall { kind, abort: None, feed: None, sink: None, _held: held };
        self.open.insert(id.clone(), open);
        self.queue(ProcedureKind::Unary, Waiting { id, work: Work::Batch { mode, calls }, weight });
    }
}

/// Runs a batch to its last frame.
pub(super) async fn run_batch<C: Send + Sync + 'static>(
    shared: Arc<Shared<C>>,
    id: CallId,
    mode: Mode,
    calls: Vec<Option<BatchCall<C>>>,
) {
    let mut answers = answers(&shared.context, calls);
    match mode {
        Mode::Buffered => {
            let body = collect_answers(&mut answers, StatusCode::MULTI_STATUS).await;
            shared.outbox().ready().await;
            shared
                .outbox()
                .append(|out| peer::write_plain(&id, StatusCode::MULTI_STATUS, &body, out));
        }
        Mode::Streaming => {
            let sink = EventSink::new(Arc::clone(shared.outbox()), BatchWriter(id.clone()));
            write_answers(answers, StatusCode::MULTI_STATUS, sink).await;
            shared.outbox().append(|out| peer::write_end_of_batch(&id, out));
        }
    }
}
