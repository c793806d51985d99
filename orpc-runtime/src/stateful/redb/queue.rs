//! Writes to the file, one after the other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures::channel::oneshot;
use redb::{ReadableTable as _, Table, WriteTransaction};

use super::super::backend::{StorageError, Write, Written};
use super::{ALARMS, ENTRIES, File, RoomFile, SEQUENCES, lock, unusable};
use crate::publish::StoreError;
use crate::publish::file::{failure, guarded, may_pass};

/// Maximum number of writes in one transaction.
const GROUP: usize = 256;

/// Maximum number of their bytes, unless there is only one.
const GROUP_BYTES: usize = 4 << 20;

/// Maximum number of bytes of the writes that have not ended, unless there is only one. A client can
/// give up its calls, and so have more writes than calls.
pub(super) const QUEUE_BYTES: usize = 64 << 20;

/// Memory of a write without its texts, in bytes.
const WRITE: usize = size_of::<Write>();

/// Writes that were called and have not ended.
#[derive(Default)]
pub(super) struct WriteQueue {
    waiting: VecDeque<Waiting>,
    /// Memory of these writes, in bytes.
    bytes: usize,
    /// Number of the last write that was called.
    last: u64,
    /// Numbers of the last of these writes of each room.
    pub(super) unfinished: HashMap<Arc<str>, u64>,
    /// `true` while a thread writes, or is about to.
    is_writing: bool,
}

/// A write of a room.
struct Waiting {
    number: u64,
    room: Arc<str>,
    writes: Vec<Write>,
    /// Called when it has taken effect.
    alarmed: Option<Arc<dyn Fn() + Send + Sync>>,
    outcome: Outcome,
}

type Outcome = oneshot::Sender<Result<Written, StorageError>>;

impl Waiting {
    fn bytes(&self) -> usize {
        let texts = |write: &Write| match write {
            Write::Put { key, value } | Write::Append { prefix: key, value } => {
                key.len() + value.len()
            }
            Write::Delete { key } => key.len(),
            Write::Alarm { .. } | Write::Rang { .. } => 0,
        };
        size_of::<Self>() + self.writes.iter().map(|write| WRITE + texts(write)).sum::<usize>()
    }
}

impl WriteQueue {
    /// Returns the memory of the writes that have not ended, in bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the writes of the next transaction.
    fn group(&mut self) -> Vec<Waiting> {
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(next) = self.waiting.front() {
            bytes += next.bytes();
            if group.len() == GROUP || (bytes > GROUP_BYTES && !group.is_empty()) {
                break;
            }
            group.extend(self.waiting.pop_front());
        }
        group
    }

    /// Forgets writes that have ended. Returns the number of the last one.
    fn end(&mut self, group: &[Waiting]) -> u64 {
        for ended in group {
            if self.unfinished.get(&ended.room) == Some(&ended.number) {
                self.unfinished.remove(&ended.room);
            }
            self.bytes -= ended.bytes();
        }
        group.last().map_or(0, |last| last.number)
    }
}

impl RoomFile {
    /// Adds a write behind those that were called before.
    pub(super) fn write(
        &self,
        room: &Arc<str>,
        writes: Vec<Write>,
        alarmed: Option<Arc<dyn Fn() + Send + Sync>>,
        outcome: Outcome,
    ) {
        let mut queue = lock(&self.0.queue);
        let (number, room) = (queue.last + 1, Arc::clone(room));
        let waiting = Waiting { number, room, writes, alarmed, outcome };
        let bytes = queue.bytes + waiting.bytes();
        if bytes > QUEUE_BYTES && queue.bytes > 0 {
            drop(queue);
            // The room may not wait for it.
            waiting.outcome.send(Err(StorageError::Full)).ok();
            return;
        }
        (queue.last, queue.bytes) = (number, bytes);
        queue.unfinished.insert(Arc::clone(&waiting.room), number);
        queue.waiting.push_back(waiting);
        let begins = !std::mem::replace(&mut queue.is_writing, true);
        drop(queue);
        if begins {
            let writer = Writer(Some(Arc::clone(&self.0)));
            // Without a runtime the writer is dropped, which ends the writes.
            drop(crate::task::block(move || writer.run()));
        }
    }
}

/// Writes until no write waits. If it is dropped before, those that wait end with an error.
struct Writer(Option<Arc<File>>);

