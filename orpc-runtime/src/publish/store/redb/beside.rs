//! Witness file beside a file of events, `<path>.mark`: it stays on the machine when
//! the file is copied, or replaced by a copy.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::disk::{Boot, Disk, Name, RawFile};
use crate::publish::id::Epoch;
use crate::publish::log::{Found, Place, Witness, is_continued, starting};

/// Its first bytes.
const MAGIC: &[u8; 16] = b"orpc mark v1\r\n\r\n";

/// Its length in bytes, with its checksum.
const LENGTH: usize = 16 + 16 + 8 + 16 + 16 + 8 + 1 + 4;

/// Pause without a transaction after which the witness is written before the next one.
const PAUSE: Duration = Duration::from_secs(20);

/// The witness file beside a file of events.
pub(super) struct Beside {
    /// `None` if it cannot be created: then every start begins a new epoch.
    file: Option<Arc<dyn RawFile>>,
    /// The file of events, to read the time of its last change.
    events: Arc<dyn RawFile>,
    boot: Option<Boot>,
    /// Metadata of the file of events before it was opened.
    place: Option<Place>,
    before: Option<Witness>,
    /// Last witness that was written, and its time.
    last: Option<(Witness, Instant)>,
}

impl Beside {
    /// Reads the witness. The file of events must not have been written to yet.
    pub(super) fn open(disk: &dyn Disk, events: Arc<dyn RawFile>) -> Self {
        let file = disk.open(Name::Mark, false).ok().flatten();
        let boot = disk.boot();
        let before = file.as_deref().and_then(read);
        let mut beside = Self { file, events, boot, place: None, before, last: None };
        beside.place = beside.place().ok();
        beside.expect_change();
        beside
    }

    /// Notes that the file of events is about to change, if it is as it was left.
    fn expect_change(&self) {
        let (Some(file), Some(place), Some(before)) = (&self.file, self.place, &self.before) else {
            return;
        };
        let note = |now| match starting(place, now, before) {
            Some(witness) => file.write_at(0, &encode(&witness)),
            None => Ok(()),
        };
        // The time of the file's last change is the clock of its disk.
        if let Err(error) = note(place.changed).and_then(|()| note(file.changed()?)) {
            tracing::debug!(%error, "the mark beside the file of events cannot be written");
        }
    }

    /// Creates the witness file if it does not exist.
    pub(super) fn make(&mut self, disk: &dyn Disk) {
        if self.file.is_none() {
            self.file = disk.open(Name::Mark, true).unwrap_or_else(|error| {
                tracing::warn!(%error, "the mark beside the file of events cannot be written");
                None
            });
        }
    }

    /// Returns the current metadata of the file of events.
    fn place(&self) -> io::Result<Place> {
        let changed = self.events.changed()?;
        let file = Some(self.events.identity()?);
        Ok(Place { boot: self.boot.map(u128::from_be_bytes), file, changed })
    }

    /// Returns `true` if the data are those that were written last.
    pub(super) fn is_continued(&self, epoch: Epoch, commit: u64) -> bool {
        let found = |place| Found { epoch, commit, place };
        self.place.is_some_and(|place| is_continued(&found(place), self.before.as_ref()))
    }

    /// Notes that the store is open.
    pub(super) fn begin(&mut self, epoch: Epoch, commit: u64) {
        self.write(epoch, commit, false);
    }

    /// Notes the number of a committed transaction.
    pub(super) fn mark(&mut self, commit: u64) {
        if let Some((last, _)) = self.last {
            self.write(last.found.epoch, commit, false);
        }
    }

    /// Notes the time, if a transaction follows a long pause: the file's time changes
    /// when it begins, and a crash may leave only that change.
    pub(super) fn touch(&mut self) {
        let Some((last, at)) = self.last else { return };
        if PAUSE.checked_sub(at.elapsed()).is_some() {
            return;
        }
        // The time of the file's last change is the clock of its disk.
        self.write(last.found.epoch, last.found.commit, false);
        let now = self.file.as_deref().map(RawFile::changed).and_then(Result::ok);
        if let (Some(now), Some((mut last, _))) = (now, self.last) {
            last.found.place.changed = now;
            self.put(last);
        }
    }

    /// Notes that the store is closed.
    pub(super) fn close(&mut self) {
        if let Some((last, _)) = self.last {
            self.write(last.found.epoch, last.found.commit, true);
        }
    }

    fn write(&mut self, epoch: Epoch, commit: u64, is_closed: bool) {
        match self.place() {
            Ok(place) => self.put(Witness { found: Found { epoch, commit, place }, is_closed }),
            Err(error) => tracing::debug!(%error, "the mark cannot be written"),
        }
    }

