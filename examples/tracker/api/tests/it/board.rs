//! The live board.

use std::time::Duration;

use chrono::{SubsecRound as _, TimeDelta, Utc};
use futures::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use orpc_runtime::http::RpcBody;
use orpc_runtime::publish::{Published, ReadError};
use serde_json::json;
use tracker_api::account::api::{sign_in, sign_out};
use tracker_api::board::BoardEvent;
use tracker_api::board::api::watch;
use tracker_api::comments;
use tracker_api::issues::api::{move_to, remove};
use tracker_api::issues::{Issue, Status};

use crate::world::{PASSWORD, World, issue};

const WAIT: Duration = Duration::from_secs(30);

/// The next event with its id.
async fn next(
    events: &mut (impl Stream<Item = Result<Published<BoardEvent>, ReadError>> + Unpin),
) -> (BoardEvent, String) {
    let next = tokio::time::timeout(WAIT, events.next()).await;
    let event = next.expect("an event within 30 s").unwrap().unwrap();
    (event.value().unwrap(), event.id().unwrap().to_string())
}

#[tokio::test]
async fn two_people_see_each_others_changes() {
    let world = World::new().await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let first = issue(&ada, "First").await;
    let mut events = bob.call::<watch>(()).await.unwrap();
    assert_eq!(next(&mut events).await.0, BoardEvent::Board { issues: vec![first.clone()] });

    let second = issue(&ada, "Second").await;
    let created = loop {
        match next(&mut events).await.0 {
            // It may be announced after the board was read.
            BoardEvent::Changed { issue } if issue == first => {}
            event => break event,
        }
    };
    assert_eq!(created, BoardEvent::Changed { issue: second.clone() });
    let moved = json!({ "id": second.id, "status": "done" });
    let issue = ada.call::<move_to>(moved).await.unwrap();
    assert_eq!(next(&mut events).await.0, BoardEvent::Changed { issue });
    let comment = json!({ "issue": second.id, "text": "Done." });
    bob.call::<comments::api::add>(comment).await.unwrap();
    let (event, _) = next(&mut events).await;
    assert!(matches!(&event, BoardEvent::Changed { issue } if issue.comments == 1), "{event:?}");
    ada.call::<remove>(second.id).await.unwrap();
    assert_eq!(next(&mut events).await.0, BoardEvent::Removed { id: second.id });
}

#[tokio::test]
async fn a_page_goes_on_after_a_restart() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let mut events = ada.call::<watch>(()).await.unwrap();
    next(&mut events).await;
    let seen = issue(&ada, "Seen").await;
    let (event, last) = next(&mut events).await;
    assert_eq!(event, BoardEvent::Changed { issue: seen.clone() });
    drop(events);

    // A server that is killed may have written a change without announcing it.
    let world = world
        .restart(async |database| {
            let change = "UPDATE issues SET status = 'done', version = version + 1";
            sqlx::query(change).execute(database).await.unwrap();
        })
        .await;
    let cookie = ada.cookie_value("__Host-session").unwrap();
    let ada = world.browser().cookie("__Host-session", cookie);
    let mut newcomer = ada.call::<watch>(()).await.unwrap();
    let late = BoardEvent::Changed { issue: issue(&ada, "Late").await };
    while next(&mut newcomer).await.0 != late {}

    let mut events = ada.last_event_id(&last).call::<watch>(()).await.unwrap();
    let mut missed = Vec::new();
    while missed.last() != Some(&late) {
        missed.push(next(&mut events).await.0);
    }
    // The end of the server may have been between the announcement and its note, so that it is made again.
    missed.dedup();
    let done = Issue { status: Status::Done, version: 2, ..seen };
    assert_eq!(missed, [BoardEvent::Changed { issue: done }, late]);
}

#[tokio::test]
async fn a_page_that_missed_events_gets_the_whole_board() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let mut events = ada.call::<watch>(()).await.unwrap();
    let (_, last) = next(&mut events).await;
    // The events are lost, as with a restored backup of the database.
    let folder = world.folder().to_owned();
    let world = world
        .restart(async |_| {
            std::fs::remove_file(folder.join("events")).unwrap();
        })
        .await;
    let cookie = ada.cookie_value("__Host-session").unwrap();
    let ada = world.browser().cookie("__Host-session", cookie);
    let late = issue(&ada, "Late").await;
    let ada = ada.last_event_id(&last);
    let mut events = ada.call::<watch>(()).await.unwrap();
    assert_eq!(next(&mut events).await.0, BoardEvent::Board { issues: vec![late] });
}

/// Waits until the body of a stream contains a text. Returns `false` if it ends without.
async fn read_until(body: &mut RpcBody, text: &str) -> bool {
    let mut read = String::new();
    while !read.contains(text) {
        let frame = tokio::time::timeout(WAIT, body.frame()).await.expect("a frame within 30 s");
        let Some(frame) = frame else { return false };
        read += str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
    }
    true
}

/// Waits for the end of a stream, which tells the page that nobody is signed in.
async fn assert_signed_out(body: RpcBody) {
    let rest = tokio::time::timeout(WAIT, body.collect()).await;
    let rest = rest.expect("the stream ends within 30 s").unwrap().to_bytes();
    let rest = str::from_utf8(&rest).unwrap();
    assert!(rest.contains("event: error") && rest.contains(r#""code":"UNAUTHORIZED""#), "{rest}");
}

#[tokio::test]
async fn a_session_takes_its_board_with_it() {
    let world = World::new().await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let mut board = world.open_stream(&ada, "/board/watch").await;
    let mut other = world.open_stream(&bob, "/board/watch").await;
    assert!(read_until(&mut board, "issues").await);
    assert!(read_until(&mut other, "issues").await);
    ada.call::<sign_out>(()).await.unwrap();
    assert_signed_out(board).await;

    // A second sign-in of the same browser ends its first session.
    ada.call::<sign_in>(json!({ "name": "Ada", "password": PASSWORD })).await.unwrap();
    let mut board = world.open_stream(&ada, "/board/watch").await;
    assert!(read_until(&mut board, "issues").await);
    ada.call::<sign_in>(json!({ "name": "Ada", "password": PASSWORD })).await.unwrap();
    assert_signed_out(board).await;

    issue(&bob, "Still here").await;
    assert!(read_until(&mut other, "Still here").await);
}

#[tokio::test]
async fn a_board_ends_when_its_session_expires() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let database = world.database().await;
    // On a busy machine a short session may end before its board is open.
    for seconds in [1, 5, 25] {
        let soon = Utc::now().trunc_subsecs(3) + TimeDelta::seconds(seconds);
        sqlx::query("UPDATE sessions SET expires_at = ?")
            .bind(soon)
            .execute(&database)
            .await
            .unwrap();
        let mut board = world.open_stream(&ada, "/board/watch").await;
        if read_until(&mut board, "issues").await {
            return assert_signed_out(board).await;
        }
    }
    panic!("no board is open within 25 s");
}
