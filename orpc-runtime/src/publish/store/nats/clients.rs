//! The clients that all processes of a server know, in two streams of their own: each client, id and token is a subject
//! with one message, which the server removes after its time.
//!
//! A message is written behind the one that was read, or not at all: of two that exclude each other one is refused.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Nats;
use super::link::{Link, Stored};
use super::stream::{Foreign, check_settings, configuration, root, token};
use crate::connection::CallError;
use crate::publish::clock::millis;
use crate::publish::error::StoreErrorKind;
use crate::publish::store::copied::{
    CHOSEN_BYTES, ClientKey, ClientServer, Position, REVOKED_BYTES, Revoked, Revoking,
};
use crate::publish::{Admission, Choice, Verdict};

/// Number of clients in one answer, and of their bytes.
const PAGE: u64 = 500;
const PAGE_BYTES: u64 = 256 << 10;

/// Number of attempts to write what others change in the meantime.
const ATTEMPTS: usize = 64;

/// The streams of clients.
pub(super) struct ClientStreams {
    revoked: KeyStream,
    chosen: KeyStream,
}

/// A stream whose subjects have one message each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyStream {
    pub(super) name: String,
    /// Beginning of its subjects.
    root: String,
}

impl KeyStream {
    /// Returns the names of a stream that is made with that random part.
    pub(super) fn new(prefix: &str, kind: &str, part: u64) -> Self {
        // No prefix of a publisher is written with this character and a small letter.
        let prefix = token(prefix);
        Self { name: format!("{prefix}={kind}"), root: format!("{prefix}.{part:016x}.{kind}") }
    }

    /// Returns the names of a stream with that configuration.
    pub(super) fn of(name: &str, config: &Value) -> Result<Self, Foreign> {
        let stream = Self { name: name.to_owned(), root: root(config, ".k.>")? };
        check_settings(config, &stream.config(0), &["max_age", "allow_msg_ttl"])?;
        Ok(stream)
    }

    /// Returns the configuration of the stream. Nothing is removed before its time: a revoked client would come back.
    pub(super) fn config(&self, bytes: usize) -> Value {
        let Self { name, root } = self;
        let own = json!({
            "subjects": [format!("{root}.k.>")],
            "max_bytes": bytes,
            "max_msgs_per_subject": 1,
            "max_age": 0,
            "allow_msg_ttl": true,
            "deny_purge": true,
            "republish": { "src": format!("{root}.k.>"), "dest": format!("{root}.r.>"), "headers_only": true },
        });
        configuration(name, own)
    }

    fn subject(&self, kind: &str, hash: &[u8]) -> String {
        format!("{}.k.{kind}.{}", self.root, URL_SAFE_NO_PAD.encode(hash))
    }

    fn all(&self) -> String {
        format!("{}.k.>", self.root)
    }

    fn announced(&self) -> String {
        format!("{}.r.>", self.root)
    }
}

/// A message about a client: a time of the server in ms since 1970, until which it holds, and a text.
struct Note {
    seq: u64,
    until: u64,
    text: String,
}

impl Note {
    fn read(seq: u64, payload: &[u8]) -> Option<Self> {
        let (until, text) = std::str::from_utf8(payload).ok()?.split_once(' ')?;
        Some(Self { seq, until: until.parse().ok()?, text: text.to_owned() })
    }

    fn holds(&self, now: u64) -> bool {
        self.until >= now
    }
}

/// A text that is to be kept, and the subject of its note.
struct Wanted {
    subject: String,
    text: String,
}

/// Outcome of keeping a text.
enum Kept {
    Already,
    /// It is written, with that sequence.
    At(u64),
    /// Others have written in the meantime.
    Changed,
    /// The stream has no room.
    Full,
}

impl Link {
    async fn streams(&self) -> Result<&ClientStreams, CallError> {
        let finding = async {
            let prefix = self.prefix();
            Ok(ClientStreams {
                revoked: self.find_key_stream(prefix, "revoked", REVOKED_BYTES).await?,
                chosen: self.find_key_stream(prefix, "chosen", CHOSEN_BYTES).await?,
            })
        };
        self.client_streams().get_or_try_init(|| finding).await
    }

    async fn note(&self, stream: &KeyStream, subject: &str) -> Result<Option<Note>, CallError> {
        let Some((seq, payload)) = self.last_of(&stream.name, subject).await? else {
            return Ok(None);
        };
        Note::read(seq, &payload).map(Some).ok_or_else(|| self.malformed())
    }

