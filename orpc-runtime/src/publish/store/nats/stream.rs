//! The stream that keeps all channels of a prefix, and its subjects.
//!
//! The subjects have a random part that is made with the stream: what was meant for a stream that was deleted does not
//! reach the one that was made anew.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::publish::log::Limits;

/// Names of the stream and of its subjects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stream {
    pub(super) name: String,
    /// Beginning of its subjects.
    root: String,
    /// `true` if the server keeps it in files.
    pub(super) has_files: bool,
}

/// Error of a stream that was made by others, or that others have changed.
#[derive(Debug)]
pub(super) struct Foreign;

impl Stream {
    /// Returns the names of a stream that is made with that random part.
    pub(super) fn new(prefix: &str, part: u64) -> Self {
        let name = token(prefix);
        let root = format!("{name}.{part:016x}");
        Self { name, root, has_files: true }
    }

    /// Returns the names of a stream with that configuration.
    pub(super) fn of(name: &str, config: &Value) -> Result<Self, Foreign> {
        let root = root(config, ".e.>")?;
        let has_files = config["storage"] == "file";
        let stream = Self { name: name.to_owned(), root, has_files };
        check_settings(config, &stream.config(0), &[])?;
        Ok(stream)
    }

    /// Returns the configuration of the stream. Messages cannot be deleted one by one: a number
    /// would be given twice.
    pub(super) fn config(&self, max_age: u64) -> Value {
        let Self { name, root, .. } = self;
        let own = json!({
            "subjects": [format!("{root}.e.>"), format!("{root}.k.>")],
            "max_bytes": -1,
            "max_msgs_per_subject": -1,
            "max_age": max_age,
            "deny_purge": false,
            "republish": { "src": format!("{root}.e.>"), "dest": format!("{root}.r.>") },
        });
        configuration(name, own)
    }

    /// Returns the subject of a channel's entries.
    pub(super) fn entries(&self, channel: &str) -> String {
        format!("{}.e.{}", self.root, token(channel))
    }

    /// Returns the subject under which a channel's entries are announced.
    pub(super) fn announced(&self, channel: &str) -> String {
        format!("{}.r.{}", self.root, token(channel))
    }

    /// Returns the subject of the record of an idempotency key.
    pub(super) fn key(&self, channel: &str, key: &str) -> String {
        format!("{}.k.{}.{}", self.root, token(channel), token(key))
    }
}

/// Returns the configuration of a stream: its own settings beside those of all streams.
pub(super) fn configuration(name: &str, own: Value) -> Value {
    let mut config = json!({
        "name": name,
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": 1,
        "max_consumers": -1,
        "max_msgs": -1,
        "max_msg_size": -1,
        "duplicate_window": nanos(Duration::from_millis(100)),
        "allow_direct": true,
        "deny_delete": true,
    });
    if let (Value::Object(config), Value::Object(own)) = (&mut config, own) {
        config.extend(own);
    }
    config
}

/// Returns the beginning of the subjects of a stream, of which the first one ends so.
pub(super) fn root(config: &Value, end: &str) -> Result<String, Foreign> {
    let root = config["subjects"][0].as_str().and_then(|first| first.strip_suffix(end));
    root.map(str::to_owned).ok_or(Foreign)
}

/// Settings of every stream that others must not change. They may change others: bounds, replicas, the kind of storage.
const KEPT: [&str; 6] =
    ["subjects", "retention", "max_msgs_per_subject", "allow_direct", "deny_delete", "deny_purge"];

/// Checks that a stream still has the settings without which it cannot be used: [`KEPT`], those of the
/// announcements, and some of its own.
pub(super) fn check_settings(config: &Value, made: &Value, own: &[&str]) -> Result<(), Foreign> {
    let is_same = |field: &&str| config[*field] == made[*field];
    let announces = |part: &str| config["republish"][part] == made["republish"][part];
    let has_text = |config: &Value| config["republish"]["headers_only"] != true;
    let is_own = KEPT.iter().chain(own).all(is_same)
        && announces("src")
        && announces("dest")
        && has_text(config) == has_text(made)
        && config["sealed"] != true;
    if is_own { Ok(()) } else { Err(Foreign) }
}

/// Returns the time for which the server keeps a message, in ns: a channel lasts for two
/// retentions after its last event or reader.
pub(super) fn max_age(limits: &Limits) -> u64 {
    let millis = limits.age.saturating_mul(2).saturating_add(1000);
    // The server takes a signed number.
    millis.saturating_mul(1_000_000).min(i64::MAX as u64)
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns a text as one token of a subject.
pub(super) fn token(text: &str) -> String {
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            token.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            write!(token, "={byte:02X}").ok();
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_no_character_with_a_meaning_and_tells_texts_apart() {
        assert_eq!(token("room-1_A"), "room-1_A");
        assert_eq!(token("a.b c>*=\u{e9}"), "a=2Eb=20c=3E=2A=3D=C3=A9");
        let stream = Stream::new("my app", 7);
        assert_eq!(stream.name, "my=20app");
        assert_eq!(stream.entries("a.b"), "my=20app.0000000000000007.e.a=2Eb");
        assert_eq!(stream.announced("a"), "my=20app.0000000000000007.r.a");
        assert_eq!(stream.key("a", "k*"), "my=20app.0000000000000007.k.a.k=2A");
    }

    #[test]
    fn a_stream_is_known_by_its_configuration() {
        let stream = Stream::new("orpc", 7);
        let config = stream.config(9);
        assert_eq!(Stream::of("orpc", &config).unwrap(), stream);
        // Others set bounds of their own.
        let mut bounded = config.clone();
        bounded["max_bytes"] = json!(1000);
        assert!(Stream::of("orpc", &bounded).is_ok());
        bounded["storage"] = json!("memory");
        assert!(!Stream::of("orpc", &bounded).unwrap().has_files);
        let mut headers_only = config["republish"].clone();
        headers_only["headers_only"] = json!(true);
        for (field, value) in [
            ("subjects", json!(["orders.>"])),
            ("subjects", json!([])),
            ("subjects", json!([format!("{}.e.>", stream.root), "more.>"])),
            ("retention", json!("workqueue")),
            ("max_msgs_per_subject", json!(5)),
            ("allow_direct", json!(false)),
            ("deny_delete", json!(false)),
            ("deny_purge", json!(true)),
            ("sealed", json!(true)),
            ("republish", Value::Null),
            ("republish", json!({ "src": config["republish"]["src"], "dest": "other.>" })),
            ("republish", headers_only),
        ] {
            let mut other = config.clone();
            other[field] = value;
            assert!(Stream::of("orpc", &other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_message_is_kept_for_two_retentions() {
        let age = |time| max_age(&Limits::in_memory(time, 1, 1));
        assert_eq!(age(Duration::from_secs(300)), nanos(Duration::from_secs(601)));
        assert_eq!(age(Duration::MAX), i64::MAX as u64);
    }
}
