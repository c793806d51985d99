//! The server of the library on other listeners than TCP: Unix sockets, and connections
//! with a handshake.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use orpc_runtime::serve;
use orpc_runtime::server::{Handshake, Listener, Serve, Transport};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::server::{LONG, PING, SHORT, app, begun, read_until, rest, rpc};
use crate::support::websocket::{Raw, TEXT, call, until_soon, within};

const PEER: &[u8] = b"POST /rpc/peer HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\n\r\n";
const HEAD: &[u8] =
    b"POST /rpc/length HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
    expect: 100-continue\r\ncontent-length: 16\r\n\r\n";
const SILENCE: &[u8] = b"POST /rpc/silence HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\n\r\n";
const FLOOD: &[u8] =
    b"POST /rpc/flood HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
    content-length: 14\r\n\r\n{\"json\":10000}";
const HALF: &[u8] = b"GET /rpc/ping HTTP/1.1\r\nhost: te";

fn patient<L: Listener>(server: Serve<axum::Router, L>) -> Serve<axum::Router, L> {
    server.head_deadline(LONG).body_timeout(LONG).idle_timeout(LONG).write_timeout(LONG)
}

/// A server of the router, and its end.
struct Running {
    rpc: orpc_runtime::Rpc<()>,
    end: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

fn run<L: Listener>(
    listener: L,
    set_up: impl FnOnce(Serve<axum::Router, L>) -> Serve<axum::Router, L>,
) -> Running {
    let rpc = rpc();
    let (end, ended) = oneshot::channel();
    let closing = rpc.clone();
    let server = set_up(patient(serve(listener, app(&rpc)))).with_graceful_shutdown(async move {
        _ = ended.await;
        closing.shutdown();
    });
    Running { rpc, end, server: tokio::spawn(server.into_future()) }
}

/// Ends a server while a request is answered, and asserts what its clients read.
async fn ends_gracefully<Io: AsyncRead + AsyncWrite + Unpin>(
    server: Running,
    mut connect: impl AsyncFnMut(&'static [u8]) -> Io,
) {
    let mut idle = connect(PING).await;
    read_until(&mut idle, "\"pong\"").await;
    let mut events = connect(SILENCE).await;
    read_until(&mut events, "text/event-stream").await;
    let mut answered = connect(HEAD).await;
    read_until(&mut answered, "100 Continue").await;
    server.end.send(()).unwrap();
    answered.write_all(b"{\"json\":\"hello\"}").await.unwrap();
    assert!(rest(&mut answered).await.contains("{\"json\":5}"));
    assert!(rest(&mut events).await.contains("SERVICE_UNAVAILABLE"));
    assert_eq!(rest(&mut idle).await, "");
    within(server.server).await.unwrap().unwrap();
}

#[cfg(unix)]
mod unix {
    use std::path::Path;

    use tokio::net::{UnixListener, UnixStream};

    use super::*;

    async fn connect(path: &Path, bytes: &[u8]) -> UnixStream {
        let mut stream = UnixStream::connect(path).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn a_unix_socket_serves_calls_and_sockets_and_ends_gracefully() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let server = serve(listener, app(&rpc()));
        assert_eq!(server.local_addr().unwrap().as_pathname(), Some(&*path));
        drop(server);
        std::fs::remove_file(&path).unwrap();

        // Connections without an address are not counted by it.
        let server = run(UnixListener::bind(&path).unwrap(), |server| server.address_limit(0));
        let mut stream = connect(&path, PEER).await;
        let answer = read_until(&mut stream, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("127.0.0.1"), "{answer}");
        let mut socket = Raw::open(connect(&path, b"").await, "/ws").await;
        socket.send(TEXT, call(1, "/ping", &serde_json::Value::Null).as_bytes()).await;
        assert!(socket.message().await.text().contains("pong"));
        drop((stream, socket));
        until_soon(|| server.rpc.live_sockets() == 0).await;
        ends_gracefully(server, async |bytes| connect(&path, bytes).await).await;
    }

    #[tokio::test]
    async fn a_unix_socket_has_the_deadlines_and_timeouts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let bind = |name: &str| UnixListener::bind(path(name)).unwrap();

        let _server = run(bind("head"), |server| server.head_deadline(SHORT));
        for half in [b"".as_slice(), HALF] {
            assert_eq!(rest(&mut connect(&path("head"), half).await).await, "");
        }
        let _server = run(bind("idle"), |server| server.idle_timeout(SHORT));
        let mut idle = connect(&path("idle"), PING).await;
        assert!(rest(&mut idle).await.contains("\"pong\""));

        let server = run(bind("write"), |server| server.write_timeout(SHORT));
        let flooded = connect(&path("write"), FLOOD).await;
        until_soon(|| begun() == 1).await;
        until_soon(|| server.rpc.live_streams() == 0).await;
        drop(flooded);

        let _server = run(bind("limit"), |server| server.connection_limit(1));
        let mut first = connect(&path("limit"), PING).await;
        read_until(&mut first, "\"pong\"").await;
        let mut second = connect(&path("limit"), PING).await;
        assert!(tokio::time::timeout(SHORT, second.read(&mut [0])).await.is_err());
        drop(first);
        read_until(&mut second, "\"pong\"").await;
    }

    #[tokio::test]
    async fn a_client_of_a_unix_socket_that_is_gone_ends_its_stream() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let server = run(UnixListener::bind(&path).unwrap(), |server| server);
        // With bytes of the next request, hyper reads nothing during the first.
        let stream = connect(&path, &[SILENCE, HALF].concat()).await;
        until_soon(|| server.rpc.live_streams() == 1).await;
        drop(stream);
        until_soon(|| server.rpc.live_streams() == 0).await;
    }
}

/// A connection whose bytes are complemented, as a cipher would change them.
#[derive(Debug)]
struct Masked(TcpStream);

impl AsyncRead for Masked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = pin!(&mut self.0).poll_read(cx, buffer);
        buffer.filled_mut()[filled..].iter_mut().for_each(|byte| *byte = !*byte);
        read
    }
}

