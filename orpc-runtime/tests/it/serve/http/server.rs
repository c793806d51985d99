//! The server of the library, over TCP. Deadlines are short here; tests wait for their
//! effect, the end of the connection.

use std::cell::Cell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::server::{RequestBody, Serve};
use orpc_runtime::{MemoryBudget, PeerAddr, serve};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::websocket::{Raw, TEXT, call, until_soon, within};

/// Short enough for a test, long enough for a busy machine.
pub(super) const SHORT: Duration = Duration::from_millis(300);

/// Beyond any test.
pub(super) const LONG: Duration = Duration::from_secs(600);

thread_local! {
    static BEGUN: Cell<usize> = const { Cell::new(0) };
}

/// The number of streams that have begun on this thread: that of a test and of its server. A stream that a deadline
/// ends soon may not be seen while it is alive.
pub(super) fn begun() -> usize {
    BEGUN.get()
}

#[router]
pub mod api {
    use super::*;

    #[procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }

    #[procedure]
    pub async fn length(text: String) -> usize {
        text.len()
    }

    #[procedure]
    pub async fn peer(call: &Call) -> Option<String> {
        call.peer_addr().map(|address| address.to_string())
    }

    /// Returns the code of the error that ends the iterator.
    #[procedure]
    pub async fn read(mut events: EventIterator<u8>) -> String {
        match events.next().await {
            Some(Err(error)) => error.code().to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// That many letters in each event, without an end.
    #[procedure]
    pub fn flood(letters: usize) -> impl Stream<Item = String> {
        BEGUN.set(BEGUN.get() + 1);
        orpc_runtime::futures::stream::repeat_with(move || "x".repeat(letters))
    }

    /// That many letters, and then silence.
    #[procedure]
    pub fn once(letters: usize) -> impl Stream<Item = String> {
        BEGUN.set(BEGUN.get() + 1);
        let all = orpc_runtime::futures::stream::once(async move { "x".repeat(letters) });
        all.chain(orpc_runtime::futures::stream::pending())
    }

    #[procedure]
    pub fn silence() -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::pending()
    }

    #[procedure]
    pub async fn slow(millis: u64) -> &'static str {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        "done"
    }
}

pub(super) fn rpc() -> Rpc<()> {
    Rpc::new(api::router())
}

pub(super) fn app(rpc: &Rpc<()>) -> axum::Router {
    let echo = axum::routing::post(async |body: String| body);
    axum::Router::new()
        .nest_service("/rpc", rpc.http(()))
        .route_service("/ws", rpc.websocket(()))
        .route("/echo", echo)
}

/// A server that ends gracefully when the sender is used or dropped.
struct Running {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn run(set_up: impl FnOnce(Serve<axum::Router>) -> Serve<axum::Router>) -> Running {
    run_with(&rpc(), set_up).await
}

async fn run_with(
    rpc: &Rpc<()>,
    set_up: impl FnOnce(Serve<axum::Router>) -> Serve<axum::Router>,
) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (end, ended) = oneshot::channel();
    let closing = rpc.clone();
    let server = set_up(serve(listener, app(rpc))).with_graceful_shutdown(async move {
        _ = ended.await;
        closing.shutdown();
    });
    let address = server.local_addr().unwrap();
    Running { address, end, server: tokio::spawn(server.into_future()) }
}

/// Deadlines beyond any test, so that each test sets its own.
fn patient(server: Serve<axum::Router>) -> Serve<axum::Router> {
    server.head_deadline(LONG).body_timeout(LONG).idle_timeout(LONG).write_timeout(LONG)
}

async fn connect(server: &Running, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Everything that the server sends before it ends the connection.
pub(super) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut rest = Vec::new();
    match within(stream.read_to_end(&mut rest)).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    String::from_utf8_lossy(&rest).into_owned()
}

/// Reads until the text has arrived.
pub(super) async fn read_until(stream: &mut (impl AsyncRead + Unpin), text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let length = within(stream.read_buf(&mut read)).await.unwrap();
        assert!(length > 0, "{text} is missing in {}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

pub(super) const PING: &[u8] = b"GET /rpc/ping HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn calls_streams_sockets_and_axum_handlers_are_served() {
    let rpc = rpc();
    let server = run_with(&rpc, |server| server).await;
    let mut stream = connect(&server, PING).await;
    read_until(&mut stream, "\"pong\"").await;
    // The same connection again.
    let address = stream.local_addr().unwrap();
    stream
        .write_all(b"POST /rpc/peer HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stream, &format!("\"{address}\"")).await;
    let echo = b"POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello";
    let mut echoed = connect(&server, echo).await;
    read_until(&mut echoed, "hello").await;
    let events = b"POST /rpc/silence HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\n\r\n";
    let mut events = connect(&server, events).await;
    read_until(&mut events, "text/event-stream").await;

    let mut socket = Raw::open(connect(&server, b"").await, "/ws").await;
    socket.send(TEXT, call(1, "/ping", &serde_json::Value::Null).as_bytes()).await;
    assert!(socket.message().await.text().contains("pong"));

    // Streams and sockets end with the server.
    server.end.send(()).unwrap();
    within(server.server).await.unwrap().unwrap();
    assert!(rest(&mut events).await.contains("SERVICE_UNAVAILABLE"));
    assert_eq!(rpc.live_sockets(), 0);
}

