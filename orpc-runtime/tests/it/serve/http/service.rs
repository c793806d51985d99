//! The HTTP service in axum, in plain hyper and without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody};
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use crate::support::websocket::until_soon;
use crate::support::{Answer, post, read, send, serve};

/// Counts the work of the procedures.
#[derive(Default, Clone)]
pub struct Counters {
    produced: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Deserialize, JsonSchema)]
pub struct Text {
    text: String,
}

/// Panics halfway through its serialisation.
#[derive(JsonSchema)]
pub struct Bomb;

impl Serialize for Bomb {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq as _;

        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element("half")?;
        panic!("secret")
    }
}

/// Panics when it is read.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Mine(#[expect(dead_code, reason = "it is never read")] u8);

impl<'de> Deserialize<'de> for Mine {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("secret")
    }
}

/// Cannot be written.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub struct OddKeys(#[schemars(with = "Value")] std::collections::HashMap<(u8, u8), u8>);

#[router(context = Counters)]
pub mod api {
    use super::*;

    #[procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }

    #[procedure]
    pub async fn length(input: Text) -> usize {
        input.text.len()
    }

    #[procedure]
    pub async fn repeat(input: Text) -> String {
        input.text.repeat(100)
    }

    #[procedure]
    pub fn endless(counters: &Counters) -> impl Stream<Item = String> {
        let alive = Alive::new(&counters.alive);
        let numbers = stream::iter(0_u64..);
        numbers.map(move |n| {
            let _alive = &alive;
            counters.produced.fetch_add(1, Ordering::SeqCst);
            format!("{n:0100}")
        })
    }

    #[procedure]
    pub fn silent(counters: &Counters, call: &Call) -> impl Stream<Item = u8> {
        let alive = Alive::new(&counters.alive);
        let (token, cancelled) = (call.cancellation_token(), Arc::clone(&counters.cancelled));
        tokio::spawn(async move {
            token.cancelled().await;
            cancelled.fetch_add(1, Ordering::SeqCst);
        });
        stream::pending().map(move |n| {
            let _alive = &alive;
            n
        })
    }

    #[procedure]
    pub async fn forever(counters: &Counters) {
        let _alive = Alive::new(&counters.alive);
        std::future::pending().await
    }

    #[procedure]
    pub fn bad_id() -> impl Stream<Item = Event<u8>> {
        stream::iter([Event::new(1), Event::new(2).id("a\nb"), Event::new(3)])
    }

    #[procedure]
    pub fn bad_comment() -> impl Stream<Item = Event<u8>> {
        stream::iter([Event::new(1).comment("a\rdata: x")])
    }

    #[procedure]
    pub fn panics_later() -> impl Stream<Item = u8> {
        stream::iter([1, 2]).map(|n| if n == 2 { panic!("secret") } else { n })
    }

    #[procedure]
    pub async fn bomb() -> Bomb {
        Bomb
    }

    #[procedure]
    pub async fn mine(_input: Mine) {}

    #[procedure]
    pub fn bombs() -> impl Stream<Item = Bomb> {
        stream::iter([Bomb])
    }

    #[procedure]
    pub async fn token(call: &Call) -> Result<(), Error> {
        let (token, report) = (call.cancellation_token(), call.extensions().get().cloned());
        let report: Option<Arc<AtomicUsize>> = report;
        drop(report.map(|report| {
            tokio::spawn(async move {
                token.cancelled().await;
                report.fetch_add(1, Ordering::SeqCst);
            })
        }));
        Ok(())
    }

    #[procedure]
    pub async fn odd_keys() -> OddKeys {
        OddKeys([((1, 2), 3)].into())
    }

    #[procedure]
    pub fn refuses_to_start() -> Result<impl Stream<Item = u8>, Error> {
        let refused: Result<stream::Iter<std::array::IntoIter<u8, 1>>, _> =
            Err(Error::new(Code::Forbidden));
        refused
    }

