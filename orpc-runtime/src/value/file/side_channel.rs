//! How a file passes through serde, which carries data and no handles: the file
//! is left beside it, for the same thread to take at the other end.

use std::cell::RefCell;

use super::File;

thread_local! {
    /// A file that a serialiser asks for, once it is handed over.
    static HANDED: RefCell<Handed> = const { RefCell::new(Handed::Nobody) };

    /// The files of each value that is being deserialised.
    static ARRIVED: RefCell<Vec<Vec<File>>> = const { RefCell::new(Vec::new()) };
}

enum Handed {
    /// Whoever serialises does not know files.
    Nobody,
    Waiting,
    File(File),
}

/// Runs what serialises a file, and gives that file.
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

/// Hands a file to the serialiser that asked for it.
pub(super) fn hand(file: &File) {
    HANDED.with_borrow_mut(|handed| {
        if let Handed::Waiting = handed {
            *handed = Handed::File(file.clone());
        }
    });
}

/// While it lives, files can be read from a value on this thread.
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

/// Keeps a file until it is asked for by the number, as often as that may be:
/// serde tries the variants of some enums one after the other.
pub(in crate::value) fn hold(file: &File) -> u64 {
    ARRIVED.with_borrow_mut(|arrived| {
        let Some(files) = arrived.last_mut() else { return u64::MAX };
        files.push(file.clone());
        files.len() as u64 - 1
    })
}

/// The file of a number.
pub(super) fn held(number: u64) -> Option<File> {
    let number = usize::try_from(number).ok()?;
    ARRIVED.with_borrow(|arrived| arrived.last()?.get(number).cloned())
}
