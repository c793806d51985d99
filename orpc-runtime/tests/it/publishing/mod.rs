//! Publishing by other services over HTTP.

use std::future::ready;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::StreamExt as _;
use http::Request;
use http_body_util::Full;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Audience, EventId, NewEvent, PublishError, PublishSink, Publisher, Start,
};
use orpc_runtime::publishing::{PublishEndpoint, PublishKeys};
use serde_json::{Value, json};

use crate::support::{Answer, post, send};

const KEY: &str = "the key of another service";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Message {
    #[schemars(length(min = 1))]
    text: String,
}

fn request(key: &str, input: &Value) -> Request<Full<Bytes>> {
    let mut request = post("/publish", json!({ "json": input }).to_string());
    let bearer = format!("Bearer {key}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    request
}

async fn publish(endpoint: &PublishEndpoint, key: &str, input: &Value) -> Answer {
    send(endpoint.http(), request(key, input)).await
}

fn endpoint() -> (PublishEndpoint, Publisher<Message>) {
    let publisher = Publisher::builder().max_event_bytes(1000).memory();
    let keys = PublishKeys::new([KEY]).unwrap().with_prefix("orders/", "the key of the shop");
    (PublishEndpoint::new::<Message>(publisher.clone(), keys.unwrap()), publisher)
}

fn input(channel: &str, text: &str) -> Value {
    json!({ "channel": channel, "event": { "text": text } })
}

#[tokio::test]
async fn an_event_is_published_once_for_its_key() {
    let (endpoint, publisher) = endpoint();
    let mut reader = publisher.subscribe("room", Start::Latest).unwrap();
    let mut again = input("room", "hello");
    again["idempotencyKey"] = "order-17".into();
    again["tags"] = json!(["staff"]);
    again["exclude"] = json!(["c.1"]);
    let first = publish(&endpoint, KEY, &again).await;
    assert_eq!(
        (first.status, first.headers["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    let second = publish(&endpoint, KEY, &again).await;
    assert_eq!(first.body, second.body);
    let third = publish(&endpoint, KEY, &input("room", "next")).await.json();
    let event = reader.next().await.unwrap().unwrap();
    assert_eq!(first.json(), json!({ "id": event.id().unwrap() }));
    assert_eq!(event.value().unwrap(), Message { text: "hello".to_owned() });
    let audience = Audience::everyone().tags(["staff"]).exclude(["c.1"]);
    assert_eq!(event.audience(), Some(&audience));
    let event = reader.next().await.unwrap().unwrap();
    assert_eq!((third, event.audience()), (json!({ "id": event.id().unwrap() }), None));
}

#[tokio::test]
async fn a_service_without_a_known_key_learns_nothing() {
    let (endpoint, publisher) = endpoint();
    let mut answers = Vec::new();
    for key in ["", "x", "the key of another servicf", "THE KEY OF ANOTHER SERVICE"] {
        answers.push(publish(&endpoint, key, &input("room", "x")).await);
        answers.push(publish(&endpoint, key, &json!({ "channel": 1 })).await);
    }
    answers.push(send(endpoint.http(), post("/publish", "{}")).await);
    let mut basic = request(KEY, &input("room", "x"));
    basic.headers_mut().insert("authorization", format!("Basic {KEY}").parse().unwrap());
    answers.push(send(endpoint.http(), basic).await);
    for answer in answers {
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["code"], &error["data"]),
            (401, &json!("UNAUTHORIZED"), &Value::Null)
        );
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert!(!answer.body.contains("another service"));
    }
    assert_eq!(publisher.channels(), 0);
}

#[tokio::test]
async fn a_key_is_for_its_channels() {
    let (endpoint, _) = endpoint();
    let shop = "the key of the shop";
    assert_eq!(publish(&endpoint, shop, &input("orders/1", "x")).await.status, 200);
    for channel in ["room", "orders", "Orders/1", " orders/1"] {
        let answer = publish(&endpoint, shop, &input(channel, "x")).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("FORBIDDEN")));
    }
}

#[tokio::test]
async fn bad_inputs_are_refused_with_their_reasons() {
    let (endpoint, publisher) = endpoint();
    let input = |member: &str, value: Value| {
        let mut input = input("room", "x");
        input[member] = value;
        input
    };
    let text = |length| input("event", json!({ "text": "x".repeat(length) }));
    for (input, path) in [
        (input("channel", json!("")), json!(["channel"])),
        (input("channel", json!(1)), json!(["channel"])),
        (input("event", json!({ "text": "" })), json!(["event", "text"])),
        (input("event", json!("x")), json!(["event"])),
        (input("tags", json!("x")), json!(["tags"])),
        (input("targets", json!([1])), json!(["targets", 0])),
    ] {
        let answer = publish(&endpoint, KEY, &input).await;
        let error = answer.json();
        assert_eq!((answer.status, &error["data"]["issues"][0]["path"]), (400, &path), "{input}");
    }
    for input in [
        input("channel", "x".repeat(513).into()),
        input("idempotencyKey", "".into()),
        input("idempotencyKey", "x".repeat(257).into()),
    ] {
        assert_eq!(publish(&endpoint, KEY, &input).await.status, 400, "{input}");
    }
    let mut malformed = request(KEY, &json!(1));
    *malformed.body_mut() = "{\"json\":".into();
    assert_eq!(send(endpoint.http(), malformed).await.status, 400);
    assert_eq!(publish(&endpoint, KEY, &text(900)).await.status, 200);
    assert_eq!(publish(&endpoint, KEY, &text(1000)).await.status, 413);
    let limited = endpoint.http().body_limit(100);
    assert_eq!(send(limited, request(KEY, &text(100))).await.status, 413);
    assert_eq!(publisher.channels(), 1);
    publisher.close().await;
    let closed = publish(&endpoint, KEY, &input("channel", json!("room"))).await;
    assert_eq!((closed.status, closed.json()["code"].as_str()), (503, Some("SERVICE_UNAVAILABLE")));
}

/// Passes events on to nobody, who does not answer.
#[derive(Clone, Default)]
struct Elsewhere(Arc<Mutex<Vec<NewEvent>>>);

impl PublishSink for Elsewhere {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.0.lock().unwrap().push(event);
        Box::pin(ready(Err(PublishError::OutcomeUnknown(None))))
    }
}

#[tokio::test]
async fn events_are_passed_on_to_any_sink() {
    let sink = Elsewhere::default();
    let endpoint = PublishEndpoint::new::<Message>(sink.clone(), PublishKeys::new([KEY]).unwrap());
    let answer = publish(&endpoint, KEY, &input("room", "x")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("OUTCOME_UNKNOWN")));
    let events = sink.0.lock().unwrap();
    // To another machine and back.
    let text = serde_json::to_string(&events[0]).unwrap();
    assert_eq!(text, r#"{"channel":"room","event":{"json":{"text":"x"}}}"#);
    let event: NewEvent = serde_json::from_str(&text).unwrap();
    assert_eq!((event.channel(), event.envelope()), ("room", events[0].envelope()));
}
