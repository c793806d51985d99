//! A client in the same process, for tests.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{HeaderMap, SET_COOKIE};
use schemars::JsonSchema;
use serde::Serialize;

use super::context::{ContextSource, IntoContext};
use crate::core::{Error, present};
use crate::procedure::{CallBuilder, LocalInput, OwnedInput, Procedure, ResponseHead};
use crate::router::CallError;
use crate::rpc::Rpc;
use crate::schema::OutputEncoder;
use crate::value::Envelope;

/// A client in the same process, for tests: its calls have headers, cookies and an address, their inputs are
/// validated, middlewares and hooks run, and the result is the procedure's own, typed one. A stream is returned
/// as a stream.
///
/// Made by [`Rpc::test`]. It keeps the cookies that procedures set, as a browser does for one origin; a clone has
/// cookies of its own from then on.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::CallError;
/// use serde_json::json;
///
/// #[derive(Deserialize, JsonSchema)]
/// pub struct NewIssue {
///     #[schemars(length(min = 1))]
///     title: String,
/// }
///
/// #[router]
/// pub mod issues {
///     use super::*;
///
///     #[procedure]
///     pub async fn create(call: &Call, issue: NewIssue) -> String {
///         format!("{} by {}", issue.title, call.bearer_token().unwrap_or("nobody"))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let rpc = Rpc::new(issues::router());
/// let ada = rpc.test(()).bearer("ada");
/// let created = ada.call::<issues::create>(json!({ "title": "Typo" })).await.unwrap();
/// assert_eq!(created, "Typo by ada");
///
/// let refused = ada.call::<issues::create>(json!({ "title": "" })).await;
/// assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "BAD_REQUEST"));
/// # }
/// ```
#[must_use = "`call` calls a procedure"]
pub struct TestClient<C> {
    rpc: Rpc<C>,
    context: ContextSource<C>,
    request: CallBuilder,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Returns a client in the same process, for tests, whose calls have a context from `context`: a `C`, an
    /// `Arc<C>`, or an `async fn(&Call) -> Result<C, E>`.
    pub fn test<Marker>(&self, context: impl IntoContext<C, Marker>) -> TestClient<C> {
        TestClient {
            rpc: self.clone(),
            context: context.into_context(),
            request: CallBuilder::new(),
            cookies: Mutex::default(),
        }
    }
}

impl<C: Send + Sync + 'static> TestClient<C> {
    /// Adds a header to all calls.
    ///
    /// # Panics
    /// If the name or the value is not a valid header (RFC 9110, section 5).
    #[track_caller]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets `authorization: Bearer …` (RFC 6750, section 2.1).
    ///
    /// # Panics
    /// If the token has other characters than visible ASCII.
    #[track_caller]
    pub fn bearer(mut self, token: impl Display) -> Self {
        self.request = self.request.bearer(token);
        self
    }

    /// Adds a cookie, or replaces the one of that name.
    pub fn cookie(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.jar().insert(name.into(), value.into());
        self
    }

    /// Sets the address that [`Call::peer_addr`](crate::Call::peer_addr) returns.
    pub fn peer_addr(mut self, address: SocketAddr) -> Self {
        self.request = self.request.peer_addr(address);
        self
    }

    /// Sets the id of the last event that the client received.
    ///
    /// # Panics
    /// If it has other characters than visible ASCII.
    #[track_caller]
    pub fn last_event_id(mut self, id: impl Display) -> Self {
        self.request = self.request.last_event_id(id);
        self
    }

    /// Adds an extension to all calls, as a layer in front of a service does.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.request = self.request.extension(extension);
        self
    }

    /// Returns the value of a cookie that was set.
    pub fn cookie_value(&self, name: &str) -> Option<String> {
        self.jar().get(name).cloned()
    }

    /// Calls a procedure. The input is serialised, validated and decoded, as that of a client is: a
    /// `serde_json::json!` or a value of the procedure's own input type.
    ///
    /// # Errors
    /// The procedure's own error as [`CallError::Procedure`]; [`CallError::Refused`] by the context function, the
    /// input or a middleware.
    ///
    /// # Panics
    /// If the function panics, or if the input cannot be serialised.
    pub async fn call<P: Procedure>(
        &self,
        input: impl Serialize + JsonSchema + 'static,
    ) -> Result<P::Reply, CallError<P::Error>> {
        self.call_with_head::<P>(input).await.0
    }

    /// Calls a procedure as [`call`](Self::call) does, and returns the head of the response beside its result: the
    /// status and the headers that procedure and middlewares have set until then.
    ///
    /// # Panics
    /// If the function panics, or if the input cannot be serialised.
    pub async fn call_with_head<P: Procedure>(
        &self,
        input: impl Serialize + JsonSchema + 'static,
    ) -> (Result<P::Reply, CallError<P::Error>>, ResponseHead) {
        let input = received(&input);
        let route = match self.rpc.router().route_of::<P>() {
            Ok(route) => route,
            Err(error) => return (Err(error), ResponseHead::default()),
        };
        let call = Arc::new(self.request().build_for(Arc::clone(&route.target)));
        let result = match self.context.get(&call).await {
            Ok(context) => route.call::<P>(context, Arc::clone(&call), input).await,
            Err(error) => Err(CallError::Refused(error)),
        };
        let head = call.response().clone();
        self.keep_cookies(head.headers());
        (result, head)
    }

    /// Returns the request of the next call.
    fn request(&self) -> CallBuilder {
        let jar = self.jar();
        jar.iter().fold(self.request.clone(), |request, (name, value)| request.cookie(name, value))
    }

    /// Keeps the cookies of a response: names and values, until `max-age` is at most 0. Other attributes are not
    /// looked at.
    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.jar();
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if attributes.split(';').any(is_over) {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    fn jar(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `true` for `max-age` of 0 or less (RFC 6265, section 5.2.2).
fn is_over(attribute: &str) -> bool {
    attribute.split_once('=').is_some_and(|(name, value)| {
        let seconds = value.trim().parse::<i64>();
        name.trim().eq_ignore_ascii_case("max-age") && seconds.is_ok_and(|seconds| seconds <= 0)
    })
}

/// Returns an input as it arrives from a client.
#[track_caller]
fn received<T: Serialize + JsonSchema + 'static>(input: &T) -> LocalInput {
    match written(input) {
        Ok(input) => LocalInput::Received(input),
        Err(error) => panic!("the input cannot be serialised: {error:?}"),
    }
}

fn written<T: Serialize + JsonSchema + 'static>(input: &T) -> Result<OwnedInput, Error> {
    let mut text = Vec::new();
    let encoder = OutputEncoder::shared::<T>().map_err(Error::internal)?;
    let files = encoder.write_with_files(present(input), &mut text).map_err(Error::internal)?;
    if files.is_empty() {
        let text = String::from_utf8(text).map_err(Error::internal)?;
        return Ok(OwnedInput::Text(text.into()));
    }
    let files = files.into_iter().enumerate().collect();
    let envelope = Envelope::parse_form(&text, &files).map_err(Error::internal)?;
    Ok(OwnedInput::Value(envelope.into_owned()))
}

impl<C> Clone for TestClient<C> {
    fn clone(&self) -> Self {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            rpc: self.rpc.clone(),
            context: self.context.clone(),
            request: self.request.clone(),
            cookies: Mutex::new(cookies),
        }
    }
}

impl<C> fmt::Debug for TestClient<C> {
    // Omits the cookies, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("request", &self.request).finish_non_exhaustive()
    }
}
