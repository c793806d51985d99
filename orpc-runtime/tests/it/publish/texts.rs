//! Texts of publishers, events and errors, for logs.

use futures::StreamExt as _;
use orpc_runtime::publish::{Audience, Publisher, ReadError, Start, SubscribeError, Subscriber};

#[tokio::test]
async fn debug_output_names_channels_and_positions_and_no_content() {
    let publisher = Publisher::<String>::memory();
    let mut reader = publisher.subscribe("room", Start::Latest).unwrap();
    let to = publisher.publish("room", &"secret".to_owned()).tags(["a"]);
    let shown = format!("{to:?}");
    assert!(shown.starts_with("Publish") && shown.contains("\"a\""), "{shown}");
    let id = to.await.unwrap();
    assert_eq!(format!("{id:?}"), id.to_string());
    assert_eq!(format!("{:?}", id.epoch()), id.to_string()[..32]);
    let shown = format!("{publisher:?}");
    assert_eq!(shown, "Publisher { channels: 1, .. }");
    let event = reader.next().await.unwrap().unwrap();
    let shown = format!("{event:?}");
    assert!(shown.starts_with("Published") && shown.contains(&id.to_string()), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
    let shown = format!("{reader:?}");
    assert!(shown.contains("\"room\"") && shown.contains(&id.to_string()), "{shown}");
    let shown = format!("{:?}", Publisher::builder().max_events(1234));
    assert!(shown.starts_with("PublisherBuilder") && shown.contains("1234"), "{shown}");
}

#[tokio::test]
async fn an_event_tells_its_audience() {
    let publisher = Publisher::<u8>::memory();
    let mut reader = publisher.subscribe("room", Start::Latest).unwrap();
    publisher.publish("room", &1).await.unwrap();
    publisher.publish("room", &2).exclude(["Ada"]).await.unwrap();
    let first = reader.next().await.unwrap().unwrap();
    assert_eq!(first.audience(), None);
    let second = reader.next().await.unwrap().unwrap();
    let audience = second.audience().unwrap();
    assert_eq!(audience, &Audience::everyone().exclude(["Ada"]));
    assert!(!audience.includes(&Subscriber::new("Ada")));
}

#[tokio::test]
async fn errors_have_texts() {
    let publisher = Publisher::<u8>::memory();
    publisher.close().await;
    let closed = publisher.subscribe("room", Start::Latest).unwrap_err();
    assert!(matches!(closed, SubscribeError::Closed));
    assert_eq!(closed.to_string(), ReadError::Closed.to_string());
    assert!(closed.to_string().contains("closed"), "{closed}");
}
