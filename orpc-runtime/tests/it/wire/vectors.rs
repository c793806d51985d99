//! Replays the captured exchanges of the official packages against the service, and
//! prints the number of run cases and the reasons of skipped ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write as _;
use std::time::Duration;

use futures::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, File, Set};
use orpc_runtime::{ErrorEvent, KeptSocket, ResponseHead, SocketConfig, Value as Any};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{self, Answer, send};

/// An object of any values.
fn object<const N: usize>(members: [(&str, Any); N]) -> Any {
    Any::Object(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// The procedures of the server that the exchanges were captured from.
#[router]
pub mod server {
    use super::*;

    #[procedure]
    pub async fn echo(input: Any) -> Any {
        input
    }

    #[procedure(method = GET)]
    pub async fn get_echo(input: Any) -> Any {
        input
    }

    #[procedure(name = "sub.dot")]
    pub async fn sub_dot(input: Any) -> Any {
        input
    }

    #[procedure]
    pub async fn void() {}

    #[derive(Serialize, JsonSchema)]
    pub struct Small {
        #[schemars(range(max = 1))]
        pub n: u32,
    }

    /// Returns a value that its own schema refuses.
    #[procedure]
    pub async fn bad_output() -> Small {
        Small { n: 2 }
    }

    #[derive(Deserialize, JsonSchema)]
    pub struct Wait {
        ms: u32,
        value: Any,
    }

    #[procedure(method = GET)]
    pub async fn wait(input: Wait) -> Any {
        tokio::time::sleep(Duration::from_millis(input.ms.into())).await;
        input.value
    }

    /// Two events, and then a long silence.
    #[procedure]
    pub fn ticks() -> impl Stream<Item = Event<Value>> {
        let events = [1, 2].map(|n: u64| Event::new(json!({ "n": n })).id(n.to_string()));
        futures::stream::iter(events).chain(futures::stream::pending())
    }

    #[procedure]
    pub async fn readable(call: &Call) {
        call.response().set_body(File::new("", "", r#"{"json":"raw stream"}"#));
    }

    #[procedure]
    pub async fn hang() {
        std::future::pending().await
    }

    #[procedure]
    pub async fn headers(call: &Call) -> BTreeMap<String, String> {
        let custom = call.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-"));
        custom.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    }

    #[derive(Deserialize, JsonSchema)]
    pub struct Person {
        name: String,
        #[allow(dead_code)]
        age: u8,
    }

    #[procedure]
    pub async fn validated(input: Person) -> String {
        format!("hi {}", input.name)
    }

    #[router]
    pub mod nested {
        #[orpc_runtime::router(name = "a b")]
        pub mod spaced {
            use orpc_runtime::Value as Any;

            #[orpc_runtime::procedure(name = "ü/?#%")]
            pub async fn odd(input: Any) -> Any {
                input
            }
        }
    }

    #[router]
    pub mod errors {
        use super::super::*;

        #[derive(RpcError)]
        pub enum Declared {
            #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
            RateLimited {
                #[serde(rename = "retryAfter")]
                retry_after: f64,
            },
            #[rpc_error(message = "No data here")]
            NoData,
            #[rpc_error(message = "custom text")]
            NotFound,
            #[rpc_error(transparent)]
            Other(Error),
        }

        #[procedure]
        pub async fn common(code: String) -> Result<(), Error> {
            Err(Error::custom(code))
        }

        #[procedure]
        pub async fn custom() -> Result<(), Error> {
            let data =
                object([("when", Date::from_millis(0).into()), ("n", BigInt::from(1).into())]);
            let error = Error::custom("MY_CODE").with_status(418).with_message("I am a teapot");
            Err(error.with_data(&data))
        }

        #[procedure]
        pub async fn with_file() -> Result<(), Error> {
            let file = File::new("why.txt", "text/plain", "why");
            Err(Error::new(Code::BadRequest).with_data(&object([("file", file.into())])))
        }

        #[procedure]
        pub async fn unknown_code() -> Result<(), Error> {
            Err(Error::custom("WHATEVER"))
        }

        #[procedure]
        pub async fn plain() -> Result<(), Error> {
            Err(std::io::Error::other("secret"))?
        }

        #[procedure]
        pub async fn non_error() {
            std::panic::panic_any("secret");
        }

        #[procedure]
        pub async fn defined() -> Result<(), Declared> {
            Err(Declared::RateLimited { retry_after: 30.0 })
        }

        #[procedure]
        pub async fn defined_no_data() -> Result<(), Declared> {
            Err(Declared::NoData)
        }

        #[procedure]
        pub async fn defined_override_message() -> Result<(), Declared> {
            Err(Declared::NotFound)
        }

        fn rate_limited(status: u16, data: &Value) -> Declared {
            let error = Error::custom("RATE_LIMITED").with_status(status).with_data(data);
            Declared::Other(error)
        }

        #[procedure]
        pub async fn defined_by_code() -> Result<(), Declared> {
            Err(rate_limited(429, &json!({ "retryAfter": 5 })))
        }

        #[procedure]
        pub async fn defined_status_mismatch() -> Result<(), Declared> {
            Err(rate_limited(430, &json!({ "retryAfter": 5 })))
        }

        #[procedure]
        pub async fn defined_bad_data() -> Result<(), Declared> {
            let data = json!({ "retryAfter": "soon" });
            let error = Error::custom("RATE_LIMITED").with_status(429);
            Err(Declared::Other(error.with_message("Slow down").with_data(&data)))
        }
    }

    #[router]
    pub mod stream {
        use super::super::*;

        /// One valid event, and one that its schema refuses.
        #[procedure]
        pub fn validated() -> impl Stream<Item = super::Small> {
            futures::stream::iter([1, 2]).map(|n| super::Small { n })
        }
        use super::errors::Declared;
        use futures::stream::{self, iter};

        type Items<T, R = ()> = Vec<Event<T, R>>;

        #[procedure]
        pub fn values() -> impl Stream<Item = Value> {
            iter([json!(1), json!("two"), json!({ "three": 3 }), json!(null), json!([true])])
        }

        #[procedure]
        pub fn meta() -> impl Stream<Item = Event<Value>> {
            let events: Items<_> = vec![
                Event::new(json!({ "n": 1 })).id("id-1"),
                Event::new(json!({ "n": 2 })).id("id-2").retry(Duration::from_millis(1500)),
                Event::new(json!({ "n": 3 }))
                    .id("ü 3")
                    .retry(Duration::ZERO)
                    .comment("c one")
                    .comment("c two"),
                Event::new(json!({ "n": 4 })),
            ];
            iter(events)
        }

        #[procedure]
        pub fn returns_meta() -> impl Stream<Item = Event<String, Value>> {
            let done = Event::done(json!({ "ok": true })).id("last");
            iter([Event::new("a".to_owned()), done.retry(Duration::from_millis(100))])
        }

        #[procedure]
        pub fn types() -> impl Stream<Item = Any> {
            let at = Date::from_millis(0);
            iter([
                object([("at", at.into()), ("big", BigInt::from(9).into())]),
                Any::Set(Set::from(vec![BigInt::from(1).into()])),
                Any::Date(Date::from_millis(5)),
                Any::Undefined,
                Any::Array(vec![Any::Undefined]),
            ])
        }

        #[derive(Serialize, JsonSchema)]
        pub struct Sum {
            total: u64,
        }

        #[procedure]
        pub fn returns() -> impl Stream<Item = Event<&'static str, Sum>> {
            iter([Event::new("a"), Event::done(Sum { total: 1 })])
        }

        #[procedure(name = "throwsORPC")]
        pub fn throws_orpc() -> impl Stream<Item = Result<u8, Error>> {
            #[derive(Serialize)]
            struct Why {
                why: Date,
            }

            let why = Why { why: Date::from_millis(0) };
            iter([Ok(1), Err(Error::new(Code::Forbidden).with_data(&why))])
        }

        #[procedure]
        pub async fn input(mut events: EventIterator<Any, Any>) -> Result<Any, Error> {
            let mut got = Vec::new();
            let mut returned = Any::Undefined;
            while let Some(event) = events.next().await.transpose()? {
                match event.into_parts().0 {
                    EventPayload::Message(value) => got.push(value),
                    EventPayload::Done(value) => returned = value,
                }
            }
            Ok(object([("got", got.into()), ("ret", returned)]))
        }

        #[procedure]
        pub async fn input_error(mut events: EventIterator<Any>) -> Any {
            while let Some(event) = events.next().await {
                if let Err(error) = event {
                    let data = match error.data_value() {
                        Any::Undefined => Any::Null,
                        data => data,
                    };
                    return object([
                        ("caught", error.message().into()),
                        ("code", error.code().into()),
                        ("data", data),
                    ]);
                }
            }
            Any::Null
        }

        #[procedure]
        pub async fn input_stop_early(mut events: EventIterator<Any>) -> Result<Any, Error> {
            match events.next().await.transpose()?.map(|event| event.into_parts().0) {
                Some(EventPayload::Message(value)) => Ok(value),
                _ => Ok(Any::Null),
            }
        }

        #[procedure]
        pub fn both(events: EventIterator<Any>) -> impl Stream<Item = Result<Any, Error>> {
            events.filter_map(|event| async {
                match event.map(|event| event.into_parts().0) {
                    Ok(EventPayload::Message(value)) => Some(Ok(object([("got", value)]))),
                    Ok(EventPayload::Done(())) => None,
                    Err(error) => Some(Err(error)),
                }
            })
        }

        #[procedure]
        pub fn blobs() -> impl Stream<Item = Any> {
            iter([object([("f", File::new("blob", "", "lost").into())])])
        }

        #[procedure]
        pub fn empty() -> impl Stream<Item = u8> {
            stream::empty()
        }

        #[procedure]
        pub fn returns_only() -> impl Stream<Item = Event<u8, String>> {
            iter([Event::done("only".to_owned())])
        }

        #[procedure]
        pub fn returns_null() -> impl Stream<Item = Event<u8, Value>> {
            iter([Event::done(Value::Null)])
        }

        #[procedure]
        pub fn throws_plain() -> impl Stream<Item = Result<u8, Error>> {
            iter([Ok(1), Err(Error::internal("secret"))])
        }

        #[procedure]
        pub fn throws_first() -> impl Stream<Item = Result<u8, Error>> {
            iter([Err(Error::new(Code::Unauthorized))])
        }

        #[procedure]
        pub fn throws_meta() -> impl Stream<Item = Result<Event<Value>, ErrorEvent<Error>>> {
            let error = ErrorEvent::new(Error::new(Code::BadGateway)).id("err-1");
            iter([
                Ok(Event::new(json!({ "n": 1 })).id("1")),
                Err(error.retry(Duration::from_millis(10))),
            ])
        }

        #[procedure]
        pub fn throws_defined() -> impl Stream<Item = Result<u8, Declared>> {
            iter([Ok(1), Err(Declared::RateLimited { retry_after: 1.0 })])
        }

        #[procedure]
        pub fn text() -> impl Stream<Item = &'static str> {
            iter(["line1\nline2\r\nline3", "data: fake\n\nevent: x"])
        }

        #[procedure]
        pub fn resume(last: Option<&LastEventId>) -> impl Stream<Item = Event<Value, Value>> {
            let from = last.map(|id| id.as_str().to_owned());
            let first = match &from {
                None => 1,
                Some(id) => id.parse().map_or(5, |id: u64| id + 1),
            };
            let events = (first..=4).map(|i| Event::new(json!({ "i": i })).id(i.to_string()));
            iter(events.chain([Event::done(json!({ "resumedFrom": from }))]).collect::<Vec<_>>())
        }

        #[procedure]
        pub fn endless() -> impl Stream<Item = Event<Value>> {
            iter((0_u64..).map(|i| Event::new(json!({ "i": i })).id(i.to_string())))
        }

        #[procedure]
        pub fn gate() -> impl Stream<Item = &'static str> {
            stream::unfold(0, |step| async move {
                match step {
                    0 => Some(("first", 1)),
                    1 => {
                        tokio::time::sleep(Duration::from_millis(90)).await;
                        Some(("second", 2))
                    }
                    _ => None,
                }
            })
        }
    }
}

/// For the captures whose ticks are plain numbers.
#[router]
pub mod plain {
    use super::*;

    #[procedure]
    pub fn ticks() -> impl Stream<Item = u8> {
        futures::stream::iter([1]).chain(futures::stream::pending())
    }
}

/// Returns the reason why a case is skipped.
fn left_out(file: &str, case: &Value) -> Option<&'static str> {
    let name = case["name"].as_str().unwrap();
    if file == "client-responses" {
        return Some("read by clients: run by the tests of the library in wire/tests");
    }
    no_value_of_rust(name)
}