impl Writer {
    fn run(mut self) {
        while let Some(file) = &self.0 {
            let group = lock(&file.queue).group();
            let written = file.write_group(&group);
            let mut queue = lock(&file.queue);
            let last = queue.end(&group);
            let is_last = queue.waiting.is_empty();
            queue.is_writing = !is_last;
            drop(queue);
            file.ended.send_modify(|ended| *ended = last.max(*ended));
            if is_last {
                // Before the outcomes: whoever has them may close the file, and open it again.
                self.0 = None;
            }
            for (waiting, written) in group.into_iter().zip(written) {
                if written.is_ok()
                    && let Some(alarmed) = waiting.alarmed
                {
                    alarmed();
                }
                // The room may not wait for it.
                waiting.outcome.send(written).ok();
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(file) = &self.0 else { return };
        let mut queue = lock(&file.queue);
        let waiting = std::mem::take(&mut queue.waiting);
        queue.unfinished.clear();
        queue.bytes = 0;
        queue.is_writing = false;
        let last = queue.last;
        drop(queue);
        file.ended.send_modify(|ended| *ended = last.max(*ended));
        drop(waiting);
    }
}

impl File {
    /// Writes in one transaction, which is on the disk when this returns. If one of them cannot be
    /// written, each has a transaction of its own, so that it does not fail because of another.
    fn write_group(&self, group: &[Waiting]) -> Vec<Result<Written, StorageError>> {
        let all = |error: StoreError| group.iter().map(|_| Err(unusable(&error))).collect();
        if let Err(error) = self.make_writable() {
            return all(error);
        }
        let (generation, written) = self.current.try_with(|opened| {
            // A reader may have opened the file again.
            opened.check_writable()?;
            let transaction = opened.database.begin_write().map_err(failure)?;
            match guarded(|| apply(&transaction, group)) {
                Ok(written) => {
                    transaction.commit().map_err(failure)?;
                    Ok(Some(written))
                }
                Err(error) if may_pass(&error) || group.len() < 2 => Err(error),
                Err(_) => transaction.abort().map(|()| None).map_err(failure),
            }
        });
        match written {
            Ok(Some(written)) => written.into_iter().map(Ok).collect(),
            Ok(None) => group.chunks(1).flat_map(|alone| self.write_group(alone)).collect(),
            Err(error) => {
                if may_pass(&error) {
                    self.renew(generation);
                }
                all(error)
            }
        }
    }
}

fn apply(transaction: &WriteTransaction, group: &[Waiting]) -> Result<Vec<Written>, StoreError> {
    let mut entries = transaction.open_table(ENTRIES).map_err(failure)?;
    let mut sequences = transaction.open_table(SEQUENCES).map_err(failure)?;
    let mut alarms = transaction.open_table(ALARMS).map_err(failure)?;
    let mut all = Vec::with_capacity(group.len());
    for Waiting { room, writes, .. } in group {
        let room = &**room;
        let mut written = Written::default();
        for write in writes {
            match write {
                Write::Put { key, value } => {
                    entries.insert((room, &**key), &**value).map_err(failure)?;
                }
                Write::Delete { key } => {
                    let removed = entries.remove((room, &**key)).map_err(failure)?;
                    written.deleted += usize::from(removed.is_some());
                }
                Write::Append { prefix, value } => {
                    let number = next_number(&mut sequences, room, prefix)?;
                    let key = Write::numbered(prefix, number);
                    entries.insert((room, &*key), &**value).map_err(failure)?;
                    written.appended.push(key);
                }
                Write::Alarm { slot, at: Some(at) } => {
                    alarms.insert((room, slot.number()), at).map_err(failure)?;
                }
                Write::Alarm { slot, at: None } => {
                    alarms.remove((room, slot.number())).map_err(failure)?;
                }
                Write::Rang { slot, at } => {
                    let set = alarms.get((room, slot.number())).map_err(failure)?;
                    if set.map(|set| set.value()) == Some(*at) {
                        alarms.remove((room, slot.number())).map_err(failure)?;
                    }
                }
            }
        }
        all.push(written);
    }
    Ok(all)
}

fn next_number(
    sequences: &mut Table<'_, (&'static str, &'static str), u64>,
    room: &str,
    prefix: &str,
) -> Result<u64, StoreError> {
    let last = sequences.get((room, prefix)).map_err(failure)?.map_or(0, |last| last.value());
    sequences.insert((room, prefix), last + 1).map_err(failure)?;
    Ok(last + 1)
}
