//! The admission of sockets of durable iterators, and the routing of calls on them.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;

use super::client::DurableClient;
use super::ids::TokenHash;
use super::issuer::Issuer;
use super::session::Seat;
use super::sessions::Sessions;
use super::token::Claims;
use crate::clock;
use crate::core::{Code, Error, undecoded_input};
use crate::publish::Publisher;
use crate::router::encoded;
use crate::schema::{DecodeError, InputDecoder};
use crate::serve::{Admitted, Blocked, FormLimits, Gate, Refusal, path_and_query, read_form};
use crate::socket::Socket;
use crate::value::{Envelope, Value};
use crate::wire::{Body, Protocol, Request};

/// Name of the router of methods.
pub(super) const METHODS: &str = "call";

/// Maximum number of files of one call.
const MAX_FILES: usize = 100;

/// Maximum number of times that decoding a form in memory may yield to other tasks: a
/// few times per part.
const MAX_TURNS: u32 = 10_000;

/// The gate of one endpoint.
pub(super) struct TokenGate {
    pub(super) issuer: Arc<Issuer>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) publisher: Publisher<Value>,
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

impl TokenGate {
    pub(super) fn new(
        issuer: Arc<Issuer>,
        sessions: Arc<Sessions>,
        publisher: Publisher<Value>,
    ) -> Self {
        Self { issuer, sessions, publisher, call: InputDecoder::compile().ok() }
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
        request.url = format!("/{METHODS}/{}", encoded(&names));
        request.member = Some("input");
        Ok(())
    }
}

impl Gate for TokenGate {
    fn admit(&self, request: &mut Parts) -> Result<(), Refusal> {
        let refused = |text| Err((StatusCode::UNAUTHORIZED, text));
        let [id, token] = query(request.uri.query().unwrap_or_default());
        let Some(id) = id else { return refused("ID is required") };
        let token = token.unwrap_or_default();
        if token.is_empty() {
            return refused("Token is required");
        }
        let now = clock::wall();
        let Ok(claims) = Claims::verify(&token, &self.issuer.keys, now) else {
            return refused("Invalid Token");
        };
        let token = TokenHash::of(&token);
        if self.issuer.ids.check(&id, &claims, &token, now).is_err() {
            return refused("Invalid Token");
        }
        if !self.sessions.has_room(&claims.chn, &id) {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "Too many sockets"));
        }
        // The request may still be refused: only the seat is stored.
        let seat = Seat {
            client: DurableClient::new(&id, claims),
            token,
            held: OnceLock::new(),
            reading: Mutex::default(),
            publisher: self.publisher.clone(),
            issuer: Arc::clone(&self.issuer),
            sessions: Arc::clone(&self.sessions),
        };
        request.extensions.insert(Admitted(Arc::new(seat)));
        // The request that the socket keeps must not show the token in logs.
        request.uri = without_token(&request.uri);
        Ok(())
    }

    fn open(&self, socket: &Socket) {
        self.sessions.add(socket);
    }

    fn may_go_on(&self, socket: &Socket) -> bool {
        // Without a seat there is no client, and no valid token.
        Seat::of(socket).is_ok_and(|seat| seat.client.may_go_on(socket, clock::wall()))
    }

    fn route(&self, socket: &Socket, request: &mut Request) -> Result<(), Blocked> {
        let seat = Seat::of(socket).map_err(Blocked::Failed)?;
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
            "/call" => self.call(socket.protocol(), &seat.client, request).map_err(Blocked::Failed),
            // Answered at once, even if other calls run: clients use it as a heartbeat.
            _ => Err(Blocked::Unmatched),
        }
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

/// Removes the credentials from the URI.
fn without_token(uri: &Uri) -> Uri {
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "id" && name != "token" {
            rest.append_pair(&name, &value);
        }
    }
    let rest = rest.finish();
    let target =
        if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) };
    target.parse().unwrap_or_default()
}

/// Returns the last `id` and the last `token` of a query.
fn query(text: &str) -> [Option<Cow<'_, str>>; 2] {
    let [mut id, mut token] = [None, None];
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match &*name {
            "id" => id = Some(value),
            "token" => token = Some(value),
            _ => {}
        }
    }
    [id, token]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_parameters_count() {
        assert_eq!(query("id=1&token=a&id=2&x=3"), [Some("2".into()), Some("a".into())]);
        assert_eq!(query("token=a%2Bb+c"), [None, Some("a+b c".into())]);
        assert_eq!(query(""), [None, None]);
    }
}
