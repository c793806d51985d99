//! Buffers of the library's own server, and requests that strain them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use orpc_runtime::prelude::*;
use orpc_runtime::serve;
use orpc_runtime::server::RequestBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::websocket::within;

/// Serves the length of each body. Returns the address and the length of the longest
/// piece of a body.
async fn lengths() -> (SocketAddr, Arc<AtomicUsize>) {
    let longest = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&longest);
    let service = tower::service_fn(move |request: Request<RequestBody>| {
        let seen = Arc::clone(&seen);
        async move {
            let (mut body, mut length) = (request.into_body(), 0);
            while let Some(Ok(frame)) = body.frame().await {
                let piece = frame.data_ref().map_or(0, Bytes::len);
                seen.fetch_max(piece, Ordering::Relaxed);
                length += piece;
            }
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(format!("{length}!")))))
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, service).into_future());
    (address, longest)
}

/// Reads a response, whose body ends with an exclamation mark.
async fn response(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"!") {
        let length = within(stream.read_buf(&mut read)).await.unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_connection_ends_with_the_response_to_a_long_head() {
    let (address, _) = lengths().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for (length, closes) in [(10, false), (15_000, false), (20_000, true)] {
        let path = "x".repeat(length);
        let request = format!("GET /{path} HTTP/1.1\r\nhost: test\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let response = response(&mut stream).await.to_ascii_lowercase();
        assert_eq!(response.contains("connection: close"), closes, "{response}");
    }
    assert_eq!(within(stream.read(&mut [0; 1])).await.unwrap(), 0);
}

#[tokio::test]
async fn bodies_are_read_through_a_buffer_of_16_kib() {
    let (address, longest) = lengths().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 4_000_000]).await.unwrap();
    assert!(response(&mut stream).await.ends_with("4000000!"));
    let longest = longest.load(Ordering::Relaxed);
    assert!((1..16 * 1024).contains(&longest), "{longest}");
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn length(text: String) -> usize {
        text.len()
    }

    #[procedure]
    pub async fn wait() {
        std::future::pending().await
    }

    #[procedure]
    pub fn silence() -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::pending()
    }
}

/// Serves the procedures.
async fn procedures(rpc: &Rpc<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, rpc.http(())).into_future());
    address
}

/// Sends bytes as far as they are taken, and reads until the server closes.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut read = Vec::new();
    let write = async { drop(writer.write_all(bytes).await) };
    drop(within(futures::future::join(write, reader.read_to_end(&mut read))).await);
    String::from_utf8_lossy(&read).into_owned()
}

const POST: &str = "POST /length HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn chunks_and_trailers_that_say_more_than_they_carry_are_refused() {
    let rpc = Rpc::new(api::router());
    let address = procedures(&rpc).await;
    let chunked =
        |rest: &str| format!("{POST}connection: close\r\ntransfer-encoding: chunked\r\n\r\n{rest}");
    let long = "x".repeat(1_000_000);
    // Behind a chunk with an input that is complete: a body that fails is not its end.
    let input = "C\r\n{\"json\":\"x\"}\r\n";
    let complete = answer(address, chunked(&format!("{input}0\r\n\r\n")).as_bytes()).await;
    assert!(complete.ends_with("{\"json\":1}"), "{complete}");
    for fault in [
        format!("1;{long}\r\n \r\n0\r\n\r\n"),
        "1;e=xxxxxxxxxxxxxxxxxxxxxxxx\r\n \r\n".repeat(20_000),
        format!("0\r\nx: {long}\r\n\r\n"),
        format!("0\r\n{}\r\n", "x: y\r\n".repeat(100_000)),
        format!("{}\r\n", "f".repeat(17)),
    ] {
        let answer = answer(address, chunked(&format!("{input}{fault}")).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer} to {}", &fault[..17]);
        assert_eq!(rpc.memory().used(), 0);
    }
    // As many small chunks as the body has bytes.
    let text = format!("{{\"json\":\"{}\"}}", "x".repeat(50_000));
    let pieces: String = text.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    let answer = answer(address, chunked(&format!("{pieces}0\r\n\r\n")).as_bytes()).await;
    assert!(answer.contains("{\"json\":50000}"), "{answer}");
}

#[tokio::test]
async fn other_protocols_than_http_1_are_closed() {
    let rpc = Rpc::new(api::router());
    let address = procedures(&rpc).await;
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        &[b'\n'; 200_000],
        b"POST /length HTTP/3.0\r\n\r\n",
    ] {
        let answer = answer(address, bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let rpc = Rpc::new(api::router());
    let address = procedures(&rpc).await;
    let request = |length: usize| {
        let body = format!("{{\"json\":\"{}\"}}", "x".repeat(length));
        format!("{POST}content-length: {}\r\n\r\n{body}", body.len())
    };
    let requests: String = (0..500).map(request).collect();
    let last = format!("{POST}connection: close\r\ncontent-length: 0\r\n\r\n");
    let answer = answer(address, (requests + &last).as_bytes()).await;
    let lengths: Vec<_> = answer.split("{\"json\":").skip(1).collect();
    // The last one is malformed.
    assert_eq!(lengths.len(), 501);
    for (length, text) in lengths[..500].iter().enumerate() {
        assert!(text.starts_with(&format!("{length}}}")), "{text}");
    }
}

#[tokio::test]
async fn a_client_that_is_gone_is_let_go_although_it_sent_a_further_request() {
    let rpc = Rpc::new(api::router());
    let address = procedures(&rpc).await;
    let idle = rpc.memory().used();
    for path in ["wait", "silence"] {
        for (behind, resets) in
            [("", false), ("G", false), ("G", true), (POST, false), (POST, true)]
        {
            let head = format!("POST /{path} HTTP/1.1\r\nhost: test\r\n\r\n{behind}");
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            until_soon(|| rpc.memory().used() > idle).await;
            if resets {
                stream.set_zero_linger().unwrap();
            }
            drop(stream);
            until_soon(|| rpc.memory().used() == idle).await;
            assert_eq!(rpc.live_streams(), 0);
        }
    }
}

async fn until_soon(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
