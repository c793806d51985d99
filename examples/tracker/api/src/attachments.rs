//! Files of issues.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::value::File;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use crate::access::signed_in;
use crate::app::{App, OpenError, now};
use crate::board::announced;
use crate::issues::IssueError;
use crate::people::Person;

/// The files that an issue may have.
pub const PER_ISSUE: u32 = 20;

/// A file of an issue, without its bytes.
#[derive(Debug, PartialEq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// A `bigint` in TypeScript.
    pub id: i64,
    /// The name that the browser has sent.
    pub name: String,
    /// The length in bytes.
    pub size: u32,
    /// A `Date` in TypeScript.
    #[serde(with = "orpc_runtime::value::date")]
    pub created_at: DateTime<Utc>,
}

/// A file for an issue.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewAttachment {
    issue: i64,
    file: File,
}

/// Error of a file that cannot be added.
#[derive(Debug, RpcError)]
pub enum AddError {
    /// The issue has enough files.
    #[rpc_error(status = 409, message = "This issue has as many files as it may have")]
    TooManyFiles {
        /// The number that it may have.
        limit: u32,
    },
    /// The issue cannot be read.
    #[rpc_error(transparent)]
    Issue(IssueError),
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
    /// Not declared.
    #[rpc_error(internal)]
    Storage(std::io::Error),
}

/// Error of a file that cannot be read.
#[derive(Debug, RpcError)]
pub enum DownloadError {
    /// There is no such file.
    #[rpc_error(status = 404, message = "This file does not exist any more")]
    NoSuchFile,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
    /// Not declared.
    #[rpc_error(internal)]
    Storage(std::io::Error),
}

/// Deletes the bytes of a file that no row names any more.
pub(crate) async fn delete(app: &App, file: &str) {
    if let Err(error) = tokio::fs::remove_file(app.files.join(file)).await {
        tracing::warn!(file, %error, "a file is left over");
    }
}

/// Deletes the files that no row names: those of uploads during which the server was killed.
pub(crate) async fn sweep(app: &App) -> Result<(), OpenError> {
    let named: HashSet<String> = sqlx::query_scalar("SELECT file FROM attachments")
        .fetch_all(&app.db)
        .await?
        .into_iter()
        .collect();
    let mut files = tokio::fs::read_dir(&app.files).await?;
    while let Some(file) = files.next_entry().await? {
        let name = file.file_name().to_string_lossy().into_owned();
        if !named.contains(&name) {
            delete(app, &name).await;
        }
    }
    Ok(())
}

/// `attachments.*`
#[router(context = App, with = [signed_in, announced])]
pub mod api {
    use super::*;

    /// Lists the files of an issue.
    #[procedure]
    pub async fn list(app: &App, issue: i64) -> Result<Vec<Attachment>, Error> {
        let rows = sqlx::query_as("SELECT * FROM attachments WHERE issue = ? ORDER BY id");
        Ok(rows.bind(issue).fetch_all(&app.db).await?)
    }

    /// Adds a file, of at most 16 MiB unless the service sets another limit.
    #[procedure]
    pub async fn add(
        app: &App,
        person: &Person,
        input: NewAttachment,
    ) -> Result<Attachment, AddError> {
        let stored = store(app, &input.file).await?;
        let added = insert(app, person, &input, &stored).await;
        if added.is_err() {
            delete(app, &stored.file).await;
        }
        added
    }

    /// Returns a file with its bytes, which are read while they are sent.
    #[procedure]
    pub async fn download(app: &App, id: i64) -> Result<File, DownloadError> {
        let (name, content_type, file): (String, String, String) =
            sqlx::query_as("SELECT name, content_type, file FROM attachments WHERE id = ?")
                .bind(id)
                .fetch_optional(&app.db)
                .await?
                .ok_or(DownloadError::NoSuchFile)?;
        let file = tokio::fs::File::open(app.files.join(file)).await?;
        Ok(File::from_stream(name, content_type, ReaderStream::new(file)))
    }
}

/// A file in the folder of attachments.
struct Stored {
    file: String,
    size: u32,
}

/// Writes the bytes to a file with a name of its own: that of the browser is no path.
async fn store(app: &App, upload: &File) -> std::io::Result<Stored> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let file: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut target = tokio::fs::File::create_new(app.files.join(&file)).await?;
    let mut size = 0;
    let mut blocks = upload.reader();
    while let Some(block) = blocks.next().await {
        let block = block?;
        target.write_all(&block).await?;
        size += block.len() as u32;
    }
    target.sync_all().await?;
    Ok(Stored { file, size })
}

/// Writes the row of a stored file.
async fn insert(
    app: &App,
    person: &Person,
    input: &NewAttachment,
    stored: &Stored,
) -> Result<Attachment, AddError> {
    let mut transaction = app.db.begin_with("BEGIN IMMEDIATE").await?;
    let count: u32 = sqlx::query_scalar(
        "UPDATE issues SET attachments = attachments + 1, version = version + 1 WHERE id = ?
         RETURNING attachments",
    )
    .bind(input.issue)
    .fetch_optional(&mut *transaction)
    .await?
    .ok_or(IssueError::NoSuchIssue)?;
    if count > PER_ISSUE {
        return Err(AddError::TooManyFiles { limit: PER_ISSUE });
    }
    let attachment = sqlx::query_as(
        "INSERT INTO attachments (issue, author, name, content_type, size, file, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
    )
    .bind(input.issue)
    .bind(person.id)
    .bind(input.file.name())
    .bind(input.file.content_type())
    .bind(stored.size)
    .bind(&stored.file)
    .bind(now())
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(attachment)
}
