//! Events of a publisher as clients receive them.

use std::cell::Cell;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Gap, Published, Publisher, ReadError, Start, SubscribeError};
use orpc_runtime::value::{BigInt, Date};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::websocket::{Raw, TEXT, channel, within};
use crate::support::{post, send};

thread_local! {
    /// Number of times that a `Rich` was serialised by the test of this thread.
    static SERIALISED: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct Rich {
    big: BigInt,
    at: Date,
    wide: u64,
    text: String,
}

impl Serialize for Rich {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        SERIALISED.set(SERIALISED.get() + 1);
        let mut rich = serializer.serialize_struct("Rich", 4)?;
        rich.serialize_field("big", &self.big)?;
        rich.serialize_field("at", &self.at)?;
        rich.serialize_field("wide", &self.wide)?;
        rich.serialize_field("text", &self.text)?;
        rich.end()
    }
}

pub struct App {
    rich: Publisher<Rich>,
    plain: Publisher<Value>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub fn rich(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Rich>, ReadError>>, SubscribeError> {
        app.rich.subscribe("room", last)
    }

    #[procedure]
    pub fn plain(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Value>, ReadError>>, SubscribeError> {
        app.plain.subscribe("room", last)
    }

    #[procedure]
    pub fn told(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Value>, ReadError>>, SubscribeError> {
        let events = app.plain.subscribe("room", last)?;
        Ok(events.map_gaps(|gap: Gap| json!({ "missed": gap.reason() })))
    }
}

fn rich(n: u64) -> Rich {
    let big = "123456789012345678901234567890".parse().unwrap();
    let at = "2024-02-29T12:00:00Z".parse().unwrap();
    Rich { big, at, wide: u64::MAX - n, text: format!("line\n{n}") }
}

fn app() -> (Arc<App>, Rpc<App>) {
    let plain = Publisher::builder().max_events(4).memory();
    (Arc::new(App { rich: Publisher::memory(), plain }), Rpc::new(api::router()))
}

/// Events of a body, each as its lines.
fn events(body: &str) -> Vec<Vec<String>> {
    let events =
        body.split("\n\n").filter(|event| !event.trim_start_matches([':', ' ']).is_empty());
    events.map(|event| event.lines().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn an_event_is_serialised_once_for_all_and_is_the_same_over_http_and_websocket() {
    let (app, rpc) = app();
    let http = rpc.http(Arc::clone(&app));
    let websocket = rpc.websocket(Arc::clone(&app)).keep_extensions(false);
    let first = app.rich.publish("room", &rich(0)).await.unwrap();

    let mut bodies = Vec::new();
    for _ in 0..5 {
        let mut request = post("/rich", "{}");
        request.headers_mut().insert("last-event-id", first.to_string().parse().unwrap());
        bodies.push(http.clone().oneshot(request).await.unwrap().into_body());
    }
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = Raw::open(channel(&websocket, 1 << 16), "/").await;
        let head = json!({ "last-event-id": first.to_string() });
        let call = json!({ "i": "1", "p": { "u": "/rich", "b": {}, "h": head } });
        socket.send(TEXT, call.to_string().as_bytes()).await;
        assert!(socket.message().await.text().contains("text/event-stream"));
        sockets.push(socket);
    }
    SERIALISED.set(0);
    let mut ids = Vec::new();
    for n in 1..4 {
        ids.push(app.rich.publish("room", &rich(n)).await.unwrap().to_string());
    }
    let mut over_socket = Vec::new();
    for socket in &mut sockets {
        let mut seen = Vec::new();
        for _ in 1..4 {
            let frame: Value = serde_json::from_str(within(socket.message()).await.text()).unwrap();
            assert_eq!(frame["p"]["e"], "message");
            seen.push((frame["p"]["m"]["id"].clone(), frame["p"]["d"].clone()));
        }
        over_socket.push(seen);
    }
    app.rich.close().await;
    for body in bodies {
        let body = body.collect().await.unwrap().to_bytes();
        let events = events(std::str::from_utf8(&body).unwrap());
        assert_eq!(events.len(), 4, "{events:?}");
        for (event, (id, data)) in events.iter().zip(&over_socket[0]) {
            let data = format!("data: {data}");
            let id = format!("id: {}", id.as_str().unwrap());
            assert_eq!(*event, ["event: message", &id, &data]);
        }
        assert!(events[3][1].contains("SERVICE_UNAVAILABLE"));
    }
    assert!(over_socket.iter().all(|seen| *seen == over_socket[0]));
    let seen: Vec<_> = over_socket[0].iter().map(|(id, _)| id.as_str().unwrap()).collect();
    assert_eq!(seen, ids);
    assert_eq!(over_socket[0][0].1["meta"], json!([[0, "big"], [1, "at"], [0, "wide"]]));
    assert_eq!(SERIALISED.get(), 3, "once per event, for ten readers");
}

#[tokio::test]
async fn published_events_are_read_unchanged() {
    let (app, _) = app();
    app.rich.publish("room", &rich(7)).await.unwrap();
    let mut reader = app.rich.subscribe("room", Start::Earliest).unwrap();
    let event = reader.next().await.unwrap().unwrap();
    assert_eq!(event.value().unwrap(), rich(7));
    // In the same process a router gives the events themselves.
    let mut stream = Router::call::<api::rich>(&api::router(), Arc::clone(&app), ()).await.unwrap();
    app.rich.publish("room", &rich(8)).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().value().unwrap(), rich(8));
}

#[tokio::test]
async fn a_gap_is_a_declared_error_whose_event_has_the_id_to_continue_from() {
    let (app, rpc) = app();
    let http = rpc.http(Arc::clone(&app));
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(app.plain.publish("room", &json!({ "n": n })).await.unwrap());
    }
    let foreign = "0123456789abcdef0123456789abcdef.3".to_owned();
    for (last, reason) in [(ids[1].to_string(), "trimmed"), (foreign, "epoch")] {
        let mut request = post("/plain", "{}");
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
        let answer = send(http.clone(), request).await;
        assert_eq!(answer.status, 200);
        let events = events(&answer.body);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0][..2], ["event: error".to_owned(), format!("id: {}", ids[3])]);
        let data: Value =
            serde_json::from_str(events[0][2].strip_prefix("data: ").unwrap()).unwrap();
        let expected = json!({
            "defined": true,
            "code": "EVENT_GAP",
            "status": 410,
            "message": "Events are missing",
            "data": { "reason": reason, "last": last, "resume": ids[3] },
        });
        assert_eq!(data["json"], expected);
    }

