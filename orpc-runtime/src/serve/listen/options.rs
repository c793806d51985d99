//! Options of TCP connections.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::io::Deadlines;
use super::listener::Transport;

/// Sets the options of an accepted connection: small messages are sent at once, and a
/// lost client is detected. Unix sockets need none.
pub(super) fn set(transport: Transport<'_>, deadlines: &Deadlines) -> io::Result<()> {
    let stream = match transport {
        Transport::Tcp(stream) => stream,
        #[cfg(unix)]
        Transport::Unix(_) => return Ok(()),
    };
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    if let Some(silence) = deadlines.keepalive {
        // In whole seconds, at least one.
        let silence = silence.max(Duration::from_secs(1));
        let keepalive = TcpKeepalive::new().with_time(silence);
        #[cfg(any(target_os = "android", target_os = "linux", target_os = "macos", windows))]
        let keepalive = keepalive.with_interval((silence / 3).max(Duration::from_secs(1)));
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(any(target_os = "android", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(deadlines.write))?;
    Ok(())
}
