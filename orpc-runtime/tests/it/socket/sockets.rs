//! Sockets in rare states: closing, lost messages, membership of rooms.

use std::ops::ControlFlow;
use std::sync::{Arc, Barrier, Mutex};

use futures::FutureExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::{EncodedEvent, HibernatingIterator, HibernationId, Peer, Rooms, SendError};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub struct App {
    rooms: Rooms,
    ids: Arc<Mutex<Vec<HibernationId<Value>>>>,
    sockets: Arc<Mutex<Vec<Socket>>>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn enter(app: &App, socket: &Socket) -> bool {
        app.rooms.get_or_create("a").join(socket)
    }

    #[procedure]
    pub fn subscribe(app: &App, socket: &Socket) -> HibernatingIterator<Value> {
        let (app, socket) = (app.clone(), socket.clone());
        HibernatingIterator::new(move |id| {
            socket.attach(&id)?;
            app.ids.lock().unwrap().push(id);
            app.sockets.lock().unwrap().push(socket.clone());
            Ok(())
        })
    }
}

fn peer(app: &App) -> Peer<App> {
    Rpc::new(api::router()).peer(app.clone())
}

fn ready(peer: &mut Peer<App>) -> Vec<String> {
    let frames = std::iter::from_fn(|| peer.next().now_or_never().flatten());
    frames.map(|frame| String::from_utf8(frame.as_bytes().to_vec()).unwrap()).collect()
}

#[test]
fn a_room_and_a_socket_agree_on_membership() {
    let app = App::default();
    let peer = peer(&app);
    let socket = peer.socket();
    for round in 0..2_000 {
        let room = app.rooms.get_or_create("a");
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                room.leave(socket)
            });
            start.wait();
            room.join(socket);
        });
        let in_room = room.contains(socket);
        let says = app.rooms.of(socket).count() == 1;
        assert_eq!(in_room, says, "round {round}: the room says {in_room}, Rooms::of {says}");
        room.leave(socket);
    }
}

#[tokio::test]
async fn a_call_in_the_same_process_leaves_no_socket_in_a_room() {
    let app = App::default();
    assert!(api::router().call::<api::enter>(app.clone(), ()).await.unwrap());
    assert!(app.rooms.get("a").is_none(), "{:?}", app.rooms.get("a"));
}

#[test]
fn a_socket_that_lost_a_message_gets_no_later_one() {
    let app = App::default();
    let mut peer = peer(&app);
    let socket = peer.socket().clone();
    socket.send_raw("x".repeat(1024 * 1024 - 1)).unwrap();
    socket.send_raw("first").unwrap();
    assert_eq!(socket.send_raw("lost"), Err(SendError::Full));
    // The client reads again, while others continue to send.
    for _ in 0..2 {
        peer.next().now_or_never().flatten().unwrap();
    }
    assert_eq!(socket.send_raw("after the gap"), Err(SendError::Closed));
    assert_eq!(ready(&mut peer), [""; 0]);
}

#[test]
fn messages_after_close_are_refused() {
    let app = App::default();
    let mut peer = peer(&app);
    peer.socket().send_raw("before").unwrap();
    peer.socket().close(orpc_runtime::CloseCode::NORMAL, "");
    assert_eq!(peer.socket().send_raw("after"), Err(SendError::Closed));
    assert_eq!(ready(&mut peer), ["before"]);
}

