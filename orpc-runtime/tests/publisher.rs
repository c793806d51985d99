//! The publisher in memory.

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{GapReason, Publisher, ReadError, Start};

#[tokio::test]
async fn a_reader_gets_what_is_published_from_then_on() {
    let messages = Publisher::<String>::memory();
    messages.publish("room", &"before".to_owned()).await.unwrap();
    let mut reader = messages.subscribe("room", Start::Now).unwrap();
    let mut all = messages.subscribe("room", Start::Oldest).unwrap();
    let id = messages.publish("room", &"after".to_owned()).await.unwrap();
    let event = reader.next().await.unwrap().unwrap();
    assert_eq!((event.value().unwrap(), event.id()), ("after".to_owned(), Some(id)));
    assert_eq!(all.next().await.unwrap().unwrap().value().unwrap(), "before");
    assert_eq!(all.next().await.unwrap().unwrap().value().unwrap(), "after");
    let other: orpc_runtime::publish::EventId =
        "00000000000000000000000000000000.1".parse().unwrap();
    let mut foreign = messages.subscribe("room", other).unwrap();
    let Some(Err(ReadError::Gap(gap))) = foreign.next().await else { panic!() };
    assert_eq!(gap.reason(), GapReason::Epoch);
    assert_eq!(foreign.next().await.unwrap().unwrap().value().unwrap(), "before");
}
