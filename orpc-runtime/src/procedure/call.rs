//! The call: its request, its response head and its cancellation.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use http::{Extensions, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use smol_str::SmolStr;
use tokio_util::sync::CancellationToken;

use super::definition::Definition;
use super::peer_addr::PeerAddr;
use crate::core::{LastEventId, StatusError, UnicodeHeaders};
use crate::socket::Socket;
use crate::value::File;
use crate::wire::{CarriedWith, MessageHeaders, RateHeaders, carried};

pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Request, response head and cancellation of one call. A procedure gets it by an
/// argument of type `&Call`.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[procedure]
/// pub async fn language(call: &Call) -> String {
///     call.header("accept-language").unwrap_or("en".into()).into_owned()
/// }
/// ```
pub struct Call {
    target: Arc<Target>,
    method: Method,
    /// `None` for a call on a socket.
    uri: Option<Uri>,
    /// Path and query of a call on a socket.
    url: SmolStr,
    headers: CallHeaders,
    unicode: UnicodeHeaders,
    extensions: Extensions,
    last_event_id: OnceLock<Option<LastEventId>>,
    socket: Option<Socket>,
    /// `None` until somebody asks for it.
    response: OnceLock<Box<Mutex<ResponseHead>>>,
    /// `None` until somebody asks for one of its parts.
    seldom: OnceLock<Box<Seldom>>,
}

/// Parts of a call that are created when somebody asks for them.
#[derive(Default)]
struct Seldom {
    /// The URI of a call on a socket.
    uri: OnceLock<Uri>,
    bearer_token: OnceLock<Option<String>>,
    /// Placeholder for a socket in a call without one.
    detached: OnceLock<Socket>,
    passed: Mutex<Vec<Passed>>,
    cancellation: OnceLock<CancellationToken>,
}

/// Headers of a call.
enum CallHeaders {
    Request(HeaderMap),
    Message(MessageHeaders),
}

/// Rate limit that a call has passed: the number of the limiter, and the key.
type Passed = (u64, Box<str>);

/// Procedure of a call.
#[derive(Debug)]
pub(crate) struct Target {
    /// Segments of the path, joined with `/`.
    pub(crate) path: Arc<str>,
    pub(crate) definition: Definition,
}

impl Call {
    /// Creates a call that arrived as an HTTP request. The values of the headers in `unicode`
    /// are UTF-8.
    pub(crate) fn from_parts(
        target: Arc<Target>,
        parts: http::request::Parts,
        unicode: UnicodeHeaders,
    ) -> Self {
        Self {
            target,
            method: parts.method,
            uri: Some(parts.uri),
            url: SmolStr::default(),
            headers: CallHeaders::Request(parts.headers),
            unicode,
            extensions: parts.extensions,
            last_event_id: OnceLock::new(),
            socket: None,
            response: OnceLock::new(),
            seldom: OnceLock::new(),
        }
    }

    /// Creates a call that arrived in a message of a socket.
    ///
    /// `url` is its path and query. The path names the procedure; the query may not be valid in
    /// a URI.
    pub(crate) fn on_socket(
        target: Arc<Target>,
        method: Method,
        url: SmolStr,
        headers: MessageHeaders,
        unicode: UnicodeHeaders,
        socket: Socket,
    ) -> Self {
        Self {
            target,
            method,
            uri: None,
            url,
            headers: CallHeaders::Message(headers),
            unicode,
            extensions: Extensions::new(),
            last_event_id: OnceLock::new(),
            socket: Some(socket),
            response: OnceLock::new(),
            seldom: OnceLock::new(),
        }
    }

    fn seldom(&self) -> &Seldom {
        self.seldom.get_or_init(Box::default)
    }

    /// Returns the path of the procedure, its segments joined with `/`: `chat/send`.
    pub fn path(&self) -> &str {
        &self.target.path
    }

    /// Returns the procedure's definition: its name, doc comment and metadata.
    pub fn definition(&self) -> &Definition {
        &self.target.definition
    }

    /// Returns the HTTP method of the request.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URI of the request, as the service received it.
    pub fn uri(&self) -> &Uri {
        let parse = || self.url.parse().unwrap_or_default();
        self.uri.as_ref().unwrap_or_else(|| self.seldom().uri.get_or_init(parse))
    }

    /// Returns the headers of the request; on a socket, those of the call's message.
    ///
    /// Values are bytes: ISO-8859-1 if they are not ASCII, or, on a socket, UTF-8 if
    /// ISO-8859-1 cannot encode them. [`header`](Call::header) decodes them.
    pub fn headers(&self) -> &HeaderMap {
        match &self.headers {
            CallHeaders::Request(headers) => headers,
            CallHeaders::Message(headers) => headers,
        }
    }

