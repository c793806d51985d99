//! The scripts that read and write a channel on the server. Each one is executed as a whole,
//! so that all nodes see one order.

use std::sync::Arc;

use bytes::Bytes;
use redis::{Script, ScriptInvocation, ToRedisArgs};

use super::super::copied::{Announced, Appended, Found};
use super::super::{NewEvent, Record};
use crate::publish::audience::Audience;
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::{Extent, Limits};
use crate::redis_server::slot_of_tag;

/// Maximum number of idempotency keys of a channel.
const MAX_KEYS: usize = 100_000;

/// The scripts, and the names under which the server has the channels.
pub(super) struct Scripts {
    append: Script,
    extent: Script,
    read: Script,
    /// Prefix of all keys.
    prefix: Box<str>,
    /// Prefix of the names under which events are announced.
    announced: Announcements,
    limits: Limits,
}

/// Names under which events are announced.
enum Announcements {
    /// All databases of a server share them: those with that prefix.
    Database(Box<str>),
    /// Of a cluster they are in the slots of the channels.
    Slots,
}

/// Part in the braces of names of a channel that would otherwise have nothing there.
const OTHER: &str = "=";

/// Returns the part of a channel's names by which a cluster chooses the node.
fn tag(channel: &str) -> &str {
    match channel.split_once('}').map_or(channel, |(tag, _)| tag) {
        "" => OTHER,
        tag => tag,
    }
}

impl Scripts {
    /// The database is `None` in a cluster.
    pub(super) fn new(prefix: &str, database: Option<i64>, limits: Limits) -> Self {
        let channel = include_str!("channel.lua");
        let announce = announce(database.is_none());
        let announced = match database {
            Some(database) => Announcements::Database(format!("{prefix}:{database}:").into()),
            None => Announcements::Slots,
        };
        Self {
            append: Script::new(&format!("{announce}{channel}\n{}", include_str!("append.lua"))),
            extent: Script::new(&format!("{channel}\n{}", include_str!("extent.lua"))),
            read: Script::new(include_str!("read.lua")),
            prefix: prefix.into(),
            announced,
            limits,
        }
    }

    /// Returns the name under which events of a channel are announced.
    pub(super) fn announced(&self, channel: &str) -> String {
        match &self.announced {
            Announcements::Database(prefix) => format!("{prefix}{channel}"),
            Announcements::Slots => self.in_slot(channel),
        }
    }

    /// Returns the channel of a name under which events are announced.
    pub(super) fn channel<'n>(&self, announced: &'n str) -> Option<&'n str> {
        match &self.announced {
            Announcements::Database(prefix) => announced.strip_prefix(&**prefix),
            Announcements::Slots => {
                let name = announced.strip_prefix(&*self.prefix)?.strip_prefix(':')?;
                let other = || name.strip_prefix(OTHER)?.strip_prefix("{=}");
                name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).or_else(other)
            }
        }
    }

    /// Returns the hash slot of a channel in a cluster.
    pub(super) fn slot(channel: &str) -> u16 {
        slot_of_tag(tag(channel))
    }

    /// Returns the beginning of a channel's keys in a cluster: all of them are in one slot.
    fn in_slot(&self, channel: &str) -> String {
        match tag(channel) {
            OTHER if !channel.starts_with(OTHER) => {
                format!("{}:{OTHER}{{=}}{channel}", self.prefix)
            }
            _ => format!("{}:{{{channel}}}", self.prefix),
        }
    }

    fn key(&self, channel: &str, part: &str) -> String {
        match &self.announced {
            Announcements::Database(_) => format!("{}:{{{channel}}}:{part}", self.prefix),
            Announcements::Slots => format!("{}:{part}", self.in_slot(channel)),
        }
    }

    /// Begins to invoke a script that uses the state of a channel.
    fn invoke<'s>(
        &self,
        script: &'s Script,
        channel: &str,
        known: u64,
        fresh: Epoch,
        now: Option<u64>,
    ) -> ScriptInvocation<'s> {
        let mut invocation = script.prepare_invoke();
        for part in ["events", "state", "parts", "keys", "times"] {
            invocation.key(self.key(channel, part));
        }
        invocation.arg(fresh.to_string()).arg(known).arg(self.limits.age);
        invocation.arg(now.map(|now| now.to_string()).unwrap_or_default());
        invocation
    }

    /// Appends an event. `fresh` becomes the epoch if events may have been lost.
    pub(super) fn append(
        &self,
        event: &NewEvent,
        known: u64,
        fresh: Epoch,
        now: Option<u64>,
    ) -> ScriptInvocation<'_> {
        let mut invocation = self.invoke(&self.append, &event.channel, known, fresh, now);
        invocation
            .arg(&event.envelope[..])
            .arg(audience_text(event.audience.as_deref()))
            .arg(self.limits.events)
            .arg(self.limits.bytes)
            .arg(self.announced(&event.channel))
            .arg(event.key.as_deref().unwrap_or_default())
            .arg(MAX_KEYS);
        invocation
    }

    /// Asks for the extent of a channel. Its numbers continue behind `known` if the server
    /// does not have it.
    pub(super) fn extent(
        &self,
        channel: &str,
        known: u64,
        fresh: Epoch,
        now: Option<u64>,
    ) -> ScriptInvocation<'_> {
        self.invoke(&self.extent, channel, known, fresh, now)
    }

    /// Reads events of a channel up to that number of bytes together.
    pub(super) fn read(
        &self,
        channel: &str,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> ScriptInvocation<'_> {
        let mut invocation = self.read.prepare_invoke();
        invocation.key(self.key(channel, "events"));
        invocation.arg(first).arg(last).arg(bytes);
        invocation
    }
}

