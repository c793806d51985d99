//! Request bodies: encoded ones, and unread ones.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use http::Request;
use http_body::{Body, Frame};
use http_body_util::Full;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::{EventPayload, MemoryBudget};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use crate::support::{send, serve};

#[router]
pub mod api {
    use super::*;

    #[procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }

    #[procedure]
    pub async fn length(input: String) -> usize {
        input.len()
    }

    /// Returns before all events have arrived.
    #[procedure]
    pub async fn first(mut events: EventIterator<u8>) -> Result<u8, Error> {
        match events.next().await.transpose()?.map(|event| event.into_parts().0) {
            Some(EventPayload::Message(number)) => Ok(number),
            _ => Ok(0),
        }
    }
}

/// Refuses calls with the header.
async fn context(call: &Call) -> Result<(), Error> {
    match call.headers().get("x-refuse") {
        None => Ok(()),
        Some(value) if value == "panic" => panic!("secret"),
        Some(_) => Err(Error::new(Code::Unauthorized)),
    }
}

fn service() -> HttpService<()> {
    Rpc::new(api::router()).http(context)
}

#[tokio::test]
async fn a_body_in_a_content_coding_is_a_415_that_says_so() {
    let form = "multipart/form-data; boundary=B";
    let requests = [
        ("POST", "/length", "application/json", 415),
        ("PUT", "/length", "application/json", 415),
        ("POST", "/length", form, 415),
        ("POST", "/first", "text/event-stream", 415),
        ("POST", "/__batch__", "application/json", 415),
        // The body is not read.
        ("GET", "/ping", "application/json", 200),
        ("OPTIONS", "/ping", "application/json", 204),
    ];
    for (method, path, content_type, status) in requests {
        for coding in ["gzip", "GZIP", "br", "deflate, gzip", "identity, gzip", "x-unknown"] {
            let mut request = Request::builder().method(method).uri(path);
            if path == "/__batch__" {
                request = request.header("x-orpc-batch", "buffered");
            }
            let request =
                request.header("content-type", content_type).header("content-encoding", coding);
            let body = Full::<Bytes>::from(&b"\x1f\x8b\x08\0"[..]);
            let answer = send(service(), request.body(body).unwrap()).await;
            assert_eq!(answer.status, status, "{method} {path} {coding}: {}", answer.body);
            if status == 415 {
                let error = answer.json();
                assert_eq!(error["code"], "UNSUPPORTED_MEDIA_TYPE");
                let message = error["message"].as_str().unwrap();
                assert!(message.contains("Content-Encoding"), "{message}");
                assert_eq!(answer.headers["accept-encoding"], "identity");
            }
        }
    }
    for coding in ["identity", "Identity", ""] {
        let request = Request::post("/length").header("content-encoding", coding);
        let request = request.body(Full::<Bytes>::from(r#"{"json":"abc"}"#)).unwrap();
        assert_eq!(send(service(), request).await.json(), json!(3), "{coding}");
    }
}

#[tokio::test]
async fn media_types_are_compared_without_regard_to_case() {
    let cases = [
        ("Application/JSON", r#"{"json":"abc"}"#, "/length", json!(3)),
        ("APPLICATION/JSON; CHARSET=UTF-8", r#"{"json":"abc"}"#, "/length", json!(3)),
        (
            "Multipart/Form-Data; Boundary=B",
            "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"json\":\"abc\"}\r\n--B--\r\n",
            "/length",
            json!(3),
        ),
        ("Text/Event-Stream", "event: message\ndata: {\"json\":7}\n\n", "/first", json!(7)),
    ];
    for (content_type, body, path, expected) in cases {
        let request = Request::post(path).header("content-type", content_type);
        let answer = send(service(), request.body(Full::<Bytes>::from(body)).unwrap()).await;
        assert_eq!(answer.json(), expected, "{content_type}: {}", answer.body);
    }
    let request = Request::post("/__batch__").header("x-orpc-batch", "Buffered");
    let answer = send(service(), request.body(Full::<Bytes>::from("[]")).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (207, "[]"));
}

/// Sends a request with a body of that many bytes and reads the response only
/// afterwards, as some clients do; then sends a second request on the connection.
async fn upload(address: std::net::SocketAddr, head: &str, length: usize) -> u16 {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let is_chunked = head.contains("chunked");
    let mut head = format!("{head}host: api.test\r\n");
    if !is_chunked {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..length / piece.len() {
        if is_chunked {
            socket.write_all(b"10000\r\n").await.unwrap();
        }
        socket.write_all(&piece).await.unwrap();
        if is_chunked {
            socket.write_all(b"\r\n").await.unwrap();
        }
    }
    if is_chunked {
        socket.write_all(b"0\r\n\r\n").await.unwrap();
    }
    let first = answer(&mut socket).await;
    socket.write_all(b"GET /ping HTTP/1.1\r\nhost: api.test\r\n\r\n").await.unwrap();
    assert_eq!(answer(&mut socket).await, 200, "{head}");
    first
}

/// The status of a response, which is read to its end.
async fn answer(socket: &mut TcpStream) -> u16 {
    let mut text = Vec::new();
    loop {
        let mut byte = [0];
        socket.read_exact(&mut byte).await.unwrap();
        text.push(byte[0]);
        let head = String::from_utf8_lossy(&text).to_lowercase();
        let Some((head, body)) = head.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.map_or(0, |length| length.parse().unwrap()) {
            return head.split(' ').nth(1).unwrap().parse().unwrap();
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_everything_before_it_reads_gets_its_refusal() {
    let address = serve(service().prefix("/")).await;
    let long = "x".repeat(200);
    let heads = [
        ("POST /length HTTP/1.1\r\n", 413),
        ("POST /length HTTP/1.1\r\nx-refuse: yes\r\n", 401),
        ("POST /length HTTP/1.1\r\nx-refuse: panic\r\n", 500),
        ("POST /length HTTP/1.1\r\norigin: https://evil.test\r\n", 403),
        ("POST /nope HTTP/1.1\r\n", 404),
        ("QUERY /length HTTP/1.1\r\n", 405),
        ("POST /length HTTP/1.1\r\ncontent-encoding: gzip\r\n", 415),
        ("POST /length HTTP/1.1\r\ncontent-type: text/plain\r\n", 413),
        ("POST /length HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=B\r\n", 400),
        ("POST /length HTTP/1.1\r\ncontent-type: multipart/form-data\r\n", 400),
        ("POST /first HTTP/1.1\r\ncontent-type: text/event-stream\r\n", 413),
        ("POST /length HTTP/1.1\r\ncontent-type: text/event-stream\r\n", 400),
        ("POST /__batch__ HTTP/1.1\r\nx-orpc-batch: buffered\r\n", 413),
        ("POST /__batch__ HTTP/1.1\r\nx-orpc-batch: 1\r\norigin: null\r\n", 403),
        ("OPTIONS /length HTTP/1.1\r\n", 204),
        ("GET /ping HTTP/1.1\r\n", 200),
        (&format!("GET /ping?{long} HTTP/1.1\r\nx-refuse: yes\r\n"), 401),
    ];
    let uploads = heads.iter().flat_map(|(head, status)| {
        let chunked = format!("{head}transfer-encoding: chunked\r\n");
        [((*head).to_owned(), *status), (chunked, *status)].map(|(head, status)| async move {
            let got = upload(address, &head, 2 * 1024 * 1024).await;
            assert_eq!(got, status, "{head}");
        })
    });
    futures::future::join_all(uploads).await;
}

#[tokio::test]
async fn a_refused_client_gets_no_100_continue() {
    let address = serve(service()).await;
    for (head, status) in [
        ("POST /length HTTP/1.1\r\ncontent-length: 100000000\r\n", "413"),
        ("POST /length HTTP/1.1\r\ncontent-length: 10\r\nx-refuse: yes\r\n", "401"),
        ("POST /nope HTTP/1.1\r\ntransfer-encoding: chunked\r\n", "404"),
    ] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("{head}host: api.test\r\nexpect: 100-continue\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {text}");
        assert!(!text.contains("100 Continue"), "{head}: {text}");
        // The connection ends, and a client has to know before it sends another request.
        assert!(text.to_lowercase().contains("\r\nconnection: close\r\n"), "{head}: {text}");
    }
}

#[tokio::test]
async fn a_body_that_is_asked_for_leaves_the_connection_open() {
    let address = serve(service().prefix("/")).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = "POST /length HTTP/1.1\r\nhost: api.test\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut socket).await, 100);
    socket.write_all(b"{\"json\":1}").await.unwrap();
    assert_eq!(answer(&mut socket).await, 400);
    socket.write_all(b"GET /ping HTTP/1.1\r\nhost: api.test\r\n\r\n").await.unwrap();
    assert_eq!(answer(&mut socket).await, 200);
}

#[tokio::test]
async fn a_client_without_memory_gets_its_refusal_when_it_has_sent_everything() {
    let exhausted = MemoryBudget::new(1);
    let address = serve(service().prefix("/").memory(&exhausted)).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        let length = 2 * 1024 * 1024;
        let head =
            format!("POST /length HTTP/1.1\r\nhost: api.test\r\ncontent-length: {length}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&vec![b'x'; length]).await.unwrap();
        assert_eq!(answer(&mut socket).await, 503);
    }
}

/// A body that records how much of it was read, and its drop.
struct Watched {
    frames: BoxStream<'static, Bytes>,
    taken: Arc<AtomicU64>,
    is_dropped: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let taken = Arc::clone(&self.taken);
        self.frames.as_mut().poll_next(cx).map(|bytes| {
            bytes.map(|bytes| {
                taken.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                Ok(Frame::data(bytes))
            })
        })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::SeqCst);
    }
}

/// Sends a refused request with a body of these frames. Returns the bytes that were read
/// before it was dropped, and the seconds that took.
async fn refused(service: HttpService<()>, frames: BoxStream<'static, Bytes>) -> (u64, u64) {
    let (taken, is_dropped) = <(Arc<AtomicU64>, Arc<AtomicBool>)>::default();
    let body = Watched { frames, taken: Arc::clone(&taken), is_dropped: Arc::clone(&is_dropped) };
    let start = tokio::time::Instant::now();
    let response = service.oneshot(Request::post("/nope").body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), 404);
    while !is_dropped.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (taken.load(Ordering::SeqCst), start.elapsed().as_secs())
}

fn endless(every: Duration, length: usize) -> BoxStream<'static, Bytes> {
    let frames = stream::unfold((), move |()| async move {
        tokio::time::sleep(every).await;
        Some((Bytes::from(vec![b'x'; length]), ()))
    });
    frames.boxed()
}

#[tokio::test(start_paused = true)]
async fn discarding_has_a_bound_in_bytes_and_in_time() {
    let mib = 1024 * 1024;
    let at_once = || endless(Duration::ZERO, mib);
    let (taken, _) = refused(service(), at_once()).await;
    assert_eq!(taken, 64 * mib as u64);
    let (taken, _) = refused(service().discard_limit(3), at_once()).await;
    assert_eq!(taken, mib as u64);
    let (taken, _) = refused(service().discard_limit(0), at_once()).await;
    assert_eq!(taken, 0);
    assert_eq!(refused(service(), stream::pending().boxed()).await, (0, 5));
    assert_eq!(refused(service(), endless(Duration::from_secs(6), 1)).await, (0, 5));
    assert_eq!(refused(service(), endless(Duration::from_secs(4), 1)).await, (7, 30));
}

#[tokio::test(start_paused = true)]
async fn discarding_has_a_bound_in_bodies() {
    let service = service();
    let send = async || {
        let is_dropped = Arc::new(AtomicBool::new(false));
        let body = Watched {
            frames: stream::pending().boxed(),
            taken: Arc::default(),
            is_dropped: Arc::clone(&is_dropped),
        };
        let request = Request::post("/nope").body(body).unwrap();
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), 404);
        is_dropped
    };
    let mut kept = Vec::new();
    for _ in 0..1024 {
        kept.push(send().await);
    }
    assert!(kept.iter().all(|is_dropped| !is_dropped.load(Ordering::SeqCst)));
    assert!(send().await.load(Ordering::SeqCst));
    // Places are released.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(kept.iter().all(|is_dropped| is_dropped.load(Ordering::SeqCst)));
    assert!(!send().await.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_body_that_fails_while_it_is_discarded_affects_no_other_call() {
    let frames = stream::iter([Err(io::Error::other("reset"))]);
    let body = http_body_util::StreamBody::new(
        frames.map(|frame: Result<Bytes, io::Error>| frame.map(Frame::data)),
    );
    let answer = send(service(), Request::post("/nope").body(body).unwrap()).await;
    assert_eq!(answer.status, 404);
    tokio::task::yield_now().await;
    let ping = Request::get("/ping").body(Full::<Bytes>::default()).unwrap();
    assert_eq!(send(service(), ping).await.json(), json!("pong"));
}
