//! Calls that no client has sent, for tests of functions.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Uri};

use super::call::{Call, LAST_EVENT_ID, Target};
use super::definition::{Definition, ProcedureKind};
use super::peer_addr::PeerAddr;
use crate::core::UnicodeHeaders;

/// Builder of a [`Call`] that did not come from a client: `POST /`, without headers, unless they are set.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[procedure]
/// pub async fn who_am_i(call: &Call) -> Option<String> {
///     call.bearer_token().map(str::to_owned)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let call = Call::builder().bearer("ada").build();
/// assert_eq!(who_am_i(&call).await.as_deref(), Some("ada"));
/// # });
/// ```
#[derive(Clone)]
#[must_use = "`build` returns the call"]
pub struct CallBuilder(Parts);

impl Call {
    /// Returns a builder of a call that did not come from a client, with which a test calls a
    /// function directly.
    pub fn builder() -> CallBuilder {
        CallBuilder::new()
    }
}

impl CallBuilder {
    pub(crate) fn new() -> Self {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = Method::POST;
        Self(parts)
    }

    /// Sets the HTTP method.
    pub fn method(mut self, method: Method) -> Self {
        self.0.method = method;
        self
    }

    /// Sets the URI, as a service receives it.
    pub fn uri(mut self, uri: Uri) -> Self {
        self.0.uri = uri;
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    /// If the name or the value is not a valid header (RFC 9110, section 5).
    #[track_caller]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => self.0.headers.append(name, value),
            (Err(_), _) => panic!("{name:?} is no name of a header"),
            (_, Err(_)) => {
                panic!("the value of the header {name} has other characters than visible ASCII")
            }
        };
        self
    }

    /// Sets `authorization: Bearer …` (RFC 6750, section 2.1).
    ///
    /// # Panics
    /// If the token has other characters than visible ASCII.
    #[track_caller]
    pub fn bearer(mut self, token: impl Display) -> Self {
        self.0.headers.remove(AUTHORIZATION);
        self.header(AUTHORIZATION, format!("Bearer {token}"))
    }

    /// Adds a cookie to the header `cookie` (RFC 6265, section 4.2).
    ///
    /// # Panics
    /// If the name or the value has other characters than visible ASCII.
    #[track_caller]
    pub fn cookie(self, name: impl Display, value: impl Display) -> Self {
        self.header(COOKIE, format!("{name}={value}"))
    }

    /// Sets the address that [`Call::peer_addr`] returns.
    pub fn peer_addr(self, address: SocketAddr) -> Self {
        self.extension(PeerAddr(address))
    }

    /// Sets the id that [`Call::last_event_id`] returns.
    ///
    /// # Panics
    /// If it has other characters than visible ASCII.
    #[track_caller]
    pub fn last_event_id(mut self, id: impl Display) -> Self {
        self.0.headers.remove(LAST_EVENT_ID);
        self.header(LAST_EVENT_ID, id.to_string())
    }

    /// Adds an extension, as a layer in front of a service does.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.0.extensions.insert(extension);
        self
    }

    /// Returns the call. Its path is empty, and its definition has no name.
    pub fn build(self) -> Call {
        let definition = Definition::new("", ProcedureKind::Unary);
        self.build_for(Arc::new(Target { path: "".into(), definition }))
    }

    /// Returns the call of a procedure.
    pub(crate) fn build_for(self, target: Arc<Target>) -> Call {
        Call::from_parts(target, self.0, UnicodeHeaders::default())
    }
}

impl fmt::Debug for CallBuilder {
    // Omits the headers, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBuilder")
            .field("method", &self.0.method)
            .field("uri", &self.0.uri)
            .finish_non_exhaustive()
    }
}
