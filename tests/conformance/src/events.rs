//! Store of the publisher's events, chosen by the environment.

use std::env::{self, VarError};
use std::error::Error;
use std::path::PathBuf;

use conformance_api::{
    Events, RoomEvents, events_in_memory, open_events, open_shared_events, open_shared_rooms,
};
use orpc_runtime::publish::{Durability, Publisher, StoreError};

const EVENTS: &str = "EVENTS";
const FILE: &str = "PUBLISHER_FILE";
const DURABILITY: &str = "PUBLISHER_DURABILITY";

/// The forms of `EVENTS`.
const PLACES: &str = "`memory`, `redb:PATH`, `redis://…`, `rediss://…`, `redis-cluster://…`, \
    `rediss-cluster://…`, `nats://…` and `tls://…`";

/// The place of events that `EVENTS` names.
enum Place {
    Memory,
    File(PathBuf, Durability),
    /// The URL of a NATS or a Redis server.
    Server(String),
}

impl Place {
    /// Reads `EVENTS`; `None` if it is not set.
    fn of_environment() -> Result<Option<Self>, Box<dyn Error>> {
        let text = match env::var(EVENTS) {
            Ok(text) if !text.is_empty() => text,
            Err(VarError::NotUnicode(_)) => return Err(format!("{EVENTS} is not UTF-8").into()),
            _ => return Ok(None),
        };
        if text == "memory" {
            return Ok(Some(Self::Memory));
        }
        let Some(file) = text.strip_prefix("redb:") else {
            let scheme = text.split_once("://").map(|(scheme, _)| scheme);
            return match scheme.and_then(conformance_api::server) {
                Some(_) => Ok(Some(Self::Server(text))),
                // It may have a password.
                None => Err(format!("{EVENTS} is none of {PLACES}").into()),
            };
        };
        let (path, durability) = match file.rsplit_once('?') {
            Some((path, query)) => match query.strip_prefix("durability=") {
                Some(name) => (path, durability(EVENTS, name)?),
                None => return Err(format!("{EVENTS} may have `?durability=` alone").into()),
            },
            None => (file, Durability::Commit),
        };
        if path.is_empty() {
            return Err(format!("{EVENTS} names no file").into());
        }
        Ok(Some(Self::File(path.into(), durability)))
    }
}

fn durability(variable: &str, name: &str) -> Result<Durability, Box<dyn Error>> {
    match name {
        "commit" => Ok(Durability::Commit),
        "process" => Ok(Durability::Process),
        _ => Err(format!("{variable} is neither `commit` nor `process`").into()),
    }
}

/// Opens the publisher of the server where `EVENTS` says; otherwise in the file that
/// `PUBLISHER_FILE` names, as durable as `PUBLISHER_DURABILITY` says, or in memory.
///
/// # Errors
/// If a variable has no meaning, or the server or the file cannot be opened.
pub(crate) async fn events() -> Result<Events, Box<dyn Error>> {
    match Place::of_environment()? {
        Some(Place::Memory) => return Ok(events_in_memory()),
        Some(Place::File(path, durability)) => return in_file(EVENTS, path, durability),
        Some(Place::Server(url)) => {
            return open_shared_events(&url).await.map_err(|error| of_server(&error));
        }
        None => {}
    }
    let durability = match env::var(DURABILITY) {
        Err(VarError::NotPresent) => None,
        Ok(name) => Some(durability(DURABILITY, &name)?),
        Err(VarError::NotUnicode(_)) => return Err(format!("{DURABILITY} is not UTF-8").into()),
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
    in_file(FILE, path, durability.unwrap_or(Durability::Commit))
}

fn in_file(
    variable: &str,
    path: PathBuf,
    durability: Durability,
) -> Result<Events, Box<dyn Error>> {
    open_events(&path, durability)
        .map_err(|error| format!("{variable} {}: {error}{}", path.display(), cause(&error)).into())
}

/// Opens the publisher of rooms: on the server that `EVENTS` names, or else in memory.
///
/// # Errors
/// If the server cannot be used.
pub(crate) async fn rooms() -> Result<RoomEvents, Box<dyn Error>> {
    match Place::of_environment()? {
        Some(Place::Server(url)) => {
            open_shared_rooms(&url).await.map_err(|error| of_server(&error))
        }
        _ => Ok(Publisher::memory()),
    }
}

fn of_server(error: &StoreError) -> Box<dyn Error> {
    format!("{EVENTS}: {error}{}", cause(error)).into()
}

/// Returns the reason of an error, to be put behind it.
fn cause(error: &StoreError) -> String {
    error.source().map(|source| format!(": {source}")).unwrap_or_default()
}
