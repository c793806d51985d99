//! Budgets of bytes at their limits: of a socket, of all sockets, of all requests.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::MemoryBudget;
use orpc_runtime::http::{Connection, HttpService};
use orpc_runtime::prelude::*;
use orpc_runtime::value::File;
use orpc_runtime::websocket::WebSocketService;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{Semaphore, oneshot};

use crate::support::websocket::{PING, PONG, Raw, TEXT, channel, frame, until, until_soon, within};

use crate::support;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn length(text: String) -> usize {
        text.len()
    }

    #[procedure]
    pub async fn wait(_text: String) {
        std::future::pending().await
    }

    #[procedure]
    pub fn stream(_text: String) -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::pending()
    }

    /// Begins when it is let to, so that all calls are running before the first event.
    #[procedure]
    pub fn flood_later(letters: usize) -> impl Stream<Item = String> {
        let begin = async { FLOODS.acquire().await.unwrap().forget() };
        begin.into_stream().flat_map(move |()| {
            orpc_runtime::futures::stream::repeat_with(move || "x".repeat(letters))
        })
    }

    #[procedure]
    pub fn flood(letters: usize) -> impl Stream<Item = String> {
        orpc_runtime::futures::stream::repeat_with(move || "x".repeat(letters))
    }

    #[procedure]
    pub async fn letters(count: usize) -> String {
        gate().await;
        "x".repeat(count)
    }

    #[procedure]
    pub async fn file(size: usize) -> File {
        gate().await;
        File::new("x", "text/plain", vec![b'x'; size])
    }

    #[procedure]
    pub async fn text(count: usize) -> String {
        "x".repeat(count)
    }

    #[procedure]
    pub async fn made(size: usize) -> File {
        File::new("x", "text/plain", vec![b'x'; size])
    }

    #[procedure]
    pub async fn upload(file: File) -> Option<u64> {
        file.size()
    }
}

/// Calls that are held back, and their number.
static GATE: Semaphore = Semaphore::const_new(0);
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Floods that may begin.
static FLOODS: Semaphore = Semaphore::const_new(0);

async fn gate() {
    WAITING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
    WAITING.fetch_sub(1, Ordering::SeqCst);
}

fn rpc() -> Rpc<()> {
    Rpc::new(api::router())
}

/// Buffers of a connection in memory.
const BUFFER: usize = 1024;

async fn open(service: &WebSocketService<()>) -> Raw<DuplexStream> {
    Raw::open(channel(service, BUFFER), "/").await
}

/// The bytes of a call beside its message.
const CALL: usize = 4 * 1024;

