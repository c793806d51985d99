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
use super::stream::{Foreign, nanos, token};
use crate::connection::CallError;
use crate::publish::clock::millis;
use crate::publish::error::StoreErrorKind;
use crate::publish::store::copied::{CHOSEN, Mark, Place, REVOKED, Revoked, Revoking};
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
        let first = config["subjects"][0].as_str().ok_or(Foreign)?;
        let root = first.strip_suffix(".k.>").ok_or(Foreign)?.to_owned();
        let stream = Self { name: name.to_owned(), root };
        let wanted = stream.config(0);
        let kept = [
            "subjects",
            "retention",
            "max_age",
            "max_msgs_per_subject",
            "allow_direct",
            "allow_msg_ttl",
            "deny_delete",
            "deny_purge",
        ];
        let is_own = kept.iter().all(|field| config[field] == wanted[field])
            && ["src", "dest"]
                .iter()
                .all(|end| config["republish"][end] == wanted["republish"][end])
            && config["sealed"] != true;
        if is_own { Ok(stream) } else { Err(Foreign) }
    }

    /// Returns the configuration of the stream. Nothing is removed before its time: a revoked client would come back.
    pub(super) fn config(&self, bytes: usize) -> Value {
        let Self { name, root } = self;
        json!({
            "name": name,
            "subjects": [format!("{root}.k.>")],
            "retention": "limits",
            "storage": "file",
            "discard": "new",
            "num_replicas": 1,
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": bytes,
            "max_msgs_per_subject": 1,
            "max_msg_size": -1,
            "max_age": 0,
            "duplicate_window": nanos(Duration::from_millis(100)),
            "allow_direct": true,
            "allow_msg_ttl": true,
            "deny_delete": true,
            "deny_purge": true,
            "republish": { "src": format!("{root}.k.>"), "dest": format!("{root}.r.>"), "headers_only": true },
        })
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

impl Link {
    async fn streams(&self) -> Result<&ClientStreams, CallError> {
        let finding = async {
            let prefix = self.prefix();
            Ok(ClientStreams {
                revoked: self.find_key_stream(prefix, "revoked", REVOKED).await?,
                chosen: self.find_key_stream(prefix, "chosen", CHOSEN).await?,
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
            Stored::Nowhere => Err(CallError::Lost(self.silent())),
        }
    }
}

impl Nats {
    pub(super) async fn watch_clients_over(&self, link: &Link) -> Result<(), CallError> {
        let subject = link.streams().await?.revoked.announced();
        link.watch(subject).await
    }

    pub(super) async fn revoked_behind(
        &self,
        link: &Link,
        behind: Option<&Mark>,
    ) -> Result<Revoked, CallError> {
        let streams = link.streams().await?;
        // One that was deleted may have been made anew: subjects of the former would be empty.
        let both = (link.has_key_stream(&streams.revoked), link.has_key_stream(&streams.chosen));
        futures::future::try_join(both.0, both.1).await?;
        let stream = &streams.revoked;
        let number = behind.map_or(0, |mark| mark.number);
        let all = stream.all();
        let batch = link.batch_of(&stream.name, &all, number + 1, PAGE, PAGE_BYTES);
        let messages = batch.await?;
        let now = self.now(link);
        let mut mark = Mark { state: stream.root.clone(), number };
        let is_last = messages.is_empty();
        let mut clients = Vec::new();
        for (seq, payload) in messages {
            mark.number = seq;
            let note = Note::read(seq, &payload).ok_or_else(|| link.malformed())?;
            let place = Place::read(&note.text).ok_or_else(|| link.malformed())?;
            clients.push((place, Duration::from_millis(note.until.saturating_sub(now))));
        }
        Ok(Revoked { mark, is_anew: false, is_last, clients })
    }

    pub(super) async fn revoke_client(
        &self,
        link: &Link,
        place: &Place,
        time: Duration,
    ) -> Result<Revoking, CallError> {
        let stream = &link.streams().await?.revoked;
        let subject = stream.subject("c", &Sha256::digest(place.text()));
        for _ in 0..ATTEMPTS {
            let known = link.note(stream, &subject).await?;
            let now = self.now(link);
            let until = now.saturating_add(millis(time));
            if known.as_ref().is_some_and(|known| known.until >= until) {
                return Ok(Revoking::Done);
            }
            match link.write(&subject, known.as_ref(), (until, place.text()), now).await {
                Ok(Some(_)) => return Ok(Revoking::Done),
                Ok(None) => {}
                Err(error) if is_full(&error) => return Ok(Revoking::Full),
                Err(error) => return Err(error),
            }
        }
        Err(CallError::Refused(link.silent()))
    }

    pub(super) async fn admit_client(
        &self,
        link: &Link,
        admission: &Admission,
    ) -> Result<Verdict, CallError> {
        let ClientStreams { revoked, chosen } = link.streams().await?;
        let client = Sha256::digest(Place::new(&admission.channel, &admission.id).text());
        let revoked_subject = revoked.subject("c", &client);
        let Some(choice) = &admission.choice else {
            let note = link.note(revoked, &revoked_subject).await?;
            let is_revoked = note.is_some_and(|note| note.holds(self.now(link)));
            return Ok(if is_revoked { Verdict::Revoked } else { Verdict::Admitted });
        };
        let subjects = (chosen.subject("i", &client), chosen.subject("t", &choice.token));
        let texts = (URL_SAFE_NO_PAD.encode(choice.grant), URL_SAFE_NO_PAD.encode(client));
        for _ in 0..ATTEMPTS {
            let (revoked, owner, bound) = futures::future::try_join3(
                link.note(revoked, &revoked_subject),
                link.note(chosen, &subjects.0),
                link.note(chosen, &subjects.1),
            )
            .await?;
            let now = self.now(link);
            let holds = |note: &Option<Note>| note.as_ref().is_some_and(|note| note.holds(now));
            let is = |note: &Option<Note>, text: &str| {
                note.as_ref().is_some_and(|note| note.text == text)
            };
            if holds(&revoked) {
                return Ok(Verdict::Revoked);
            }
            let is_bound = holds(&bound);
            let is_owned = holds(&owner);
            if (is_bound && !is(&bound, &texts.1))
                || (is_owned && !choice.is_renewal && !is(&owner, &texts.0))
            {
                return Ok(Verdict::Taken);
            }
            let Choice { bound: Some(time), .. } = choice else { return Ok(Verdict::Admitted) };
            let until = now.saturating_add(millis(*time));
            let lasts = |note: &Option<Note>| note.as_ref().map_or(0, |note| note.until).max(until);
            let mut written = None;
            if !is_owned
                || !is(&owner, &texts.0)
                || lasts(&owner) > owner.as_ref().map_or(0, |note| note.until)
            {
                let note = (lasts(&owner), &*texts.0);
                match link.write(&subjects.0, owner.as_ref(), note, now).await {
                    Ok(Some(seq)) => written = Some(seq),
                    Ok(None) => continue,
                    Err(error) if is_full(&error) => return Ok(Verdict::Full),
                    Err(error) => return Err(error),
                }
            }
            if is_bound && lasts(&bound) <= bound.as_ref().map_or(0, |note| note.until) {
                return Ok(Verdict::Admitted);
            }
            let note = (lasts(&bound), &*texts.1);
            match link.write(&subjects.1, bound.as_ref(), note, now).await {
                Ok(Some(_)) => return Ok(Verdict::Admitted),
                outcome => {
                    // The id is not kept for a token that is bound to another one in the meantime.
                    if let (Some(seq), false) = (written, is_owned) {
                        let own = Note { seq, until: 0, text: String::new() };
                        link.write(&subjects.0, Some(&own), (0, "-"), now).await?;
                    }
                    match outcome {
                        Err(error) if is_full(&error) => return Ok(Verdict::Full),
                        Err(error) => return Err(error),
                        Ok(_) => {}
                    }
                }
            }
        }
        Err(CallError::Refused(link.silent()))
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
        for (field, value) in [
            ("subjects", json!(["orders.>"])),
            ("max_age", json!(1_000_000_000)),
            ("max_msgs_per_subject", json!(5)),
            ("allow_msg_ttl", json!(false)),
            ("deny_purge", json!(false)),
            ("sealed", json!(true)),
            ("republish", Value::Null),
        ] {
            let mut other = config.clone();
            other[field] = value;
            assert!(KeyStream::of(&stream.name, &other).is_err(), "{other}");
        }
    }
}
