//! From a request to its response.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{Method, Request, Response, Version};
use http_body::Body;
use tracing::{Instrument as _, Level};

use super::answer::Answer;
use super::answering::{AnswerFuture, Answering};
use super::body::RpcBody;
use super::connection::Connection;
use super::drain::{Awaited, RequestBody};
use super::foreign;
use super::future::ResponseFuture;
use super::read::BoxError;
use super::response::{
    allowed_methods, cross_site, foreign_host, head_only, no_memory, refused_method, respond,
    respond_with_error, unmatched,
};
use super::service::Options;
use crate::budget::{Budget, Exhausted, Reservation};
use crate::core::{Error, HeaderNames, UnicodeHeaders};
use crate::procedure::Call;
use crate::router::Route;
use crate::serve::method::{is_get, is_unsafe};
use crate::serve::origin::{is_navigation, is_of_program};
use crate::serve::state::{Parts, Served, head_size};
use crate::wire::Protocol;

/// Memory of a request without its head and body.
const REQUEST: usize = 4 * 1024;

/// Part of a response that is known before the response is.
pub(super) struct Ending {
    is_head: bool,
    /// Body without which the connection cannot go on.
    awaited: Option<Awaited>,
    write_timeout: Duration,
    memory: Arc<Budget>,
}

impl Ending {
    /// Completes a response, which has `held` until it is sent.
    pub(super) fn complete(
        self,
        mut response: Response<RpcBody>,
        held: Reservation,
    ) -> Response<RpcBody> {
        response.body_mut().hold(held);
        if self.is_head {
            response = head_only(response);
        }
        if response.body().is_long() && self.memory.is_exhausted() {
            response = no_memory(Exhausted::Parent);
        } else {
            response = response.map(|body| body.paced(self.write_timeout, &self.memory));
        }
        close_unless_read(&mut response, self.awaited.as_ref());
        response
    }
}

/// Tells a client that still waits for `100 Continue` that the connection ends with the response
/// (RFC 9110, section 10.1.1): its body is not read, so no further request can be.
fn close_unless_read(response: &mut Response<RpcBody>, awaited: Option<&Awaited>) {
    if awaited.is_some_and(|awaited| !awaited.is_over()) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Answers a request. All that needs no waiting is done at once, so that the future has the call
/// alone.
pub(super) fn dispatch<C, B>(served: &Served<C, Options>, request: Request<B>) -> ResponseFuture
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let Options { timeouts, memory, connection_memory, hosts, drain, .. } = &served.options;
    let memory = match request.extensions().get::<Connection>() {
        Some(connection) => connection.part(memory.budget(), *connection_memory),
        None => memory.budget().part(*connection_memory),
    };
    let (parts, body) = request.into_parts();
    let names = HeaderNames::of(&parts.headers);
    let body = RequestBody::new(body, &parts.headers, names, drain);
    // HTTP/2 and 3 have no such header, and a stream that ends affects no other.
    let awaited = body.awaited().filter(|_| parts.version <= Version::HTTP_11);
    let mut held = match memory.reserve(REQUEST + head_size(&parts.headers, &parts.uri)) {
        Ok(held) => held,
        Err(exhausted) => {
            let mut response = no_memory(exhausted);
            close_unless_read(&mut response, awaited.as_ref());
            return ResponseFuture::ready(response);
        }
    };
    let is_head = parts.method == Method::HEAD;
    let ending = Ending { is_head, awaited, write_timeout: timeouts.write, memory };
    let is_below = served.below(parts.uri.path()).is_some();
    if !hosts.allow(&parts.headers, &parts.uri) {
        return ResponseFuture::ready(ending.complete(foreign_host(), held));
    }
    let protocol = match Protocol::of_request(&parts.headers, names) {
        Ok(protocol) => protocol,
        Err(_) if !is_below => return ResponseFuture::ready(ending.complete(unmatched(), held)),
        Err(foreign) => {
            let Options { body_limit, batch_limit, timeouts, .. } = served.options;
            return ResponseFuture::boxed(async move {
                let response = foreign::respond_to(
                    foreign,
                    &parts,
                    body,
                    body_limit,
                    timeouts.body,
                    batch_limit,
                    &mut held,
                );
                let response = response.await;
                ending.complete(response, held)
            });
        }
    };
    if is_below
        && protocol.may_be_batch(names)
        && let Some(mode) = protocol.batch_mode(&parts.headers)
    {
        let served = served.clone();
        return ResponseFuture::boxed(async move {
            let response = served.batch(protocol, mode, parts, body, &mut held).await;
            ending.complete(response, held)
        });
    }
    let response = match served.find(parts.uri.path()) {
        None => unmatched(),
        Some(route) => match served.refusal(route, &parts, names) {
            Some(response) => response,
            None => return call(served, protocol, route, (parts, names), body, held, ending),
        },
    };
    ResponseFuture::ready(ending.complete(response, held))
}

/// Answers one call.
fn call<C, B>(
    served: &Served<C, Options>,
    protocol: Protocol,
    route: &Route<C>,
    (parts, names): (http::request::Parts, HeaderNames),
    body: RequestBody<B>,
    held: Reservation,
    ending: Ending,
) -> ResponseFuture
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
{
    let target = Arc::clone(&route.target);
    let call = Arc::new(Call::from_parts(target, parts, UnicodeHeaders::default()));
    let (served, procedure) = (served.clone(), Arc::clone(&route.procedure));
    let call = Answering { served, protocol, procedure, call, names, held, ending };
    if !tracing::span_enabled!(Level::DEBUG) {
        return ResponseFuture::boxed(AnswerFuture::Fresh(call, body));
    }
    let span = tracing::debug_span!("rpc", procedure = call.call.path());
    ResponseFuture::boxed(call.run(body).instrument(span))
}

impl<C: Send + Sync + 'static> Parts<C, Options> {
    /// Returns the response to a request that may not call the procedure of its path.
    fn refusal(
        &self,
        route: &Route<C>,
        parts: &http::request::Parts,
        names: HeaderNames,
    ) -> Option<Response<RpcBody>> {
        let (methods, definition) = (self.options.methods, &route.target.definition);
        if parts.method == Method::OPTIONS {
            return Some(allowed_methods(methods.allowed(definition)));
        }
        if !is_get(&parts.method) && !is_unsafe(&parts.method) {
            return Some(refused_method(methods.allowed(definition)));
        }
        let is_link =
            definition.method == Method::GET && is_navigation(&parts.method, &parts.headers);
        let is_allowed = is_link
            || is_of_program(names)
            || self.options.origins.allow(&parts.headers, &parts.uri);
        (!is_allowed).then(cross_site)
    }

    /// Creates the response of a call.
    pub(super) fn respond_to(
        &self,
        protocol: Protocol,
        call: &Call,
        answer: Result<Answer, Error>,
    ) -> Response<RpcBody> {
        let mut response = match answer {
            Ok(answer) => respond(protocol, answer, call),
            Err(error) => {
                tracing::debug!(code = error.code(), status = error.status(), "call failed");
                let headers = call.response().take_headers();
                respond_with_error(protocol, &error, headers)
            }
        };
        let status = response.status();
        self.options.methods.add_allow(call.definition(), status, response.headers_mut());
        response
    }
}