    #[procedure]
    pub fn with_header(call: &Call) -> Result<impl Stream<Item = u8>, Error> {
        call.response().insert_header("x-before", "the head")?.set_status(StatusCode::ACCEPTED);
        Ok(stream::iter([1]))
    }

    #[procedure]
    pub async fn header_injection(call: &Call) -> Result<(), Error> {
        call.response().insert_header("x-bad", "a\r\nset-cookie: b")?;
        Ok(())
    }

    #[procedure]
    pub async fn peer(call: &Call) -> String {
        call.peer_addr().map_or("unknown".to_owned(), |address| address.to_string())
    }
}

fn service() -> HttpService<Counters> {
    Rpc::new(api::router()).http(Counters::default())
}

async fn call(name: &str) -> Answer {
    send(service(), post(&format!("/{name}"), "{}")).await
}

#[tokio::test]
async fn it_serves_in_axum_below_a_path() {
    let app = axum::Router::new().nest_service("/rpc", service());
    let response = app.oneshot(Request::get("/rpc/ping").body(axum::body::Body::empty()).unwrap());
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), r#"{"json":"pong"}"#);
}

#[tokio::test]
async fn it_serves_in_plain_hyper_with_a_prefix() {
    let address = serve(service().prefix("/rpc/")).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = "GET /rpc/ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n{\"json\":\"pong\"}"), "{response}");
}

