//! Errors of the server and of the connection to it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::{StoreError, StoreErrorKind};

/// Error of a request to the server.
#[derive(Debug, Clone)]
pub(crate) enum CallError {
    /// The connection was lost, or the answer did not come in time: the request may have been
    /// executed.
    Lost(StoreError),
    /// The server refused the request, which was not executed.
    Refused(StoreError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Lost(error) | CallError::Refused(error) => error,
        }
    }
}

/// Returns `true` if another server, or this one later, would execute the request.
pub(crate) fn is_of_this_server(error: &RedisError) -> bool {
    let codes = ["READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED"];
    error.code().is_some_and(|code| codes.contains(&code))
}

/// Returns the error of a request to the server of that address.
pub(crate) fn call_error(address: &str, error: RedisError) -> CallError {
    let Some(code) = error.code() else {
        return CallError::Lost(of_connection(address, error));
    };
    let (kind, message) = match code {
        "OOM" => (StoreErrorKind::Full, "has no memory left: raise `maxmemory`"),
        "ORPCFULL" => (StoreErrorKind::Full, "has used all numbers of events of the channel"),
        "MISCONF" => (StoreErrorKind::Full, "cannot write to its disk"),
        "WRONGTYPE" => {
            (StoreErrorKind::Damaged, "has other data under the same keys: set a key prefix")
        }
        "NOPERM" | "NOAUTH" | "WRONGPASS" => (
            StoreErrorKind::Refused,
            "refuses the user: check the password and permissions in the URL",
        ),
        "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" => {
            (StoreErrorKind::Incompatible, "is a node of a cluster, which is not supported")
        }
        "READONLY" => (StoreErrorKind::Unavailable, "is a replica: connect to the primary"),
        _ => (StoreErrorKind::Unavailable, "refuses the request"),
    };
    CallError::Refused(StoreError::caused_by(kind, format!("Redis at {address} {message}"), error))
}

/// Returns the error of a connection.
pub(crate) fn of_connection(address: &str, error: RedisError) -> StoreError {
    if error.code().is_some() {
        return call_error(address, error).into();
    }
    let (kind, message) = match error.kind() {
        ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
            (StoreErrorKind::Refused, "refuses the user: check the name and password in the URL")
        }
        ErrorKind::InvalidClientConfig | ErrorKind::Client => {
            (StoreErrorKind::Refused, "cannot be connected to with this URL")
        }
        ErrorKind::RESP3NotSupported => (StoreErrorKind::Incompatible, "is older than 7.0"),
        _ => (StoreErrorKind::Unavailable, "cannot be reached"),
    };
    StoreError::caused_by(kind, format!("Redis at {address} {message}"), error)
}

/// Returns the error of a server that does not answer.
pub(crate) fn silent(address: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, format!("Redis at {address} does not answer"))
}

/// Returns the error of an answer that the scripts do not give.
pub(crate) fn malformed(address: &str) -> StoreError {
    let message = format!("Redis at {address} has malformed data or answers");
    StoreError::new(StoreErrorKind::Damaged, message)
}
