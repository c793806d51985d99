//! Clients and iterators, as applications see them.

use std::time::{Duration, UNIX_EPOCH};

use orpc_runtime::AttachmentError;
use orpc_runtime::durable::DurableIterator;
use schemars::schema_for;

use super::{claims, endpoint, open, rooms, token};
use crate::support::durable::{Room, methods};

#[tokio::test]
async fn a_client_has_the_rights_of_its_token() {
    let rooms = rooms();
    let token = token(&rooms);
    let _socket = open(&endpoint(&rooms), &token).await;
    assert!(rooms.clients("elsewhere").is_empty());
    let clients = rooms.clients("room");
    assert_eq!(clients.len(), 1);
    let client = &clients[0];
    assert_eq!((client.channel(), client.tags()), ("room", vec!["a".to_owned()]));
    assert!(client.has_tag("a"));
    assert!(!client.has_tag("b"));
    assert!(client.may_call("say") && client.may_call("tools"));
    assert!(!client.may_call("describe"));
    let end = claims(&token)["exp"].as_u64().unwrap();
    assert_eq!(client.expires_at(), UNIX_EPOCH + Duration::from_secs(end));
}

/// A text of JSON has two quotation marks.
#[test]
fn an_attachment_has_2048_bytes_at_most() {
    let attach = |length| rooms().iterator("room").attachment(&"x".repeat(length));
    assert!(attach(2046).is_ok());
    let refused = attach(2047).unwrap_err();
    assert!(matches!(refused, AttachmentError::TooLong { length: 2049 }), "{refused:?}");
    assert!(attach(5000).is_err());
}

#[test]
fn the_schema_of_an_iterator_is_that_of_its_token() {
    let schema = schema_for!(DurableIterator<Room>);
    let member = |name: &str| schema.get(name).and_then(|value| value.as_str());
    assert_eq!((member("title"), member("type")), (Some("DurableIterator"), Some("string")));
}

#[tokio::test]
async fn debug_output_names_channels_and_tags_and_keeps_attachments_and_tokens_secret() {
    let rooms = rooms();
    let iterator = rooms.iterator("room").tags(["a"]).method::<methods::say>();
    let iterator = iterator.attachment("secret").unwrap();
    let shown = format!("{iterator:?}");
    assert!(
        shown.contains("\"room\"") && shown.contains("\"a\"") && shown.contains("say"),
        "{shown}"
    );
    let token = iterator.token().unwrap();
    let _socket = open(&endpoint(&rooms), &token).await;
    let shown = format!("{:?}", rooms.clients("room"));
    assert!(shown.contains("DurableClient") && shown.contains("\"room\""), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains(&token), "{shown}");
    let shown = format!("{rooms:?}");
    assert!(shown.contains("live_sockets: 1"), "{shown}");
}