#[tokio::test]
async fn cors_layers_work_around_the_service() {
    use tower_http::cors::{Any, CorsLayer};

    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
    let layered = cors.layer(service().allow_origin("https://app.test"));
    let preflight = Request::options("/length")
        .header("origin", "https://app.test")
        .header("access-control-request-method", "POST")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = layered.clone().oneshot(preflight).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let mut request = post("/length", r#"{"json":{"text":"abc"}}"#);
    request.headers_mut().insert("origin", "https://app.test".parse().unwrap());
    let response = layered.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn compression_layers_compress_results_but_not_event_streams() {
    use tower_http::compression::CompressionLayer;

    let layered = ServiceBuilder::new().layer(CompressionLayer::new()).service(service());
    let request = |path, body: &'static str| {
        let mut request = post(path, body);
        request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        request
    };
    let result = request("/repeat", r#"{"json":{"text":"abc"}}"#);
    let result = layered.clone().oneshot(result).await.unwrap();
    assert_eq!(result.headers()["content-encoding"], "gzip");
    let events = layered.oneshot(request("/panicsLater", "{}")).await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.headers().get("content-encoding"), None);
    assert_eq!(events.headers()["x-accel-buffering"], "no");
}

#[tokio::test(start_paused = true)]
async fn timeout_layers_end_a_call() {
    use tower_http::timeout::TimeoutLayer;

    let counters = Counters::default();
    let service = Rpc::new(api::router()).http(counters.clone());
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(1));
    let layered = timeout.layer(service);
    let response = layered.oneshot(post("/forever", "{}")).await.unwrap();
    assert_eq!(response.status(), 504);
    assert_eq!(counters.alive.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_limit_of_a_body_is_exact() {
    let envelope = |length: usize| {
        let empty = r#"{"json":{"text":""}}"#.len();
        format!(r#"{{"json":{{"text":"{}"}}}}"#, "x".repeat(length - empty))
    };
    let limited = || service().body_limit(100);
    let answer = send(limited(), post("/length", envelope(100))).await;
    assert_eq!((answer.status, answer.json()), (200, json!(80)));
    let answer = send(limited(), post("/length", envelope(101))).await;
    assert_eq!(answer.status, 413);
    let expected = r#"{"json":{"defined":false,"code":"PAYLOAD_TOO_LARGE","status":413,"message":"Payload Too Large"}}"#;
    assert_eq!(answer.body, expected);
    // The default.
    let answer = send(service(), post("/length", envelope(1024 * 1024))).await;
    assert_eq!(answer.status, 200);
    let answer = send(service(), post("/length", envelope(1024 * 1024 + 1))).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_the_body_is_read() {
    let polled = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&polled);
    let chunks = stream::poll_fn(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        std::task::Poll::<Option<Result<http_body::Frame<Bytes>, std::io::Error>>>::Pending
    });
    let request = Request::post("/length")
        .header("content-length", "100000000")
        .body(StreamBody::new(chunks))
        .unwrap();
    let response = service().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(polled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_body_without_a_length_is_refused_at_the_limit() {
    let chunk = || Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from(vec![b' '; 1000])));
    let chunks = stream::repeat_with(chunk);
    let request = Request::post("/length").body(StreamBody::new(chunks)).unwrap();
    let answer = send(service(), request).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_in_many_pieces_is_one_text() {
    let text = r#"{"json":{"text":"abcdef"}}"#;
    let chunks = text.as_bytes().chunks(3).map(|chunk| {
        Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::copy_from_slice(chunk)))
    });
    let chunks: Vec<_> = chunks.collect();
    let request = Request::post("/length").body(StreamBody::new(stream::iter(chunks))).unwrap();
    assert_eq!(send(service(), request).await.json(), json!(6));
}

#[tokio::test]
async fn a_truncated_body_is_malformed() {
    let chunks = stream::iter([
        Ok(http_body::Frame::data(Bytes::from_static(b"{\"json\":"))),
        Err(std::io::Error::other("connection reset")),
    ]);
    let request = Request::post("/length").body(StreamBody::new(chunks)).unwrap();
    assert_eq!(send(service(), request).await.status, 400);
}

#[tokio::test]
async fn a_request_for_an_unlisted_host_is_forbidden() {
    let service = service().allow_host("app.test").allow_host("localhost:3000");
    let ask = async |path: &str, host: Option<&str>| {
        let mut request = Request::post(path);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        send(service.clone(), request.body(String::new()).unwrap()).await
    };
    for host in ["app.test", "APP.test:8443", "localhost:3000"] {
        assert_eq!(ask("/ping", Some(host)).await.status, 200, "{host}");
    }
    for host in [Some("evil.test"), Some("localhost"), Some("localhost:3001"), Some("a b"), None] {
        for path in ["/ping", "/nope", "/ping/__batch__"] {
            let answer = ask(path, host).await;
            assert_eq!(answer.status, 403, "{host:?} {path}");
            let error: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(error["json"]["code"], "FORBIDDEN");
        }
    }
}

#[test]
fn builder_steps_that_panic_have_a_form_that_returns_the_error() {
    let panic_of = |step: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };

    let error = service().try_allow_host("https://app.test").unwrap_err().to_string();
    assert!(error.starts_with("`https://app.test` is not a host: write a name"), "{error}");
    assert_eq!(panic_of(&|| drop(service().allow_host("https://app.test"))), error);
    let sockets = || Rpc::new(api::router()).websocket(Counters::default());
    assert_eq!(sockets().try_allow_host("https://app.test").unwrap_err().to_string(), error);

    let rate = orpc_runtime::Rate::try_new(1, Duration::from_secs(1)).unwrap();
    let error = sockets().try_procedure_rate_limit("nope", rate).unwrap_err().to_string();
    assert_eq!(panic_of(&|| drop(sockets().procedure_rate_limit("nope", rate))), error);
    assert!(sockets().try_procedure_rate_limit("ping", rate).is_ok());

    for status in [399, 600] {
        let error = Error::new(Code::Conflict).try_with_status(status).unwrap_err().to_string();
        assert_eq!(error, format!("an error cannot have the HTTP status {status}"));
        assert_eq!(panic_of(&|| drop(Error::new(Code::Conflict).with_status(status))), error);
    }
    assert_eq!(Error::new(Code::Conflict).try_with_status(400).unwrap().status(), 400);

    let mut head = orpc_runtime::ResponseHead::default();
    for status in [StatusCode::CONTINUE, StatusCode::BAD_REQUEST] {
        let error = head.try_set_status(status).unwrap_err().to_string();
        let status = status.as_u16();
        assert_eq!(error, format!("a successful response cannot have the HTTP status {status}"));
    }
    assert_eq!(head.status(), None);
    head.try_set_status(StatusCode::CREATED).unwrap();
    assert_eq!(head.status(), Some(StatusCode::CREATED));
}

