//! Memory that clients can make a server keep beside the bytes that they send: buffers,
//! headers, answers that wait, temporary files.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::File;
use orpc_runtime::websocket::{SocketHooks, WebSocketService};
use orpc_runtime::{Frame, MemoryBudget};
use serde_json::json;
use tokio::io::DuplexStream;

use crate::support;
use crate::support::websocket::{PONG, Raw, TEXT, channel, frame, until};

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn text(letters: usize) -> String {
        "x".repeat(letters)
    }

    #[procedure]
    pub async fn wait() {
        std::future::pending().await
    }

    #[procedure(method = GET)]
    pub async fn wait_for(_text: String) {
        std::future::pending().await
    }

    #[procedure]
    pub fn stream() -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::pending()
    }

    #[procedure]
    pub async fn upload(file: File) -> Option<u64> {
        file.size()
    }
}

const MIB: usize = 1024 * 1024;

fn rpc() -> Rpc<()> {
    Rpc::new(api::router())
}

async fn open(service: &WebSocketService<()>) -> Raw<DuplexStream> {
    Raw::open(channel(service, 4096), "/").await
}

/// A frame of a message that does not end with it.
fn fragment(opcode: u8, length: usize) -> Vec<u8> {
    let mut bytes = frame(opcode, &vec![b'x'; length]);
    bytes[0] &= 0x7f;
    bytes
}

#[tokio::test]
async fn fragments_count_with_the_buffer_of_the_codec_and_its_copy_of_them() {
    let rpc = rpc();
    let mut client = open(&rpc.websocket(())).await;
    let before = rpc.memory().used();
    let counted = |bytes: usize| {
        let more = rpc.memory().used() - before;
        (bytes..bytes + 8192).contains(&more)
    };
    client.write(&fragment(TEXT, 100_000)).await;
    until(|| counted(200_000)).await;
    // The copy grows to twice its length.
    client.write(&fragment(0, 50_000)).await;
    until(|| counted(100_000 + 2 * 150_000)).await;
    client.write(&frame(0, b"x")).await;
    until(|| counted(0)).await;
}

#[tokio::test]
async fn the_buffer_of_a_long_message_is_counted_and_given_back() {
    let rpc = rpc();
    let mut client = open(&rpc.websocket(())).await;
    let long = frame(TEXT, &vec![b'x'; 500_000]);
    let before = rpc.memory().used();
    // A message that has begun behind it keeps it.
    client.write(&[&long[..], &[0x81]].concat()).await;
    until(|| rpc.memory().used() >= before + 500_000).await;
    client.write(&frame(TEXT, b"x")[1..]).await;
    until(|| rpc.memory().used() == before).await;
    // So do no messages that come one after the other.
    for _ in 0..3 {
        client.write(&long).await;
        client.send(PONG, b"").await;
    }
    client.call("1", "/text", &json!(1)).await;
    client.message().await;
    assert_eq!(rpc.memory().used(), before);
    // While frames wait for the client the codec stays as it is.
    client.call("2", "/text", &json!(20_000)).await;
    until(|| rpc.memory().used() >= before + 10_000).await;
    client.write(&long).await;
    until(|| rpc.memory().used() >= before + 510_000).await;
    client.message().await;
    until(|| rpc.memory().used() == before).await;
}

