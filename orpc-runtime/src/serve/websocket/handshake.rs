//! The handshake that turns a request into a socket (RFC 6455, section 4.2).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, Method};
use sha1_smol::Sha1;

use crate::serve::origin::AllowedOrigins;

/// Appended to a client's key to prove that the handshake was read.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Decodes keys. The sample in RFC 6455, section 4.1, has bits behind its 16 bytes,
/// which are ignored.
const KEYS: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Reason why a request is not upgraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It requests no upgrade.
    NoUpgrade,
    /// It requests another version of the protocol.
    Version,
    /// It is not a valid handshake.
    Malformed,
    /// It comes from a page of another origin.
    Origin,
}

/// Returns the key of a handshake, once its method, upgrade, version and key are checked.
pub(super) fn check(parts: &Parts) -> Result<&HeaderValue, Refusal> {
    if !is_upgrade(&parts.method, &parts.headers) {
        return Err(Refusal::NoUpgrade);
    }
    if parts.headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Refusal::Version);
    }
    let mut keys = parts.headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = keys.next().ok_or(Refusal::Malformed)?;
    if keys.next().is_some() || KEYS.decode(key).map(|key| key.len()) != Ok(16) {
        return Err(Refusal::Malformed);
    }
    Ok(key)
}

/// Returns the headers of the response that accepts a handshake.
pub(super) fn accept(parts: &Parts, origins: &AllowedOrigins) -> Result<HeaderMap, Refusal> {
    let key = check(parts)?;
    if !origins.allow(&parts.headers, &parts.uri) {
        return Err(Refusal::Origin);
    }
    let mut hash = Sha1::from(key.as_bytes());
    hash.update(GUID);
    let proof = STANDARD.encode(hash.digest().bytes());
    let mut headers = HeaderMap::new();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(
        HeaderName::from_static("sec-websocket-accept"),
        HeaderValue::try_from(proof).map_err(|_| Refusal::Malformed)?,
    );
    // A client that offers protocols may insist on one; the choice has no meaning here.
    if let Some(offered) = parts.headers.get(SEC_WEBSOCKET_PROTOCOL) {
        let first = offered.as_bytes().split(|byte| *byte == b',').next();
        let first = first.unwrap_or_default().trim_ascii();
        // A token, like the names of headers.
        HeaderName::from_bytes(first).map_err(|_| Refusal::Malformed)?;
        let first = HeaderValue::from_bytes(first).map_err(|_| Refusal::Malformed)?;
        headers.insert(SEC_WEBSOCKET_PROTOCOL, first);
    }
    Ok(headers)
}

/// Returns `true` if a request asks for a WebSocket.
pub(super) fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET
        && has_token(headers, &CONNECTION, "upgrade")
        && has_token(headers, &UPGRADE, "websocket")
}

/// Returns `true` if a header's list has a token, case-insensitively.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::get("/ws");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const HANDSHAKE: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_sample_of_the_rfc_is_accepted_with_its_proof() {
        let origins = AllowedOrigins::default();
        let headers = accept(&parts(&HANDSHAKE), &origins).unwrap();
        assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(headers["upgrade"], "websocket");
    }

    fn with_key(key: &str) -> Result<HeaderMap, Refusal> {
        let headers = HANDSHAKE.map(|(name, value)| match name {
            "sec-websocket-key" => (name, key),
            _ => (name, value),
        });
        accept(&parts(&headers), &AllowedOrigins::default())
    }

    #[test]
    fn a_key_is_sixteen_bytes_whatever_bits_follow_them() {
        // Of RFC 6455, section 4.1; the proof is by OpenSSL.
        let headers = with_key("AQIDBAUGBwgJCgsMDQ4PEC==").unwrap();
        assert_eq!(headers["sec-websocket-accept"], "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
        for key in ["AQIDBAUGBwgJCgsMDQ4PEA==", "AAAAAAAAAAAAAAAAAAAAAP=="] {
            assert!(with_key(key).is_ok(), "{key}");
        }
        for key in [
            "",
            "AQIDBAUGBwgJCgsMDQ4PEC",
            "AQIDBAUGBwgJCgsMDQ4PEC=",
            "AQIDBAUGBwgJCgsMDQ4PEBE=",
            "AQIDBAUGBwgJCgsMDQ4P",
            "AQIDBAUGBwgJCgsMDQ4PE-==",
            "AQIDBAUGBwgJCgsMDQ4PEC== ",
        ] {
            assert_eq!(with_key(key).unwrap_err(), Refusal::Malformed, "{key:?}");
        }
        let mut twice = HANDSHAKE.to_vec();
        twice.push(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="));
        let refusal = accept(&parts(&twice), &AllowedOrigins::default()).unwrap_err();
        assert_eq!(refusal, Refusal::Malformed);
    }

    #[test]
    fn each_missing_or_wrong_header_has_its_refusal() {
        let origins = AllowedOrigins::default();
        let refusal = |change: (&'static str, &'static str)| {
            let headers: Vec<_> = HANDSHAKE
                .iter()
                .map(|&(name, value)| if name == change.0 { change } else { (name, value) })
                .collect();
            accept(&parts(&headers), &origins).unwrap_err()
        };
        assert_eq!(refusal(("connection", "close")), Refusal::NoUpgrade);
        assert_eq!(refusal(("upgrade", "h2c")), Refusal::NoUpgrade);
        assert_eq!(refusal(("sec-websocket-version", "8")), Refusal::Version);
        assert_eq!(refusal(("sec-websocket-key", "short")), Refusal::Malformed);
        assert_eq!(accept(&parts(&[]), &origins).unwrap_err(), Refusal::NoUpgrade);
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        let mut headers = HANDSHAKE.to_vec();
        headers.extend([("origin", "http://evil.test"), ("host", "api.test")]);
        let refusal = accept(&parts(&headers), &AllowedOrigins::default()).unwrap_err();
        assert_eq!(refusal, Refusal::Origin);
        assert!(accept(&parts(&headers), &AllowedOrigins::Any).is_ok());
    }

    #[test]
    fn the_first_of_the_offered_subprotocols_is_selected() {
        let mut headers = HANDSHAKE.to_vec();
        headers.push(("sec-websocket-protocol", "one, two"));
        let headers = accept(&parts(&headers), &AllowedOrigins::Any).unwrap();
        assert_eq!(headers["sec-websocket-protocol"], "one");
    }
}