#[tokio::test]
async fn a_context_function_can_refuse_before_the_body_is_read() {
    async fn refuse(call: &Call) -> Result<Counters, Error> {
        match call.bearer_token() {
            Some("secret") => Ok(Counters::default()),
            _ => Err(Error::new(Code::Unauthorized)),
        }
    }

    let service = Rpc::new(api::router()).http(refuse);
    let body =
        StreamBody::new(stream::pending::<Result<http_body::Frame<Bytes>, std::io::Error>>());
    let answer = send(service.clone(), Request::post("/length").body(body).unwrap()).await;
    let expected =
        r#"{"json":{"defined":false,"code":"UNAUTHORIZED","status":401,"message":"Unauthorized"}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (401, expected));
    let mut request = post("/ping", "{}");
    request.headers_mut().insert("authorization", "bearer secret".parse().unwrap());
    assert_eq!(send(service, request).await.json(), json!("pong"));
}

#[tokio::test]
async fn a_panicking_context_function_is_a_500_for_its_caller_alone() {
    async fn panics(_: &Call) -> Result<Counters, Error> {
        panic!("secret")
    }

    let service = Rpc::new(api::router()).http(panics);
    let answer = send(service, post("/ping", "{}")).await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
}

#[tokio::test]
async fn a_result_that_panics_or_cannot_be_written_is_a_500_without_text() {
    for name in ["bomb", "oddKeys", "headerInjection"] {
        let answer = call(name).await;
        let expected = r#"{"json":{"defined":false,"code":"INTERNAL_SERVER_ERROR","status":500,"message":"Internal server error"}}"#;
        assert_eq!((answer.status, answer.body.as_str()), (500, expected), "{name}");
    }
}

#[tokio::test]
async fn a_panic_in_a_stream_is_an_error_event() {
    let answer = call("panicsLater").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        ": \n\nevent: message\ndata: {\"json\":1}\n\nevent: error\ndata: {\"json\":{\"defined\":false,\"code\":\"INTERNAL_SERVER_ERROR\",\"status\":500,\"message\":\"Internal server error\"}}\n\n"
    );
}

