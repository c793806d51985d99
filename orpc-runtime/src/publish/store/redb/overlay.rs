//! Pending writes over the content of a file.

use std::collections::BTreeMap;
use std::io;

use super::disk::RawFile;

/// Length of a page. The bytes written to one page are at most one write to the disk.
pub(super) const PAGE: u64 = 4096;

/// A file with pending writes applied.
///
/// While a disk is full or fails, redb continues with the content of the file, and
/// history can be read, without a write to the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    /// Length up to which the content of the file itself is left; all of it if `None`.
    left: Option<u64>,
    /// Length of the overlaid file, if that was changed.
    length: Option<u64>,
    /// Writes to each page, in order.
    pages: BTreeMap<u64, Vec<Patch>>,
}

/// Bytes from an offset in a page on.
#[derive(Debug, Clone)]
struct Patch {
    from: usize,
    bytes: Vec<u8>,
}

/// Splits `length` bytes from `offset` on by page: the page, the offset in it, and the
/// range of the bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset.checked_add(done as u64)?;
        let from = usize::try_from(at % PAGE).ok()?;
        let size = (length - done).min(PAGE as usize - from);
        let range = done..done + size;
        done += size;
        (size > 0).then_some((at / PAGE, from, range))
    })
}

impl Overlay {
    pub(super) fn write(&mut self, file: &dyn RawFile, offset: u64, data: &[u8]) -> io::Result<()> {
        let end = offset.saturating_add(data.len() as u64);
        self.length = Some(self.len(file)?.max(end));
        self.patch(offset, data);
        Ok(())
    }

    /// Adds a write that the file has and the disk may not have.
    pub(super) fn patch(&mut self, offset: u64, data: &[u8]) {
        for (page, from, range) in parts(offset, data.len()) {
            let patches = self.pages.entry(page).or_default();
            let (start, end) = (from, from + range.len());
            patches.retain(|old| old.from < start || old.from + old.bytes.len() > end);
            patches.push(Patch { from, bytes: data[range].to_owned() });
        }
    }

    /// Sets the length of the overlaid file. One beyond its end leaves all of it.
    pub(super) fn set_len(&mut self, length: u64) {
        let left = self.left.unwrap_or(u64::MAX);
        self.left = Some(left.min(length));
        drop(self.pages.split_off(&length.div_ceil(PAGE)));
        if let Some(patches) = self.pages.get_mut(&(length / PAGE)) {
            let end = usize::try_from(length % PAGE).unwrap_or_default();
            patches.retain_mut(|patch| {
                patch.bytes.truncate(end.saturating_sub(patch.from));
                !patch.bytes.is_empty()
            });
        }
        self.length = Some(length);
    }

    /// Leaves what the file has where nothing is written.
    pub(super) fn leave_all(&mut self) {
        self.left = None;
    }

    pub(super) fn len(&self, file: &dyn RawFile) -> io::Result<u64> {
        self.length.map_or_else(|| file.len(), Ok)
    }

