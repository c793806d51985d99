//! Methods that run a procedure over HTTP.

use http::header::{ALLOW, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use crate::procedure::Definition;

/// Rules for methods: safe ones run only procedures that allow GET (RFC 9110, section
/// 9.2.1), and OPTIONS runs none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Methods {
    /// GET and HEAD run only procedures that are declared with `method = GET`.
    pub(crate) strict_get: bool,
}

impl Methods {
    /// Returns `true` if a request of that method runs the procedure.
    pub(crate) fn run(self, definition: &Definition, method: &Method) -> bool {
        match *method {
            Method::GET | Method::HEAD => self.allow_get(definition),
            ref method => is_unsafe(method),
        }
    }

    fn allow_get(self, definition: &Definition) -> bool {
        !self.strict_get || definition.method == Method::GET
    }

    /// Returns the methods of a procedure, as the value of `Allow`.
    pub(crate) fn allowed(self, definition: &Definition) -> HeaderValue {
        if self.allow_get(definition) {
            ANY
        } else {
            HeaderValue::from_static("POST, PUT, PATCH, DELETE, OPTIONS")
        }
    }

    /// Adds `Allow` to a response of 405 that lacks it (RFC 9110, section 15.5.6).
    pub(crate) fn add_allow(
        self,
        definition: &Definition,
        status: StatusCode,
        headers: &mut HeaderMap,
    ) {
        if status == StatusCode::METHOD_NOT_ALLOWED && !headers.contains_key(ALLOW) {
            headers.insert(ALLOW, self.allowed(definition));
        }
    }
}

/// All methods that can run a procedure, and OPTIONS.
pub(crate) const ANY: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Returns `true` if the method is a safe one with its input in the query.
#[cfg(feature = "http")]
pub(crate) fn is_get(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Returns `true` if the method is one that may change something.
pub(crate) fn is_unsafe(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}
