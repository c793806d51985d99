//! Attachments.

use orpc_runtime::CallError;
use orpc_runtime::schemars::{self, JsonSchema};
use orpc_runtime::value::File;
use serde::Serialize;
use tracker_api::attachments::api::{add, download, list};
use tracker_api::attachments::{AddError, DownloadError, PER_ISSUE};
use tracker_api::issues::IssueError;
use tracker_api::issues::api::remove;

use crate::world::{World, issue};

/// The input as a client writes it.
#[derive(Serialize, JsonSchema)]
struct Upload {
    issue: i64,
    file: File,
}

/// The number of files in the folder of attachments.
fn stored(world: &World) -> usize {
    std::fs::read_dir(world.folder().join("attachments")).unwrap().count()
}

#[tokio::test]
async fn a_file_comes_back_byte_for_byte() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let typo = issue(&ada, "Typo").await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let file = File::new("../Bildschirmfoto ä.png", "image/png", bytes.clone());
    let added = ada.call::<add>(Upload { issue: typo.id, file }).await.unwrap();
    assert_eq!(added.size, 3_000_000);
    assert_eq!(ada.call::<list>(typo.id).await.unwrap(), [added]);

    let id = ada.call::<list>(typo.id).await.unwrap()[0].id;
    let file = ada.call::<download>(id).await.unwrap();
    assert_eq!((file.name(), file.content_type()), ("../Bildschirmfoto ä.png", "image/png"));
    assert!(file.bytes().await.unwrap() == bytes);

    ada.call::<remove>(typo.id).await.unwrap();
    assert_eq!(stored(&world), 0);
    let gone = ada.call::<download>(id).await.unwrap_err();
    assert!(matches!(gone, CallError::Procedure(DownloadError::NoSuchFile)), "{gone:?}");
}

#[tokio::test]
async fn files_of_uploads_that_were_cut_off_are_deleted_at_the_next_start() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let typo = issue(&ada, "Typo").await;
    let file = File::new("a.txt", "text/plain", "a");
    let id = ada.call::<add>(Upload { issue: typo.id, file }).await.unwrap().id;
    std::fs::write(world.folder().join("attachments/cut-off"), "ab").unwrap();
    let world = world.restart(async |_| {}).await;
    assert_eq!(stored(&world), 1);
    let cookie = ada.cookie_value("__Host-session").unwrap();
    let ada = world.browser().cookie("__Host-session", cookie);
    assert_eq!(ada.call::<download>(id).await.unwrap().bytes().await.unwrap(), "a");
}

#[tokio::test]
async fn refused_files_are_not_kept() {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let typo = issue(&ada, "Typo").await;
    let upload = |issue| Upload { issue, file: File::new("a.txt", "text/plain", "a") };
    for _ in 0..PER_ISSUE {
        ada.call::<add>(upload(typo.id)).await.unwrap();
    }
    let many = ada.call::<add>(upload(typo.id)).await.unwrap_err();
    let limit = PER_ISSUE;
    let too_many = CallError::Procedure(AddError::TooManyFiles { limit });
    assert_eq!(format!("{many:?}"), format!("{too_many:?}"));
    let lost = ada.call::<add>(upload(99)).await.unwrap_err();
    assert!(
        matches!(lost, CallError::Procedure(AddError::Issue(IssueError::NoSuchIssue))),
        "{lost:?}"
    );
    assert_eq!(stored(&world), PER_ISSUE as usize);
}
