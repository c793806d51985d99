//! Sockets that are forwarded to another server.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue, StatusCode};
use orpc_runtime::prelude::*;
use orpc_runtime::websocket::{SocketHooks, WebSocketProxy};
use orpc_runtime::{PeerAddr, SocketConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::{ClientBuilder, Message};

#[router]
pub mod api {
    use super::*;

    /// Returns the socket's request as the server received it.
    #[procedure]
    pub async fn request(socket: &Socket) -> Vec<String> {
        let header = |name| socket.headers().get(name)?.to_str().ok().map(str::to_owned);
        let headers = ["x-token", "x-forwarded-for"].map(|name| header(name).unwrap_or_default());
        let [token, client] = headers;
        vec![socket.uri().to_string(), token, client]
    }

    #[procedure]
    pub async fn bye(socket: &Socket) {
        socket.close(orpc_runtime::CloseCode::new(4000).unwrap(), "bye");
    }
}

/// Refuses requests without a token.
struct Tokens;

impl SocketHooks for Tokens {
    async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let has_token = request.headers.contains_key("x-token");
        if has_token { Ok(SocketConfig::new()) } else { Err(Code::Unauthorized.into()) }
    }
}

async fn serve(app: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// A server, and one in front of it.
async fn servers(path: &str) -> (SocketAddr, Rpc<()>) {
    let rpc = Rpc::new(api::router());
    let sockets = rpc.websocket(()).hooks(Tokens);
    let backend = serve(axum::Router::new().fallback_service(sockets)).await;
    (front(&format!("http://{backend}{path}")).await, rpc)
}

async fn front(target: &str) -> SocketAddr {
    async fn peer_addr(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(PeerAddr(([192, 0, 2, 7], 1234).into()));
        next.run(request).await
    }

    let proxy = WebSocketProxy::new(target).unwrap();
    let app = axum::Router::new().route_service("/rooms/{name}", proxy);
    serve(app.layer(middleware::from_fn(peer_addr))).await
}

/// The status line and body of the response to a handshake with those headers.
async fn ask(address: SocketAddr, headers: &str) -> (StatusCode, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /rooms/a HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

const HANDSHAKE: &str = "connection: upgrade, close\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

async fn socket(
    address: SocketAddr,
) -> tokio_websockets::WebSocketStream<tokio_websockets::MaybeTlsStream<TcpStream>> {
    let uri = format!("ws://{address}/rooms/blue?q=1").parse().unwrap();
    let token = (HeaderName::from_static("x-token"), HeaderValue::from_static("t"));
    let builder = ClientBuilder::from_uri(uri).add_header(token.0, token.1).unwrap();
    builder.connect().await.unwrap().0
}

#[tokio::test]
async fn a_socket_reaches_the_other_server_with_its_path_and_headers() {
    let (front, _) = servers("").await;
    let mut socket = socket(front).await;
    socket.send(Message::text(r#"{"i":"1","p":{"u":"/request","b":{}}}"#)).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    let expected = r#"{"i":"1","p":{"b":{"json":["/rooms/blue?q=1","t","192.0.2.7"]}}}"#;
    assert_eq!(answer.as_text(), Some(expected));
}

#[tokio::test]
async fn a_target_with_a_path_gets_all_sockets_there() {
    let (front, _) = servers("/ws").await;
    let mut socket = socket(front).await;
    socket.send(Message::text(r#"{"i":"1","p":{"u":"/request","b":{}}}"#)).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert!(answer.as_text().unwrap().contains(r#"["/ws?q=1","t""#));
}

#[tokio::test]
async fn either_end_closes_the_socket() {
    let (front, rpc) = servers("").await;
    let mut first = socket(front).await;
    first.send(Message::text(r#"{"i":"1","p":{"u":"/bye","b":{}}}"#)).await.unwrap();
    let close = loop {
        let message = first.next().await.unwrap().unwrap();
        if let Some((code, reason)) = message.as_close() {
            break (u16::from(code), reason.to_owned());
        }
    };
    assert_eq!(close, (4000, "bye".to_owned()));

    let second = socket(front).await;
    drop((first, second));
    rpc.shutdown();
    tokio::time::timeout(std::time::Duration::from_secs(5), rpc.closed()).await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_the_other_server_reaches_the_client() {
    let (front, _) = servers("").await;
    let (status, body) = ask(front, HANDSHAKE).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body.contains("UNAUTHORIZED"), "{body}");
    let foreign = format!("{HANDSHAKE}origin: https://elsewhere.example\r\n");
    assert_eq!(ask(front, &foreign).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_request_without_an_upgrade_is_not_forwarded() {
    let (front, _) = servers("").await;
    assert_eq!(ask(front, "connection: close\r\n").await.0, StatusCode::UPGRADE_REQUIRED);
}

#[tokio::test]
async fn an_invalid_handshake_is_not_forwarded() {
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let front = front(&format!("http://{}", target.local_addr().unwrap())).await;
    let wrong = [
        (HANDSHAKE.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), StatusCode::BAD_REQUEST),
        (HANDSHAKE.replace("version: 13", "version: 12"), StatusCode::UPGRADE_REQUIRED),
    ];
    for (handshake, status) in wrong {
        assert_eq!(ask(front, &handshake).await.0, status, "{handshake}");
    }
    let error = target.accept().expect_err("a connection to the other server");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn an_unreachable_server_is_a_bad_gateway() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let front = front(&format!("ws://{unused}")).await;
    assert_eq!(ask(front, HANDSHAKE).await.0, StatusCode::BAD_GATEWAY);
}

#[test]
fn a_target_must_be_a_server_without_tls() {
    for target in [
        "",
        "https://a.example",
        "/path",
        "ftp://a.example",
        "http:///path",
        "http://user:secret@a.example",
        "http://a.example/path?query",
    ] {
        assert!(WebSocketProxy::new(target).is_err(), "{target}");
    }
}