impl AsyncWrite for Masked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let masked: Vec<u8> = bytes.iter().map(|byte| !*byte).collect();
        pin!(&mut self.0).poll_write(cx, &masked)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.0).poll_shutdown(cx)
    }
}

/// Accepts connections that begin with a word of the client and one of the server.
struct MaskedListener(TcpListener);

const GREETING: &[u8] = b"mask";

impl Listener for MaskedListener {
    type Io = Handshake<Masked>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Io, Option<SocketAddr>)> {
        let (mut stream, address) = self.0.accept().await?;
        let handshake = async move {
            let mut word = [0; GREETING.len()];
            stream.read_exact(&mut word).await?;
            if word != *GREETING {
                return Err(io::ErrorKind::InvalidData.into());
            }
            stream.write_all(GREETING).await?;
            Ok(Masked(stream))
        };
        Ok((Handshake::new(handshake), Some(address)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn transport(io: &Self::Io) -> Option<Transport<'_>> {
        io.get_ref().map(|masked| Transport::Tcp(&masked.0))
    }
}

async fn masked() -> (MaskedListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (MaskedListener(listener), address)
}

async fn connect(address: SocketAddr, bytes: &[u8]) -> Masked {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(GREETING).await.unwrap();
    let mut word = [0; GREETING.len()];
    within(stream.read_exact(&mut word)).await.unwrap();
    assert_eq!(word, *GREETING);
    let mut masked = Masked(stream);
    masked.write_all(bytes).await.unwrap();
    masked
}

#[tokio::test]
async fn connections_with_a_handshake_serve_calls_and_sockets_and_end_gracefully() {
    let (listener, address) = masked().await;
    let server = run(listener, |server| server);
    let mut stream = connect(address, PEER).await;
    let own = stream.0.local_addr().unwrap();
    read_until(&mut stream, &format!("\"{own}\"")).await;
    let mut socket = Raw::open(connect(address, b"").await, "/ws").await;
    socket.send(TEXT, call(1, "/ping", &serde_json::Value::Null).as_bytes()).await;
    assert!(socket.message().await.text().contains("pong"));
    drop((stream, socket));
    until_soon(|| server.rpc.live_sockets() == 0).await;
    ends_gracefully(server, async |bytes| connect(address, bytes).await).await;
}

#[tokio::test]
async fn handshakes_that_stop_end_by_the_deadline_of_the_head_and_delay_no_others() {
    let (listener, address) = masked().await;
    let _server = run(listener, |server| server.head_deadline(SHORT));
    let mut stopped = Vec::new();
    for half in [b"".as_slice(), &GREETING[..2]] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(half).await.unwrap();
        stopped.push(stream);
    }
    read_until(&mut connect(address, PING).await, "\"pong\"").await;
    for stream in &mut stopped {
        assert_eq!(rest(stream).await, "");
    }
    assert_eq!(rest(&mut connect(address, HALF).await).await, "");
    // A failed handshake closes the connection.
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(rest(&mut other).await, "");
}

#[tokio::test]
async fn handshakes_count_as_connections_of_their_address() {
    let (listener, address) = masked().await;
    let server = run(listener, |server| server.address_limit(1));
    let first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut second).await, "");
    // A handshake under way does not delay the shutdown.
    server.end.send(()).unwrap();
    within(server.server).await.unwrap().unwrap();
    drop(first);
}

#[tokio::test]
async fn a_client_behind_a_handshake_that_reads_nothing_or_is_gone_ends_its_stream() {
    let (listener, address) = masked().await;
    let server = run(listener, |server| server.write_timeout(SHORT));
    let flooded = connect(address, FLOOD).await;
    until_soon(|| begun() == 1).await;
    until_soon(|| server.rpc.live_streams() == 0).await;
    drop(flooded);
    let (listener, address) = masked().await;
    let server = run(listener, |server| server);
    let gone = connect(address, &[SILENCE, HALF].concat()).await;
    until_soon(|| server.rpc.live_streams() == 1).await;
    drop(gone);
    until_soon(|| server.rpc.live_streams() == 0).await;
}
