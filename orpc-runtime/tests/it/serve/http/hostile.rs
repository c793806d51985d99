//! Hostile requests: each gets a response with the right status, and nothing else
//! happens.
//!
//! `FUZZ_CASES` sets the number of mutated requests and forms, here, in
//! `serve::peer::calls` and in `value::values`:
//! `FUZZ_CASES=1000000 cargo test --release --test it hostile`.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{self, Answer, post, send};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Typed {
    #[schemars(length(min = 1, max = 10))]
    text: String,
    #[schemars(length(max = 3))]
    numbers: Vec<u8>,
    nested: Option<Box<Typed>>,
}

#[router]
pub mod api {
    use super::*;

    #[procedure(method = GET)]
    pub async fn any(input: Option<Value>) -> Option<Value> {
        input
    }

    #[procedure]
    pub async fn typed(input: Typed) -> Typed {
        input
    }

    #[procedure]
    pub async fn none() {}
}

fn service() -> HttpService<()> {
    Rpc::new(api::router()).http(())
}

const MALFORMED: &str = r#"{"json":{"defined":false,"code":"BAD_REQUEST","status":400,"message":"Malformed request. Ensure the request body is properly formatted and the 'Content-Type' header is set correctly."}}"#;

async fn assert_malformed(what: &str, body: impl Into<Bytes>) {
    let body = body.into();
    for path in ["/any", "/typed", "/none"] {
        let answer = send(service(), post(path, body.clone())).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, MALFORMED), "{what} to {path}");
    }
}

#[tokio::test]
async fn invalid_json_is_malformed() {
    let texts: [&[u8]; 11] = [
        b"{",
        b"{\"json\":",
        b"{\"json\":1",
        b"{\"json\":1}}",
        b"{\"json\":tru}",
        b"{\"json\":01}",
        b"{\"json\":\"\xff\"}",
        b"{'json':1}",
        b"{\"json\":NaN}",
        b"null",
        b"\x00",
    ];
    for text in texts {
        assert_malformed(&String::from_utf8_lossy(text), text).await;
    }
}

