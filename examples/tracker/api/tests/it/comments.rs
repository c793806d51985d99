//! Comments.

use orpc_runtime::CallError;
use serde_json::json;
use tracker_api::comments::RemoveError;
use tracker_api::comments::api::{add, list, remove};
use tracker_api::issues::IssueError;
use tracker_api::issues::api::find;

use crate::world::{World, issue};

#[tokio::test]
async fn comments_are_listed_in_pages() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let typo = issue(&ada, "Typo").await;
    for n in 1..=21 {
        ada.call::<add>(json!({ "issue": typo.id, "text": n.to_string() })).await.unwrap();
    }
    let first = ada.call::<list>(json!({ "issue": typo.id })).await.unwrap();
    let rest = ada.call::<list>(json!({ "issue": typo.id, "after": first.next })).await.unwrap();
    let texts = first.items.iter().chain(&rest.items).map(|comment| comment.text.clone());
    assert!(texts.eq((1..=21).map(|n| n.to_string())));
    assert_eq!((first.items.len(), rest.next), (20, None));
    assert_eq!(ada.call::<find>(typo.id).await.unwrap().comments, 21);
}

#[tokio::test]
async fn a_comment_is_removed_by_its_author_or_an_admin() {
    let world = World::new().await;
    let (admin, author) = (world.person("Ada").await, world.person("Bob").await);
    let other = world.person("Cleo").await;
    let typo = issue(&admin, "Typo").await;
    for text in ["One", "Two"] {
        author.call::<add>(json!({ "issue": typo.id, "text": text })).await.unwrap();
    }
    let page = admin.call::<list>(json!({ "issue": typo.id })).await.unwrap();
    let error = other.call::<remove>(page.items[0].id).await.unwrap_err();
    assert!(matches!(error, CallError::Procedure(RemoveError::NoSuchComment)), "{error:?}");
    author.call::<remove>(page.items[0].id).await.unwrap();
    admin.call::<remove>(page.items[1].id).await.unwrap();
    assert_eq!(admin.call::<find>(typo.id).await.unwrap().comments, 0);

    let lost = author.call::<add>(json!({ "issue": 99, "text": "Lost" })).await.unwrap_err();
    assert!(matches!(lost, CallError::Procedure(IssueError::NoSuchIssue)), "{lost:?}");
}