    /// Returns the text of a header, the same on every transport. If the header is
    /// repeated, all values are joined with `, ` (RFC 9110, section 5.3), cookies with
    /// `; `; of `authorization`, `content-type`, `host`, `referer` and `user-agent` the
    /// first value is returned.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        self.unicode.text(self.headers(), &name)
    }

    /// Returns the extensions that layers in front of the service added to the request;
    /// on a socket, to its upgrade request.
    pub fn extensions(&self) -> &Extensions {
        self.socket().map_or(&self.extensions, Socket::extensions)
    }

    /// Returns the socket of a call that arrived on one.
    pub fn socket(&self) -> Option<&Socket> {
        self.socket.as_ref()
    }

    /// Returns the socket; for a call without one, a socket that sends nothing.
    pub(crate) fn any_socket(&self) -> &Socket {
        self.socket().unwrap_or_else(|| self.seldom().detached.get_or_init(Socket::detached))
    }

    /// Returns the client's address, if the server put a [`PeerAddr`] into the
    /// extensions.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.extensions().get::<PeerAddr>().map(|peer| peer.0)
    }

    /// Returns the token of an `authorization: Bearer …` header (RFC 6750, section
    /// 2.1): the call's own, or otherwise that of the socket's upgrade request.
    pub fn bearer_token(&self) -> Option<&str> {
        let read = || {
            let value = match self.unicode.text(self.headers(), &AUTHORIZATION) {
                Some(own) => own,
                None => UnicodeHeaders::default().text(self.socket()?.headers(), &AUTHORIZATION)?,
            };
            let (scheme, token) = value.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim_matches([' ', '\t']).to_owned())
        };
        self.seldom().bearer_token.get_or_init(read).as_deref()
    }

    /// Returns the value of a cookie of the header `cookie` (RFC 6265, section 4.2), with its
    /// percent-encoding decoded: the call's own, or otherwise that of the socket's upgrade
    /// request, which has the cookies of a browser.
    ///
    /// A cookie is text that the client chooses: keep a random number in it and look the session
    /// up by that, or sign it.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = match self.unicode.text(self.headers(), &COOKIE) {
            Some(own) => own,
            None => UnicodeHeaders::default().text(self.socket()?.headers(), &COOKIE)?,
        };
        let mut pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| key.trim_matches([' ', '\t']) == name)?;
        let value = value.trim_matches([' ', '\t']);
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.unwrap_or(value);
        let decoded = percent_decode_str(value).decode_utf8();
        Some(decoded.map_or_else(|_| value.to_owned(), Cow::into_owned))
    }

    /// Returns the id of the last event that a reconnecting client received.
    pub fn last_event_id(&self) -> Option<&LastEventId> {
        let read = || {
            let text = self.unicode.text(self.headers(), &LAST_EVENT_ID)?;
            Some(LastEventId::new(text.into_owned()))
        };
        self.last_event_id.get_or_init(read).as_ref()
    }

    /// Returns the head of the response. Changes take effect until the result is
    /// returned (for a stream procedure: until the stream is). Only HTTP sends all of it: over WebSocket a result, an error
    /// and the beginning of a stream have the headers `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset` and `retry-after`.
    pub fn response(&self) -> ResponseGuard<'_> {
        let response = self.response.get_or_init(Box::default);
        ResponseGuard(response.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the head of the response, if anybody has asked for it.
    pub(crate) fn used_response(&self) -> Option<ResponseGuard<'_>> {
        self.response.get().map(|_| self.response())
    }

    /// Returns the headers of the response that a message of a channel carries.
    pub(crate) fn carried(&self, with: CarriedWith) -> HeaderMap {
        let head = self.used_response();
        head.map_or_else(HeaderMap::new, |head| carried(head.headers(), with))
    }

    /// Returns a token that is cancelled when the call ends, whether it is answered,
    /// aborted by its client or lost with its connection. The handler's own future or
    /// stream is dropped by then; the token is for tasks that it spawned.
    pub fn cancellation_token(&self) -> CancellationToken {
        self.seldom().cancellation.get_or_init(CancellationToken::new).clone()
    }

    /// Notes that the call has passed the rate limiter of that number with that key.
    pub(crate) fn pass(&self, limiter: u64, key: &str) {
        let mut passed = self.seldom().passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.push((limiter, key.into()));
    }

    /// Returns `true` if the call has passed the rate limiter of that number with that key.
    pub(crate) fn has_passed(&self, limiter: u64, key: &str) -> bool {
        let Some(seldom) = self.seldom.get() else { return false };
        let passed = seldom.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.iter().any(|(number, own)| *number == limiter && **own == *key)
    }

    /// Cancels the token, if it was requested.
    pub(crate) fn end(&self) {
        if let Some(token) = self.seldom.get().and_then(|seldom| seldom.cancellation.get()) {
            token.cancel();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end();
        if let Some(socket) = self.seldom.get().and_then(|seldom| seldom.detached.get()) {
            socket.end();
            socket.leave_groups();
        }
    }
}