/// Returns the reason why a value cannot occur in a Rust program.
fn no_value_of_rust(name: &str) -> Option<&'static str> {
    match name.split('.').next_back()? {
        "string-lone-surrogate" => Some("half a surrogate pair"),
        _ => None,
    }
}

fn vectors(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    #[derive(serde::Deserialize)]
    struct File {
        vectors: Vec<Box<serde_json::value::RawValue>>,
    }
    let file: File = serde_json::from_str(&text).unwrap();
    let case = |case: &serde_json::value::RawValue| match serde_json::from_str(case.get()) {
        Ok(case) => case,
        // An unpaired surrogate is not text in Rust, nor is the file that contains it.
        Err(_) if case.get().contains("string-lone-surrogate\"") => {
            json!({ "name": "string-lone-surrogate", "frames": [""] })
        }
        Err(error) => panic!("{path}: {error}"),
    };
    file.vectors.iter().map(|raw| case(raw)).collect()
}

/// The service as the capture's server was configured for the case.
fn service(name: &str) -> HttpService<()> {
    // The official server allows pages of every origin.
    let service = Rpc::new(server::router().check_outputs()).http(()).allow_any_origin();
    let service = if name == "path.no-prefix" { service } else { service.prefix("/rpc") };
    match name {
        // A strict official server refuses the second one as well.
        "get.strict-get-disabled" | "batch.raw-get-items" => service.strict_get(false),
        "sse.options-no-comment" => service.initial_comment(None),
        "sse.options-comment" => service.initial_comment(Some("hi")),
        "sse.keep-alive" => service.keep_alive(Some((Duration::from_millis(60), "ping"))),
        "batch.server-max-size" => service.batch_limit(1),
        "batch.success-status" => {
            let own = (HeaderName::from_static("x-batch"), HeaderValue::from_static("yes"));
            service.batch_response(StatusCode::OK, HeaderMap::from_iter([own]))
        }
        _ if name.starts_with("body-limit.") => service.body_limit(19),
        _ => service,
    }
}

