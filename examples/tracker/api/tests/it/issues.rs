//! Issues: pages, edits and columns.

use orpc_runtime::CallError;
use serde_json::json;
use tracker_api::issues::api::{create, edit, find, list, move_to, remove};
use tracker_api::issues::{DOING_LIMIT, EditError, IssueError, MoveError, Status};

use crate::world::{World, issue, refusal};

#[tokio::test]
async fn pages_are_complete_while_issues_are_added() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    for n in 1..=45 {
        issue(&ada, &format!("Issue {n}")).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = ada.call::<list>(json!({ "after": after })).await.unwrap();
        seen.extend(page.items.into_iter().map(|issue| issue.title));
        issue(&ada, "A later one").await;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(seen.into_iter().eq((1..=45).rev().map(|n| format!("Issue {n}"))));
}

#[tokio::test]
async fn an_edit_of_an_old_text_is_refused() {
    let world = World::new().await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let typo = issue(&ada, "Typo").await;
    let change = |title| json!({ "id": typo.id, "revision": typo.revision, "title": title, "body": "On the first page." });
    let edited = bob.call::<edit>(change("A typo")).await.unwrap();
    let error = ada.call::<edit>(change("The typo")).await.unwrap_err();
    assert!(matches!(error, CallError::Procedure(EditError::ChangedMeanwhile)), "{error:?}");
    assert_eq!(ada.call::<find>(typo.id).await.unwrap(), edited);
    assert_eq!((edited.title.as_str(), edited.author.as_str()), ("A typo", "Ada"));
    assert_eq!(refusal::<create>(&ada, json!({ "title": "" })).await, "BAD_REQUEST");
}

#[tokio::test]
async fn a_full_column_takes_no_more() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let start = |id| json!({ "id": id, "status": "doing" });
    for n in 0..DOING_LIMIT {
        let id = issue(&ada, &format!("Issue {n}")).await.id;
        assert_eq!(ada.call::<move_to>(start(id)).await.unwrap().status, Status::Doing);
        // Again is fine, and changes nothing.
        assert_eq!(ada.call::<move_to>(start(id)).await.unwrap().version, 2);
    }
    let one_more = issue(&ada, "One more").await;
    let error = ada.call::<move_to>(start(one_more.id)).await.unwrap_err();
    let full = CallError::Procedure(MoveError::ColumnFull { limit: DOING_LIMIT });
    assert_eq!(format!("{error:?}"), format!("{full:?}"));
    assert_eq!(ada.call::<find>(one_more.id).await.unwrap(), one_more);
}

#[tokio::test]
async fn an_issue_that_is_gone_is_a_declared_error() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let typo = issue(&ada, "Typo").await;
    ada.call::<remove>(typo.id).await.unwrap();
    for result in [ada.call::<find>(typo.id).await.map(drop), ada.call::<remove>(typo.id).await] {
        let error = result.unwrap_err();
        assert!(matches!(error, CallError::Procedure(IssueError::NoSuchIssue)), "{error:?}");
    }
    let moved = json!({ "id": typo.id, "status": "done" });
    let error = ada.call::<move_to>(moved).await.unwrap_err();
    let gone = MoveError::Issue(IssueError::NoSuchIssue);
    assert_eq!(format!("{error:?}"), format!("{:?}", CallError::Procedure(gone)));
}