#[tokio::test]
async fn a_request_of_http_1_1_without_one_host_is_refused_and_ends_its_connection() {
    let server = run(patient).await;
    let begin = "POST /echo HTTP/1.1\r\ncontent-length: 5\r\n";
    for hosts in ["", "host: test\r\nhost: test\r\n", "host: test\r\nHost: other\r\n"] {
        let request = format!("{begin}{hosts}\r\nhello");
        let response = rest(&mut connect(&server, request.as_bytes()).await).await;
        assert!(response.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{hosts}: {response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{hosts}: {response}");
    }
    let earlier = b"POST /echo HTTP/1.0\r\ncontent-length: 5\r\n\r\nhello";
    let response = rest(&mut connect(&server, earlier).await).await;
    assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response}");
    let empty = format!("{begin}host:\r\nconnection: close\r\n\r\nhello");
    let response = rest(&mut connect(&server, empty.as_bytes()).await).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
}

#[tokio::test]
async fn incomplete_heads_end_by_their_deadline() {
    let server = run(|server| patient(server).head_deadline(SHORT)).await;
    let handshake = b"GET /ws HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nsec-webso";
    let halves: [&[u8]; 5] =
        [b"", b"G", b"GET /rpc/ping HTTP/1.1\r\nhost: te", b"\r\n\r\n\r\n", handshake];
    let mut open = Vec::new();
    for half in halves {
        open.push(connect(&server, half).await);
    }
    // The same behind an answered request.
    let mut after = connect(&server, PING).await;
    read_until(&mut after, "\"pong\"").await;
    after.write_all(b"GET /rpc/pi").await.unwrap();
    open.push(after);
    // And an endless head.
    let trickle = connect(&server, b"GET /rpc/ping HTTP/1.1\r\nx: ").await;
    let (mut reader, mut writer) = trickle.into_split();
    let trickling = tokio::spawn(async move {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    for stream in &mut open {
        assert_eq!(rest(stream).await, "");
    }
    let mut nothing = Vec::new();
    drop(within(reader.read_to_end(&mut nothing)).await);
    assert!(nothing.is_empty());
    within(trickling).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_discarded_is_no_head() {
    let memory = MemoryBudget::new(100_000);
    let server = run(|server| patient(server).memory(&memory).head_deadline(SHORT)).await;
    let request = b"POST /rpc/nope HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut upload = connect(&server, request).await;
    assert!(read_until(&mut upload, "\r\n\r\n").await.starts_with("HTTP/1.1 404 "));
    let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
    for _ in 0..64 {
        upload.write_all(&chunk).await.unwrap();
    }
    // The deadline of a head has passed for both when this one is closed.
    let mut late = connect(&server, b"GET").await;
    let mut end = pin!(rest(&mut late));
    while tokio::time::timeout(Duration::from_millis(20), &mut end).await.is_err() {
        upload.write_all(&chunk).await.unwrap();
    }
    upload.write_all(b"0\r\n\r\n").await.unwrap();
    upload.write_all(PING).await.unwrap();
    read_until(&mut upload, "\"pong\"").await;
    until_soon(|| memory.used() == 0).await;
    // Then the deadlines of a connection without a request hold again.
    upload.write_all(b"GET").await.unwrap();
    rest(&mut upload).await;
}

#[tokio::test]
async fn a_connection_without_a_further_request_ends_by_the_idle_timeout() {
    let server = run(|server| patient(server).idle_timeout(SHORT)).await;
    let mut stream = connect(&server, PING).await;
    read_until(&mut stream, "\"pong\"").await;
    assert_eq!(rest(&mut stream).await, "");
    // A request that is being answered is not idle, nor is a stream.
    let slow = b"POST /rpc/slow HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
        content-length: 12\r\n\r\n{\"json\":700}";
    let mut stream = connect(&server, slow).await;
    read_until(&mut stream, "\"done\"").await;
}

#[tokio::test]
async fn incomplete_bodies_fail_by_their_deadline() {
    let head = |path: &str, rest: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: test\r\n{rest}").into_bytes()
    };
    let json = "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"json\":";
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"js";
    let form = "content-type: multipart/form-data; boundary=B\r\ncontent-length: 1000\r\n\r\n\
        --B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{";
    let batch = "x-orpc-batch: buffered\r\ncontent-type: application/json\r\n\
        content-length: 1000\r\n\r\n[{\"url\":";
    // By the service, in any server.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = rpc().http(()).prefix("/rpc").body_timeout(SHORT);
    let app = axum::Router::new().fallback_service(service);
    tokio::spawn(axum::serve(listener, app).into_future());
    let mut open = Vec::new();
    for rest_of in [json, chunked, form, batch] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&head("/rpc/length", rest_of)).await.unwrap();
        open.push((rest_of, stream));
    }
    for (rest_of, stream) in &mut open {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{rest_of}: {answer}");
        assert!(answer.contains("\"TIMEOUT\""), "{answer}");
    }
    // The deadline of the server, for any service.
    let server = run(|server| patient(server).body_timeout(SHORT)).await;
    let mut open = Vec::new();
    for (path, rest_of) in
        [("/rpc/length", json), ("/rpc/length", form), ("/echo", json), ("/echo", chunked)]
    {
        open.push((path, rest_of, connect(&server, &head(path, rest_of)).await));
    }
    for (path, rest_of, stream) in &mut open {
        let answer = rest(stream).await;
        // axum's own answer is 400.
        let status = if *path == "/echo" { 400 } else { 408 };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {rest_of}: {answer}");
        assert_eq!(answer.contains("\"TIMEOUT\""), status == 408, "{path} {rest_of}: {answer}");
    }
    // A body of events may be silent for longer, but not forever.
    let server = run(|server| patient(server).idle_timeout(SHORT)).await;
    let events = "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = connect(&server, &head("/echo", events)).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400 "));
    let mut stream = connect(&server, &head("/rpc/read", events)).await;
    read_until(&mut stream, "{\"json\":\"TIMEOUT\"}").await;
}