impl fmt::Debug for Call {
    // Omits the headers, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("path", &self.path())
            .field("method", &self.method)
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
    }
}

/// Parts of an HTTP response that a handler can set.
#[derive(Debug, Default, Clone)]
pub struct ResponseHead {
    status: Option<StatusCode>,
    headers: HeaderMap,
    body: Option<File>,
}

impl ResponseHead {
    /// Sets the status of a successful response, 200 by default.
    ///
    /// # Panics
    /// If the status is outside 200..=399: a client would take the result for an error.
    /// [`try_set_status`](Self::try_set_status) returns the error.
    #[track_caller]
    pub fn set_status(&mut self, status: StatusCode) -> &mut Self {
        match self.try_set_status(status) {
            Ok(head) => head,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the status of a successful response, 200 by default.
    ///
    /// # Errors
    /// If the status is outside 200..=399: a client would take the result for an error.
    pub fn try_set_status(&mut self, status: StatusCode) -> Result<&mut Self, StatusError> {
        if !(200..400).contains(&status.as_u16()) {
            return Err(StatusError::of_success(status.as_u16()));
        }
        self.status = Some(status);
        Ok(self)
    }

    /// Sets a header, replacing what it was set to before.
    ///
    /// # Errors
    /// If the name or the value is not a valid header (RFC 9110, section 5).
    pub fn insert_header<N, V>(&mut self, name: N, value: V) -> Result<&mut Self, http::Error>
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        let name = HeaderName::try_from(name).map_err(Into::into)?;
        self.headers.insert(name, HeaderValue::try_from(value).map_err(Into::into)?);
        Ok(self)
    }

    /// Adds a header beside others of its name.
    ///
    /// # Errors
    /// If the name or the value is not a valid header (RFC 9110, section 5).
    pub fn append_header<N, V>(&mut self, name: N, value: V) -> Result<&mut Self, http::Error>
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        let name = HeaderName::try_from(name).map_err(Into::into)?;
        self.headers.append(name, HeaderValue::try_from(value).map_err(Into::into)?);
        Ok(self)
    }

    /// Replaces the output by raw bytes, for clients other than RPC clients, such as a
    /// download behind a link. The response has a `content-type` only if that header is
    /// set. Over WebSocket, and in a batch, the output is sent instead.
    ///
    /// ```
    /// use orpc_runtime::prelude::*;
    /// use orpc_runtime::value::File;
    ///
    /// /// For `<a href="/rpc/export">`.
    /// #[procedure(method = GET)]
    /// pub async fn export(call: &Call) -> Result<(), Error> {
    ///     let mut response = call.response();
    ///     response.insert_header("content-type", "text/csv")?;
    ///     response.set_body(File::new("", "", "a,b\n1,2\n"));
    ///     Ok(())
    /// }
    /// ```
    pub fn set_body(&mut self, bytes: File) -> &mut Self {
        self.body = Some(bytes);
        self
    }

    pub(crate) fn set_rate_headers(&mut self, rate: &RateHeaders) {
        rate.set(&mut self.headers);
    }

    #[cfg(feature = "http")]
    pub(crate) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(&mut self.headers)
    }

    #[cfg(feature = "http")]
    pub(crate) fn take_body(&mut self) -> Option<File> {
        self.body.take()
    }

    /// Adds a `set-cookie` header: the text of a cookie with its attributes (RFC 6265,
    /// section 4.1), as the crate `cookie` writes it. The text is sent as it is; write
    /// `cookie.encoded()` for names and values from outside, which may hold `;`.
    ///
    /// ```
    /// use cookie::Cookie;
    /// use orpc_runtime::prelude::*;
    ///
    /// #[procedure]
    /// pub async fn log_in(call: &Call, name: String) -> Result<(), Error> {
    ///     let cookie = Cookie::build(("name", name)).path("/").http_only(true).build();
    ///     call.response().set_cookie(cookie.encoded())?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If the text has control characters.
    pub fn set_cookie(&mut self, cookie: impl fmt::Display) -> Result<&mut Self, http::Error> {
        self.append_header(SET_COOKIE, cookie.to_string())
    }

    /// Returns the status, if one was set.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the headers set so far.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// Guard of a call's [`ResponseHead`]. Do not hold it across an `await`.
#[derive(Debug)]
pub struct ResponseGuard<'a>(MutexGuard<'a, ResponseHead>);

impl std::ops::Deref for ResponseGuard<'_> {
    type Target = ResponseHead;

    fn deref(&self) -> &ResponseHead {
        &self.0
    }
}

impl std::ops::DerefMut for ResponseGuard<'_> {
    fn deref_mut(&mut self) -> &mut ResponseHead {
        &mut self.0
    }
}