fn request(case: &Value) -> Request<Full<bytes::Bytes>> {
    let request = &case["request"];
    let mut builder = Request::builder()
        .method(request["method"].as_str().unwrap())
        .uri(request["path"].as_str().unwrap());
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().unwrap();
        builder = builder.header(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    builder.body(Full::from(body(request))).unwrap()
}

/// The body of a captured message.
fn body(message: &Value) -> Vec<u8> {
    match message["bodyBase64"].as_str() {
        Some(base64) => decode_base64(base64),
        None => message["body"].as_str().unwrap_or("").into(),
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// The boundary of all captured forms.
const BOUNDARY: &[u8] = b"----formdata-undici-000000000000";

/// A message with the captures' boundary instead of its own, which is random.
fn with_captured_boundary(message: &[u8]) -> Vec<u8> {
    let start = b"boundary=";
    let Some(at) = message.windows(start.len()).position(|window| window == start) else {
        return message.to_vec();
    };
    let rest = &message[at + start.len()..];
    let is_in_boundary = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let end = rest.iter().position(|byte| !is_in_boundary(byte)).unwrap_or(rest.len());
    let boundary = &rest[..end];
    let mut out = Vec::new();
    let mut rest = message;
    while let Some(at) = rest.windows(boundary.len()).position(|window| window == boundary) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(BOUNDARY);
        rest = &rest[at + boundary.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Compares an answer with the captured response.
fn compare(name: &str, case: &Value, answer: &Answer) {
    if case["matched"] == json!(false) || name == "path.not-found" {
        assert!(answer.unmatched, "{name} must not match");
        assert_eq!(answer.status, 404, "{name}");
        return;
    }
    let expected = &case["response"];
    // Intended differences: safe methods run only procedures that allow GET.
    if let "raw.head" | "raw.options-without-cors" = name {
        let status = if name == "raw.head" { 405 } else { 204 };
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{name}");
        assert_eq!(answer.headers["allow"], "POST, PUT, PATCH, DELETE, OPTIONS", "{name}");
        return;
    }
    assert_eq!(json!(answer.status), expected["status"], "{name}: status, {}", answer.body);
    let content_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap());
    let Some(content_type) = content_type else {
        assert_eq!(expected["headers"].get("content-type"), None, "{name}");
        assert_eq!(answer.body, expected["body"].as_str().unwrap_or_default(), "{name}");
        return;
    };
    if content_type.starts_with("multipart/form-data") {
        let form = [content_type.as_bytes(), b"\n", &answer.bytes].concat();
        let content_type = expected["headers"]["content-type"].as_str().unwrap();
        let expected = [content_type.as_bytes(), b"\n", &body(expected)].concat();
        assert_eq!(with_captured_boundary(&form), expected, "{name}: {}", answer.body);
        return;
    }
    assert_eq!(json!(content_type), expected["headers"]["content-type"], "{name}");
    let expected = expected["body"].as_str().or(expected["decodedBody"].as_str()).unwrap();
    match name {
        // An error has a code in Rust, for every error in JavaScript.
        "raw.sse-input-truncated" => {
            let ours = answer.body.replace("\"CLIENT_CLOSED_REQUEST\"", "null");
            assert_eq!(ours, expected, "{name}");
        }
        "error.input-validation" => {
            assert_eq!(without_issue_texts(&answer.body), without_issue_texts(expected), "{name}");
        }
        "sse.cancel-by-client" => assert!(answer.body.starts_with(expected), "{name}"),
        // Responses that are ready at the same time have no order.
        "batch.buffered-errors" | "batch.streaming-errors" => {
            assert_eq!(parts(&answer.body), parts(expected), "{name}");
        }
        _ => assert_eq!(answer.body, expected, "{name}"),
    }
}

/// The answers of a batch, sorted.
fn parts(body: &str) -> Vec<&str> {
    let mut parts: Vec<_> =
        body.split("{\"index\"").map(|part| part.trim_end_matches([',', ']'])).collect();
    parts.sort_unstable();
    parts
}

/// The texts of issues differ, as those of another validator; their places are the same.
fn without_issue_texts(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).unwrap();
    for issue in body["json"]["data"]["issues"].as_array_mut().unwrap() {
        assert!(!issue["message"].as_str().unwrap().is_empty());
        *issue = json!({ "path": issue["path"] });
    }
    body
}

#[tokio::test(start_paused = true)]
async fn exchanges_are_those_of_the_official_server() {
    let files = [
        "values-post",
        "values-get-and-methods",
        "paths",
        "raw-requests",
        "errors",
        "event-iterator",
        "plugins",
        "batch",
        "client-responses",
    ];
    let (mut run, mut omitted) = (0, BTreeMap::<&str, usize>::new());
    for file in files {
        let mut here = 0;
        for case in vectors(&format!("http/{file}")) {
            if let Some(reason) = left_out(file, &case) {
                *omitted.entry(reason).or_default() += 1;
                continue;
            }
            replay(&case).await;
            here += 1;
        }
        run += here;
        report(&format!("{file}: {here} run"));
    }
    report(&format!("{run} cases run; left out: {omitted:?}"));
    // Fails as well when a case is no longer run.
    assert_eq!((run, omitted.values().sum::<usize>()), (258, 45));
}

/// Bypasses the test harness, which hides output of passing tests.
fn report(line: &str) {
    std::io::stderr().write_all(format!("vectors: {line}\n").as_bytes()).unwrap();
}

async fn replay(case: &Value) {
    let name = case["name"].as_str().unwrap();
    let answer = match name {
        "sse.cancel-by-client" => {
            let (_, mut body) = {
                use tower::ServiceExt as _;
                let service = service(name);
                service.oneshot(request(case)).await.unwrap().into_parts()
            };
            let mut text = String::new();
            while text.matches("data:").count() < 3 {
                let frame = body.frame().await.unwrap().unwrap();
                text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            }
            let headers = [("content-type", "text/event-stream")];
            Answer::new(200, &headers, text)
        }
        "headers.response" => headers_response(case).await,
        _ if name.starts_with("csrf.") => guarded(case).await,
        _ if name.starts_with("cors.") || name.starts_with("compression.") => {
            layered(name, case).await
        }
        _ if case["exchanges"].is_array() => {
            for exchange in case["exchanges"].as_array().unwrap() {
                let answer = send(service(name), request(exchange)).await;
                compare(name, exchange, &answer);
            }
            return;
        }
        _ => send(service(name), request(case)).await,
    };
    compare(name, case, &answer);
}

/// A service whose context refuses requests that other sites can make.
async fn guarded(case: &Value) -> Answer {
    async fn guard(call: &Call) -> Result<(), Error> {
        if call.headers().get("x-csrf-token").is_some_and(|token| token == "orpc") {
            return Ok(());
        }
        let error = Error::custom("CSRF_TOKEN_MISMATCH").with_status(403);
        Err(error.with_message("Invalid CSRF token"))
    }

    send(Rpc::<()>::new(server::router()).http(guard).prefix("/rpc"), request(case)).await
}

/// A service with a layer in place of the official plugin.
async fn layered(name: &str, case: &Value) -> Answer {
    use http::header::{HeaderValue, ORIGIN};
    use tower::{Layer as _, ServiceExt as _};
    use tower_http::compression::CompressionLayer;
    use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
    use tower_http::cors::{AllowHeaders, AllowOrigin, Any as Anything, CorsLayer};

    let origin = HeaderValue::from_static("https://app.test");
    let methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"];
    let cors = CorsLayer::new()
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods(methods.map(|method| method.parse().unwrap()))
        .allow_origin(AllowOrigin::mirror_request())
        .vary([ORIGIN]);
    let cors = match name {
        "cors.preflight-options" => cors
            .allow_credentials(true)
            .allow_headers(["x-one", "x-two"].map(HeaderName::from_static))
            .allow_methods([http::Method::POST])
            .max_age(Duration::from_secs(600)),
        "cors.star" => cors.allow_origin(Anything).vary([]),
        "cors.denied" => cors.allow_origin(AllowOrigin::list([origin])),
        _ => cors,
    };
    let predicate = SizeAbove::new(0).and(NotForContentType::SSE);
    let compression = CompressionLayer::new().compress_when(predicate);
    let service = service(name);
    let (mut parts, bytes) = if name.starts_with("cors.") {
        let (parts, body) = cors.layer(service).oneshot(request(case)).await.unwrap().into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    } else {
        let response = compression.layer(service).oneshot(request(case)).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    };

    let expected = case["response"]["headers"].as_object().into_iter().flatten();
    let listed = |text: &str| -> BTreeSet<String> {
        text.split(',').map(|item| item.trim().to_lowercase()).collect()
    };
    for (header, value) in expected {
        match header.as_str() {
            // Of answers to requests alone (Fetch Standard, section 3.3.3), and no part of CORS.
            "access-control-expose-headers" | "timing-allow-origin" | "content-type" => continue,
            _ => {}
        }
        let got = parts.headers.get(header).unwrap_or_else(|| panic!("{name}: {header}"));
        assert_eq!(listed(got.to_str().unwrap()), listed(value.as_str().unwrap()), "{name}");
    }
    if !case["response"].is_null() {
        for header in ["access-control-allow-origin", "content-encoding"] {
            let expected = case["response"]["headers"].get(header).is_some();
            assert_eq!(parts.headers.contains_key(header), expected, "{name}: {header}");
        }
    }
    let is_gzip = parts.headers.get("content-encoding").is_some_and(|value| value == "gzip");
    let bytes = if is_gzip { gunzip(&bytes).into() } else { bytes };
    if name.starts_with("cors.preflight") {
        // The layer responds with 200, the plugin with 204.
        assert!(parts.status.is_success() && bytes.is_empty(), "{name}");
        parts.status = StatusCode::NO_CONTENT;
    }
    Answer::of(parts, bytes)
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// A handler that sets headers and cookies.
async fn headers_response(case: &Value) -> Answer {
    #[router]
    pub mod with_headers {
        use super::*;

        #[procedure]
        pub async fn echo(call: &Call, input: Value) -> Result<Value, Error> {
            let mut response = call.response();
            let head: &mut ResponseHead = &mut response;
            head.insert_header("x-r", "v")?;
            for (name, value) in [("a", "1"), ("b", "2")] {
                head.set_cookie(cookie::Cookie::new(name, value).encoded())?;
            }
            Ok(input)
        }
    }

    let service = Rpc::new(with_headers::router()).http(()).prefix("/rpc");
    let answer = send(service, request(case)).await;
    assert_eq!(answer.headers["x-r"], "v");
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    answer
}

#[tokio::test]
async fn raw_connections_are_those_of_the_official_server() {
    let mut run = 0;
    for case in vectors("socket/socket") {
        let name = case["name"].as_str().unwrap();
        let expected = case["response"]["text"].as_str().unwrap();
        let service = service(name).initial_comment(Some(""));
        let address = support::serve(service).await;
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(case["request"]["text"].as_str().unwrap().as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        assert_eq!(essence(&text), essence(expected), "{name}");
        run += 1;
    }
    report(&format!("socket: {run} cases run"));
    assert_eq!(run, 5);
}

/// Status line, content type and body of a raw response: the other headers and
/// the framing of the body are the HTTP library's.
fn essence(response: &str) -> (String, Option<String>, String) {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
    let body = if chunked { dechunked(body) } else { body.to_owned() };
    // The response for an unmatched path has no content type on Node.
    let content_type = headers.get("content-type").filter(|_| !status.contains("404")).cloned();
    (status, content_type, body)
}

fn dechunked(mut body: &str) -> String {
    let mut out = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return out;
        }
        out.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap();
    }
}

/// Returns the reason why a case of the peer protocol is skipped.
fn peer_left_out(file: &str, case: &Value) -> Option<&'static str> {
    let name = case["name"].as_str().unwrap();
    let text = case["frames"].to_string();
    if file == "hibernation" {
        return Some("run by the tests of hibernation");
    }
    if case["frames"] == json!([]) || name == "peer.close.during-call" {
        return Some("no answer: run by the tests of the library in wire/tests");
    }
    if text.contains("structured") {
        return Some("objects by structured clone");
    }
    no_value_of_rust(name)
}

#[tokio::test(start_paused = true)]
async fn peers_send_the_frames_of_the_official_ones() {
    let files = ["values", "errors", "event-iterator", "abort-and-close", "raw-frames"];
    let files = files.into_iter().chain(["hibernation", "batch", "message-port"]);
    let (mut run, mut omitted) = (0, BTreeMap::<&str, usize>::new());
    for file in files {
        let mut here = 0;
        for case in vectors(&format!("peer/{file}")) {
            if let Some(reason) = peer_left_out(file, &case) {
                *omitted.entry(reason).or_default() += 1;
                continue;
            }
            replay_peer(&case, false).await;
            replay_peer(&case, true).await;
            here += 1;
        }
        run += here;
        report(&format!("peer {file}: {here} run"));
    }
    report(&format!("peer: {run} cases run; left out: {omitted:?}"));
    assert_eq!((run, omitted.values().sum::<usize>()), (146, 12));
}

/// A frame as text, without loss.
fn shown(is_text: bool, frame: &[u8]) -> String {
    if is_text {
        return String::from_utf8(frame.to_vec()).unwrap();
    }
    format!("binary: {}", frame.escape_ascii())
}

/// Sends the client's frames in their order and expects the server's between them. With `is_evicted` the
/// socket is continued by another peer whenever none of its calls is open.
async fn replay_peer(case: &Value, is_evicted: bool) {
    let name = case["name"].as_str().unwrap();
    let frames = case["frames"].as_array().unwrap();
    let of = |frame: &Value| match (frame["text"].as_str(), frame["base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(base64)) => decode_base64(base64),
        (None, None) => panic!("{name}: a frame without content"),
    };
    let answers = frames.iter().filter(|frame| frame["dir"] == "server->client");
    let expected: Vec<_> =
        answers.map(|answer| shown(answer["text"].is_string(), &of(answer))).collect();
    let router = match name {
        "peer.stream.abort-by-signal" | "peer.close.during-stream" => plain::router(),
        _ => server::router().check_outputs(),
    };
    let rpc = Rpc::new(router);
    let mut peer = rpc.peer(());
    let mut got = Vec::new();
    let mut ready = VecDeque::new();
    for frame in frames {
        if is_evicted {
            ready.extend(std::iter::from_fn(|| peer.next().now_or_never().flatten()));
            if peer.is_idle() {
                let kept = serde_json::to_string(&peer.socket().kept()).unwrap();
                let kept: KeptSocket = serde_json::from_str(&kept).unwrap();
                peer = rpc.peer_with((), kept.request(), SocketConfig::new().kept(&kept));
            }
        }
        if frame["dir"] == "client->server" {
            peer.receive(of(frame));
        } else {
            let next = async {
                match ready.pop_front() {
                    Some(frame) => Some(frame),
                    None => peer.next().await,
                }
            };
            let answer = tokio::time::timeout(Duration::from_secs(1), next).await;
            let answer = answer.unwrap_or_else(|_| panic!("{name}: no answer, after {got:?}"));
            let answer = answer.unwrap();
            // The comparison includes the type of the frame.
            got.push(shown(answer.is_text(), &with_captured_boundary(answer.as_bytes())));
        }
    }
    // No other frames, unless the capture shows only the side of the client.
    let rest = tokio::time::timeout(Duration::from_secs(1), peer.next()).await;
    assert!(rest.is_err() && ready.is_empty() || name == "peer.ids", "{name}: {rest:?} {ready:?}");
    if name.contains("input-validation") {
        assert_eq!(got[0].split("issues").next(), expected[0].split("issues").next(), "{name}");
    } else {
        // Only the members of an event's meta have an order set by the handler.
        let canonical = |frame: &String| match serde_json::from_str::<Value>(frame) {
            Ok(frame) if frame["p"]["m"].is_object() => Ok(frame),
            _ => Err(frame.clone()),
        };
        let (got, expected): (Vec<_>, Vec<_>) =
            (got.iter().map(canonical).collect(), expected.iter().map(canonical).collect());
        assert_eq!(got, expected, "{name}");
    }
}
