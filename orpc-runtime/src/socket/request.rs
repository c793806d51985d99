//! The upgrade request of a socket.

use http::header::{
    CONNECTION, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri};

/// The upgrade request of the socket.
pub(super) struct Request {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) extensions: Extensions,
}

impl Request {
    /// Copies the request: its texts are slices of the read buffer, which has 16 KiB or
    /// more and would live as long as the socket. Headers that only the handshake
    /// needed are removed.
    pub(super) fn own(parts: http::request::Parts, uri: Option<Uri>, added: Extensions) -> Self {
        let kept = |name: &HeaderName| !HANDSHAKE.contains(name);
        let mut headers =
            HeaderMap::with_capacity(parts.headers.keys().filter(|n| kept(n)).count());
        for (name, value) in parts.headers.iter().filter(|(name, _)| kept(name)) {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        let mut extensions = parts.extensions;
        extensions.extend(added);
        let uri = uri.unwrap_or(parts.uri);
        Self {
            uri: uri.to_string().parse().unwrap_or_default(),
            headers,
            // A cleared map keeps its capacity.
            extensions: if extensions.is_empty() { Extensions::new() } else { extensions },
        }
    }
}

/// Headers that are meaningless after the handshake.
const HANDSHAKE: [HeaderName; 5] =
    [CONNECTION, UPGRADE, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, SEC_WEBSOCKET_EXTENSIONS];
