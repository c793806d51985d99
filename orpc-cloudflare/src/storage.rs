//! The storage of a room in the SQLite database of its object.

use std::fmt::Display;
use std::future::ready;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use js_sys::{Function, Reflect};
use orpc_runtime::stateful::{
    AlarmSlot, ListOptions, StorageBackend, StorageError, StorageFuture, Write, Written, prefix_end,
};
use serde::Deserialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use worker::send::{SendFuture, SendWrapper};
use worker::{ScheduledTime, SqlStorageValue, State};

/// Tables of this crate; those of the application have other names.
const TABLES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS orpc_entries(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS orpc_sequences(prefix TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS orpc_alarms(slot INTEGER PRIMARY KEY, at INTEGER)",
    "CREATE TABLE IF NOT EXISTS orpc_room(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
];

/// The storage of an object, whose operations take effect at once.
#[derive(Clone)]
pub(crate) struct SqlStorage(SendWrapper<std::rc::Rc<State>>);

#[derive(Deserialize)]
struct Entry {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct Number {
    n: Option<f64>,
}

#[derive(Deserialize)]
struct Text {
    t: String,
}

impl SqlStorage {
    pub(crate) fn new(state: std::rc::Rc<State>) -> worker::Result<Self> {
        let storage = Self(SendWrapper(state));
        for table in TABLES {
            storage.exec(table, vec![])?;
        }
        Ok(storage)
    }

    fn exec(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<worker::SqlCursor> {
        self.0.storage().sql().exec(query, values)
    }

    fn number(&self, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Option<u64>> {
        let rows: Vec<Number> = self.exec(query, values)?.to_array()?;
        // Numbers stay below 2^53.
        Ok(rows.first().and_then(|row| row.n).map(|n| n as u64))
    }

    /// Returns the next number of a sequence.
    fn next_number(&self, prefix: &str) -> worker::Result<u64> {
        let query = "INSERT INTO orpc_sequences(prefix, last) VALUES (?, 1) \
                     ON CONFLICT(prefix) DO UPDATE SET last = last + 1 RETURNING last AS n";
        let number = self.number(query, vec![prefix.into()])?;
        number.ok_or_else(|| "a sequence has no number".into())
    }

    /// Returns an id for a socket. Prefixes of entries are not empty.
    pub(crate) fn next_socket(&self) -> worker::Result<u64> {
        self.next_number("")
    }

    /// Reads a text of the framework.
    pub(crate) fn text(&self, name: &str) -> worker::Result<Option<String>> {
        let query = "SELECT value AS t FROM orpc_room WHERE name = ?";
        let rows: Vec<Text> = self.exec(query, vec![name.into()])?.to_array()?;
        Ok(rows.into_iter().next().map(|row| row.t))
    }

    /// Sets a text of the framework.
    pub(crate) fn set_text(&self, name: &str, text: &str) -> worker::Result<()> {
        let query = "INSERT OR REPLACE INTO orpc_room(name, value) VALUES (?, ?)";
        self.exec(query, vec![name.into(), text.into()]).map(drop)
    }

    fn apply(&self, write: Write, written: &mut Written) -> worker::Result<()> {
        match write {
            Write::Put { key, value } => self.put(&key, &value)?,
            Write::Delete { key } => {
                let query = "DELETE FROM orpc_entries WHERE key = ? RETURNING key, '' AS value";
                let rows: Vec<Entry> = self.exec(query, vec![key.into()])?.to_array()?;
                written.deleted += rows.len();
            }
            Write::Append { prefix, value } => {
                let key = Write::numbered(&prefix, self.next_number(&prefix)?);
                self.put(&key, &value)?;
                written.appended.push(key);
            }
            Write::Alarm { slot, at: Some(at) } => {
                let query = "INSERT OR REPLACE INTO orpc_alarms(slot, at) VALUES (?, ?)";
                self.exec(query, vec![slot_of(slot), time(at)])?;
            }
            Write::Alarm { slot, at: None } => {
                self.exec("DELETE FROM orpc_alarms WHERE slot = ?", vec![slot_of(slot)])?;
            }
            Write::Rang { slot, at } => {
                let query = "DELETE FROM orpc_alarms WHERE slot = ? AND at = ?";
                self.exec(query, vec![slot_of(slot), time(at)])?;
            }
            _ => return Err("a write of a later version".into()),
        }
        Ok(())
    }

    fn put(&self, key: &str, value: &[u8]) -> worker::Result<()> {
        let value = std::str::from_utf8(value).map_err(|error| error.to_string())?;
        let query = "INSERT OR REPLACE INTO orpc_entries(key, value) VALUES (?, ?)";
        self.exec(query, vec![key.into(), value.into()]).map(drop)
    }

    /// Writes in one transaction.
    fn write_all(&self, writes: Vec<Write>) -> worker::Result<Written> {
        let storage = self.0.storage();
        let storage: &JsValue = storage.as_raw().as_ref();
        let transaction =
            Reflect::get(storage, &"transactionSync".into())?.dyn_into::<Function>()?;
        let outcome = std::rc::Rc::new(std::cell::RefCell::new(None));
        let (own, result) = (self.clone(), std::rc::Rc::clone(&outcome));
        let run = Closure::once_into_js(std::panic::AssertUnwindSafe(move || {
            let mut written = Written::default();
            let mut writes = writes.into_iter();
            let done = writes.try_for_each(|write| own.apply(write, &mut written));
            let failed = done.as_ref().err().map(ToString::to_string);
            *result.borrow_mut() = Some(done.map(|()| written));
            // An error that is thrown rolls back.
            failed.map_or(Ok(JsValue::UNDEFINED), |error| {
                Err(JsValue::from(js_sys::Error::new(&error)))
            })
        }));
        let called = transaction.call1(storage, &run);
        match outcome.borrow_mut().take() {
            Some(Err(error)) => Err(error),
            Some(Ok(written)) => called.map(|_| written).map_err(Into::into),
            None => Err(called.err().map_or_else(|| "no transaction".into(), Into::into)),
        }
    }

    /// Sets the alarm of the object to the earliest of the room's alarms.
    fn arm(&self) -> BoxFuture<'static, worker::Result<()>> {
        let next = self.number("SELECT min(at) AS n FROM orpc_alarms", vec![]);
        let storage = self.0.storage();
        SendFuture::new(async move {
            match next? {
                Some(at) => {
                    let at = js_sys::Date::new(&(at as f64).into());
                    storage.set_alarm(ScheduledTime::new(at)).await
                }
                None => storage.delete_alarm().await,
            }
        })
        .boxed()
    }
}

impl StorageBackend for SqlStorage {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        let query = "SELECT key, value FROM orpc_entries WHERE key = ?";
        let rows = self.exec(query, vec![key.into()]).and_then(|rows| rows.to_array::<Entry>());
        let value = rows.map(|rows| rows.into_iter().next().map(|row| row.value.into()));
        ready(value.map_err(failed)).boxed()
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        let mut query = "SELECT key, value FROM orpc_entries WHERE key >= ?".to_owned();
        let mut values = vec![prefix.into()];
        if let Some(end) = prefix_end(prefix) {
            query += " AND key < ?";
            values.push(end.into());
        }
        if let Some(after) = &options.after {
            query += if options.reverse { " AND key < ?" } else { " AND key > ?" };
            values.push(after.as_str().into());
        }
        query += if options.reverse { " ORDER BY key DESC" } else { " ORDER BY key" };
        query += " LIMIT ?";
        values.push(SqlStorageValue::Float(options.limit as f64));
        let rows = self.exec(&query, values).and_then(|rows| rows.to_array::<Entry>());
        let rows =
            rows.map(|rows| rows.into_iter().map(|row| (row.key, row.value.into())).collect());
        ready(rows.map_err(failed)).boxed()
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let is_alarm = |write: &Write| matches!(write, Write::Alarm { .. } | Write::Rang { .. });
        let sets_alarm = writes.iter().any(is_alarm);
        let written = self.write_all(writes).map_err(failed);
        if !sets_alarm || written.is_err() {
            return ready(written).boxed();
        }
        let armed = self.arm();
        async move {
            armed.await.map_err(failed)?;
            written
        }
        .boxed()
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        let query = "SELECT at AS n FROM orpc_alarms WHERE slot = ?";
        ready(self.number(query, vec![slot_of(slot)]).map_err(failed)).boxed()
    }
}

fn slot_of(slot: AlarmSlot) -> SqlStorageValue {
    i32::from(slot.number()).into()
}

/// A time as SQLite stores it: as a number, which has 53 bits.
fn time(at: u64) -> SqlStorageValue {
    SqlStorageValue::Float(at as f64)
}

fn failed(error: impl Display) -> StorageError {
    StorageError::failed(error.to_string())
}
