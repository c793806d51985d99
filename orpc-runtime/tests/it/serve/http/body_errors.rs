//! Errors of request bodies: a limit or a deadline in front of the service has the status
//! of its kind, whatever the body is read for.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Limited, StreamBody};
use orpc_runtime::prelude::*;
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _};
use tower_http::limit::RequestBodyLimitLayer;

use crate::support::send;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn length(text: String) -> usize {
        text.len()
    }

    #[procedure]
    pub async fn upload(file: orpc_runtime::value::File) -> Option<u64> {
        file.size()
    }

    /// Returns the code of the error that ends the iterator.
    #[procedure]
    pub async fn read(mut events: EventIterator<Value>) -> String {
        while let Some(event) = events.next().await {
            if let Err(error) = event {
                return error.code().to_owned();
            }
        }
        "the end".to_owned()
    }
}

fn service() -> orpc_runtime::http::HttpService<()> {
    Rpc::new(api::router()).http(()).prefix("/rpc")
}

type Failure = Box<dyn StdError + Send + Sync>;

/// The headers of a body, and its beginning.
struct Kind {
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    beginning: &'static str,
}

const KINDS: [Kind; 5] = [
    Kind {
        path: "/rpc/length",
        headers: &[("content-type", "application/json")],
        beginning: "{\"json\":\"",
    },
    Kind {
        path: "/rpc/upload",
        headers: &[("content-type", "multipart/form-data; boundary=B")],
        beginning: "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n",
    },
    Kind {
        path: "/rpc/__batch__",
        headers: &[("content-type", "application/json"), ("x-orpc-batch", "buffered")],
        beginning: "[{\"url\":\"",
    },
    Kind {
        path: "/rpc/upload",
        headers: &[("content-type", "application/octet-stream")],
        beginning: "",
    },
    Kind {
        path: "/rpc/read",
        headers: &[("content-type", "text/event-stream")],
        beginning: "data: ",
    },
];

impl Kind {
    fn request<B>(
        &self,
        rest: impl FnOnce(stream::Iter<std::vec::IntoIter<Bytes>>) -> B,
    ) -> Request<B> {
        let mut pieces = vec![Bytes::from_static(self.beginning.as_bytes())];
        pieces.extend(vec![Bytes::from("x".repeat(50)); 4]);
        let mut request = Request::post(self.path);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        request.body(rest(stream::iter(pieces))).unwrap()
    }

    /// A body of unknown length.
    fn endless(&self) -> Request<impl Body<Data = Bytes, Error = Failure> + Send + 'static> {
        self.request(|pieces| StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))))
    }

    /// A body that fails with an error.
    fn failing(
        &self,
        error: Failure,
    ) -> Request<impl Body<Data = Bytes, Error = Failure> + Send + 'static> {
        let failure = stream::iter([Err(error)]);
        self.request(|pieces| {
            StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece))).chain(failure))
        })
    }

    /// Asserts that the answer is the error, or the result of the iterator its code.
    fn assert_answer(&self, case: &str, status: u16, body: &str, expected: (u16, &str)) {
        let (expected, code) = if self.path == "/rpc/read" { (200, expected.1) } else { expected };
        assert_eq!(status, expected, "{case} {} {body}", self.path);
        assert!(body.contains(&format!("\"{code}\"")), "{case} {} {body}", self.path);
    }
}

#[tokio::test]
async fn a_limit_in_front_of_the_service_is_too_large() {
    let expected = (413, "PAYLOAD_TOO_LARGE");
    for kind in KINDS {
        let limited = RequestBodyLimitLayer::new(100).layer(service());
        let response = limited.oneshot(kind.endless()).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        kind.assert_answer("a layer", status, &String::from_utf8_lossy(&body), expected);

        // Behind axum, which wraps the error.
        let app = axum::Router::new().fallback_service(service());
        let app = app.layer(RequestBodyLimitLayer::new(100));
        let request = kind.endless().map(axum::body::Body::new);
        let response = app.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        kind.assert_answer("axum", status, &String::from_utf8_lossy(&body), expected);

        let request = kind.endless().map(|body| Limited::new(body, 100));
        let answer = send(service(), request).await;
        kind.assert_answer("a body", answer.status, &answer.body, expected);
    }
}

/// An error that another one caused.
#[derive(Debug)]
struct Caused(Failure);

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body cannot be read")
    }
}

impl StdError for Caused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

async fn elapsed() -> Failure {
    tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await.unwrap_err().into()
}

async fn too_long() -> Failure {
    Limited::new(http_body_util::Full::<Bytes>::from("xx"), 1).collect().await.unwrap_err()
}

#[tokio::test]
async fn the_first_known_cause_of_an_error_decides() {
    let timeout = || Failure::from(io::Error::from(ErrorKind::TimedOut));
    let late = (408, "TIMEOUT");
    let too_large = (413, "PAYLOAD_TOO_LARGE");
    for kind in KINDS {
        let broken = if kind.path == "/rpc/read" {
            (200, "CLIENT_CLOSED_REQUEST")
        } else {
            (400, "BAD_REQUEST")
        };
        let cases: [(&str, Failure, _); 9] = [
            ("a timeout", timeout(), late),
            ("a deadline of tokio", elapsed().await, late),
            ("a limit", too_long().await, too_large),
            ("caused", Caused(Box::new(Caused(timeout()))).into(), late),
            ("caused", Caused(too_long().await).into(), too_large),
            // `io::Error` has no source where it wraps an error.
            ("wrapped", io::Error::other(too_long().await).into(), too_large),
            ("wrapped", Caused(io::Error::other(Caused(elapsed().await)).into()).into(), late),
            ("a reset", io::Error::from(ErrorKind::ConnectionReset).into(), broken),
            ("unknown", "unknown".into(), broken),
        ];
        for (case, error, expected) in cases {
            let answer = send(service(), kind.failing(error)).await;
            // A batch that cannot be read is one error.
            let is_broken = expected == broken && kind.path == "/rpc/__batch__";
            if is_broken {
                assert_eq!(answer.status, 400, "{case} {}", answer.body);
            } else {
                kind.assert_answer(case, answer.status, &answer.body, expected);
            }
        }
    }
}

/// An upgrade has no body: any type of one will do, such as one without an error.
#[tokio::test]
async fn sockets_ask_nothing_of_a_body() {
    struct NoBody;
    let response = Rpc::new(api::router()).websocket(()).oneshot(Request::new(NoBody)).await;
    assert_eq!(response.unwrap().status(), 426);
}
