//! Iterators of a socket whose calls have returned.

use std::any::Any;
use std::sync::atomic::Ordering;

use super::outbox::Refused;
use super::{KeepError, SendError, Socket, State};

/// An iterator whose events are sent from outside of its call.
pub(super) struct HibernatingIterator {
    /// Id of the call, as JSON text.
    pub(super) id: Box<str>,
    /// Dropped when the iterator ends, or the calls of the socket.
    guard: Option<Guard>,
}

impl HibernatingIterator {
    pub(super) fn new(id: Box<str>) -> Self {
        Self { id, guard: None }
    }

    /// Returns the bytes that it takes.
    pub(super) fn len(&self) -> usize {
        size_of_val(self) + self.id.len()
    }
}

/// Resources of a hibernating iterator, which are released by dropping it.
type Guard = Box<dyn Any + Send + Sync>;

impl Socket {
    /// Adds a hibernating iterator, unless it cannot be kept.
    pub(crate) fn hibernate(&self, id: &str) -> Result<(), KeepError> {
        let mut state = self.state();
        if state.hibernating.is_empty() {
            // Most sockets have one.
            state.hibernating.reserve_exact(1);
        }
        state.hibernating.push(HibernatingIterator::new(id.into()));
        if let Err(error) = self.keep(&state) {
            state.hibernating.pop();
            return Err(error);
        }
        state.count();
        self.count_hibernating(&state);
        Ok(())
    }

    /// Notes the number of hibernating iterators, which is read without the state.
    fn count_hibernating(&self, state: &State) {
        self.0.hibernating.store(state.hibernating.len(), Ordering::Release);
    }

    /// Keeps a guard until the hibernating iterator or the calls of the socket end; drops it at once if there is none
    /// of that id.
    pub(crate) fn guard(&self, id: &str, guard: Guard) {
        let mut state = self.state();
        let own = state.hibernating.iter_mut().find(|own| *own.id == *id);
        let unused = match own {
            Some(own) => own.guard.replace(guard),
            None => Some(guard),
        };
        // The owner of the guard may send on the socket.
        drop(state);
        drop(unused);
    }

    /// Drops the guards of all hibernating iterators: the calls of the socket have ended.
    pub(crate) fn drop_guards(&self) {
        let mut state = self.state();
        let guards = state.hibernating.iter_mut().filter_map(|own| own.guard.take());
        let guards: Vec<_> = guards.collect();
        drop(state);
        drop(guards);
    }

    /// Removes a hibernating iterator. Returns `false` if there is none of that id.
    pub(crate) fn release(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.hibernating.iter().position(|own| *own.id == *id) else {
            return false;
        };
        let released = state.hibernating.swap_remove(at);
        if state.hibernating.is_empty() {
            state.hibernating = Vec::new();
        }
        state.count();
        self.count_hibernating(&state);
        self.keep_or_log(&state);
        drop(state);
        drop(released);
        true
    }

    /// Returns `true` if an iterator hibernates.
    pub(crate) fn is_hibernating(&self, id: &str) -> bool {
        // Most sockets have none, and every call asks.
        self.hibernating() > 0 && self.state().hibernating.iter().any(|own| *own.id == *id)
    }

    /// Returns the number of hibernating iterators.
    pub(crate) fn hibernating(&self) -> usize {
        self.0.hibernating.load(Ordering::Acquire)
    }

    /// Removes all hibernating iterators. Returns their ids.
    pub(crate) fn release_all(&self) -> Vec<Box<str>> {
        let mut state = self.state();
        let released = std::mem::take(&mut state.hibernating);
        state.count();
        self.count_hibernating(&state);
        self.keep_or_log(&state);
        drop(state);
        released.into_iter().map(|iterator| iterator.id).collect()
    }

    /// Sends an event of a hibernating iterator; its last event removes the iterator.
    pub(crate) fn send_event(
        &self,
        id: &str,
        is_last: bool,
        frame: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SendError> {
        let goes_on = if is_last { self.release(id) } else { self.is_hibernating(id) };
        if !goes_on {
            let ended = self.is_closed();
            return Err(if ended { SendError::Closed } else { SendError::Released });
        }
        self.write(true, frame)
    }

    /// Sends an event of a hibernating iterator, unless the buffer is full: then the
    /// sender keeps it.
    pub(crate) fn try_send_event(
        &self,
        id: &str,
        frame: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SendError> {
        if !self.is_hibernating(id) {
            return Err(if self.is_closed() { SendError::Closed } else { SendError::Released });
        }
        if self.0.outbox.is_over_memory() {
            return Err(SendError::Full);
        }
        self.0.outbox.push(true, frame).map_err(|refused| match refused {
            Refused::Closed => SendError::Closed,
            Refused::Full => SendError::Full,
        })
    }
}