#[tokio::test]
async fn an_unpaired_surrogate_is_malformed() {
    let answer = send(service(), post("/any", r#"{"json":"\ud800"}"#)).await;
    assert_eq!((answer.status, answer.body.as_str()), (400, MALFORMED));
}

#[tokio::test]
async fn nesting_beyond_the_limit_is_malformed() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = |depth: usize| {
            let inner = if open == "[" { "" } else { "1" };
            format!("{{\"json\":{}{inner}{}}}", open.repeat(depth), close.repeat(depth))
        };
        assert_malformed("10,000 levels", deep(10_000)).await;
        let answer = send(service(), post("/any", deep(100))).await;
        assert_eq!(answer.status, 200, "100 levels");
    }
    // Unknown members are not read.
    let unread = format!("{{\"json\":1,\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(send(service(), post("/any", unread)).await.status, 200);
}

#[tokio::test]
async fn meta_that_contradicts_the_value_is_malformed() {
    for meta in [
        "5",
        "{}",
        "[1]",
        "[[]]",
        "[[\"0\"]]",
        "[[-1]]",
        "[[0.5]]",
        "[[0,null]]",
        "[[0,[]]]",
        "[[0,-1]]",
        "[[0,\"missing\"]]",
        "[[0,\"__proto__\"]]",
        "[[0,\"constructor\"]]",
        "[[0,\"a\",\"length\"]]",
        "[[0,\"a\",99999999999999999999]]",
        "[[0,\"a\",0],[0,\"a\",0]]",
        "[[6,\"a\"],[0,\"a\",0]]",
        "[[7,\"a\"]]",
        "[[2,\"a\",0]]",
        "[[3,\"a\",0]]",
        "[[4,\"a\",0]]",
        "[[5,\"a\",0]]",
    ] {
        assert_malformed(meta, format!("{{\"json\":{{\"a\":[\"1\"]}},\"meta\":{meta}}}")).await;
    }
}

#[tokio::test]
async fn a_hundred_thousand_meta_items_are_refused() {
    let items = vec!["[0,0]"; 100_000].join(",");
    let answer =
        send(service(), post("/any", format!("{{\"json\":[\"1\"],\"meta\":[{items}]}}"))).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_value_of_another_type_is_an_issue_at_its_place() {
    let body = r#"{"json":{"text":"5","numbers":[1],"nested":null,"more":"6"},"meta":[[0,"text"],[6,"numbers"],[0,"more"]]}"#;
    let answer = send(service(), post("/typed", body)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["data"],
        json!({ "issues": [
            { "message": "Invalid input: expected string, received bigint", "path": ["text"] },
            { "message": "Invalid input: expected array, received Set", "path": ["numbers"] },
        ] })
    );
}

#[tokio::test]
async fn bad_percent_encoding_in_the_query_is_harmless() {
    for query in ["data=%", "data=%a", "data=%a%C3%A9", "data=%zz", "data=%ff%fe", "%data=%00"] {
        let request = Request::get(format!("/any?{query}")).body(Full::<Bytes>::default()).unwrap();
        let answer = send(service(), request).await;
        assert!([200, 400].contains(&answer.status), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn the_list_of_issues_is_bounded() {
    let numbers = vec!["-1"; 50_000].join(",");
    let body = format!("{{\"json\":{{\"text\":\"a\",\"numbers\":[{numbers}]}}}}");
    let answer = send(service(), post("/typed", body)).await;
    assert_eq!(answer.status, 400);
    let answer = answer.json();
    let issues = answer["data"]["issues"].as_array().unwrap();
    assert_eq!(issues.len(), 1001);
    assert_eq!(issues[1000]["message"], "More than 1000 issues, the rest is left out");
}

/// Pieces of envelopes, and others.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"json\"",
        b"\"meta\"",
        b"\"maps\"",
        b"null",
        b"true",
        b"0",
        b"-0",
        b"1.0",
        b"1e400",
        b"18446744073709551616",
        b"0.1",
        b"\"\"",
        b"\"text\"",
        b"\"numbers\"",
        b"\"nested\"",
        b"\"__proto__\"",
        b"\"\\u0000\"",
        b"\"\\ud800\"",
        b"\"length\"",
        b"[0]",
        b"[[0]]",
        b"[[1,\"text\"]]",
        b"[[6,\"numbers\"]]",
        b" ",
        b"\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\"\xf0\x9f\xa6\x80\"",
    ];
    support::piece(known)
}

/// A valid envelope with some bytes replaced, cut or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let right: Vec<&'static str> = vec![
        r#"{"json":{"text":"a","numbers":[1,2],"nested":{"text":"b","numbers":[]}}}"#,
        r#"{"json":{"text":"5","numbers":[]},"meta":[[0,"text"],[6,"numbers"]]}"#,
        r#"{"json":[["1970-01-01T00:00:00.000Z","1"]],"meta":[[1,0,0],[0,0,1],[7]]}"#,
        r#"{"json":"/a/g","meta":[[5]],"x":{"y":[null]}}"#,
    ];
    support::mutated(right, token())
}

fn request() -> impl Strategy<Value = (Method, String, Option<&'static str>, Vec<u8>)> {
    let body = prop_oneof![
        2 => mutated(),
        2 => proptest::collection::vec(token(), 0..30).prop_map(|tokens| tokens.concat()),
    ];
    let method = prop_oneof![
        4 => Just(Method::POST),
        2 => Just(Method::GET),
        1 => Just(Method::PUT),
        1 => Just(Method::HEAD),
        1 => Just(Method::OPTIONS),
    ];
    let path = proptest::sample::select(vec![
        "/any", "/typed", "/typed", "/none", "/an%79", "//", "/any/",
    ]);
    let content_type = proptest::sample::select(vec![
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("application/jsonx"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some("text/event-stream"),
        Some(""),
    ]);
    (method, path, content_type, body).prop_map(|(method, path, content_type, body)| {
        (method, path.to_owned(), content_type, body)
    })
}

proptest! {
    #![proptest_config(support::cases(40_000))]

    /// A 500 would mean a panic: no procedure fails by itself.
    #[test]
    fn no_request_panics((method, path, content_type, body) in request()) {
        let uri: Uri = if method == Method::GET {
            let encoded: String = form_urlencoded::byte_serialize(&body).collect();
            format!("{path}?data={encoded}").parse().unwrap()
        } else {
            path.parse().unwrap()
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        if let Some(value) = content_type {
            request.headers_mut().insert("content-type", HeaderValue::from_static(value));
        }
        let answer = without_waiting(send(shared_service(), request));
        prop_assert!([200, 204, 400, 404, 405, 415, 501].contains(&answer.status), "{answer:?}");
    }
}

const FORMS: [&str; 3] = [
    "--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"json\":{\"f\":{}},\"maps\":[[\"f\"]]}\r\n--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a\"\r\nContent-Type: text/plain\r\n\r\nA\r\n--x--\r\n",
    "--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"b\"\r\n\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"json\":[[[\"k\",{}]]],\"meta\":[[7,0]],\"maps\":[[0,0,1]]}\r\n--x--\r\n",
    "--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{}\r\n--x--\r\n",
];

fn form_piece() -> impl Strategy<Value = Vec<u8>> {
    support::piece(vec![
        b"--x",
        b"--x--",
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Disposition: form-data",
        b"; name=\"data\"",
        b"; name=\"0\"",
        b"; name=\"1\"",
        b"; filename=\"\"",
        b"; filename=\"%22\\\"",
        b"Content-Type: a/b",
        b"{\"json\":{\"f\":{}},\"maps\":[[\"f\"]]}",
        b",\"maps\":",
        b"[[0]]",
        b"[[]]",
        b"\"",
        b"\xff",
    ])
}

proptest! {
    #![proptest_config(support::cases(12_000))]

    #[test]
    fn no_form_panics(
        body in prop_oneof![
            support::mutated(FORMS.to_vec(), form_piece()),
            proptest::collection::vec(form_piece(), 0..30).prop_map(|pieces| pieces.concat()),
        ],
        path in proptest::sample::select(vec!["/any", "/typed", "/none"]),
    ) {
        let request = Request::post(path).header("content-type", "multipart/form-data; boundary=x");
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let answer = without_waiting(send(shared_service(), request));
        prop_assert!([200, 400].contains(&answer.status), "{answer:?}");
    }
}

/// Polls a future that is pending only to yield to other tasks.
fn without_waiting(answer: impl Future<Output = Answer>) -> Answer {
    let mut answer = std::pin::pin!(answer);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..10_000 {
        if let std::task::Poll::Ready(answer) = answer.as_mut().poll(&mut cx) {
            return answer;
        }
    }
    panic!("an answer was waited for")
}

fn shared_service() -> HttpService<()> {
    static SERVICE: std::sync::LazyLock<HttpService<()>> = std::sync::LazyLock::new(service);
    SERVICE.clone()
}