#[tokio::test]
async fn a_value_that_panics_halfway_leaves_no_output() {
    let error = "{\"json\":{\"defined\":false,\"code\":\"INTERNAL_SERVER_ERROR\",\"status\":500,\"message\":\"Internal server error\"}}";
    assert_eq!(call("bombs").await.body, format!(": \n\nevent: error\ndata: {error}\n\n"));
    let mut peer = Rpc::new(api::router()).peer(Counters::default());
    peer.receive(r#"{"i":"1","p":{"u":"/bombs"}}"#);
    peer.next().await.unwrap();
    let event = format!("{{\"i\":\"1\",\"t\":3,\"p\":{{\"e\":\"error\",\"d\":{error}}}}}");
    assert_eq!(peer.next().await.unwrap(), *event);
}

#[tokio::test]
async fn an_input_that_panics_while_it_is_read_fails_its_call_alone() {
    async fn later(_: &Call) -> Result<Counters, Error> {
        tokio::task::yield_now().await;
        Ok(Counters::default())
    }

    let error = "{\"json\":{\"defined\":false,\"code\":\"INTERNAL_SERVER_ERROR\",\"status\":500,\"message\":\"Internal server error\"}}";
    let rpc = Rpc::new(api::router());
    for service in [rpc.http(Counters::default()), rpc.http(later)] {
        let answer = send(service, post("/mine", r#"{"json":1}"#)).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, error));
    }
    for mut peer in [rpc.peer(Counters::default()), rpc.peer(later)] {
        peer.receive(r#"{"i":"1","p":{"u":"/mine","b":{"json":1}}}"#);
        let answer = format!("{{\"i\":\"1\",\"p\":{{\"s\":500,\"b\":{error}}}}}");
        assert_eq!(peer.next().await.unwrap(), *answer);
    }
}

#[tokio::test]
async fn a_token_is_cancelled_when_its_call_is_answered() {
    let cancelled = Arc::new(AtomicUsize::new(0));
    let mut request = post("/token", "{}");
    request.extensions_mut().insert(Arc::clone(&cancelled));
    assert_eq!(send(service(), request).await.status, 200);
    until_soon(|| cancelled.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_raw_value_with_line_breaks_stays_on_its_line() {
    #[router]
    pub mod raw {
        use super::*;

        #[procedure]
        pub fn pretty() -> impl Stream<Item = Result<u8, Error>> {
            let data = serde_json::value::RawValue::from_string("[\n1,\r\n2]".to_owned()).unwrap();
            stream::iter([Err(Error::new(Code::Conflict).with_data(&data))])
        }
    }

    let answer = send(Rpc::new(raw::router()).http(()), post("/pretty", "{}")).await;
    assert!(answer.body.contains(r#""data":[ 1,  2]}}"#), "{}", answer.body);
}

#[tokio::test]
async fn an_id_or_comment_that_would_break_its_line_ends_the_stream_with_an_error() {
    let error = "event: error\ndata: {\"json\":{\"defined\":false,\"code\":\"INTERNAL_SERVER_ERROR\",\"status\":500,\"message\":\"Internal server error\"}}\n\n";
    let answer = call("badId").await;
    assert_eq!(answer.body, format!(": \n\nevent: message\ndata: {{\"json\":1}}\n\n{error}"));
    let answer = call("badComment").await;
    assert_eq!(answer.body, format!(": \n\n{error}"));
}

#[tokio::test]
async fn a_stream_procedure_can_refuse_before_its_stream_starts() {
    let answer = call("refusesToStart").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_stream_procedure_sets_the_head_before_it_is_sent() {
    let answer = call("withHeader").await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.headers["x-before"], "the head");
    assert_eq!(answer.headers["content-type"], "text/event-stream");
}

#[tokio::test]
async fn the_peer_address_is_that_of_the_extensions() {
    let address = "127.0.0.1:80".parse().unwrap();
    let mut request = post("/peer", "{}");
    request.extensions_mut().insert(orpc_runtime::PeerAddr(address));
    assert_eq!(send(service(), request).await.json(), json!("127.0.0.1:80"));
}

#[tokio::test]
async fn a_reader_that_stops_reading_stops_the_stream() {
    let counters = Counters::default();
    let rpc = Rpc::new(api::router());
    let response = rpc.http(counters.clone()).oneshot(post("/endless", "{}")).await.unwrap();
    let mut body = response.into_body();
    // The initial comment, and then one buffer's worth of events.
    body.frame().await.unwrap().unwrap();
    let events = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let produced = counters.produced.load(Ordering::SeqCst);
    assert!(events.len() < 17 * 1024, "{} bytes at once", events.len());
    tokio::task::yield_now().await;
    assert_eq!(counters.produced.load(Ordering::SeqCst), produced);
    body.frame().await.unwrap().unwrap();
    assert!(counters.produced.load(Ordering::SeqCst) > produced);
    assert_eq!((rpc.live_streams(), counters.alive.load(Ordering::SeqCst)), (1, 1));
    drop(body);
    assert_eq!((rpc.live_streams(), counters.alive.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn a_lost_connection_drops_the_stream_and_cancels_its_token() {
    let counters = Counters::default();
    let rpc = Rpc::new(api::router());
    let address = serve(rpc.http(counters.clone())).await;
    for name in ["silent", "endless", "forever"] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("POST /{name} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        until_soon(|| counters.alive.load(Ordering::SeqCst) == 1).await;
        // A reset instead of an orderly close.
        socket.set_zero_linger().unwrap();
        drop(socket);
        until_soon(|| counters.alive.load(Ordering::SeqCst) == 0).await;
        until_soon(|| rpc.live_streams() == 0).await;
    }
    until_soon(|| counters.cancelled.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn shutdown_ends_streams_so_that_clients_reconnect() {
    let rpc = Rpc::new(api::router());
    let service = rpc.http(Counters::default());
    let response = service.clone().oneshot(post("/silent", "{}")).await.unwrap();
    let reader = tokio::spawn(read(response));
    until_soon(|| rpc.live_streams() == 1).await;
    rpc.shutdown();
    let error = "{\"json\":{\"defined\":false,\"code\":\"SERVICE_UNAVAILABLE\",\"status\":503,\"message\":\"Service Unavailable\"}}";
    assert_eq!(reader.await.unwrap().body, format!(": \n\nevent: error\ndata: {error}\n\n"));
    // New streams are refused, calls are answered.
    let refused = send(service.clone(), post("/silent", "{}")).await;
    assert_eq!((refused.status, refused.body.as_str()), (503, error));
    assert_eq!(send(service, post("/ping", "{}")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_sent_every_five_seconds_of_silence() {
    let start = tokio::time::Instant::now();
    let response = service().oneshot(post("/silent", "{}")).await.unwrap();
    let mut body = response.into_body();
    for seconds in [0, 5, 10] {
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), ": \n\n");
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_comment_of_several_lines_stays_a_comment() {
    let service = service().initial_comment(Some("one\ndata: two"));
    let response = service.oneshot(post("/silent", "{}")).await.unwrap();
    let frame = response.into_body().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), ": one\n: data: two\n\n");
}

#[tokio::test]
async fn calls_and_errors_are_in_spans_that_name_the_procedure() {
    use std::sync::Mutex;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};

    /// Records the fields of spans, and of events below those of their span.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Lines>>);

    #[derive(Default)]
    struct Lines {
        spans: Vec<String>,
        entered: Vec<usize>,
        events: Vec<(Option<String>, String)>,
    }

    struct Fields(String);

    impl Visit for Fields {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0 += &format!("{field}={value:?};");
        }
    }

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, span: &Attributes<'_>) -> Id {
            let mut fields = Fields(String::new());
            span.record(&mut fields);
            let mut lines = self.0.lock().unwrap();
            lines.spans.push(fields.0);
            Id::from_u64(lines.spans.len() as u64)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            let mut fields = Fields(String::new());
            event.record(&mut fields);
            let mut lines = self.0.lock().unwrap();
            let span = lines.entered.last().map(|id| lines.spans[id - 1].clone());
            lines.events.push((span, fields.0));
        }
        fn enter(&self, id: &Id) {
            self.0.lock().unwrap().entered.push(usize::try_from(id.into_u64()).unwrap());
        }
        fn exit(&self, _: &Id) {
            self.0.lock().unwrap().entered.pop();
        }
    }

    let log = Log::default();
    let _subscriber = tracing::subscriber::set_default(log.clone());
    // The first run registers every callsite; one that another test registers while the
    // subscriber is being set would stay silent.
    for name in ["ping", "refusesToStart", "bomb"] {
        call(name).await;
    }
    tracing::callsite::rebuild_interest_cache();
    *log.0.lock().unwrap() = Lines::default();
    for name in ["ping", "refusesToStart", "bomb"] {
        call(name).await;
    }
    let lines = log.0.lock().unwrap();
    for name in ["ping", "refusesToStart", "bomb"] {
        assert!(lines.spans.contains(&format!("procedure=\"{name}\";")), "{:?}", lines.spans);
    }
    let failed = |name: &str, code: &str| {
        let span = Some(format!("procedure=\"{name}\";"));
        let is_it = |(own, fields): &&(Option<String>, String)| {
            *own == span && fields.contains(&format!("code=\"{code}\";"))
        };
        lines.events.iter().find(is_it).map(|(_, fields)| fields.as_str())
    };
    for (name, code) in [("refusesToStart", "FORBIDDEN"), ("bomb", "INTERNAL_SERVER_ERROR")] {
        assert!(failed(name, code).is_some(), "{name}: {:?}", lines.events);
    }
    let of_ping =
        lines.events.iter().filter(|(span, _)| span.as_deref() == Some("procedure=\"ping\";"));
    assert_eq!(of_ping.count(), 0, "{:?}", lines.events);
}
