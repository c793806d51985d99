//! Shared test support: requests without a socket, and servers with one.

#[cfg(any(feature = "nats", feature = "redis"))]
pub mod clock;
#[cfg(all(feature = "durable", feature = "websocket"))]
pub mod durable;
pub mod hostile;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(any(feature = "nats", feature = "redis"))]
pub mod proxy;
#[cfg(feature = "redis")]
pub mod redis;
pub mod websocket;

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::Body;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use orpc_runtime::http::{HttpService, RpcBody, Unmatched};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// A router `echoes` of procedures that return their input, one for each type.
macro_rules! echoes {
    ($($name:ident: $ty:ty;)*) => {
        #[router]
        pub mod echoes {
            use super::*;
            $(
                #[procedure]
                pub async fn $name(input: $ty) -> $ty {
                    input
                }
            )*
        }
    };
}
pub(crate) use echoes;

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// As text; invalid UTF-8 is replaced.
    pub body: String,
    pub bytes: bytes::Bytes,
    pub unmatched: bool,
}

impl Answer {
    pub fn new(status: u16, headers: &[(&'static str, &'static str)], body: String) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let bytes = body.clone().into();
        Self { status, headers: headers.collect(), body, bytes, unmatched: false }
    }

    pub fn of(parts: http::response::Parts, bytes: bytes::Bytes) -> Self {
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            unmatched: parts.extensions.get::<Unmatched>().is_some(),
        }
    }

    /// The envelope's value.
    pub fn json(&self) -> serde_json::Value {
        let mut body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        body["json"].take()
    }
}

/// Sends a request to a service and reads the whole response.
pub async fn send<C, B>(service: HttpService<C>, request: Request<B>) -> Answer
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Ok(response) = service.oneshot(request).await;
    read(response).await
}

/// Reads the whole response.
pub async fn read(response: http::Response<RpcBody>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer::of(parts, bytes)
}

/// A POST of an envelope.
pub fn post(
    path: &str,
    body: impl Into<bytes::Bytes>,
) -> Request<http_body_util::Full<bytes::Bytes>> {
    Request::post(path)
        .header("content-type", "application/json")
        .body(http_body_util::Full::new(body.into()))
        .unwrap()
}

/// Serves with plain hyper on a free port of this machine, until the test ends.
pub async fn serve<C: Send + Sync + 'static>(service: HttpService<C>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let connection =
                hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .into_owned();
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// That many cases of a property, or the number in `FUZZ_CASES`.
pub fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("FUZZ_CASES").map_or(usual, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Returns one of the pieces, sometimes arbitrary bytes.
pub fn piece(known: Vec<&'static [u8]>) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => select(known).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..4),
    ]
}

/// One of the texts, with some of its bytes replaced by tokens, cut off or repeated.
pub fn mutated(
    texts: Vec<&'static str>,
    token: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), any::<Index>(), token, 0..4_u8);
    (select(texts), vec(edit, 0..5)).prop_map(|(text, edits)| {
        let mut bytes = text.as_bytes().to_vec();
        for (from, to, token, kind) in edits {
            let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
            let range = from.min(to)..from.max(to);
            match kind {
                0 => drop(bytes.splice(from..from, token)),
                1 => drop(bytes.splice(range, token)),
                2 => bytes.truncate(from),
                _ => {
                    let copy = bytes[range].to_vec();
                    bytes.splice(to..to, copy);
                }
            }
            bytes.truncate(4096);
        }
        bytes
    })
}

mod tests {
    use super::websocket::{Raw, until_soon, within};

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "support/mod.rs:")]
    async fn a_future_that_is_never_ready_is_named_by_its_place() {
        within(std::future::pending::<()>()).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "support/mod.rs:")]
    async fn a_condition_that_does_not_hold_in_time_is_named_by_its_place() {
        until_soon(|| false).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "support/mod.rs:")]
    async fn a_frame_that_does_not_come_is_named_by_its_place() {
        let (client, _server) = tokio::io::duplex(64);
        Raw::new(client).next().await;
    }
}

/// Returns the number of tasks that have not ended.
pub fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Returns the number of tasks once those have ended that answer a call.
pub async fn tasks_that_stay() -> usize {
    let (mut count, mut turns) = (tasks(), 0);
    while turns < 100 {
        tokio::task::yield_now().await;
        turns = if tasks() == count { turns + 1 } else { 0 };
        count = tasks();
    }
    count
}
