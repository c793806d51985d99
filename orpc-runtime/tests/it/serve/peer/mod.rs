//! The calls of one socket.

mod calls;
