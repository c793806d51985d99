//! Files whose last sync has failed, as the next process finds them.

use std::sync::atomic::Ordering;

use super::super::recorder::{Done, Folder, Recorder};
use super::*;

/// Returns a file of events of that length, each of whose pages has its number.
fn events(length: u64) -> Arc<Recorder> {
    let mut bytes: Vec<u8> = (0..length).map(|at| (at / PAGE % 251) as u8).collect();
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    Arc::new(Recorder::of(bytes))
}

fn suspect(file: &Recorder) -> u8 {
    file.bytes.lock().unwrap()[SUSPECT as usize]
}

fn set_suspect(file: &Recorder, byte: u8) {
    file.bytes.lock().unwrap()[SUSPECT as usize] = byte;
}

fn released(file: &Arc<Recorder>, syncs: bool) -> EventFile {
    let opened = EventFile::hold(Remains::of(Arc::clone(file) as _, &Layout::EVENTS), syncs);
    opened.release(&Folder(Arc::clone(file))).unwrap();
    opened
}

/// The operations that rewrite a file of that length: its first two pages, on which the others
/// depend, come last.
fn rewritten(length: u64) -> Vec<Done> {
    let first = (2 * PAGE).min(length);
    let mut done = Vec::new();
    let mut from = first;
    while from < length {
        let until = (from + (1 << 20)).min(length);
        done.push(Done::Written(from, until));
        from = until;
    }
    done.extend([Done::Synced, Done::Written(0, first), Done::Synced]);
    done
}

#[test]
fn a_file_whose_last_sync_has_failed_is_written_to_the_disk_again_in_whole() {
    let reset = Done::Written(SUSPECT, SUSPECT + 1);
    for length in [PAGE, 2 * PAGE, 3 * PAGE, 2 * PAGE + (1 << 20), (5 << 20) / 2] {
        let file = events(length);
        set_suspect(&file, 1);
        let before = file.bytes.lock().unwrap().clone();
        released(&file, true);
        let done = file.take_done();
        assert_eq!((&done[..done.len() - 1], done.last()), (&*rewritten(length), Some(&reset)));
        assert_eq!(suspect(&file), 0);
        set_suspect(&file, 1);
        assert!(*file.bytes.lock().unwrap() == before, "the content of {length} bytes changes");
    }
    // Others are not: those of which nothing is known, and those of a process that does not sync.
    for (byte, syncs) in [(0, true), (0, false), (1, false)] {
        let file = events(3 * PAGE);
        set_suspect(&file, byte);
        released(&file, syncs);
        assert_eq!(file.take_done(), [], "{byte} {syncs}");
        assert_eq!(suspect(&file), byte);
    }
    let file = events(0x100);
    assert!(!suspects(&*file).unwrap(), "it has no first page");
    assert_eq!(format!("{:?}", Backend(Arc::new(released(&events(PAGE), true)))), "Backend");
}

#[test]
fn a_failed_sync_is_noted_and_only_what_was_not_synced_is_written_again() {
    let file = events(4 * PAGE);
    let opened = released(&file, true);
    opened.write(2 * PAGE, &[7; 10]).unwrap();
    opened.sync().unwrap();
    opened.write(3 * PAGE, &[8; 10]).unwrap();
    file.syncs_fail.store(true, Ordering::Relaxed);
    opened.sync().unwrap_err();
    assert_eq!(suspect(&file), 1);
    file.syncs_fail.store(false, Ordering::Relaxed);
    let remains = opened.retire().unwrap();
    assert!(opened.retire().is_none());
    file.take_done();
    let again = EventFile::hold(remains, true);
    again.release(&Folder(Arc::clone(&file))).unwrap();
    // All else was on the disk since this process has opened it.
    let written = Done::Written(3 * PAGE, 3 * PAGE + 10);
    assert_eq!(file.take_done(), [written, Done::Synced, Done::Written(SUSPECT, SUSPECT + 1)]);
    assert_eq!(suspect(&file), 0);
    // Without syncs nothing is noted, and nothing is written again.
    let file = events(4 * PAGE);
    let opened = released(&file, false);
    opened.write(3 * PAGE, &[8; 10]).unwrap();
    opened.sync().unwrap();
    file.take_done();
    opened.begin().unwrap();
    assert_eq!(file.take_done(), [Done::Synced]);
    let remains = opened.retire().unwrap();
    EventFile::hold(remains, false).release(&Folder(Arc::clone(&file))).unwrap();
    assert_eq!(file.take_done(), []);
}

#[test]
fn a_release_that_fails_is_noted_and_holds_the_writes_back() {
    let file = events(4 * PAGE);
    let opened = EventFile::hold(Remains::of(Arc::clone(&file) as _, &Layout::EVENTS), true);
    opened.write(3 * PAGE, &[8; 10]).unwrap();
    assert!(!opened.is_direct() && opened.finish()().is_ok());
    file.syncs_fail.store(true, Ordering::Relaxed);
    opened.release(&Folder(Arc::clone(&file))).unwrap_err();
    assert_eq!((opened.is_direct(), suspect(&file)), (false, 1));
    file.syncs_fail.store(false, Ordering::Relaxed);
    file.take_done();
    opened.release(&Folder(Arc::clone(&file))).unwrap();
    // Since this process has never seen all of it on the disk, all is written again.
    let done = file.take_done();
    assert_eq!(done[..rewritten(4 * PAGE).len()], *rewritten(4 * PAGE));
    assert_eq!((opened.is_direct(), suspect(&file)), (true, 0));
    assert_eq!(file.bytes.lock().unwrap()[3 * PAGE as usize..][..10], [8; 10]);
}

#[test]
fn only_a_file_in_which_nothing_ever_was_is_unfinished() {
    let unfinished = |bytes: Vec<u8>| is_unfinished(&Recorder::of(bytes), &Layout::EVENTS).unwrap();
    let page = PAGE as usize;
    let with = |magic: &[u8], length: usize, at: Option<usize>| {
        let mut bytes = vec![0; length.max(magic.len())];
        bytes[..magic.len()].copy_from_slice(magic);
        if let Some(at) = at {
            bytes[at] = 1;
        }
        bytes
    };
    assert!(unfinished(Vec::new()) && unfinished(vec![0; page]));
    assert!(!unfinished(vec![0; page + 1]), "pages of zeros are no file of events");
    for magic in [MAGIC, EARLIER] {
        for length in [16, page, page + 8, page + 9, 3 * page] {
            assert!(unfinished(with(magic, length, None)), "{length}");
        }
        assert!(!unfinished(with(magic, page, Some(page - 1))), "there is more in the page");
        assert!(unfinished(with(magic, page + 8, Some(page))), "redb has not begun");
        for at in [page, page + 8] {
            assert!(!unfinished(with(magic, page + 9, Some(at))), "redb has begun");
        }
        assert!(unfinished(with(magic, page + 10, Some(page + 9))));
    }
    assert!(!unfinished(with(b"orpc events v2\r\n", page, None)));
}
