//! Store of the publisher's events, chosen by the environment.

use std::env::{self, VarError};
use std::error::Error;
use std::path::PathBuf;

use conformance_api::{
    Events, RoomEvents, events_in_memory, open_events, open_shared_events, open_shared_rooms,
};
use orpc_runtime::publish::{Durability, Publisher, StoreError};

const SHARED: &str = "EVENTS";
const FILE: &str = "PUBLISHER_FILE";
const DURABILITY: &str = "PUBLISHER_DURABILITY";

/// Opens the publisher of the server: on the NATS or Redis server whose URL is in `EVENTS`; in the
/// file that `PUBLISHER_FILE` names, as durable as `PUBLISHER_DURABILITY` says; or else in
/// memory.
///
/// # Errors
/// If a variable has no meaning, or the server or the file cannot be opened.
pub(crate) async fn events() -> Result<Events, Box<dyn Error>> {
    if let Ok(url) = env::var(SHARED) {
        return open_shared_events(&url).await.map_err(|error| of_shared(&error));
    }
    let durability = match env::var(DURABILITY).as_deref() {
        Err(VarError::NotPresent) => None,
        Ok("commit") => Some(Durability::Commit),
        Ok("process") => Some(Durability::Process),
        _ => return Err(format!("{DURABILITY} is neither `commit` nor `process`").into()),
    };
    let Some(path) = env::var_os(FILE).map(PathBuf::from) else {
        return match durability {
            None => Ok(events_in_memory()),
            Some(_) => Err(format!("{DURABILITY} needs a file, which {FILE} names").into()),
        };
    };
    if path.as_os_str().is_empty() {
        return Err(format!("{FILE} names no file").into());
    }
    let durability = durability.unwrap_or(Durability::Commit);
    open_events(&path, durability).map_err(|error| {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        format!("{FILE} {}: {error}{cause}", path.display()).into()
    })
}

/// Opens the publisher of rooms: on the server that `EVENTS` names, or else in memory.
///
/// # Errors
/// If the server cannot be used.
pub(crate) async fn rooms() -> Result<RoomEvents, Box<dyn Error>> {
    match env::var(SHARED) {
        Ok(url) => open_shared_rooms(&url).await.map_err(|error| of_shared(&error)),
        Err(_) => Ok(Publisher::memory()),
    }
}

fn of_shared(error: &StoreError) -> Box<dyn Error> {
    let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{SHARED}: {error}{cause}").into()
}