/// Without a router in between, whose bodies are not those of the server.
#[tokio::test]
async fn half_bodies_fail_by_the_deadline_of_the_server_without_axum() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = serve(listener, rpc().http(()).body_timeout(LONG).input_timeout(LONG));
    tokio::spawn(server.body_timeout(SHORT).idle_timeout(SHORT).into_future());
    let cases = [
        ("length", "content-type: application/json\r\ncontent-length: 9\r\n\r\n{", "408 "),
        ("read", "content-type: text/event-stream\r\ncontent-length: 9\r\n\r\n:", "200 "),
    ];
    for (path, rest_of, status) in cases {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("POST /{path} HTTP/1.1\r\nhost: test\r\n{rest_of}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, "TIMEOUT").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_dropped_by_the_write_timeout() {
    let rpc = rpc();
    let server = run_with(&rpc, |server| patient(server).write_timeout(SHORT)).await;
    let flood = b"POST /rpc/flood HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
        content-length: 14\r\n\r\n{\"json\":10000}";
    let stream = connect(&server, flood).await;
    until_soon(|| begun() == 1).await;
    until_soon(|| rpc.live_streams() == 0).await;
    drop(stream);
    // The same for many requests with small responses.
    let stream = connect(&server, PING).await;
    let (mut reader, mut writer) = stream.into_split();
    let pipelining = tokio::spawn(async move { while writer.write_all(PING).await.is_ok() {} });
    within(pipelining).await.unwrap();
    let mut answers = Vec::new();
    drop(within(reader.read_to_end(&mut answers)).await);
}

#[tokio::test]
async fn incomplete_heads_share_one_budget() {
    let memory = MemoryBudget::new(100_000);
    let server = run(|server| patient(server).memory(&memory)).await;
    let half =
        [b"GET /rpc/ping HTTP/1.1\r\nhost: x\r\nx-long: ".as_slice(), &[b'x'; 40_000]].concat();
    let mut halves = [connect(&server, &half).await, connect(&server, &half).await];
    until_soon(|| memory.used() > 80_000).await;
    let mut third = connect(&server, b"").await;
    // It may be closed before everything is written.
    drop(third.write_all(&half).await);
    drop(third.read(&mut [0]).await);
    // Other clients are not affected, and a complete head releases its memory.
    let mut small = connect(&server, PING).await;
    read_until(&mut small, "\"pong\"").await;
    for stream in &mut halves {
        stream.write_all(b"\r\n\r\n").await.unwrap();
        read_until(stream, "\"pong\"").await;
    }
    until_soon(|| memory.used() == 0).await;
    // So does one whose client disconnects.
    let left = connect(&server, &half).await;
    until_soon(|| memory.used() > 40_000).await;
    drop(left);
    until_soon(|| memory.used() == 0).await;
}

/// The client's end of a connection with tiny buffers.
#[cfg(target_os = "linux")]
async fn narrow(server: &Running, bytes: &[u8]) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// The bytes for such a client are in the buffers of the operating system; only the timer
/// of that deadline reports it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_reads_nothing_is_dropped_even_after_everything_is_written() {
    let rpc = rpc();
    let server = run_with(&rpc, |server| patient(server).write_timeout(SHORT)).await;
    let once = b"POST /rpc/once HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
        content-length: 14\r\n\r\n{\"json\":20000}";
    let stream = narrow(&server, once).await;
    until_soon(|| begun() == 1).await;
    until_soon(|| rpc.live_streams() == 0).await;
    drop(stream);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn tcp_probes_a_silent_client() {
    for keepalive in [Some(Duration::from_secs(30)), None] {
        let server = run(|server| patient(server).tcp_keepalive(keepalive)).await;
        let mut client = connect(&server, PING).await;
        read_until(&mut client, "\"pong\"").await;
        let hex = |port: u16| format!("0100007F:{port:04X}");
        let (own, its) = (hex(server.address.port()), hex(client.local_addr().unwrap().port()));
        let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|line| line[1..3] == [&*own, &*its]).unwrap();
        // The kind of timer and the hundredths of a second until it fires; 2 is that of
        // keepalive.
        let (kind, when) = line[5].split_once(':').unwrap();
        let when = u64::from_str_radix(when, 16).unwrap();
        assert_eq!(kind == "02" && when <= 3000, keepalive.is_some(), "{line:?}");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_one_to_end() {
    let server = run(|server| patient(server).connection_limit(2)).await;
    let mut first = connect(&server, PING).await;
    read_until(&mut first, "\"pong\"").await;
    // A socket is a connection as well.
    let socket = Raw::open(connect(&server, b"").await, "/ws").await;
    let mut third = connect(&server, PING).await;
    let mut read = [0];
    assert!(tokio::time::timeout(SHORT, third.read(&mut read)).await.is_err());
    drop(socket);
    read_until(&mut third, "\"pong\"").await;
}

#[tokio::test]
async fn connections_beyond_the_limit_of_an_address_are_closed() {
    let server = run(|server| patient(server).address_limit(1)).await;
    let mut first = connect(&server, PING).await;
    read_until(&mut first, "\"pong\"").await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut second).await, "");
    drop(first);
    // Until the server has noticed the end of the first one.
    within(async {
        loop {
            let mut third = TcpStream::connect(server.address).await.unwrap();
            let mut answer = Vec::new();
            drop(third.write_all(b"GET /rpc/ping HTTP/1.0\r\n\r\n").await);
            drop(third.read_to_end(&mut answer).await);
            if String::from_utf8_lossy(&answer).contains("pong") {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn shutdown_waits_for_requests_until_its_deadline() {
    let slow = b"POST /rpc/slow HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
        content-length: 12\r\n\r\n{\"json\":100}";
    let server = run(|server| patient(server).shutdown_deadline(LONG)).await;
    let mut idle = connect(&server, PING).await;
    read_until(&mut idle, "\"pong\"").await;
    let mut answered = connect(&server, slow).await;
    // The request has arrived by then.
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.end.send(()).unwrap();
    assert!(rest(&mut answered).await.contains("\"done\""));
    assert_eq!(rest(&mut idle).await, "");
    within(server.server).await.unwrap().unwrap();
    let refused = TcpStream::connect(server.address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    let server = run(|server| patient(server).shutdown_deadline(SHORT)).await;
    let half = b"POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\nhalf";
    let mut half = connect(&server, half).await;
    let mut head = connect(&server, b"GET /rpc/ping HTTP/1.1\r\nho").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.end.send(()).unwrap();
    within(server.server).await.unwrap().unwrap();
    assert_eq!(rest(&mut half).await, "");
    assert_eq!(rest(&mut head).await, "");
}

#[tokio::test]
async fn any_tower_service_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = tower::service_fn(async |request: http::Request<RequestBody>| {
        let PeerAddr(address) = request.extensions().get().unwrap();
        Ok::<_, std::io::Error>(http::Response::new(address.to_string()))
    });
    tokio::spawn(serve(listener, service).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let own = stream.local_addr().unwrap().to_string();
    assert!(rest(&mut stream).await.ends_with(&own));
}