/// Returns the line of a script that names the command by which it announces.
pub(super) fn announce(is_cluster: bool) -> &'static str {
    if is_cluster { "local announce = 'SPUBLISH'\n" } else { "local announce = 'PUBLISH'\n" }
}

fn audience_text(audience: Option<&Audience>) -> impl ToRedisArgs {
    // An audience consists of lists of texts, which always serialise.
    audience.and_then(|audience| serde_json::to_vec(audience).ok()).unwrap_or_default()
}

fn audience(text: &[u8]) -> Option<Option<Arc<Audience>>> {
    if text.is_empty() {
        return Some(None);
    }
    serde_json::from_slice(text).ok().map(|audience| Some(Arc::new(audience)))
}

/// Answer of the script that appends.
pub(super) type AppendAnswer = (String, String, String);

/// Reads the answer of the script that appends.
pub(super) fn appended((id, earliest, outcome): &AppendAnswer) -> Option<Appended> {
    Some(match outcome.as_str() {
        "new" => Appended::New(id.parse().ok()?, earliest.parse().ok()?),
        "known" => Appended::Known(id.parse().ok()?),
        "keys" => Appended::TooManyKeys,
        _ => return None,
    })
}

/// Answer of the script that returns an extent.
pub(super) type ExtentAnswer = (u64, u64, String, String);

/// Reads the answer of the script that returns an extent.
pub(super) fn extent((head, earliest, terms, next): &ExtentAnswer) -> Option<Extent> {
    let terms = terms.split(',').map(|term| {
        let (first, epoch) = term.split_once(':')?;
        Some((first.parse().ok()?, Epoch::parse(epoch)?))
    });
    let terms: Vec<_> = terms.collect::<Option<_>>()?;
    Extent::new(*earliest, *head, terms, Epoch::parse(next)?)
}

/// Reads the answer of the script that reads events.
pub(super) fn found(answer: Vec<Vec<u8>>) -> Option<Found> {
    let mut parts = answer.into_iter();
    match parts.next()?.as_slice() {
        b"large" => Some(Found::TooLarge(number(&parts.next()?)?)),
        b"events" => {
            let mut events = Vec::new();
            while let Some(sequence) = parts.next() {
                let epoch = Epoch::parse(std::str::from_utf8(&parts.next()?).ok()?)?;
                let audience = audience(&parts.next()?)?;
                let envelope = Bytes::from(parts.next()?);
                let id = EventId::new(epoch, number(&sequence)?);
                events.push((id, Record { envelope, audience }));
            }
            Some(Found::Events(events))
        }
        _ => None,
    }
}

