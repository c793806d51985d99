//! Side channel for files through serde, which carries data but no handles: a file is
//! stored in a thread-local variable, from which the other end takes it on the same
//! thread.

use std::cell::RefCell;

use super::File;

thread_local! {
    /// File requested by a serialiser, once it is passed.
    static HANDED: RefCell<Handed> = const { RefCell::new(Handed::Nobody) };

    /// Files of each value that is being deserialised.
    static ARRIVED: RefCell<Vec<Vec<File>>> = const { RefCell::new(Vec::new()) };
}

enum Handed {
    /// The serialiser does not support files.
    Nobody,
    Waiting,
    File(File),
}

/// Runs the serialisation of a file, and returns that file.
pub(in crate::value) fn receive<E>(
    serialize: impl FnOnce() -> Result<(), E>,
) -> Result<Option<File>, E> {
    HANDED.replace(Handed::Waiting);
    let serialized = serialize();
    let handed = HANDED.replace(Handed::Nobody);
    serialized?;
    Ok(match handed {
        Handed::File(file) => Some(file),
        Handed::Waiting | Handed::Nobody => None,
    })
}

/// Passes a file to the serialiser that requested it.
pub(super) fn hand(file: &File) {
    HANDED.with_borrow_mut(|handed| {
        if let Handed::Waiting = handed {
            *handed = Handed::File(file.clone());
        }
    });
}

/// Guard: while it lives, files can be deserialised on this thread.
pub(crate) struct Arrivals(());

impl Arrivals {
    pub(crate) fn open() -> Self {
        ARRIVED.with_borrow_mut(|arrived| arrived.push(Vec::new()));
        Self(())
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        let files = ARRIVED.with_borrow_mut(Vec::pop);
        drop(files);
    }
}

/// Stores a file under a number. It can be taken several times, because serde tries the
/// variants of some enums one after the other.
pub(in crate::value) fn hold(file: &File) -> u64 {
    ARRIVED.with_borrow_mut(|arrived| {
        let Some(files) = arrived.last_mut() else { return u64::MAX };
        files.push(file.clone());
        files.len() as u64 - 1
    })
}

/// Returns the file of a number.
pub(super) fn held(number: u64) -> Option<File> {
    let number = usize::try_from(number).ok()?;
    ARRIVED.with_borrow(|arrived| arrived.last()?.get(number).cloned())
}