#[test]
fn every_id_that_a_call_may_have_survives_its_attachment() {
    let app = App::default();
    let mut peer = peer(&app);
    for id in ["1e400", "1.0", "-0", "123456789012345678901234567890", r#""\ud800""#, r#""\u0041""#]
    {
        peer.receive(format!(r#"{{"i":{id},"p":{{"u":"/subscribe"}}}}"#));
        let frames = ready(&mut peer);
        let head = format!(r#"{{"i":{id},"p":{{"h":{{"content-type":"text/event-stream"}}}}}}"#);
        let same = peer.socket().attachment::<HibernationId<Value>>();
        assert_eq!(frames, [head]);
        assert_eq!(same.unwrap().unwrap().as_json(), id);
    }
}

mod over_a_connection {
    use super::*;
    use crate::support::websocket::{self, Raw, TEXT, call, frame};
    use orpc_runtime::CloseCode;
    use orpc_runtime::websocket::{Rate, SocketHooks};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[router(context = Arc<AtomicUsize>)]
    pub mod api {
        use super::*;

        #[procedure]
        pub async fn count(calls: &Arc<AtomicUsize>, input: String) -> usize {
            let _ = input;
            calls.fetch_add(1, Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_for_retry_after_is_served() {
        let calls = Arc::new(AtomicUsize::new(0));
        let service = Rpc::new(api::router())
            .websocket(Arc::clone(&calls))
            .byte_rate_limit(Rate::new(1000, Duration::from_secs(10)));
        let mut client = Raw::open(websocket::channel(&service, 64 * 1024), "/").await;
        let input = json!("x".repeat(450));
        client.call(0, "/count", &input).await;
        client.message().await;
        let mut waited = Vec::new();
        for turn in 1..20 {
            client.call(turn, "/count", &input).await;
            let answer = client.message().await.json();
            let Some(after) = answer["p"]["h"]["retry-after"].as_str() else {
                if waited.is_empty() { continue } else { return }
            };
            waited.push(after.to_owned());
            tokio::time::sleep(Duration::from_secs(after.parse().unwrap())).await;
        }
        panic!("refused for ever, though it waits as long as it is told: {waited:?}");
    }

    #[tokio::test]
    async fn a_batch_holds_as_many_calls_as_the_service_allows() {
        let calls = Arc::new(AtomicUsize::new(0));
        let service = Rpc::new(api::router()).websocket(Arc::clone(&calls)).batch_limit(2);
        let mut client = Raw::open(websocket::channel(&service, 64 * 1024), "/").await;
        let batch = |count: usize| {
            let item = json!({ "url": "http://orpc/count", "body": { "json": "x" } });
            let headers = json!({ "x-orpc-batch": "buffered" });
            let batch = json!({ "u": "/count/__batch__", "b": vec![item; count], "h": headers });
            json!({ "i": "1", "p": batch }).to_string()
        };
        client.send(TEXT, batch(2).as_bytes()).await;
        assert_eq!(client.message().await.json()["p"]["b"].as_array().unwrap().len(), 2);
        client.send(TEXT, batch(3).as_bytes()).await;
        let refused =
            r#"{"i":"1","p":{"s":413,"b":"Batch request size exceeds the maximum allowed size"}}"#;
        assert_eq!(client.message().await.text(), refused);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    struct Strict;

    impl SocketHooks for Strict {
        fn open(&self, socket: &Socket) {
            if socket.uri().path() == "/open" {
                socket.close(CloseCode::POLICY, "go away");
            }
        }

        fn message(&self, socket: &Socket, frame: &orpc_runtime::Frame) -> ControlFlow<()> {
            if frame == "bad" {
                socket.close(CloseCode::POLICY, "go away");
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_call_runs_after_the_socket_is_closed() {
        for path in ["/open", "/message"] {
            let calls = Arc::new(AtomicUsize::new(0));
            let service = Rpc::new(api::router()).websocket(Arc::clone(&calls)).hooks(Strict);
            let mut stream = websocket::channel(&service, 64 * 1024);
            let mut all = format!(
                "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                 sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .into_bytes();
            all.extend(frame(TEXT, b"bad"));
            for n in 0..10 {
                all.extend(frame(TEXT, call(n, "/count", &json!("x")).as_bytes()));
            }
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            stream.write_all(&all).await.unwrap();
            let mut got = vec![0; 1024];
            for _ in 0..3 {
                _ = tokio::time::timeout(Duration::from_millis(1), stream.read(&mut got)).await;
            }
            assert_eq!(calls.load(Ordering::SeqCst), 0, "{path}");
        }
    }
}

mod slow_clients {
    use super::*;
    use crate::support::websocket::{self, CLOSE, Raw};

    #[derive(Debug, RpcError)]
    pub enum Slow {
        #[rpc_error(code = "SLOW", status = 429, message = "Slow down")]
        Slow,
    }

    #[tokio::test]
    async fn an_iterator_has_no_gap_before_its_socket_closes() {
        let app = App::default();
        let rpc = Rpc::new(super::api::router());
        let service = rpc.websocket(app.clone()).unsent_limit(4096);
        let mut client = Raw::open(websocket::channel(&service, 1024), "/").await;
        client.call("s", "/subscribe", &Value::Null).await;
        client.message().await;
        let id = app.ids.lock().unwrap()[0].clone();
        let socket = app.sockets.lock().unwrap()[0].clone();
        let text = "x".repeat(1000);
        let send = |n: usize| {
            let event = EncodedEvent::message(&json!([n, text])).unwrap();
            event.send(&socket, &id)
        };
        let mut n = 0;
        while send(n) != Err(SendError::Full) {
            n += 1;
            tokio::task::yield_now().await;
        }
        // It reads again, slowly, while further events are sent.
        let mut got = Vec::new();
        loop {
            let frame = client.message().await;
            if frame.opcode == CLOSE {
                break;
            }
            got.push(frame.json()["p"]["d"]["json"][0].as_u64().unwrap());
            if n < 60 {
                n += 1;
                _ = send(n);
            }
            tokio::task::yield_now().await;
        }
        assert!(got.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{got:?}");
    }

    #[test]
    fn an_error_that_the_procedure_does_not_declare_is_not_a_defined_one() {
        let id = json!("1");
        let event = EncodedEvent::<Value>::undeclared_error(Slow::Slow).unwrap();
        let text = event.frame(&serde_json::from_value(id.clone()).unwrap());
        assert!(
            text.as_bytes().ends_with(
                br#""defined":false,"code":"SLOW","status":429,"message":"Slow down"}}}}"#
            )
        );
        let event = EncodedEvent::<Value, (), Slow>::declared_error(Slow::Slow).unwrap();
        let text = event.frame(&serde_json::from_value(id).unwrap());
        assert!(
            text.as_bytes().ends_with(
                br#""defined":true,"code":"SLOW","status":429,"message":"Slow down"}}}}"#
            )
        );
    }
}

/// Values that use their own socket while they are serialised.
mod talkative {
    use std::sync::mpsc;
    use std::time::Duration;

    use orpc_runtime::schemars::{Schema, SchemaGenerator};

    use super::*;

    /// Sends on its socket, to its room and to its iterators, and replaces the
    /// attachment, while it is serialised.
    #[derive(Clone, Debug)]
    pub struct Talkative(Socket, Rooms);

    impl Serialize for Talkative {
        fn serialize<S: orpc_runtime::serde::Serializer>(
            &self,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            self.0.send_raw("from a value").unwrap();
            self.0.attach(&"from a value").unwrap();
            let room = self.1.get_or_create("a");
            room.join(&self.0);
            room.everyone().send_raw("to the room");
            room.leave(&self.0);
            serializer.serialize_str("value")
        }
    }

    impl JsonSchema for Talkative {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Talkative".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            String::json_schema(generator)
        }
    }

    #[derive(Debug, RpcError)]
    pub enum Failure {
        #[rpc_error(code = "FAILED", status = 400, message = "Failed")]
        Failed { value: Talkative },
    }

    #[router(context = App)]
    pub mod api {
        use super::*;

        #[procedure]
        pub async fn result(app: &App, socket: &Socket) -> Talkative {
            Talkative(socket.clone(), app.rooms.clone())
        }

        #[procedure]
        pub async fn failure(app: &App, socket: &Socket) -> Result<(), Failure> {
            Err(Failure::Failed { value: Talkative(socket.clone(), app.rooms.clone()) })
        }

        #[procedure]
        pub fn events(app: &App, socket: &Socket) -> impl Stream<Item = Talkative> {
            let event = Talkative(socket.clone(), app.rooms.clone());
            orpc_runtime::futures::stream::iter([event.clone(), event])
        }

        #[procedure]
        pub fn failing(app: &App, socket: &Socket) -> impl Stream<Item = Result<u8, Failure>> {
            let value = Talkative(socket.clone(), app.rooms.clone());
            let error = Err(Failure::Failed { value });
            orpc_runtime::futures::stream::iter([Ok(1), error])
        }

        #[procedure]
        pub fn hibernating(app: &App, socket: &Socket) -> HibernatingIterator<Talkative> {
            let value = Talkative(socket.clone(), app.rooms.clone());
            HibernatingIterator::new(move |id| {
                EncodedEvent::message(&value)?.send(&value.0, &id).unwrap();
                Ok(())
            })
        }
    }

    #[test]
    fn a_value_may_use_its_socket_while_it_is_serialised() {
        for (path, frames) in
            [("result", 3), ("failure", 3), ("events", 8), ("failing", 5), ("hibernating", 4)]
        {
            let (done, answer) = mpsc::channel();
            // In a thread, since a deadlock would block it forever.
            std::thread::spawn(move || {
                let mut peer = Rpc::new(api::router()).peer(App::default());
                peer.receive(format!(r#"{{"i":"1","p":{{"u":"/{path}"}}}}"#));
                done.send(super::ready(&mut peer)).unwrap();
            });
            let answer = answer.recv_timeout(Duration::from_secs(60)).expect(path);
            assert_eq!(answer.len(), frames, "{path}: {answer:?}");
            assert!(answer.iter().any(|frame| frame.contains("\"value\"")), "{answer:?}");
        }
    }
}