/// Reads an announcement: id, number of the oldest event and length of the audience, each
/// followed by a space; the audience, and the envelope.
pub(super) fn announced(message: Vec<u8>) -> Option<Announced> {
    let message = Bytes::from(message);
    let mut ends = message.iter().enumerate().filter(|(_, byte)| **byte == b' ').map(|(at, _)| at);
    let (id, earliest, length) = (ends.next()?, ends.next()?, ends.next()?);
    let id_text = std::str::from_utf8(&message[..id]).ok()?;
    let count = usize::try_from(number(&message[earliest + 1..length])?).ok()?;
    let begin = length.checked_add(1)?.checked_add(count)?;
    let audience = audience(message.get(length + 1..begin)?)?;
    let record = Record { envelope: message.slice(begin..), audience };
    Some(Announced {
        id: id_text.parse().ok()?,
        earliest: number(&message[id + 1..earliest])?,
        record,
    })
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis_server::slot_of_key;

    #[test]
    fn in_a_cluster_all_names_of_a_channel_are_in_one_slot() {
        let limits = Limits::in_memory(std::time::Duration::from_secs(60), 100, 1 << 20);
        let scripts = Scripts::new("app", None, limits);
        let channels = [
            "room", "", "}", "}x", "{", "{}", "{a}", "a}b", "=", "=}", "{=}", "}=", "ü", ":", "a:b",
        ];
        let mut names = std::collections::HashSet::new();
        for channel in channels {
            let name = scripts.announced(channel);
            assert_eq!(scripts.channel(&name), Some(channel), "{name}");
            let slot = Scripts::slot(channel);
            assert_eq!(slot_of_key(&name), slot, "{name}");
            for part in ["events", "state", "parts", "keys", "times"] {
                let key = scripts.key(channel, part);
                assert_eq!(slot_of_key(&key), slot, "{key}");
                assert!(names.insert(key));
            }
            assert!(names.insert(name));
        }
        assert_eq!(scripts.key("room", "events"), "app:{room}:events");
        for other in ["app:room", "app:3:room", "ap:{room}", "app:{room", "app:={a}b", "app:="] {
            assert_eq!(scripts.channel(other), None, "{other}");
        }
    }

    fn epoch(number: u128) -> Epoch {
        Epoch::of(number)
    }

    fn id(number: u128, sequence: u64) -> EventId {
        EventId::new(epoch(number), sequence)
    }

    #[test]
    fn keys_and_names_contain_the_prefix_and_the_channel() {
        let limits = Limits::in_memory(std::time::Duration::from_secs(1), 1, 1);
        let scripts = Scripts::new("app", Some(3), limits);
        assert_eq!(scripts.announced("room"), "app:3:room");
        assert_eq!(scripts.channel("app:3:a:b"), Some("a:b"));
        for other in ["app:4:room", "other:3:room", "app:3"] {
            assert_eq!(scripts.channel(other), None, "{other}");
        }
        // One slot of a cluster has all keys of a channel.
        assert_eq!(scripts.key("room", "events"), "app:{room}:events");
    }

    #[test]
    fn answers_of_the_script_that_appends_are_read() {
        let read = |id: &str, earliest: &str, outcome: &str| {
            appended(&(id.to_owned(), earliest.to_owned(), outcome.to_owned()))
        };
        let text = id(7, 5).to_string();
        assert!(
            matches!(read(&text, "2", "new"), Some(Appended::New(found, 2)) if found == id(7, 5))
        );
        assert!(
            matches!(read(&text, "", "known"), Some(Appended::Known(found)) if found == id(7, 5))
        );
        assert!(matches!(read("", "", "keys"), Some(Appended::TooManyKeys)));
        for (id, earliest, outcome) in [
            ("", "2", "new"),
            (&*text, "", "new"),
            (&*text, "-1", "new"),
            ("x", "", "known"),
            (&*text, "2", "old"),
        ] {
            assert!(read(id, earliest, outcome).is_none(), "{id} {earliest} {outcome}");
        }
    }

    #[test]
    fn answers_of_the_script_that_returns_an_extent_are_read() {
        let terms = format!("2:{},4:{}", epoch(7), epoch(8));
        let read = |head, earliest, terms: &str, next: &str| {
            extent(&(head, earliest, terms.to_owned(), next.to_owned()))
        };
        let next = epoch(8).to_string();
        let found = read(5, 3, &terms, &next).unwrap();
        assert_eq!(found.head(), 5);
        assert_eq!(
            [2, 3, 4, 5].map(|number| found.id(number)),
            [id(7, 2), id(7, 3), id(8, 4), id(8, 5)]
        );
        for (id, has_it) in [
            (id(7, 1), false),
            (id(7, 2), true),
            (id(7, 3), true),
            (id(8, 3), false),
            (id(7, 4), false),
            (id(8, 5), true),
            (id(8, 6), false),
        ] {
            assert_eq!(found.has_entry(id), has_it, "{id}");
        }
        // An empty log, whose next event is the first.
        assert!(read(5, 6, &terms, &next).is_some());
        for (head, earliest, terms, next) in [
            (5, 7, &*terms, &*next),
            (5, 0, &terms, &next),
            (u64::MAX, 3, &terms, &next),
            (5, 3, "", &next),
            (5, 3, "2", &next),
            (5, 3, &terms, ""),
            (5, 3, &format!("4:{next},2:{next}"), &next),
        ] {
            assert!(
                read(head, earliest, terms, next).is_none(),
                "{head} {earliest} {terms} {next}"
            );
        }
    }

    #[test]
    fn answers_of_the_script_that_reads_are_read() {
        let bytes = |parts: &[&str]| -> Vec<Vec<u8>> {
            parts.iter().map(|part| part.as_bytes().to_vec()).collect()
        };
        let seven = epoch(7).to_string();
        let everyone = serde_json::to_string(&Audience::everyone().tags(["a"])).unwrap();
        let parts = ["events", "3", &seven, "", "{}", "4", &seven, &everyone, "{ }"];
        let Some(Found::Events(events)) = found(bytes(&parts)) else { panic!("events") };
        let ids: Vec<_> = events.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [id(7, 3), id(7, 4)]);
        assert_eq!((&events[0].1.envelope[..], events[0].1.audience.is_none()), (&b"{}"[..], true));
        assert_eq!(events[1].1.audience.as_deref(), Some(&Audience::everyone().tags(["a"])));
        assert!(matches!(found(bytes(&["large", "70"])), Some(Found::TooLarge(70))));
        assert!(matches!(found(bytes(&["events"])), Some(Found::Events(none)) if none.is_empty()));
        for parts in [
            &[][..],
            &["large"],
            &["large", "x"],
            &["other"],
            &["events", "3"],
            &["events", "3", &seven, ""],
            &["events", "3", "x", "", "{}"],
            &["events", "x", &seven, "", "{}"],
            &["events", "3", &seven, "x", "{}"],
        ] {
            assert!(found(bytes(parts)).is_none(), "{parts:?}");
        }
    }

    #[test]
    fn announcements_are_read() {
        let text = id(7, 5).to_string();
        let read = |rest: &str| announced(format!("{text} {rest}").into_bytes());
        let event = read("2 0 {\"json\": 1}").unwrap();
        assert_eq!((event.id, event.earliest), (id(7, 5), 2));
        assert_eq!(
            (&event.record.envelope[..], event.record.audience),
            (&b"{\"json\": 1}"[..], None)
        );
        let audience = Audience::everyone().tags(["a b"]);
        let written = serde_json::to_string(&audience).unwrap();
        let event = read(&format!("2 {} {written}{{}}", written.len())).unwrap();
        assert_eq!(
            (&event.record.envelope[..], event.record.audience.as_deref()),
            (&b"{}"[..], Some(&audience))
        );
        assert!(read("2 0 ").is_some_and(|event| event.record.envelope.is_empty()));
        for rest in
            ["", "2", "2 0", "2 x {}", "x 0 {}", "2 1 {}", "2 3 {}", &format!("2 {} ", u64::MAX)]
        {
            assert!(read(rest).is_none(), "{rest}");
        }
        assert!(announced(b"x 2 0 {}".to_vec()).is_none());
    }
}
