//! Clients that stop reading a response.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::websocket::{PATIENCE, within};

/// More than the buffers of both ends of a connection hold.
const MUCH: usize = 14 * 1024 * 1024;

#[router]
pub mod api {
    use super::*;

    /// An endless stream of events of that length.
    #[procedure]
    pub fn events(length: usize) -> impl Stream<Item = String> {
        orpc_runtime::futures::stream::repeat_with(move || "x".repeat(length))
    }

    /// One long event.
    #[procedure]
    pub fn event() -> impl Stream<Item = String> {
        let long = orpc_runtime::futures::stream::once(async { "x".repeat(MUCH) });
        long.chain(orpc_runtime::futures::stream::pending())
    }

    #[procedure]
    pub async fn result() -> String {
        "x".repeat(MUCH)
    }

    #[procedure]
    pub async fn file() -> File {
        let block = Bytes::from(vec![b'x'; 100_000]);
        let blocks = orpc_runtime::futures::stream::repeat_with(move || block.clone());
        File::from_stream("x", "text/plain", blocks.map(Ok::<_, std::io::Error>))
    }

    #[procedure]
    pub async fn download(call: &Call) {
        let bytes = Bytes::from(vec![b'x'; MUCH]);
        call.response().set_body(File::new("x", "text/plain", bytes));
    }
}

/// Serves with plain hyper. The token is held by each connection.
async fn listen(service: HttpService<()>) -> (SocketAddr, Arc<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let token = Arc::new(());
    let own = Arc::clone(&token);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let held = Arc::clone(&own);
            let service = TowerToHyperService::new(service.clone());
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                drop(connection.await);
                drop(held);
            });
        }
    });
    (address, token)
}

async fn ask(address: SocketAddr, path: &str, input: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = input.len();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{input}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let is_so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, is_so).await.unwrap_or_else(|_| panic!("{what} goes on"));
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_dropped_with_its_memory() {
    let readers = [
        ("events", r#"{"json":1}"#),
        ("events", r#"{"json":20000}"#),
        ("events", r#"{"json":2000000}"#),
        ("event", ""),
        ("result", ""),
        ("file", ""),
        ("download", ""),
    ];
    let dropped = readers.map(|(path, input)| async move {
        let rpc = Rpc::new(api::router());
        let service = rpc.http(()).write_timeout(Duration::from_millis(200));
        let (address, connections) = listen(service).await;
        let reader = ask(address, path, input).await;
        until(path, || Arc::strong_count(&connections) > 2).await;
        // The references of the listener and of the test are left.
        until(path, || Arc::strong_count(&connections) == 2).await;
        assert_eq!(rpc.live_streams(), 0, "{path}");
        drop(reader);
    });
    futures::future::join_all(dropped).await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_everything() {
    // A deadline that is missed unless each piece read extends it.
    let service = Rpc::new(api::router()).http(()).write_timeout(Duration::from_secs(10));
    let (address, _) = listen(service).await;
    for path in ["result", "download"] {
        let mut stream = ask(address, path, "").await;
        let (mut length, mut buffer) = (0, vec![0; 700_000]);
        while length < MUCH {
            let read = within(stream.read(&mut buffer)).await.unwrap();
            assert!(read > 0, "{path} ended after {length} bytes");
            length += read;
            tokio::task::yield_now().await;
        }
    }
}