    let mut request = post("/told", "{}");
    request.headers_mut().insert("last-event-id", ids[0].to_string().parse().unwrap());
    let body = http.clone().oneshot(request).await.unwrap().into_body();
    app.plain.close().await;
    let body = body.collect().await.unwrap().to_bytes();
    let events = events(std::str::from_utf8(&body).unwrap());
    let missed = r#"data: {"json":{"missed":"trimmed"}}"#.to_owned();
    assert_eq!(events[0], ["event: message".to_owned(), format!("id: {}", ids[3]), missed]);
    assert_eq!(events[1][1..], [format!("id: {}", ids[4]), r#"data: {"json":{"n":4}}"#.to_owned()]);
}

#[tokio::test]
async fn a_malformed_id_is_a_bad_request() {
    let (app, rpc) = app();
    let http = rpc.http(Arc::clone(&app));
    for last in ["$", "7", "0123456789abcdef0123456789abcdef.-1"] {
        let mut request = post("/plain", "{}");
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
        let answer = send(http.clone(), request).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["code"], "BAD_REQUEST");
        assert!(!answer.body.contains(last), "{}", answer.body);
    }
    assert_eq!(app.plain.channels(), 0);
}

#[tokio::test]
async fn disconnected_readers_leave_no_channel_behind() {
    let (app, rpc) = app();
    let websocket = rpc.websocket(Arc::clone(&app)).keep_extensions(false);
    let mut socket = Raw::open(channel(&websocket, 1 << 16), "/").await;
    socket.call(1, "/plain", &Value::Null).await;
    within(socket.message()).await;
    assert_eq!(app.plain.channels(), 1);
    drop(socket);
    crate::support::websocket::until(|| app.plain.channels() == 0).await;
}