    /// A witness that cannot be written proves nothing later: then a new epoch begins.
    fn put(&mut self, witness: Witness) {
        let Some(file) = &self.file else { return };
        if let Err(error) = file.write_at(0, &encode(&witness)) {
            tracing::debug!(%error, "the mark beside the file of events cannot be written");
        }
        self.last = Some((witness, Instant::now()));
    }
}

fn encode(witness: &Witness) -> Vec<u8> {
    let Found { epoch, commit, place } = witness.found;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(epoch.number().to_le_bytes());
    bytes.extend(commit.to_le_bytes());
    bytes.extend(place.boot.unwrap_or_default().to_le_bytes());
    let (device, number) = place.file.unwrap_or_default();
    bytes.extend(device.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.extend(place.changed.to_le_bytes());
    bytes.push(u8::from(witness.is_closed));
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Reads the witness; `None` if it is incomplete.
fn read(file: &dyn RawFile) -> Option<Witness> {
    let mut bytes = [0; LENGTH];
    file.read_at(0, &mut bytes).ok()?;
    let (content, checksum) = bytes.split_last_chunk::<4>()?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let rest = content.strip_prefix(MAGIC)?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (commit, rest) = rest.split_first_chunk()?;
    let (boot, rest) = rest.split_first_chunk()?;
    let (device, rest) = rest.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (changed, closed) = rest.split_first_chunk()?;
    let place = Place {
        boot: Some(u128::from_le_bytes(*boot)),
        file: Some((u64::from_le_bytes(*device), u64::from_le_bytes(*number))),
        changed: u64::from_le_bytes(*changed),
    };
    let (epoch, commit) = (Epoch::of(u128::from_le_bytes(*epoch)), u64::from_le_bytes(*commit));
    Some(Witness { found: Found { epoch, commit, place }, is_closed: closed == [1] })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::super::recorder::{Done, Folder, Recorder};
    use super::*;

    /// The only file is also that of events.
    fn beside() -> (Arc<Recorder>, Beside) {
        let file = Arc::new(Recorder::of(Vec::new()));
        let mut beside = Beside::open(&Folder(Arc::clone(&file)), Arc::clone(&file) as _);
        beside.begin(Epoch::of(7), 3);
        file.take_done();
        (file, beside)
    }

    fn witness(file: &Recorder) -> Witness {
        read(file).unwrap()
    }

    #[test]
    fn a_witness_has_the_epoch_the_transaction_and_the_place() {
        let (file, mut beside) = beside();
        let place = |changed| Place { boot: Some(0), file: Some((0, 0)), changed };
        let expected = |commit, changed, is_closed| Witness {
            found: Found { epoch: Epoch::of(7), commit, place: place(changed) },
            is_closed,
        };
        assert_eq!(witness(&file), expected(3, 0, false));
        file.time.store(5, Ordering::Relaxed);
        beside.mark(4);
        assert_eq!(witness(&file), expected(4, 5, false));
        beside.close();
        assert_eq!(witness(&file), expected(4, 5, true));
        let whole = Done::Written(0, LENGTH as u64);
        assert_eq!(file.take_done(), [whole, whole]);
        // Any other byte is none.
        for at in 0..LENGTH {
            let mut bytes = file.bytes.lock().unwrap().clone();
            bytes[at] ^= 1;
            assert_eq!(read(&Recorder::of(bytes)), None, "byte {at}");
        }
        assert_eq!(read(&Recorder::of(vec![0; LENGTH - 1])), None);
    }

    #[test]
    fn after_a_pause_the_time_is_noted_before_a_transaction() {
        let (file, mut beside) = beside();
        let length = LENGTH as u64;
        beside.touch();
        assert_eq!(file.take_done(), [], "there was no pause");
        let pause = |beside: &mut Beside, time| {
            let (witness, at) = beside.last.unwrap();
            beside.last = Some((witness, at.checked_sub(time).unwrap()));
        };
        // Far from the pause, so that the time that this takes does not count.
        pause(&mut beside, PAUSE / 2);
        beside.touch();
        assert_eq!(file.take_done(), []);
        pause(&mut beside, PAUSE / 2);
        file.time.store(9, Ordering::Relaxed);
        beside.touch();
        // The second one has the time of the first.
        assert_eq!(file.take_done(), [Done::Written(0, length); 2]);
        let found = witness(&file);
        assert_eq!((found.found.commit, found.found.place.changed), (3, 9));
        assert!(!found.is_closed && beside.last.unwrap().1.elapsed() < PAUSE);
    }

    #[test]
    fn without_the_file_nothing_is_noted() {
        let (file, mut beside) = beside();
        beside.file = None;
        beside.mark(9);
        assert_eq!(file.take_done(), []);
        beside.make(&Folder(Arc::clone(&file)));
        beside.mark(9);
        assert_eq!(witness(&file).found.commit, 9);
    }
}
