//! Frames of both sides against the exchanges captured from the official packages: each is decoded by the side that
//! receives it, and encoded again, byte for byte, by the side that sends it.

mod channels;
mod http;

use bytes::Bytes;
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// A captured exchange.
struct Case {
    name: String,
    json: Json,
}

/// Reads the exchanges of a file; those with half a surrogate pair are no text in Rust.
fn vectors(file: &str) -> Vec<Case> {
    #[derive(serde::Deserialize)]
    struct File {
        vectors: Vec<Box<RawValue>>,
    }
    let path = format!("{}/tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let File { vectors } = serde_json::from_str(&text).unwrap();
    let read = |raw: &RawValue| match serde_json::from_str::<Json>(raw.get()) {
        Ok(json) => Some(Case { name: json["name"].as_str().unwrap().to_owned(), json }),
        Err(error) => {
            assert!(raw.get().contains("string-lone-surrogate\""), "{path}: {error}");
            None
        }
    };
    vectors.iter().filter_map(|raw| read(raw)).collect()
}

/// The bytes of a member that is text, or of another that is base64.
fn bytes(message: &Json, text: &str, base64: &str) -> Option<Bytes> {
    use base64::Engine as _;
    if let Some(text) = message[text].as_str() {
        return Some(Bytes::copy_from_slice(text.as_bytes()));
    }
    let text = message[base64].as_str()?;
    Some(base64::engine::general_purpose::STANDARD.decode(text).unwrap().into())
}

/// Text in which nothing of the bytes is lost.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}