/// The second call is given the memory of the first one, which has ended.
#[tokio::test]
async fn calls_that_arrive_together_count_each_by_its_own_length() {
    let rpc = rpc();
    let mut client = Raw::open(channel(&rpc.websocket(()), 64 * 1024), "/").await;
    let before = rpc.memory().used();
    let call = |id: &str, url: &str, input: &serde_json::Value| {
        let call = json!({ "i": id, "p": { "u": url, "b": { "json": input } } });
        frame(TEXT, call.to_string().as_bytes())
    };
    let long = call("2", "/waitFor", &json!("x".repeat(10_000)));
    client.write(&[call("1", "/text", &json!(1)), long].concat()).await;
    client.message().await;
    until(|| rpc.memory().used() >= before + 10_000).await;
    client.write(&frame(TEXT, br#"{"i":"2","t":4}"#)).await;
    until(|| rpc.memory().used() == before).await;
}

/// Keeps the last message of a socket.
#[derive(Clone, Default)]
struct LastMessage(Arc<Mutex<Option<Frame>>>);

impl SocketHooks for LastMessage {
    fn message(&self, _: &Socket, frame: &Frame) -> std::ops::ControlFlow<()> {
        *self.0.lock().unwrap() = Some(frame.clone());
        std::ops::ControlFlow::Continue(())
    }
}

#[tokio::test]
async fn a_short_message_keeps_no_longer_buffer() {
    let last = LastMessage::default();
    let service = rpc().websocket(()).hooks(last.clone());
    let mut client = open(&service).await;
    let short = br#"{"i":"1","p":{"u":"/wait"}}"#;
    client.write(&[frame(TEXT, &vec![b'x'; 500_000]), frame(TEXT, short)].concat()).await;
    let is_short = |frame: &Frame| matches!(frame, Frame::Text(text) if &text[..] == short);
    until(|| last.0.lock().unwrap().as_ref().is_some_and(is_short)).await;
    let Some(Frame::Text(text)) = last.0.lock().unwrap().take() else { panic!() };
    // The rest of the message's buffer is known to its only owner.
    let mut text = Some(text);
    until(|| match text.take().unwrap().try_into_mut() {
        Ok(own) => {
            assert!(own.capacity() < 2 * short.len(), "{}", own.capacity());
            true
        }
        Err(shared) => {
            text = Some(shared);
            false
        }
    })
    .await;
}

/// As many headers, which are short.
fn headers(count: usize) -> serde_json::Map<String, serde_json::Value> {
    (0..count).map(|number| (format!("h{number}"), json!(""))).collect()
}

#[tokio::test]
async fn short_headers_count_more_than_their_texts() {
    let rpc = rpc();
    let mut client = open(&rpc.websocket(())).await;
    let before = rpc.memory().used();
    let call = json!({ "i": "1", "p": { "u": "/stream", "h": headers(100) } }).to_string();
    client.send(TEXT, call.as_bytes()).await;
    client.message().await;
    let more = rpc.memory().used() - before;
    assert!(more > call.len() + 100 * 100, "{more} for {}", call.len());
}

/// The calls of a batch, whose URLs have an origin.
fn items(paths: &[&str], input: usize) -> serde_json::Value {
    let item =
        |path: &&str| json!({ "url": format!("http://x/{path}"), "body": { "json": input } });
    paths.iter().map(item).collect()
}

fn batch(items: &serde_json::Value, count: usize) -> http::Request<http_body_util::Full<Bytes>> {
    let mut request = support::post("/__batch__", items.to_string());
    request.headers_mut().insert("x-orpc-batch", http::HeaderValue::from_static("buffered"));
    for number in 0..count {
        let name: http::HeaderName = format!("h{number}").parse().unwrap();
        request.headers_mut().insert(name, http::HeaderValue::from_static(""));
    }
    request
}

#[tokio::test]
async fn every_call_of_a_batch_counts_with_the_headers_of_all() {
    let items = items(&["wait"; 10], 0);
    let rpc = rpc();
    let send = tokio::spawn(support::send(rpc.http(()), batch(&items, 90)));
    until(|| rpc.memory().used() > 10 * 90 * 100).await;
    send.abort();
    until(|| rpc.memory().used() == 0).await;

    let mut client = open(&rpc.websocket(())).await;
    let mut headers = headers(90);
    headers.insert("x-orpc-batch".to_owned(), json!("buffered"));
    let call = json!({ "i": "1", "p": { "u": "/__batch__", "h": headers, "b": items } });
    client.send(TEXT, call.to_string().as_bytes()).await;
    until(|| rpc.memory().used() > 10 * 90 * 100).await;
    client.send(TEXT, br#"{"i":"1","t":4}"#).await;
    until(|| rpc.memory().used() < 10_000).await;
}

#[tokio::test]
async fn answers_of_a_batch_count_while_another_call_of_it_runs() {
    let rpc = rpc();
    let items_with_wait = items(&["text", "text", "wait"], 60_000);
    let send = tokio::spawn(support::send(rpc.http(()), batch(&items_with_wait, 0)));
    until(|| rpc.memory().used() > 120_000).await;
    send.abort();
    let mut client = open(&rpc.websocket(())).await;
    let headers = json!({ "x-orpc-batch": "buffered" });
    let call = json!({ "i": "1", "p": { "u": "/__batch__", "h": headers, "b": items_with_wait } });
    client.send(TEXT, call.to_string().as_bytes()).await;
    until(|| rpc.memory().used() > 120_000).await;
    client.send(TEXT, br#"{"i":"1","t":4}"#).await;
    until(|| rpc.memory().used() < 10_000).await;

    // Beyond the memory an answer is an error, and the others are as they are.
    let service = rpc.http(()).service_memory(150_000);
    let answer = support::send(service, batch(&items(&["text"; 3], 60_000), 0)).await;
    let answers: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let failed = |answer: &&serde_json::Value| answer["status"] == json!(503);
    assert_eq!(answers.as_array().unwrap().iter().filter(failed).count(), 1);
}

#[tokio::test]
async fn a_query_counts_with_the_input_in_it() {
    let rpc = rpc();
    let input = format!("%22{}%22", "x".repeat(50_000));
    let request = http::Request::get(format!("/waitFor?data=%7B%22json%22:{input}%7D"));
    let request = request.body(http_body_util::Empty::<Bytes>::new()).unwrap();
    let send = tokio::spawn(support::send(rpc.http(()), request));
    until(|| rpc.memory().used() > 100_000).await;
    send.abort();
}

/// A form with files of one length, of names of another one.
fn form(files: usize, length: usize, name: usize) -> http::Request<http_body_util::Full<Bytes>> {
    let maps: Vec<_> = (0..files).map(|_| json!([])).collect();
    let mut text = format!(
        "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{}\r\n",
        json!({ "json": {}, "maps": maps })
    );
    for number in 0..files {
        text += &format!(
            "--B\r\nContent-Disposition: form-data; name=\"{number}\"; filename=\"{}\"\r\n\r\n{}\r\n",
            "n".repeat(name),
            "x".repeat(length)
        );
    }
    http::Request::post("/upload")
        .header("content-type", "multipart/form-data; boundary=B")
        .body(http_body_util::Full::new(Bytes::from(text + "--B--\r\n")))
        .unwrap()
}

async fn status(
    service: &HttpService<()>,
    request: http::Request<http_body_util::Full<Bytes>>,
) -> u16 {
    support::send(service.clone(), request).await.status
}

#[tokio::test]
async fn temporary_files_have_a_space_of_their_own() {
    let service = rpc().http(()).file_memory(1000).file_space(2 * MIB);
    assert_eq!(status(&service, form(1, 3 * MIB, 1)).await, 503);
    // It is free again when the call has ended.
    for _ in 0..2 {
        assert_eq!(status(&service, form(1, 3 * MIB / 2, 1)).await, 200);
    }
}

#[tokio::test]
async fn names_of_files_count() {
    let memory = MemoryBudget::new(250_000);
    let service = rpc().http(()).memory(&memory);
    assert_ne!(status(&service, form(20, 1, 1)).await, 503);
    assert_eq!(status(&service, form(20, 1, 15_000)).await, 503, "all together 300 kB");
    assert_eq!(memory.used(), 0);
}

#[tokio::test]
async fn a_body_counts_as_it_arrives_and_little_more() {
    let rpc = rpc();
    let (sender, pieces) = futures::channel::mpsc::unbounded::<Bytes>();
    let frames = pieces.map(|bytes| Ok::<_, std::io::Error>(http_body::Frame::data(bytes)));
    let body = http_body_util::StreamBody::new(frames);
    let send = support::send(rpc.http(()), support::post("/text", "").map(|_| body));
    let mut send = Box::pin(send);
    for sent in 1..=40 {
        sender.unbounded_send(Bytes::from(vec![b' '; 20_000])).unwrap();
        assert!(send.as_mut().now_or_never().is_none());
        let (arrived, used) = (sent * 20_000, rpc.memory().used());
        assert!(used >= arrived && used < arrived + 70_000, "{used} for {arrived}");
    }
}
