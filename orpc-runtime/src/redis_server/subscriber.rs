//! Announcements of a node of a cluster.
//!
//! A node that passes on a slot ends the announcements of its channels without being asked. The client takes that for an
//! answer, if one is awaited, so announcements have a connection of their own, and what is announced is known by what
//! the node says, not by the answers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{PushInfo, PushKind, RedisError, Value};

use super::Announced;

/// The names under which a node announces to a connection.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<HashSet<Box<str>>>>);

impl Names {
    fn change(&self, info: &PushInfo) {
        let Some(Value::BulkString(name)) = info.data.first() else { return };
        let Ok(name) = std::str::from_utf8(name) else { return };
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match info.kind {
            PushKind::SSubscribe => {
                names.insert(name.into());
            }
            PushKind::SUnsubscribe => {
                names.remove(name);
            }
            _ => {}
        }
    }
}

/// Returns the names, and the recipient of announcements that keeps them.
pub(super) fn names(announced: Announced) -> (Names, Announced) {
    let names = Names::default();
    let changed = names.clone();
    let heard = move |info: PushInfo| {
        changed.change(&info);
        announced(info);
    };
    (names, Arc::new(heard))
}

/// The connection for announcements.
pub(super) struct Subscriber {
    connection: MultiplexedConnection,
    names: Names,
}

impl Subscriber {
    pub(super) fn new(connection: MultiplexedConnection, names: Names) -> Self {
        Self { connection, names }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Subscribes to each name; returns the errors of single names.
    pub(super) async fn subscribe(&self, names: &[String]) -> Result<Vec<RedisError>, RedisError> {
        let answers = self.request("SSUBSCRIBE", names).await?;
        Ok(answers.into_iter().filter_map(|answer| answer.extract_error().err()).collect())
    }

    pub(super) async fn unsubscribe(&self, names: &[String]) -> Result<(), RedisError> {
        self.request("SUNSUBSCRIBE", names).await.map(drop)
    }

    /// Returns `true` if the node answers.
    pub(super) async fn is_alive(&self) -> bool {
        // An error of the node is an answer as well.
        self.connection.clone().send_packed_command(&redis::cmd("PING")).await.is_ok()
    }

    async fn request(&self, command: &str, names: &[String]) -> Result<Vec<Value>, RedisError> {
        let mut all = redis::pipe();
        for name in names {
            // Each is in a slot of its own.
            all.cmd(command).arg(name);
        }
        self.connection.clone().req_packed_commands(&all, 0, names.len()).await
    }
}
