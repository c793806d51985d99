//! Storage of rooms, and their alarms.

use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::stateful::{HostedRoom, ListOptions, RoomHandle, StatefulRoom, StorageError};
use orpc_runtime::value::Undefined;
use serde_json::Value;

use crate::{Events, Session};

/// Number of entries that are read at a time.
const PAGE: usize = 16;

/// Maximum length of the values of one list, as JSON.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// A room that keeps entries. Its alarm is an event of the publisher.
#[derive(Debug)]
pub struct StoredRoom(RoomHandle);

impl StatefulRoom for StoredRoom {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        Self(room)
    }

    async fn alarm(&self) -> Result<(), Error> {
        let events = self.0.host::<Events>();
        let events = events.ok_or_else(|| Error::internal("a room without the publisher"))?;
        let name = self.0.name();
        events.publish(&format!("alarm:{name}"), &serde_json::json!({ "alarm": name })).await?;
        Ok(())
    }
}

/// An entry to keep.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Put {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 128))]
    key: String,
    value: Value,
}

/// The key of an entry.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Key {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 128))]
    key: String,
}

/// A value, or none.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Found {
    /// The value of the entry.
    Value(Value),
    /// There is no such entry.
    None(Undefined),
}

/// The beginning of the keys to list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(max = 128))]
    prefix: String,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u16>,
}

/// An entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    key: String,
    value: Value,
}

/// Time until the alarm of a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(range(max = 3_600_000))]
    in_ms: u32,
}

/// `store.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Keeps a value.
    #[procedure]
    pub async fn put(session: &Session, input: Put) -> Result<(), Error> {
        let kept = storage(&session.room(&input.room)).put(&input.key, &input.value).await;
        kept.map_err(|error| match error {
            // Numbers may be longer when they are written again.
            StorageError::TooLarge { .. } => Error::new(Code::PayloadTooLarge),
            error => error.into(),
        })
    }

    /// Returns the value of a key.
    #[procedure]
    pub async fn get(session: &Session, input: Key) -> Result<Found, Error> {
        let found = storage(&session.room(&input.room)).get(&input.key).await?;
        Ok(found.map_or(Found::None(Undefined), Found::Value))
    }

    /// Removes an entry, and returns `true` if there was one.
    #[procedure]
    pub async fn delete(session: &Session, input: Key) -> Result<bool, Error> {
        Ok(storage(&session.room(&input.room)).delete(&input.key).await?)
    }

    /// Lists the entries whose keys begin with `prefix`, in the order of their keys.
    #[procedure]
    pub async fn list(session: &Session, input: List) -> Result<Vec<Entry>, Error> {
        let room = session.room(&input.room);
        let wanted = input.limit.unwrap_or(1000).into();
        let (mut entries, mut length) = (Vec::<Entry>::new(), 0);
        while entries.len() < wanted {
            let limit = PAGE.min(wanted - entries.len());
            let after = entries.last().map(|entry| entry.key.clone());
            let page = ListOptions { limit, after, ..ListOptions::default() };
            let page = storage(&room).list_with::<Value>(&input.prefix, &page).await?;
            let is_last = page.len() < limit;
            for (key, value) in page {
                length += value.to_string().len();
                if length > MAX_LIST {
                    return Err(Code::PayloadTooLarge.into());
                }
                entries.push(Entry { key, value });
            }
            if is_last {
                break;
            }
        }
        Ok(entries)
    }

    /// Sets the alarm of a room, which publishes `{alarm: room}` to the channel `alarm:<room>`.
    #[procedure]
    pub async fn alarm(session: &Session, input: Alarm) -> Result<(), Error> {
        let time = Duration::from_millis(input.in_ms.into());
        Ok(storage(&session.room(&input.room)).set_alarm_in(time).await?)
    }
}

fn storage(room: &HostedRoom<StoredRoom>) -> &orpc_runtime::stateful::Storage {
    room.handle().storage()
}