    /// Keeps a text at least until that time: writes it unless the note that was read says so already.
    async fn keep(
        &self,
        Wanted { subject, text }: &Wanted,
        known: Option<&Note>,
        until: u64,
        now: u64,
    ) -> Result<Kept, CallError> {
        if known.is_some_and(|known| known.until >= until && known.text == *text) {
            return Ok(Kept::Already);
        }
        let until = known.map_or(until, |known| known.until.max(until));
        match self.write(subject, known, (until, text), now).await {
            Ok(Some(seq)) => Ok(Kept::At(seq)),
            Ok(None) => Ok(Kept::Changed),
            Err(error) if is_full(&error) => Ok(Kept::Full),
            Err(error) => Err(error),
        }
    }

    /// Writes a note behind the one that was read. Returns its sequence; `None` if there is another one.
    async fn write(
        &self,
        subject: &str,
        behind: Option<&Note>,
        (until, text): (u64, &str),
        now: u64,
    ) -> Result<Option<u64>, CallError> {
        let payload = Bytes::from(format!("{until} {text}"));
        // The server counts whole seconds.
        let seconds = until.saturating_sub(now) / 1000 + 2;
        let behind = behind.map_or(0, |note| note.seq);
        match self.append_for(subject.to_owned(), behind, payload, Some(seconds)).await? {
            Stored::At(seq) => Ok(Some(seq)),
            Stored::Unexpected => Ok(None),
            Stored::Nowhere(error) => Err(CallError::Lost(error)),
        }
    }
}

impl ClientServer for Nats {
    async fn watch_clients(&self, link: &Link) -> Result<(), CallError> {
        let subject = link.streams().await?.revoked.announced();
        link.watch(subject).await
    }

    async fn revoked(&self, link: &Link, behind: Option<&Position>) -> Result<Revoked, CallError> {
        let streams = link.streams().await?;
        // One that was deleted may have been made anew: subjects of the former would be empty.
        let both = (link.has_key_stream(&streams.revoked), link.has_key_stream(&streams.chosen));
        futures::future::try_join(both.0, both.1).await?;
        let stream = &streams.revoked;
        let number = behind.map_or(0, |position| position.number);
        let all = stream.all();
        let batch = link.batch_of(&stream.name, &all, number + 1, PAGE, PAGE_BYTES);
        let messages = batch.await?;
        let now = self.now(link);
        let mut position = Position { epoch: stream.root.clone(), number };
        let is_last = messages.is_empty();
        let mut clients = Vec::new();
        for (seq, payload) in messages {
            position.number = seq;
            let note = Note::read(seq, &payload).ok_or_else(|| link.malformed())?;
            let client = ClientKey::read(&note.text).ok_or_else(|| link.malformed())?;
            clients.push((client, Duration::from_millis(note.until.saturating_sub(now))));
        }
        Ok(Revoked { position, is_anew: false, is_last, clients })
    }

    async fn revoke(
        &self,
        link: &Link,
        client: &ClientKey,
        time: Duration,
    ) -> Result<Revoking, CallError> {
        let stream = &link.streams().await?.revoked;
        let subject = stream.subject("c", &Sha256::digest(client.text()));
        let wanted = Wanted { subject, text: client.text().to_owned() };
        for _ in 0..ATTEMPTS {
            let known = link.note(stream, &wanted.subject).await?;
            let now = self.now(link);
            let until = now.saturating_add(millis(time));
            match link.keep(&wanted, known.as_ref(), until, now).await? {
                Kept::Already | Kept::At(_) => return Ok(Revoking::Done),
                Kept::Full => return Ok(Revoking::Full),
                Kept::Changed => {}
            }
        }
        Err(CallError::Refused(link.silent()))
    }

