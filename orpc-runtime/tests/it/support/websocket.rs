//! Sockets of a service: plain hyper over an in-memory channel or over TCP, and a
//! client without automatic answers.

use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use orpc_runtime::websocket::WebSocketService;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::{ClientBuilder, WebSocketStream};

/// Time after which a test has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

/// Serves one connection with plain hyper over a channel in memory that holds
/// `buffer` bytes each way.
pub fn channel<C>(service: &WebSocketService<C>, buffer: usize) -> DuplexStream
where
    C: Send + Sync + 'static,
{
    let (client, server) = tokio::io::duplex(buffer);
    serve_connection(service.clone(), server);
    client
}

/// Serves on a free port of this machine, until the test ends.
pub async fn listen<C: Send + Sync + 'static>(service: WebSocketService<C>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Otherwise a frame waits for the acknowledgement of the previous one.
            stream.set_nodelay(true).unwrap();
            serve_connection(service.clone(), stream);
        }
    });
    address
}

/// Connects to a server.
pub async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn serve_connection<C, S>(service: WebSocketService<C>, stream: S)
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
}

/// The client of tokio-websockets, which answers pings and close frames by itself.
#[track_caller]
pub fn client<S>(stream: S, path: &str) -> impl Future<Output = WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let place = Location::caller();
    let builder = ClientBuilder::new().uri(&format!("ws://test{path}")).unwrap();
    async move { within_at(place, builder.connect_on(stream)).await.unwrap().0 }
}

/// A place in a test, which a failure names.
type Place = &'static Location<'static>;

/// Waits for a future, at most for [`PATIENCE`].
#[track_caller]
pub fn within<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    within_at(Location::caller(), future)
}

async fn within_at<T>(place: Place, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{place}: not ready after {PATIENCE:?}"),
    }
}

/// Lets other tasks of this thread run until a condition holds.
#[track_caller]
pub fn until(mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        for _ in 0..5_000_000 {
            if is_so() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{place}: the condition does not hold after 5,000,000 turns");
    }
}

/// Waits for a condition that other threads or the clock cause, at most for [`PATIENCE`].
#[track_caller]
pub fn until_soon(is_so: impl Fn() -> bool) -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        let holds = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            panic!("{place}: the condition does not hold after {PATIENCE:?}");
        }
    }
}

/// A call.
pub fn call(id: impl std::fmt::Display, path: &str, input: &Value) -> String {
    json!({ "i": id.to_string(), "p": { "u": path, "b": { "json": input } } }).to_string()
}

/// The answer to an upgrade request.
#[derive(Debug)]
pub struct Head {
    pub status: u16,
    pub text: String,
}

/// The end of a client that does nothing by itself: no pong, no response to a close frame.
#[derive(Debug)]
pub struct Raw<S> {
    pub stream: S,
    read: Vec<u8>,
}

/// A frame as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl RawFrame {
    pub fn text(&self) -> &str {
        assert_eq!(self.opcode, TEXT, "{self:?}");
        std::str::from_utf8(&self.payload).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }

    /// The code and reason of a close frame.
    pub fn close(&self) -> (u16, &str) {
        assert_eq!(self.opcode, CLOSE, "{self:?}");
        let (code, reason) = self.payload.split_at(2);
        (u16::from_be_bytes([code[0], code[1]]), std::str::from_utf8(reason).unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Asks for an upgrade and reads the head of the answer.
    pub async fn ask(stream: S, path: &str) -> (Self, Head) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut raw = Self::new(stream);
        raw.stream.write_all(request.as_bytes()).await.unwrap();
        let end = loop {
            if let Some(at) = raw.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(raw.fill().await, "no answer to the handshake");
        };
        let text = String::from_utf8(raw.read.drain(..end).collect()).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        (raw, Head { status, text })
    }

    /// Opens a socket.
    #[track_caller]
    pub fn open(stream: S, path: &str) -> impl Future<Output = Self> {
        let place = Location::caller();
        async move {
            let (raw, head) = within_at(place, Self::ask(stream, path)).await;
            assert_eq!(head.status, 101, "{place}: {head:?}");
            raw
        }
    }

    /// The body of an answer that has a length.
    pub async fn body(&mut self, head: &Head) -> String {
        let lower = head.text.to_lowercase();
        let length = lower.split("content-length: ").nth(1).unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        while self.read.len() < length {
            assert!(within(self.fill()).await, "the body is cut off");
        }
        String::from_utf8(self.read.drain(..length).collect()).unwrap()
    }

    async fn fill(&mut self) -> bool {
        self.stream.read_buf(&mut self.read).await.unwrap_or(0) > 0
    }

    /// Sends a whole frame, its mask being zero.
    #[track_caller]
    pub fn send(&mut self, opcode: u8, payload: &[u8]) -> impl Future<Output = ()> {
        self.write_at(Location::caller(), frame(opcode, payload))
    }

    #[track_caller]
    pub fn call(
        &mut self,
        id: impl std::fmt::Display,
        path: &str,
        input: &Value,
    ) -> impl Future<Output = ()> {
        self.write_at(Location::caller(), frame(TEXT, call(id, path, input).as_bytes()))
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn write(&mut self, bytes: &[u8]) -> impl Future<Output = ()> {
        self.write_at(Location::caller(), bytes)
    }

    async fn write_at(&mut self, place: Place, bytes: impl AsRef<[u8]>) {
        let written = within_at(place, self.stream.write_all(bytes.as_ref())).await;
        written.unwrap_or_else(|error| panic!("{place}: {error}"));
    }

    /// The next frame; none at the end of the connection.
    #[track_caller]
    pub fn next(&mut self) -> impl Future<Output = Option<RawFrame>> {
        self.next_at(Location::caller())
    }

    async fn next_at(&mut self, place: Place) -> Option<RawFrame> {
        within_at(place, async {
            loop {
                if let Some(frame) = self.parsed() {
                    return Some(frame);
                }
                if !self.fill().await {
                    return None;
                }
            }
        })
        .await
    }

    /// The next message; pings are passed over.
    #[track_caller]
    pub fn message(&mut self) -> impl Future<Output = RawFrame> {
        let place = Location::caller();
        async move {
            loop {
                let frame = self.next_at(place).await;
                let frame = frame.unwrap_or_else(|| panic!("{place}: the connection has ended"));
                if frame.opcode != PING {
                    return frame;
                }
            }
        }
    }

    /// All frames, to the end of the connection.
    #[track_caller]
    pub fn rest(&mut self) -> impl Future<Output = Vec<RawFrame>> {
        let place = Location::caller();
        async move {
            let mut frames = Vec::new();
            while let Some(frame) = self.next_at(place).await {
                frames.push(frame);
            }
            frames
        }
    }

    fn parsed(&mut self) -> Option<RawFrame> {
        let (&[first, second], rest) = self.read.split_first_chunk()?;
        assert_eq!(first & 0xf0, 0x80, "a server's messages are frames of their own");
        let (length, head) = match second {
            126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
            127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).unwrap(), 10),
            short => (usize::from(short), 2),
        };
        if self.read.len() < head + length {
            return None;
        }
        let payload = self.read[head..head + length].to_vec();
        self.read.drain(..head + length);
        Some(RawFrame { opcode: first & 0xf, payload })
    }
}

/// A client's frame, its mask being zero.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length => match u16::try_from(length) {
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend(u64::try_from(length).unwrap().to_be_bytes());
            }
        },
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// A close frame's payload.
pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}
