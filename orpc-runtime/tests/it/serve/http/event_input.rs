//! Event iterators that a client sends in the body of an HTTP request.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::stream;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full, StreamBody};
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{self, Answer, send};

#[router]
pub mod api {
    use super::*;

    /// All events, with their fields.
    #[procedure]
    pub async fn collect(mut events: EventIterator<Value, Value>) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(event) = events.next().await {
            all.push(match event {
                Ok(event) => {
                    let (step, meta) = event.into_parts();
                    let (kind, value) = match step {
                        EventPayload::Message(value) => ("message", value),
                        EventPayload::Done(value) => ("done", value),
                    };
                    let comments: Vec<_> = meta.comments().collect();
                    let retry = meta.retry().map(|retry| retry.as_millis() as u64);
                    json!([kind, value, meta.id(), retry, comments])
                }
                Err(error) => json!(["error", error.code(), error.message()]),
            });
        }
        all
    }

    #[procedure]
    pub async fn first(mut events: EventIterator<Value>) -> Value {
        match events.next().await {
            Some(Ok(event)) => json!(matches!(event.payload(), EventPayload::Message(_))),
            _ => Value::Null,
        }
    }

    /// Doubles each number when it arrives.
    #[procedure]
    pub fn doubled(numbers: EventIterator<f64>) -> impl Stream<Item = Result<f64, Error>> {
        numbers.filter_map(|event| async {
            match event.map(|event| event.into_parts().0) {
                Ok(EventPayload::Message(number)) => Some(Ok(number * 2.0)),
                Ok(EventPayload::Done(())) => None,
                Err(error) => Some(Err(error)),
            }
        })
    }

    #[procedure]
    pub async fn text(text: String) -> String {
        text
    }

    #[procedure]
    pub async fn nothing() -> &'static str {
        "nothing"
    }
}

fn service() -> HttpService<()> {
    Rpc::new(api::router()).http(())
}

fn events<B: Body>(path: &str, body: B) -> Request<B> {
    Request::post(path).header("content-type", "text/event-stream").body(body).unwrap()
}

fn pieces(pieces: Vec<Bytes>) -> impl Body<Data = Bytes, Error = io::Error> {
    StreamBody::new(stream::iter(pieces.into_iter().map(|piece| Ok(Frame::data(piece)))))
}

