//! Options of TCP connections.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::io::Deadlines;

/// Sets the options of an accepted connection: small messages are sent at once, and a
/// lost client is detected.
pub(super) fn set(
    stream: &TcpStream,
    keepalive: Option<Duration>,
    deadlines: &Deadlines,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    if let Some(silence) = keepalive {
        // In whole seconds, at least one.
        let silence = silence.max(Duration::from_secs(1));
        let keepalive = TcpKeepalive::new().with_time(silence);
        #[cfg(any(target_os = "android", target_os = "linux", target_os = "macos", windows))]
        let keepalive = keepalive.with_interval((silence / 3).max(Duration::from_secs(1)));
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(any(target_os = "android", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(deadlines.write))?;
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _ = deadlines;
    Ok(())
}
