//! Roles.

use orpc_runtime::CallError;
use serde_json::json;
use tracker_api::account::api::me;
use tracker_api::people::RoleError;
use tracker_api::people::api::{list, set_role};
use tracker_api::{issues, people::Role};

use crate::world::{World, issue, refusal};

#[tokio::test]
async fn a_member_may_not_do_what_an_admin_may() {
    let world = World::new().await;
    let admin = world.person("Ada").await;
    let member = world.person("Bob").await;
    let typo = issue(&member, "Typo").await;
    let bob = member.call::<me>(()).await.unwrap().unwrap();
    assert_eq!(bob.role, Role::Member);

    assert_eq!(refusal::<list>(&member, json!(null)).await, "FORBIDDEN");
    let promotion = json!({ "id": bob.id, "role": "admin" });
    assert_eq!(refusal::<set_role>(&member, promotion.clone()).await, "FORBIDDEN");
    assert_eq!(refusal::<issues::api::remove>(&member, json!(typo.id)).await, "FORBIDDEN");

    admin.call::<set_role>(promotion).await.unwrap();
    member.call::<issues::api::remove>(typo.id).await.unwrap();
    let names = member.call::<list>(()).await.unwrap().into_iter().map(|person| person.name);
    assert!(names.eq(["Ada", "Bob"]));
}

#[tokio::test]
async fn somebody_is_always_the_admin() {
    let world = World::new().await;
    let admin = world.person("Ada").await;
    let ada = admin.call::<me>(()).await.unwrap().unwrap();
    let leave = json!({ "id": ada.id, "role": "member" });
    let error = admin.call::<set_role>(leave).await.unwrap_err();
    assert!(matches!(error, CallError::Procedure(RoleError::LastAdmin)), "{error:?}");
    let error = admin.call::<set_role>(json!({ "id": 99, "role": "admin" })).await.unwrap_err();
    assert!(matches!(error, CallError::Procedure(RoleError::NoSuchPerson)), "{error:?}");
    assert_eq!(admin.call::<me>(()).await.unwrap().unwrap().role, Role::Admin);
}
