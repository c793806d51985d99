//! Sockets as handlers see them.

mod kept;
mod sockets;
