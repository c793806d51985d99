//! The procedures of the room.
#![allow(missing_docs, reason = "their tests say what they are for")]

use std::sync::OnceLock;
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::stateful::ListOptions;

use crate::{Seat, TestRoom, suite};

/// A message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Its author.
    pub from: String,
    /// Its text.
    pub text: String,
}

/// A message and the sockets that it is for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Say {
    #[schemars(length(min = 1, max = 40))]
    text: String,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    to: Option<u64>,
    #[serde(default)]
    except_me: bool,
}

/// An entry of the storage.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Put {
    key: String,
    value: String,
}

/// Error that is part of a procedure's type.
#[derive(Debug, RpcError)]
pub enum DivideError {
    /// The divisor is zero.
    #[rpc_error(code = "BY_ZERO", status = 400, message = "Divide by another number")]
    ByZero {
        /// The dividend.
        dividend: i32,
    },
}

/// The timer of the host.
pub static SLEEP: OnceLock<fn(Duration) -> BoxFuture<'static, ()>> = OnceLock::new();

/// Waits, by the timer of the host.
async fn sleep(ms: u32) {
    let sleep = SLEEP.get().expect("the host has set it");
    sleep(Duration::from_millis(ms.into())).await;
}

/// The procedures.
#[router(context = TestRoom)]
pub mod room {
    use super::*;

    #[procedure]
    pub async fn divide(input: (i32, i32)) -> Result<i32, DivideError> {
        input.0.checked_div(input.1).ok_or(DivideError::ByZero { dividend: input.0 })
    }

    #[procedure]
    pub async fn name(room: &TestRoom) -> String {
        room.room.name().to_owned()
    }

    #[procedure]
    pub async fn my_id(socket: &Socket) -> u64 {
        socket.id()
    }

    /// Sends a message to the sockets that follow the room.
    #[procedure]
    pub async fn say(room: &TestRoom, socket: &Socket, input: Say) -> Result<u32, Error> {
        let seat: Seat = socket.attachment()?.ok_or(Code::Unauthorized)?;
        let sockets = room.room.sockets();
        let mut to = match &input.tag {
            Some(tag) => sockets.tagged(tag),
            None => sockets.everyone(),
        };
        if let Some(id) = input.to {
            let one = sockets.socket(id).ok_or(Code::NotFound)?;
            for other in sockets.everyone() {
                if other != one {
                    to = to.except(&other);
                }
            }
        }
        if input.except_me {
            to = to.except(socket);
        }
        room.tell(&to, &seat.user, &input.text)
    }

    #[procedure]
    pub fn on_message(socket: &Socket) -> HibernatingIterator<Message> {
        let socket = socket.clone();
        HibernatingIterator::new(move |messages| {
            let seat: Seat = socket.attachment()?.ok_or(Code::Unauthorized)?;
            Ok(socket.attach(&Seat { messages: Some(messages), ..seat })?)
        })
    }

    #[procedure]
    pub fn on_note(socket: &Socket) -> HibernatingIterator<String> {
        let socket = socket.clone();
        HibernatingIterator::new(move |notes| {
            let seat: Seat = socket.attachment()?.ok_or(Code::Unauthorized)?;
            Ok(socket.attach(&Seat { notes: Some(notes), ..seat })?)
        })
    }

    #[procedure]
    pub async fn attach(socket: &Socket, text: String) -> Result<(), Error> {
        let seat: Seat = socket.attachment()?.ok_or(Code::Unauthorized)?;
        socket
            .attach(&Seat { text, ..seat })
            .map_err(|error| Error::new(Code::PayloadTooLarge).with_message(error.to_string()))
    }

    #[procedure]
    pub async fn attached(socket: &Socket) -> Result<String, Error> {
        Ok(socket.attachment::<Seat>()?.map(|seat| seat.text).unwrap_or_default())
    }

    #[procedure]
    pub fn count(to: u32) -> impl Stream<Item = u32> {
        futures::stream::iter(0..to)
    }

    /// Counts for ever, always ready.
    #[procedure]
    pub fn endless() -> impl Stream<Item = u32> {
        futures::stream::iter(0..)
    }

    /// Counts for ever, with time between.
    #[procedure]
    pub fn ticks(ms: u32) -> impl Stream<Item = u32> {
        futures::stream::unfold(0, move |n| async move {
            sleep(ms).await;
            Some((n, n + 1))
        })
    }

    #[procedure(meta(concurrent = true))]
    pub async fn wait(ms: u32) -> &'static str {
        sleep(ms).await;
        "done"
    }

    /// Reads, waits and writes, as another call may not do meanwhile.
    #[procedure]
    pub async fn increment(room: &TestRoom, ms: u32) -> Result<u32, Error> {
        let storage = room.room.storage();
        let count = storage.get::<u32>("count").await?.unwrap_or(0);
        sleep(ms).await;
        storage.put("count", &(count + 1)).await?;
        Ok(count + 1)
    }

    #[procedure]
    pub async fn get(room: &TestRoom, key: String) -> Result<Option<String>, Error> {
        Ok(room.room.storage().get(&key).await?)
    }

    #[procedure]
    pub async fn put(room: &TestRoom, input: Put) -> Result<(), Error> {
        Ok(room.room.storage().put(&input.key, &input.value).await?)
    }

    #[procedure]
    pub async fn append(room: &TestRoom, text: String) -> Result<String, Error> {
        Ok(room.room.storage().append("log/", &text).await?)
    }

    #[procedure]
    pub async fn log(room: &TestRoom) -> Result<Vec<String>, Error> {
        let all = ListOptions { limit: usize::MAX >> 12, ..ListOptions::default() };
        let log = room.room.storage().list_with::<String>("log/", &all).await?;
        Ok(log.into_iter().map(|(_, text)| text).collect())
    }

    /// Sets the alarm, which fails that often before it succeeds.
    #[procedure]
    pub async fn alarm(room: &TestRoom, input: (u32, u32)) -> Result<(), Error> {
        let storage = room.room.storage();
        storage.put("failures", &input.1).await?;
        Ok(storage.set_alarm_in(Duration::from_millis(input.0.into())).await?)
    }

    #[procedure]
    pub async fn has_alarm(room: &TestRoom) -> Result<bool, Error> {
        Ok(room.room.storage().alarm().await?.is_some())
    }

    /// Runs one case of the suite of storages.
    #[procedure]
    pub async fn storage_case(room: &TestRoom, name: String) -> Result<(), Error> {
        suite::run(&name, room.room.storage()).await;
        Ok(())
    }

    #[procedure]
    pub async fn panics() -> String {
        panic!("a panic of a procedure");
    }
}
