//! Lifecycle of a socket, as its hooks see it.

use super::hooks::{Hooks, SocketError};
use crate::socket::{CloseFrame, Frame, Socket};
use std::ops::ControlFlow;

/// An open socket. Dropping it ends the socket for any reason: the close hook runs, and
/// then the socket leaves its rooms.
pub(super) struct Life {
    socket: Socket,
    hooks: Option<Hooks>,
    close: Option<CloseFrame>,
}

impl Life {
    pub(super) fn begin(socket: Socket, hooks: Option<Hooks>) -> Self {
        if let Some(hooks) = &hooks {
            hooks.open(&socket);
        }
        Self { socket, hooks, close: None }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Returns `true` if hooks see the messages.
    pub(super) fn has_hooks(&self) -> bool {
        self.hooks.is_some()
    }

    /// Passes a message to the hook, which may consume it.
    pub(super) fn message(&self, frame: &Frame) -> ControlFlow<()> {
        self.hooks
            .as_ref()
            .map_or(ControlFlow::Continue(()), |hooks| hooks.message(&self.socket, frame))
    }

    pub(super) fn error(&self, error: &SocketError) {
        tracing::debug!(%error, socket = self.socket.id(), "a socket fails");
        if let Some(hooks) = &self.hooks {
            hooks.error(&self.socket, error);
        }
    }

    /// Notes that this end sends a close frame.
    pub(super) fn closes(&mut self, close: CloseFrame) {
        self.close.get_or_insert(close);
    }

    /// Notes that the client sent a close frame, which was or is answered.
    pub(super) fn closed(&mut self, close: CloseFrame) {
        self.close.get_or_insert(close).clean = true;
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.socket.end();
        if let Some(hooks) = &self.hooks {
            let close = self.close.take().unwrap_or_else(CloseFrame::abnormal);
            hooks.close(&self.socket, &close);
        }
        self.socket.leave_groups();
    }
}