    pub(super) fn read(&self, file: &dyn RawFile, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(out.len() as u64).ok_or(io::ErrorKind::InvalidInput)?;
        if end > self.len(file)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let there = file.len()?.min(self.left.unwrap_or(u64::MAX));
        let there = usize::try_from(there.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (from_file, beyond) = out.split_at_mut(there.min(out.len()));
        if !from_file.is_empty() {
            file.read_at(offset, from_file)?;
        }
        beyond.fill(0);
        for (page, from, range) in parts(offset, out.len()) {
            for patch in self.pages.get(&page).into_iter().flatten() {
                let (first, last) = (
                    patch.from.max(from),
                    (patch.from + patch.bytes.len()).min(from + range.len()),
                );
                if let Some(size) = last.checked_sub(first) {
                    let bytes = &patch.bytes[first - patch.from..][..size];
                    out[range.start + first - from..][..size].copy_from_slice(bytes);
                }
            }
        }
        Ok(())
    }

    /// Writes everything to the file. The last pages, which make the others valid, are
    /// written in order once the others are on the disk.
    pub(super) fn flush(&self, file: &dyn RawFile, last: &[u64], syncs: bool) -> io::Result<()> {
        if let Some(left) = self.left
            && left < file.len()?
        {
            file.set_len(left)?;
        }
        if let Some(length) = self.length
            && length != file.len()?
        {
            file.set_len(length)?;
        }
        let is_last = |page: &u64| last.contains(page);
        self.write_pages(file, self.pages.keys().filter(|page| !is_last(page)))?;
        for page in last.iter().filter(|page| self.pages.contains_key(page)) {
            // Unsynced writes of an earlier process also need this sync.
            if syncs {
                file.sync()?;
            }
            self.write_pages(file, std::iter::once(page))?;
        }
        if syncs && !self.pages.is_empty() { file.sync() } else { Ok(()) }
    }

    fn write_pages<'p>(
        &self,
        file: &dyn RawFile,
        pages: impl Iterator<Item = &'p u64>,
    ) -> io::Result<()> {
        for page in pages {
            for patch in self.pages.get(page).into_iter().flatten() {
                file.write_at(page * PAGE + patch.from as u64, &patch.bytes)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::disk::Identity;
    use super::*;

    /// A file in memory.
    #[derive(Default)]
    struct Bytes(Mutex<Vec<u8>>);

    impl RawFile for Bytes {
        fn changed(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn try_lock(&self) -> io::Result<bool> {
            Ok(true)
        }

        fn identity(&self) -> io::Result<Identity> {
            Ok((0, 0))
        }

        fn len(&self) -> io::Result<u64> {
            Ok(self.0.lock().unwrap().len() as u64)
        }

        fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            let offset = offset as usize;
            out.copy_from_slice(&self.0.lock().unwrap()[offset..offset + out.len()]);
            Ok(())
        }

        fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
            let mut file = self.0.lock().unwrap();
            let end = offset as usize + bytes.len();
            let length = file.len().max(end);
            file.resize(length, 0);
            file[offset as usize..end].copy_from_slice(bytes);
            Ok(())
        }

        fn set_len(&self, length: u64) -> io::Result<()> {
            self.0.lock().unwrap().resize(length as usize, 0);
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_length_of_the_file_is_set_if_it_changes() {
        use super::super::recorder::{Done, Recorder};

        let length = 2 * PAGE;
        for (lengths, expected) in [
            (&[length][..], &[][..]),
            (&[length - 1], &[Done::Length(length - 1)]),
            (&[length + 1], &[Done::Length(length + 1)]),
            (&[length, length + 1], &[Done::Length(length + 1)]),
            (&[PAGE, length], &[Done::Length(PAGE), Done::Length(length)]),
            (&[length + 1, length], &[]),
        ] {
            let file = Recorder::of(vec![1; length as usize]);
            let mut overlay = Overlay::default();
            lengths.iter().for_each(|length| overlay.set_len(*length));
            overlay.flush(&file, &[1, 0], true).unwrap();
            assert_eq!(file.take_done(), expected, "{lengths:?}");
        }
    }

    #[test]
    fn the_last_pages_are_written_behind_the_others_and_each_is_synced() {
        use super::super::recorder::{Done, Recorder};

        let (file, mut overlay) = (Recorder::of(vec![1; 4 * PAGE as usize]), Overlay::default());
        for page in 0..4 {
            overlay.write(&file, page * PAGE, &[2; 8]).unwrap();
        }
        let written = |page: u64| Done::Written(page * PAGE, page * PAGE + 8);
        overlay.flush(&file, &[1, 0], true).unwrap();
        let synced = [Done::Synced; 1];
        let expected = [&[written(2), written(3)][..], &synced, &[written(1)], &synced];
        let expected = [&expected.concat()[..], &[written(0)], &synced].concat();
        assert_eq!(file.take_done(), expected);
        overlay.flush(&file, &[1, 0], false).unwrap();
        assert_eq!(file.take_done(), [2, 3, 1, 0].map(written));
        // Only what there is.
        let mut overlay = Overlay::default();
        overlay.flush(&file, &[1, 0], true).unwrap();
        assert_eq!(file.take_done(), []);
        overlay.write(&file, 3 * PAGE, &[2; 8]).unwrap();
        overlay.flush(&file, &[1, 0], true).unwrap();
        assert_eq!(file.take_done(), [written(3), Done::Synced]);
    }

    /// While the file cannot be written, redb may write a page any number of times.
    #[test]
    fn a_write_that_a_later_one_hides_is_not_kept() {
        let (start, length) = (PAGE as usize + 100, 50);
        for (from, size, kept) in [
            (start, length, 1),
            (start - 1, length + 2, 1),
            (start, length + 1, 1),
            (start - 1, length + 1, 1),
            // The part that the later one does not cover is kept.
            (start, length - 1, 2),
            (start + 1, length - 1, 2),
            (start + 1, length, 2),
            (start - 1, length, 2),
            (start + length, length, 2),
        ] {
            let (file, mut overlay) = (Bytes::default(), Overlay::default());
            overlay.write(&file, start as u64, &vec![1; length]).unwrap();
            overlay.write(&file, from as u64, &vec![2; size]).unwrap();
            let patches: Vec<_> = overlay.pages.values().map(Vec::len).collect();
            assert_eq!(patches, [kept], "{size} bytes from {from} on");
        }
    }

    /// The same writes through an overlay and without one give the same file, before
    /// and after the overlay is written.
    #[test]
    fn an_overlay_is_the_file_with_its_writes() {
        proptest::proptest!(|(
            before in 0..20_000_usize,
            writes in proptest::collection::vec((0..3_u8, 0..20_000_u64, 1..9000_usize), 1..12),
        )| {
            let (file, plain) = (Bytes::default(), Bytes::default());
            file.0.lock().unwrap().resize(before, 7);
            plain.0.lock().unwrap().resize(before, 7);
            let mut overlay = Overlay::default();
            for (index, (kind, offset, size)) in writes.into_iter().enumerate() {
                if kind == 0 {
                    overlay.set_len(offset);
                    plain.set_len(offset).unwrap();
                } else {
                    let data = vec![index as u8 + 10; size];
                    overlay.write(&file, offset, &data).unwrap();
                    plain.write_at(offset, &data).unwrap();
                }
                let length = plain.len().unwrap();
                assert_eq!(overlay.len(&file).unwrap(), length);
                let mut seen = vec![0; length as usize];
                overlay.read(&file, 0, &mut seen).unwrap();
                assert!(seen == *plain.0.lock().unwrap());
                let part = offset.min(length)..(offset + 5000).min(length);
                let mut seen = vec![0; (part.end - part.start) as usize];
                overlay.read(&file, part.start, &mut seen).unwrap();
                let plain = plain.0.lock().unwrap();
                assert!(seen == plain[part.start as usize..part.end as usize]);
            }
            overlay.flush(&file, &[1, 0], true).unwrap();
            assert!(*file.0.lock().unwrap() == *plain.0.lock().unwrap());
        });
    }
}
