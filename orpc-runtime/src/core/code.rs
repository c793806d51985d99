//! The codes of errors.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $message:literal)*) => {
        /// The codes that oRPC knows, each with its HTTP status and default message.
        ///
        /// Statuses are those of RFC 9110, section 15, RFC 6585 (429) and the
        /// widespread 499 for a request that its client closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`: ", stringify!($status), ", \"", $message, "\"")] $variant,)*
        }

        impl Code {
            /// All codes, in the order of their statuses.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// Returns the code as sent on the wire, such as `NOT_FOUND`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// Returns the HTTP status of the code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// Returns the message of an error with this code, unless the error sets
            /// another.
            pub const fn default_message(self) -> &'static str {
                match self { $(Code::$variant => $message,)* }
            }

            /// Parses a code from its text.
            pub fn from_text(text: &str) -> Option<Code> {
                match text { $($text => Some(Code::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    BadRequest "BAD_REQUEST" 400 "Bad Request"
    Unauthorized "UNAUTHORIZED" 401 "Unauthorized"
    Forbidden "FORBIDDEN" 403 "Forbidden"
    NotFound "NOT_FOUND" 404 "Not Found"
    MethodNotSupported "METHOD_NOT_SUPPORTED" 405 "Method Not Supported"
    NotAcceptable "NOT_ACCEPTABLE" 406 "Not Acceptable"
    Timeout "TIMEOUT" 408 "Request Timeout"
    Conflict "CONFLICT" 409 "Conflict"
    PreconditionFailed "PRECONDITION_FAILED" 412 "Precondition Failed"
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 413 "Payload Too Large"
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 "Unsupported Media Type"
    UnprocessableContent "UNPROCESSABLE_CONTENT" 422 "Unprocessable Content"
    TooManyRequests "TOO_MANY_REQUESTS" 429 "Too Many Requests"
    ClientClosedRequest "CLIENT_CLOSED_REQUEST" 499 "Client Closed Request"
    InternalServerError "INTERNAL_SERVER_ERROR" 500 "Internal Server Error"
    NotImplemented "NOT_IMPLEMENTED" 501 "Not Implemented"
    BadGateway "BAD_GATEWAY" 502 "Bad Gateway"
    ServiceUnavailable "SERVICE_UNAVAILABLE" 503 "Service Unavailable"
    GatewayTimeout "GATEWAY_TIMEOUT" 504 "Gateway Timeout"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