/// A message of that length that calls a procedure.
fn message(id: usize, path: &str, length: usize) -> Vec<u8> {
    let with = |text: &str| {
        format!(r#"{{"i":"{id}","p":{{"u":"/{path}","b":{{"json":"{text}"}}}}}}"#).into_bytes()
    };
    with(&"x".repeat(length - with("").len()))
}

/// Calls a procedure and reads the status of the response.
async fn status(client: &mut Raw<DuplexStream>, message: &[u8]) -> Value {
    client.send(TEXT, message).await;
    client.message().await.json()["p"]["s"].clone()
}

#[tokio::test]
async fn a_socket_has_only_the_calls_that_fit_into_its_memory() {
    const LENGTH: usize = 5000;
    let too_many = json!(429);
    for (memory, fit) in [(4 * (LENGTH + CALL), 4), (4 * (LENGTH + CALL) - 1, 3)] {
        let service = rpc().websocket(()).socket_memory(memory);
        // Streams, by their inputs.
        let mut client = open(&service).await;
        for id in 0..fit {
            assert_eq!(status(&mut client, &message(id, "stream", LENGTH)).await, Value::Null);
        }
        assert_eq!(status(&mut client, &message(9, "stream", LENGTH)).await, too_many);
        // Finished work makes room.
        client.send(TEXT, br#"{"i":"0","t":4}"#).await;
        assert_eq!(status(&mut client, &message(9, "stream", LENGTH)).await, Value::Null);
        assert_eq!(status(&mut client, &message(10, "length", LENGTH)).await, too_many);

        // Calls that run, and calls that wait for them.
        let service = service.running_call_limit(2);
        let mut client = open(&service).await;
        for id in 0..fit {
            client.send(TEXT, &message(id, "wait", LENGTH)).await;
        }
        assert_eq!(status(&mut client, &message(9, "wait", LENGTH)).await, too_many);
        // Waiting and running calls both make room.
        for id in [2, 0, 1] {
            client.send(TEXT, format!(r#"{{"i":"{id}","t":4}}"#).as_bytes()).await;
        }
        assert_eq!(status(&mut client, &message(9, "length", LENGTH)).await, Value::Null);
    }
}

#[tokio::test]
async fn headers_of_open_streams_count() {
    let service = rpc().websocket(()).socket_memory(3 * 7000);
    let mut client = open(&service).await;
    let header = "x".repeat(2500);
    let call = |id: usize| {
        let headers = json!({ "x-long": header });
        json!({ "i": id, "p": { "u": "/stream", "h": headers, "b": { "json": "" } } }).to_string()
    };
    for id in 0..3 {
        assert_eq!(status(&mut client, call(id).as_bytes()).await, Value::Null);
    }
    assert_eq!(status(&mut client, call(3).as_bytes()).await, json!(429));
}

#[tokio::test]
async fn results_for_a_client_that_does_not_read_count() {
    for (path, kept) in [("/letters", 2), ("/file", 2)] {
        let service = rpc().websocket(()).unsent_limit(BUFFER).socket_memory(200_000);
        let mut client = open(&service).await;
        for id in 0..8 {
            client.call(id, path, &json!(60_000)).await;
        }
        until(|| WAITING.load(Ordering::SeqCst) == 8).await;
        GATE.add_permits(8);
        let mut counts = [0, 0];
        for _ in 0..8 {
            let answer = client.message().await;
            let is_refused = answer.payload.windows(17).any(|part| part == b"TOO_MANY_REQUESTS");
            counts[usize::from(is_refused)] += 1;
        }
        let [results, refused] = counts;
        assert!(results >= kept && refused > 0, "{path}: {results} results, {refused} refused");
        // All memory is released.
        assert_eq!(status(&mut client, &message(9, "length", 100_000)).await, Value::Null);
    }
}

#[tokio::test]
async fn all_sockets_share_the_memory_of_the_service() {
    let service = rpc().websocket(()).service_memory(50_000);
    let mut first = open(&service).await;
    let mut second = open(&service).await;
    assert_eq!(status(&mut first, &message(1, "stream", 12_000)).await, Value::Null);
    assert_eq!(status(&mut second, &message(1, "stream", 12_000)).await, Value::Null);
    assert_eq!(status(&mut second, &message(2, "stream", 12_000)).await, json!(503));
    // Smaller calls fit until nothing is left; then no socket is accepted.
    let mut id = 2;
    while status(&mut second, &message(id, "stream", 100)).await != json!(503) {
        id += 1;
    }
    let (mut refused, head) = within(Raw::ask(channel(&service, BUFFER), "/")).await;
    assert_eq!(head.status, 503);
    assert!(refused.body(&head).await.contains("too many sockets"));
    // Running calls continue, and calls that end make room.
    first.send(PING, b"").await;
    assert_eq!(first.next().await.unwrap().opcode, PONG);
    first.send(TEXT, br#"{"i":"1","t":4}"#).await;
    assert_eq!(status(&mut second, &message(id, "stream", 9000)).await, Value::Null);
    drop((first, second));
    within(async {
        while Raw::ask(channel(&service, BUFFER), "/").await.1.status != 101 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_unfinished_message_counts_and_has_a_deadline() {
    let half = |length: usize| frame(TEXT, &message(1, "length", 2 * length))[..length].to_vec();
    let service = rpc().websocket(()).service_memory(50_000);
    let mut client = open(&service).await;
    client.write(&half(40_000)).await;
    // It may be closed before everything is written.
    drop(within(client.stream.write_all(&[b'x'; 20_000])).await);
    assert_eq!(client.rest().await.last().unwrap().close().0, 1013);

    let service = rpc().websocket(()).message_deadline(Duration::from_millis(200));
    // A message of two fragments with pings and pongs in between, and one that
    // trickles in.
    let mut fragments = open(&service).await;
    let mut first = frame(TEXT, b"{\"i\":\"1\",");
    first[0] &= 0x7f;
    fragments.write(&first).await;
    let mut trickle = open(&service).await;
    trickle.write(&half(100)).await;
    for (mut client, bytes) in [(fragments, frame(PONG, b"")), (trickle, vec![b'x'])] {
        let closed = loop {
            if client.stream.write_all(&bytes).await.is_err() {
                break client.rest().await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            if let Some(Some(frame)) = futures::FutureExt::now_or_never(client.next()) {
                break vec![frame];
            }
        };
        assert_eq!(closed.last().unwrap().close().0, 1008);
    }
    // Each message has its own deadline: the halves of four in a row are in time.
    let service = rpc().websocket(()).message_deadline(Duration::from_secs(3600));
    let mut client = open(&service).await;
    let whole = frame(TEXT, &message(1, "length", 1000));
    client.write(&whole[..500]).await;
    for _ in 0..3 {
        client.write(&[&whole[500..], &whole[..500]].concat()).await;
        assert!(client.message().await.text().contains("json"));
    }
}

/// A request whose body is sent when the caller does.
fn request(path: &str, length: usize) -> Vec<u8> {
    format!(
        "POST /{path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

async fn answer(stream: &mut tokio::net::TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"}") {
        let length = within(stream.read_buf(&mut read)).await.unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn all_requests_share_the_memory_of_the_service() {
    let service = rpc().http(()).service_memory(100_000);
    let body = |length: usize| format!("{{\"json\":\"{}\"}}", "x".repeat(length));
    let address = support::serve(service.clone()).await;
    // A body that has mostly arrived.
    let text = body(60_000);
    let mut first = tokio::net::TcpStream::connect(address).await.unwrap();
    first.write_all(&request("length", text.len())).await.unwrap();
    first.write_all(&text.as_bytes()[..59_000]).await.unwrap();
    // Another one of that length fits when the first has ended, and not before.
    within(async {
        while support::send(service.clone(), support::post("/length", body(60_000))).await.status
            != 503
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        support::send(service.clone(), support::post("/length", body(100))).await.status,
        200
    );
    first.write_all(&text.as_bytes()[59_000..]).await.unwrap();
    assert!(answer(&mut first).await.contains("60000"));
    assert_eq!(
        support::send(service.clone(), support::post("/length", body(60_000))).await.status,
        200
    );
    // Long headers are memory as well.
    let long = http::Request::post("/length")
        .header("x-long", "x".repeat(100_000))
        .body(http_body_util::Full::new(Bytes::from(body(1))))
        .unwrap();
    assert_eq!(support::send(service.clone(), long).await.status, 503);
}

/// A request with half of its body, until the sender is used.
fn half(
    connection: &Connection,
    length: usize,
) -> (
    http::Request<impl http_body::Body<Data = Bytes, Error = Infallible> + use<>>,
    oneshot::Sender<()>,
) {
    let (rest, awaited) = oneshot::channel::<()>();
    let text = Bytes::from(format!("{{\"json\":\"{}\"}}", "x".repeat(length)));
    let last = text.slice(length..);
    let begin = futures::stream::iter([Ok(http_body::Frame::data(text.slice(..length)))]);
    let end = futures::stream::once(async move {
        drop(awaited.await);
        Ok(http_body::Frame::data(last))
    });
    let mut request = support::post("/length", "");
    request.extensions_mut().insert(connection.clone());
    let body = http_body_util::StreamBody::new(begin.chain(end));
    (request.map(|_| body), rest)
}

#[tokio::test]
async fn requests_of_one_connection_share_its_part_of_the_memory() {
    let memory = MemoryBudget::new(10_000_000);
    let service = rpc().http(()).memory(&memory).connection_memory(100_000);
    // As with HTTP/2, where they run at the same time.
    let connection = Connection::new();
    let (first, rest) = half(&connection, 60_000);
    let first = tokio::spawn(support::send(service.clone(), first));
    until(|| memory.used() > 60_000).await;
    let ask = async |connection: &Connection| {
        let (asked, rest) = half(connection, 60_000);
        drop(rest);
        support::send(service.clone(), asked).await
    };
    let refused = ask(&connection).await;
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!("TOO_MANY_REQUESTS")));
    assert_eq!(ask(&Connection::new()).await.status, 200, "another connection has its own");
    let other = rpc().http(()).memory(&memory);
    let (asked, rest_of_other) = half(&connection, 60_000);
    drop(rest_of_other);
    assert_eq!(support::send(other, asked).await.status, 200, "so has another service");
    rest.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(ask(&connection).await.status, 200);
    assert_eq!(memory.used(), 0);
    // A single request has the same limit, with or without a connection from the
    // server.
    let text = format!("{{\"json\":\"{}\"}}", "x".repeat(120_000));
    let long = support::post("/length", text.clone());
    assert_eq!(support::send(service.clone(), long).await.status, 429);
    // The library's server tells connections apart.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(orpc_runtime::serve(listener, service).into_future());
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    for (length, code) in [(60_000, "60000"), (120_000, "TOO_MANY"), (60_000, "60000")] {
        let text = &text[..length];
        let text = format!("{text}{}\"}}", "x".repeat(length + 9 - text.len()));
        client.write_all(&request("length", text.len())).await.unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        let read = answer(&mut client).await;
        assert!(read.contains(code), "{read}");
    }
}

#[tokio::test]
async fn http_and_websocket_share_one_memory() {
    let rpc = rpc();
    let ask = async |service: &HttpService<()>, length: usize| {
        let body = format!("{{\"json\":\"{}\"}}", "x".repeat(length));
        support::send(service.clone(), support::post("/length", body)).await.status
    };
    // The services of one router have its budget.
    let (http, websocket) = (rpc.http(()), rpc.websocket(()));
    let mut client = open(&websocket).await;
    assert_eq!(status(&mut client, &message(1, "stream", 12_000)).await, Value::Null);
    let by_socket = rpc.memory().used();
    assert!(by_socket > 12_000, "{by_socket}");
    let (first, rest) = half(&Connection::new(), 60_000);
    let first = tokio::spawn(support::send(http, first));
    until(|| rpc.memory().used() > by_socket + 60_000).await;
    rest.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    drop(client);
    until(|| rpc.memory().used() == 0).await;
    assert_eq!(rpc.memory().limit(), 256 * 1024 * 1024);
    // Beyond it both transports refuse, whichever has used the memory.
    let memory = MemoryBudget::new(40_000);
    let (http, websocket) = (rpc.http(()).memory(&memory), rpc.websocket(()).memory(&memory));
    let mut client = open(&websocket).await;
    assert_eq!(ask(&http, 20_000).await, 200);
    assert_eq!(status(&mut client, &message(1, "stream", 20_000)).await, Value::Null);
    assert_eq!(ask(&http, 20_000).await, 503);
    client.send(TEXT, br#"{"i":"1","t":4}"#).await;
    until(|| memory.used() < 20_000).await;
    let (first, rest) = half(&Connection::new(), 25_000);
    let first = tokio::spawn(support::send(http.clone(), first));
    until(|| memory.used() > 20_000).await;
    assert_eq!(status(&mut client, &message(2, "stream", 12_000)).await, json!(503));
    rest.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(status(&mut client, &message(3, "stream", 12_000)).await, Value::Null);
}

/// The length of an event, beyond what the operating system takes of a few of them.
const EVENT: usize = 4_000_000;

/// The budget of tests with stopped readers: of four events.
const STOPPED: usize = 4 * EVENT;

/// Maximum bytes kept: the budget, one event admitted by each thread, and
/// those beyond it.
const MOST: usize = STOPPED + 18 * (EVENT + 200_000);

/// Connects readers of events that read nothing.
async fn stop_reading(address: std::net::SocketAddr, count: usize) -> Vec<tokio::net::TcpStream> {
    let mut readers = Vec::new();
    for _ in 0..count {
        let mut reader = tokio::net::TcpStream::connect(address).await.unwrap();
        let body = format!("{{\"json\":{EVENT}}}");
        reader.write_all(&request("floodLater", body.len())).await.unwrap();
        reader.write_all(body.as_bytes()).await.unwrap();
        readers.push(reader);
    }
    readers
}

/// Opens readers over both transports that read nothing: twice as many as there is memory
/// and turns for.
async fn stopped(
    rpc: &Rpc<()>,
    memory: &MemoryBudget,
    deadline: Duration,
) -> (Vec<tokio::net::TcpStream>, Vec<Raw<DuplexStream>>) {
    let http = rpc.http(()).memory(memory).write_timeout(deadline);
    let websocket = rpc.websocket(()).memory(memory).write_timeout(deadline);
    let address = support::serve(http).await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(open(&websocket).await);
    }
    for socket in &mut sockets {
        socket.call(1, "/floodLater", &json!(EVENT)).await;
    }
    let readers = stop_reading(address, 30).await;
    until_soon(|| rpc.live_streams() == 40).await;
    FLOODS.add_permits(40);
    until_soon(|| memory.used() > STOPPED).await;
    (readers, sockets)
}

#[tokio::test]
async fn events_of_stopped_readers_stay_within_the_memory_and_others_continue() {
    let rpc = rpc();
    let memory = MemoryBudget::new(STOPPED);
    let open = stopped(&rpc, &memory, Duration::from_secs(600)).await;
    // Until all have done what they can.
    let (mut used, mut turns) = (memory.used(), 0);
    while turns < 5_000 {
        tokio::task::yield_now().await;
        turns = if memory.used() == used { turns + 1 } else { 0 };
        used = memory.used();
        assert!(used < MOST, "{used} bytes of {STOPPED}");
    }
    drop(open);
    until_soon(|| memory.used() == 0).await;

    // Those that stopped are let go, which are hurried then, and so all get their turn.
    let open = stopped(&rpc, &memory, Duration::from_millis(600)).await;
    until_soon(|| rpc.live_streams() == 0).await;
    drop(open);
    until_soon(|| memory.used() == 0).await;
}

#[tokio::test]
async fn an_active_reader_continues_while_the_memory_is_exhausted() {
    let memory = MemoryBudget::new(300_000);
    let rpc = rpc();
    let http = rpc.http(()).memory(&memory).connection_memory(280_000);
    let address = support::serve(http.clone()).await;
    // Calls that never end.
    let (held, _rest) = half(&Connection::new(), 260_000);
    let held = tokio::spawn(support::send(http, held));
    until_soon(|| memory.used() > 260_000).await;
    let mut reader = tokio::net::TcpStream::connect(address).await.unwrap();
    reader.write_all(&request("flood", 15)).await.unwrap();
    reader.write_all(b"{\"json\":300000}").await.unwrap();
    let (mut read, mut buffer) = (0, vec![0; 65536]);
    while read < 3_000_000 {
        let length = within(reader.read(&mut buffer)).await.unwrap();
        assert!(length > 0);
        read += length;
    }
    held.abort();
}

#[tokio::test]
async fn a_long_result_is_refused_while_the_memory_is_exhausted() {
    let memory = MemoryBudget::new(100_000);
    let service = rpc().http(()).memory(&memory);
    let results = ["text", "made"].map(|path| {
        let ask =
            |length: usize| support::post(&format!("/{path}"), format!("{{\"json\":{length}}}"));
        (path, ask(90_000), ask(90_000), ask(10_000))
    });
    for (path, first, second, short) in results {
        let first = tower::ServiceExt::oneshot(service.clone(), first).await.unwrap();
        assert_eq!(first.status(), 200);
        assert!(memory.used() >= 90_000, "{path}");
        assert_eq!(support::send(service.clone(), second).await.status, 503, "{path}");
        let short = support::send(service.clone(), short).await;
        assert_eq!(short.status, 200, "{path}");
        drop(first);
        until_soon(|| memory.used() == 0).await;
    }
}

#[tokio::test]
async fn parts_of_a_form_count_while_they_are_in_memory() {
    let form = |size: usize| {
        let text = format!(
            "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n\
             {{\"json\":{{}},\"maps\":[[]]}}\r\n--B\r\nContent-Disposition: form-data; \
             name=\"0\"; filename=\"f\"\r\n\r\n{}\r\n--B--\r\n",
            "x".repeat(size)
        );
        http::Request::post("/upload")
            .header("content-type", "multipart/form-data; boundary=B")
            .body(pieces(text))
            .unwrap()
    };
    // In pieces, as from a connection.
    fn pieces(text: String) -> impl http_body::Body<Data = Bytes, Error = std::io::Error> {
        let bytes = Bytes::from(text);
        let starts = (0..bytes.len()).step_by(50_000);
        let pieces = starts.map(move |start| {
            Ok(http_body::Frame::data(bytes.slice(start..bytes.len().min(start + 50_000))))
        });
        http_body_util::StreamBody::new(futures::stream::iter(pieces))
    }
    let service = rpc().http(()).service_memory(800_000);
    assert_eq!(support::send(service.clone(), form(700_000)).await.status, 200);
    assert_eq!(support::send(service.clone(), form(900_000)).await.status, 503);
    let on_disk = service.file_memory(1000);
    assert_eq!(support::send(on_disk.clone(), form(3_000_000)).await.status, 200);
    assert_eq!(support::send(on_disk, form(700_000)).await.status, 200);
}

#[tokio::test]
async fn unread_streams_hold_their_memory_until_they_are_dropped() {
    let rpc = rpc();
    let deadline = Duration::from_millis(500);
    let service = rpc.http(()).service_memory(150_000).write_timeout(deadline);
    let address = support::serve(service.clone()).await;
    let ping = || support::send(service.clone(), support::post("/length", "{\"json\":\"x\"}"));
    let body = b"{\"json\":200000}";
    let mut reader = tokio::net::TcpStream::connect(address).await.unwrap();
    reader.write_all(&request("flood", body.len())).await.unwrap();
    reader.write_all(body).await.unwrap();
    within(async {
        while ping().await.status != 503 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while ping().await.status != 200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(rpc.live_streams(), 0);
}
