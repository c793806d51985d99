//! The URL of a server.

use crate::publish::error::{StoreError, StoreErrorKind};

/// The address of a server, and how to log in.
pub(super) struct Target {
    pub(super) server: String,
    pub(super) login: Login,
}

/// The user of a connection.
pub(super) enum Login {
    Nobody,
    Token(String),
    User(String, String),
}

impl Target {
    /// Reads the URL of a server; returns its host and port as well.
    pub(super) fn new(url: &str) -> Result<(Self, String), StoreError> {
        let malformed = || {
            let message = "the URL of NATS is malformed: write nats://user:password@host:port";
            StoreError::new(StoreErrorKind::Refused, message)
        };
        let url = url::Url::parse(url).map_err(|_| malformed())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
        let is_known = matches!(url.scheme(), "nats" | "tls");
        let has_more = url.query().is_some() || url.fragment().is_some();
        if !is_known || has_more || !matches!(url.path(), "" | "/") {
            return Err(malformed());
        }
        let address = format!("{host}:{}", url.port().unwrap_or(4222));
        let decode = |text: &str| {
            let text = percent_encoding::percent_decode_str(text).decode_utf8();
            text.map(|text| text.into_owned()).map_err(|_| malformed())
        };
        let login = match (url.username(), url.password()) {
            ("", _) => Login::Nobody,
            (token, None) => Login::Token(decode(token)?),
            (user, Some(password)) => Login::User(decode(user)?, decode(password)?),
        };
        Ok((Self { server: format!("{}://{address}", url.scheme()), login }, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_perhaps_a_user() {
        let read = |url: &str| {
            let (target, address) = Target::new(url).unwrap();
            let login = match target.login {
                Login::Nobody => String::new(),
                Login::Token(token) => token,
                Login::User(user, password) => format!("{user} {password}"),
            };
            (target.server, address, login)
        };
        let own = |server: &str, address: &str, login: &str| {
            (server.to_owned(), address.to_owned(), login.to_owned())
        };
        assert_eq!(read("nats://host"), own("nats://host:4222", "host:4222", ""));
        assert_eq!(read("tls://host:1"), own("tls://host:1", "host:1", ""));
        assert_eq!(read("nats://t%3Ak@host"), own("nats://host:4222", "host:4222", "t:k"));
        assert_eq!(read("nats://u:p%40@[::1]:5"), own("nats://[::1]:5", "[::1]:5", "u p@"));
        for url in [
            "",
            "hidden",
            "http://u:hidden@h",
            "nats://u:hidden@h:70000",
            "nats://%ff:hidden@h",
            "nats://u:hidden@h/stream",
            "nats://u:hidden@h?hidden=1",
            "nats://u:hidden@h#hidden",
        ] {
            let error = Target::new(url).err().unwrap();
            assert_eq!(error.kind(), StoreErrorKind::Refused, "{url}");
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }
}
