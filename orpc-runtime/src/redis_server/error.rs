//! Errors of the server and of the connection to it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::connection::{CallError, UNTRUSTED, is_of_tls};
use crate::store::{StoreError, StoreErrorKind};

/// Message of an error of a node of a cluster that is used by itself, behind its address.
pub(crate) const IN_CLUSTER: &str = "is a node of a cluster: write redis-cluster://host:port";

/// Message of an error of a server that executes nothing yet, behind its address.
pub(crate) const LOADING: &str = "is reading its files";

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
        _ if is_of_database(&error) => {
            (StoreErrorKind::Refused, "has no database of the URL's number")
        }
        "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" => (StoreErrorKind::Incompatible, IN_CLUSTER),
        "READONLY" => (StoreErrorKind::Unavailable, "is a replica: connect to the primary"),
        "LOADING" => (StoreErrorKind::Unavailable, LOADING),
        _ => (StoreErrorKind::Unavailable, "refuses the request"),
    };
    CallError::Refused(StoreError::caused_by(kind, format!("Redis at {address} {message}"), error))
}

/// Returns `true` if a connection could not choose its database. The crate keeps its own text
/// of the answer alone.
fn is_of_database(error: &RedisError) -> bool {
    error.to_string().contains("refused to switch database")
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
        ErrorKind::Io if is_of_tls(&error) => (StoreErrorKind::Refused, UNTRUSTED),
        ErrorKind::RESP3NotSupported => (StoreErrorKind::Incompatible, "is older than 7.0"),
        _ => (StoreErrorKind::Unavailable, "cannot be reached"),
    };
    StoreError::caused_by(kind, format!("Redis at {address} {message}"), error)
}

#[cfg(test)]
mod tests {
    use redis::{Value, parse_redis_value};

    use super::*;

    /// The error of a server's answer.
    fn answer(text: &str) -> RedisError {
        let answer = parse_redis_value(format!("-{text} why\r\n").as_bytes());
        answer.and_then(Value::extract_error).unwrap_err()
    }

    #[test]
    fn errors_of_the_server_have_their_kinds_and_say_what_to_do() {
        let cases = [
            ("OOM", StoreErrorKind::Full, "raise `maxmemory`"),
            ("ORPCFULL", StoreErrorKind::Full, "all numbers"),
            ("MISCONF", StoreErrorKind::Full, "cannot write to its disk"),
            ("WRONGTYPE", StoreErrorKind::Damaged, "set a key prefix"),
            ("NOPERM", StoreErrorKind::Refused, "permissions"),
            ("NOAUTH", StoreErrorKind::Refused, "check the password"),
            ("WRONGPASS", StoreErrorKind::Refused, "check the password"),
            ("MOVED 1 a:1", StoreErrorKind::Incompatible, "cluster"),
            ("CROSSSLOT", StoreErrorKind::Incompatible, "cluster"),
            ("CLUSTERDOWN", StoreErrorKind::Incompatible, "cluster"),
            ("READONLY", StoreErrorKind::Unavailable, "connect to the primary"),
            ("LOADING", StoreErrorKind::Unavailable, "is reading its files"),
            ("ERR", StoreErrorKind::Unavailable, "refuses the request"),
        ];
        for (text, kind, message) in cases {
            let error = call_error("host:1", answer(text));
            assert!(matches!(error, CallError::Refused(_)), "{text}");
            for error in [error.into(), of_connection("host:1", answer(text))] {
                let error: StoreError = error;
                assert_eq!(error.kind(), kind, "{text}");
                let shown = error.to_string();
                assert!(shown.contains("Redis at host:1") && shown.contains(message), "{shown}");
            }
        }
    }

    /// As the crate reports it when it connects.
    #[test]
    fn a_database_that_the_server_lacks_is_refused_for_good() {
        let text = "Redis server refused to switch database";
        let error = (ErrorKind::Server(ServerErrorKind::ResponseError), text, "why".to_owned());
        let error = of_connection("host:1", error.into());
        assert_eq!(error.kind(), StoreErrorKind::Refused);
        assert!(error.to_string().contains("database"), "{error}");
    }

    #[test]
    fn errors_without_an_answer_lose_the_connection() {
        let cases = [
            (ErrorKind::AuthenticationFailed, StoreErrorKind::Refused),
            (ErrorKind::InvalidClientConfig, StoreErrorKind::Refused),
            (ErrorKind::Client, StoreErrorKind::Refused),
            (ErrorKind::RESP3NotSupported, StoreErrorKind::Incompatible),
            (ErrorKind::Io, StoreErrorKind::Unavailable),
        ];
        for (of, kind) in cases {
            let error = call_error("host:1", RedisError::from((of, "why")));
            let CallError::Lost(error) = error else { panic!("{of:?}") };
            assert_eq!(error.kind(), kind, "{of:?}");
        }
    }

    #[test]
    fn an_error_of_tls_is_no_absence_of_the_server() {
        let of = |kind| RedisError::from(std::io::Error::new(kind, "why"));
        let error = of_connection("host:1", of(std::io::ErrorKind::InvalidData));
        assert_eq!(error.kind(), StoreErrorKind::Refused);
        assert!(error.to_string().contains("certificate"), "{error}");
        let error = of_connection("host:1", of(std::io::ErrorKind::UnexpectedEof));
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }

    #[test]
    fn a_server_that_will_not_execute_the_request_now_is_left() {
        for text in ["READONLY", "LOADING", "MASTERDOWN"] {
            assert!(is_of_this_server(&answer(text)), "{text}");
        }
        for text in ["OOM", "ERR", "WRONGTYPE"] {
            assert!(!is_of_this_server(&answer(text)), "{text}");
        }
        assert!(!is_of_this_server(&RedisError::from((ErrorKind::Io, "why"))));
    }
}