async fn collect(text: &str) -> Value {
    let answer = send(service(), events("/collect", Full::<Bytes>::from(text.to_owned()))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

const EVENTS: &str = "\u{feff}: hi\n: you\nevent: message\ndata: {\"json\":\ndata:\"ü\"}\nid: 1\nretry: 20\n\n\
    : alone\n\nevent: later\ndata: 1\n\ndata: {\"json\":2}\nretry: -1\n\nevent: message\n\n\
    event: close\ndata: {\"json\":\"end\"}\n\nevent: message\ndata: {\"json\":\"unread\"}\n\n";

fn expected() -> Value {
    json!([
        ["message", "ü", "1", 20, ["hi", "you"]],
        ["message", 2, null, null, []],
        ["message", null, null, null, []],
        ["done", "end", null, null, []],
    ])
}

#[tokio::test]
async fn lines_may_have_any_line_end_and_pieces_any_length() {
    for line_end in ["\n", "\r", "\r\n"] {
        let text = EVENTS.replace('\n', line_end);
        assert_eq!(collect(&text).await, expected(), "{line_end:?}");
        let bytes = Bytes::from(text);
        for at in 0..=bytes.len() {
            let body = pieces(vec![bytes.slice(..at), Bytes::new(), bytes.slice(at..)]);
            let answer = send(service(), events("/collect", body)).await;
            assert_eq!(answer.json(), expected(), "{line_end:?} cut at {at}");
        }
        let single = bytes.iter().map(|byte| Bytes::copy_from_slice(&[*byte])).collect();
        let answer = send(service(), events("/collect", pieces(single))).await;
        assert_eq!(answer.json(), expected(), "{line_end:?} byte by byte");
    }
}

#[tokio::test]
async fn an_end_is_an_error_only_within_an_event() {
    let cut_off = json!(["error", "CLIENT_CLOSED_REQUEST", "Event Iterator ended before complete"]);
    let one = json!(["message", 1, null, null, []]);
    assert_eq!(collect("data: {\"json\":1}\n\n").await, json!([one]));
    assert_eq!(collect("").await, json!([]));
    for rest in ["d", "data: {\"json\":2}", "data: {\"json\":2}\n", ": comment\n"] {
        let text = format!("data: {{\"json\":1}}\n\n{rest}");
        assert_eq!(collect(&text).await, json!([one, cut_off]), "{rest:?}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_an_error_of_the_iterator() {
    let lost: Vec<io::Result<Frame<Bytes>>> = vec![
        Ok(Frame::data("data: {\"json\":1}\n\n".into())),
        Err(io::ErrorKind::ConnectionReset.into()),
    ];
    let answer = send(service(), events("/collect", StreamBody::new(stream::iter(lost)))).await;
    assert_eq!(answer.json()[1][1], "CLIENT_CLOSED_REQUEST");
}

#[tokio::test]
async fn the_limit_is_that_of_one_event_and_not_of_all() {
    let event = |length: usize| {
        let empty = "data: {\"json\":\"\"}\n\n".len();
        Bytes::from(format!("data: {{\"json\":\"{}\"}}\n\n", "x".repeat(length - empty)))
    };
    let limited = || service().body_limit(100);
    // The empty line that ends an event counts towards its bytes.
    let answer = send(limited(), events("/collect", pieces(vec![event(100); 50]))).await;
    assert_eq!(answer.json().as_array().unwrap().len(), 50, "{}", answer.body);
    let too_long = vec![event(50), event(101), event(50)];
    let answer = send(limited(), events("/collect", pieces(too_long))).await;
    let got = answer.json();
    assert_eq!(got[0][0], "message");
    assert_eq!(got[1], json!(["error", "PAYLOAD_TOO_LARGE", "Payload Too Large"]));
    assert_eq!(got.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_endless_line_is_refused_at_the_limit() {
    let endless = stream::iter(0..).map(|_| Ok::<_, io::Error>(Frame::data(Bytes::from("x"))));
    let answer = send(service(), events("/collect", StreamBody::new(endless))).await;
    assert_eq!(answer.json()[0][1], "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn events_and_values_are_not_confused() {
    let bad_request = |answer: &Answer, message: &str| {
        assert_eq!(answer.status, 400, "{}", answer.body);
        let error = answer.json();
        assert_eq!(error["data"]["issues"], json!([{ "message": message, "path": [] }]));
    };
    let message = "data: {\"json\":\"a\"}\n\n";
    let answer = send(service(), events("/text", Full::<Bytes>::from(message))).await;
    bad_request(&answer, "Invalid input: expected a value, received an event iterator");
    let answer = send(service(), support::post("/collect", "{\"json\":\"a\"}")).await;
    bad_request(&answer, "Invalid input: expected an event iterator, received a value");
    let answer = send(service(), events("/nothing", Full::<Bytes>::from(message))).await;
    assert_eq!((answer.status, answer.json()), (200, json!("nothing")));
}

/// A body that is still being written.
struct Open {
    receiver: mpsc::UnboundedReceiver<Bytes>,
    dropped: Arc<AtomicBool>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

fn open()
-> (mpsc::UnboundedSender<Bytes>, Arc<AtomicBool>, impl Body<Data = Bytes, Error = io::Error>) {
    let (sender, receiver) = mpsc::unbounded();
    let dropped = Arc::new(AtomicBool::new(false));
    let open = Open { receiver, dropped: Arc::clone(&dropped) };
    let frames = stream::unfold(open, |mut open| async {
        let bytes = open.receiver.next().await?;
        Some((Ok(Frame::data(bytes)), open))
    });
    (sender, dropped, StreamBody::new(frames))
}

#[tokio::test]
async fn an_event_is_answered_before_the_next_one_is_sent() {
    let (sender, _, body) = open();
    let service = service().initial_comment(None);
    let response = service.oneshot(events("/doubled", body)).await.unwrap();
    let mut answers = response.into_body();
    for n in [1, 2, 3] {
        sender.unbounded_send(format!("data: {{\"json\":{n}}}\n\n").into()).unwrap();
        let frame = answers.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, format!("event: message\ndata: {{\"json\":{}}}\n\n", n * 2));
    }
    drop(sender);
    let end = answers.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(end, "event: done\ndata: {}\n\n");
    assert!(answers.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_procedure_that_stops_early_responds_and_drops_the_body() {
    let (sender, dropped, body) = open();
    sender.unbounded_send("data: {\"json\":1}\n\n".into()).unwrap();
    let answer = send(service(), events("/first", body)).await;
    assert_eq!(answer.json(), json!(true));
    // The rest is read and discarded for a while, so that the client can read the
    // response.
    while !dropped.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
