//! The routing of calls on the socket of a durable iterator.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::Deserialize;

use super::client::DurableClient;
use super::object::OF_ITERATORS;
use crate::core::{Code, Error, undecoded_input};
use crate::router::{Router, RouterError, RouterIssue, encoded};
use crate::schema::{DecodeError, InputDecoder};
use crate::serve::{Blocked, FormLimits, path_and_query, read_form};
use crate::socket::Socket;
use crate::value::Envelope;
use crate::wire::{Body, Protocol, Request};

/// Name of the router of methods.
const METHODS: &str = "call";

/// Maximum number of files of one call.
const MAX_FILES: usize = 100;

/// Maximum number of times that decoding a form in memory may yield to other tasks: a
/// few times per part.
const MAX_TURNS: u32 = 10_000;

/// Routes the calls of clients to the methods that their tokens list.
pub(super) struct Routing {
    /// `None` if its schema cannot be compiled: then the issues of an input are not
    /// reported.
    call: Option<InputDecoder<MethodCall>>,
}

/// Input of `call`, without the method's own input.
#[derive(Deserialize, JsonSchema)]
struct MethodCall {
    #[schemars(length(min = 1))]
    path: Vec<String>,
}

/// Returns the first names of the methods, and the procedures of a socket: the methods beside those
/// that are built in.
pub(super) fn procedures<C: Send + Sync + 'static>(
    methods: Router<C>,
    builtin: Router<C>,
) -> Result<(Vec<String>, Router<C>), RouterError> {
    let names: Vec<_> = methods.names().map(str::to_owned).collect();
    let taken = names.iter().filter(|name| OF_ITERATORS.contains(&name.as_str()));
    let mut taken = taken.map(|path| RouterIssue::Reserved { path: path.clone() }).peekable();
    if taken.peek().is_some() {
        return Err(taken.collect());
    }
    drop(taken);
    Ok((names, Router::new().nest(METHODS, methods).merge(builtin)))
}

impl Routing {
    pub(super) fn new() -> Self {
        Self { call: InputDecoder::compile().ok() }
    }

    /// Replaces a call by the one that it stands for.
    pub(super) fn route(
        &self,
        socket: &Socket,
        client: &DurableClient,
        request: &mut Request,
    ) -> Result<(), Blocked> {
        if request.method != Method::POST {
            return Err(Blocked::Unmatched);
        }
        let target = path_and_query(&request.url);
        match target.split_once('?').map_or(target, |(path, _)| path) {
            "/subscribe" => {
                request.body = Body::Envelope(Bytes::new());
                Ok(())
            }
            "/updateToken" => Ok(()),
            "/call" => self.call(socket.protocol(), client, request).map_err(Blocked::Failed),
            // Answered at once, even if other calls run: clients use it as a heartbeat.
            _ => Err(Blocked::Unmatched),
        }
    }

    /// Returns the path of the called method.
    fn method_path(
        &self,
        protocol: Protocol,
        request: &Request,
    ) -> Result<Vec<String>, DecodeError> {
        match &request.body {
            Body::Envelope(text) => self.path_in(Envelope::parse(text)?),
            Body::Form(bytes) => {
                let content_type =
                    request.headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
                let limits = FormLimits::of_message(MAX_FILES);
                let bytes = futures::stream::once(std::future::ready(Ok(bytes.clone())));
                let form = without_waiting(read_form(protocol, content_type, bytes, &limits));
                let form = form.and_then(Result::ok).ok_or(DecodeError::Malformed)?;
                self.path_in(form.envelope()?)
            }
            Body::Nowhere | Body::Events => Err(DecodeError::Malformed),
        }
    }

    fn path_in(&self, envelope: Envelope<'_>) -> Result<Vec<String>, DecodeError> {
        // Skips the method's own input, which is read later.
        match envelope.clone().member("path").plain_json()? {
            Some(serde_json::Value::Array(path))
                if !path.is_empty() && path.iter().all(|name| name.is_string()) =>
            {
                Ok(path.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
            }
            _ => match &self.call {
                Some(call) => Ok(call.decode(envelope)?.path),
                None => Err(DecodeError::Malformed),
            },
        }
    }

    fn call(
        &self,
        protocol: Protocol,
        client: &DurableClient,
        request: &mut Request,
    ) -> Result<(), Error> {
        let path = self.method_path(protocol, request).map_err(undecoded_input)?;
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let first = names.first().copied().unwrap_or_default();
        if !client.may_call(first) {
            let text = format!("Method \"{first}\" is not allowed.");
            return Err(Error::new(Code::Forbidden).with_message(text));
        }
        request.url = format!("/{METHODS}/{}", encoded(&names)).into();
        request.member = Some("input");
        Ok(())
    }
}

/// Polls a future that is never pending except to yield to other tasks. `None` if it
/// waits for something nevertheless.
fn without_waiting<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..MAX_TURNS).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}
