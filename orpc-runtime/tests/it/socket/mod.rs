//! Sockets as handlers see them.

mod sockets;