    async fn admit(&self, link: &Link, admission: &Admission) -> Result<Verdict, CallError> {
        let streams = link.streams().await?;
        let client = Sha256::digest(ClientKey::new(&admission.channel, &admission.id).text());
        let revoked = streams.revoked.subject("c", &client);
        let Some(choice) = &admission.choice else {
            let note = link.note(&streams.revoked, &revoked).await?;
            let is_revoked = note.is_some_and(|note| note.holds(self.now(link)));
            return Ok(if is_revoked { Verdict::Revoked } else { Verdict::Admitted });
        };
        let id = Wanted {
            subject: streams.chosen.subject("i", &client),
            text: URL_SAFE_NO_PAD.encode(choice.grant),
        };
        let token = Wanted {
            subject: streams.chosen.subject("t", &choice.token),
            text: URL_SAFE_NO_PAD.encode(client),
        };
        let chosen = ChosenId { choice, revoked, id, token };
        for _ in 0..ATTEMPTS {
            if let Some(verdict) = self.admit_chosen(link, streams, &chosen).await? {
                return Ok(verdict);
            }
        }
        Err(CallError::Refused(link.silent()))
    }
}

/// An id that a client chose.
struct ChosenId<'a> {
    choice: &'a Choice,
    /// Subject of its revocation.
    revoked: String,
    /// The grant that the id belongs to.
    id: Wanted,
    /// The id that the token is bound to.
    token: Wanted,
}

impl Nats {
    /// Answers the admission of a client with an id that it chose, and binds the id to its token if that is wanted.
    /// Returns `None` if others write in the meantime.
    async fn admit_chosen(
        &self,
        link: &Link,
        streams: &ClientStreams,
        ChosenId { choice, revoked, id, token }: &ChosenId<'_>,
    ) -> Result<Option<Verdict>, CallError> {
        let (revoked, owner, bound) = futures::future::try_join3(
            link.note(&streams.revoked, revoked),
            link.note(&streams.chosen, &id.subject),
            link.note(&streams.chosen, &token.subject),
        )
        .await?;
        let now = self.now(link);
        if revoked.is_some_and(|note| note.holds(now)) {
            return Ok(Some(Verdict::Revoked));
        }
        let is_other = |note: &Option<Note>, wanted: &Wanted| {
            note.as_ref().is_some_and(|note| note.holds(now) && note.text != wanted.text)
        };
        if is_other(&bound, token) || (is_other(&owner, id) && !choice.is_renewal) {
            return Ok(Some(Verdict::Taken));
        }
        let Some(time) = choice.bound else { return Ok(Some(Verdict::Admitted)) };
        let until = now.saturating_add(millis(time));
        let written = match link.keep(id, owner.as_ref(), until, now).await? {
            Kept::Already => None,
            Kept::At(seq) => Some(seq),
            Kept::Changed => return Ok(None),
            Kept::Full => return Ok(Some(Verdict::Full)),
        };
        let kept = link.keep(token, bound.as_ref(), until, now).await;
        if matches!(kept, Ok(Kept::Already | Kept::At(_))) {
            return Ok(Some(Verdict::Admitted));
        }
        let was_owned = owner.is_some_and(|note| note.holds(now));
        if let (Some(seq), false) = (written, was_owned) {
            // The id is not kept for a token that is bound to another one in the meantime.
            let own = Note { seq, until: 0, text: String::new() };
            link.write(&id.subject, Some(&own), (0, "-"), now).await?;
        }
        Ok(matches!(kept?, Kept::Full).then_some(Verdict::Full))
    }
}

fn is_full(error: &CallError) -> bool {
    matches!(error, CallError::Refused(error) if error.kind() == StoreErrorKind::Full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_known_by_its_configuration() {
        let stream = KeyStream::new("my app", "revoked", 7);
        assert_eq!(stream.name, "my=20app=revoked");
        assert_eq!(stream.all(), "my=20app.0000000000000007.revoked.k.>");
        let config = stream.config(9);
        assert_eq!(KeyStream::of(&stream.name, &config).unwrap(), stream);
        let mut bounded = config.clone();
        bounded["max_bytes"] = json!(1000);
        assert!(KeyStream::of(&stream.name, &bounded).is_ok());
        let mut with_texts = config["republish"].clone();
        with_texts["headers_only"] = json!(false);
        for (field, value) in [
            ("subjects", json!(["orders.>"])),
            ("max_age", json!(1_000_000_000)),
            ("max_msgs_per_subject", json!(5)),
            ("allow_msg_ttl", json!(false)),
            ("deny_purge", json!(false)),
            ("sealed", json!(true)),
            ("republish", Value::Null),
            ("republish", with_texts),
        ] {
            let mut other = config.clone();
            other[field] = value;
            assert!(KeyStream::of(&stream.name, &other).is_err(), "{other}");
        }
    }
}
