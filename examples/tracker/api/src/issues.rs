//! Issues.

use chrono::{DateTime, Utc};
use orpc_runtime::prelude::*;
use sqlx::SqliteExecutor;

use crate::access::{admin, signed_in};
use crate::app::{App, now};
use crate::board::announced;
use crate::page::{self, Page};
use crate::people::Person;

/// The issues that may be in progress at a time.
pub const DOING_LIMIT: u32 = 5;

/// An issue with the name of its author.
pub(crate) const SELECT: &str = "SELECT issues.*, people.name AS author_name FROM issues JOIN people ON people.id = issues.author";

/// The column of the board in which an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Status {
    /// Nobody works on it yet.
    Open,
    /// Somebody works on it.
    Doing,
    /// It is done.
    Done,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// A `bigint` in TypeScript.
    pub id: i64,
    /// One line.
    pub title: String,
    /// Any text.
    pub body: String,
    /// The column of the board.
    pub status: Status,
    /// The name of its author.
    #[sqlx(rename = "author_name")]
    pub author: String,
    /// A `Date` in TypeScript.
    #[serde(with = "orpc_runtime::value::date")]
    pub created_at: DateTime<Utc>,
    /// A `number` in TypeScript, which is exact.
    pub comments: u32,
    /// The number of files.
    pub attachments: u32,
    /// Grows with each edit of title or body.
    pub revision: u32,
    /// Grows with each change.
    pub version: i64,
}

/// A new issue.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewIssue {
    #[schemars(length(min = 1, max = 120))]
    title: String,
    #[schemars(length(max = 10_000))]
    #[serde(default)]
    body: String,
}

/// Another text of an issue.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EditIssue {
    id: i64,
    /// The revision that the editor has read.
    revision: u32,
    #[schemars(length(min = 1, max = 120))]
    title: String,
    #[schemars(length(max = 10_000))]
    body: String,
}

/// Another column of an issue.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MoveIssue {
    id: i64,
    status: Status,
}

/// A place in the list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct After {
    /// The `next` of the page before.
    #[serde(default)]
    after: Option<i64>,
}

/// Error of a call about one issue.
#[derive(Debug, RpcError)]
pub enum IssueError {
    /// There is no such issue.
    #[rpc_error(status = 404, message = "This issue does not exist any more")]
    NoSuchIssue,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// Error of an edit.
#[derive(Debug, RpcError)]
pub enum EditError {
    /// Somebody has changed the text since the caller has read it.
    #[rpc_error(status = 409, message = "Somebody else has changed this text")]
    ChangedMeanwhile,
    /// The issue cannot be read.
    #[rpc_error(transparent)]
    Issue(IssueError),
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// Error of a move.
#[derive(Debug, RpcError)]
pub enum MoveError {
    /// Too much is in progress.
    #[rpc_error(status = 409, message = "Finish something else first")]
    ColumnFull {
        /// The number of issues that may be in progress.
        limit: u32,
    },
    /// The issue cannot be read.
    #[rpc_error(transparent)]
    Issue(IssueError),
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// Reads an issue.
pub(crate) async fn find(
    db: impl SqliteExecutor<'_>,
    id: i64,
) -> Result<Option<Issue>, sqlx::Error> {
    sqlx::query_as(&format!("{SELECT} WHERE issues.id = ?")).bind(id).fetch_optional(db).await
}

/// `issues.*`
#[router(context = App, with = [signed_in, announced])]
pub mod api {
    use super::*;

    /// Lists issues, the newest first.
    #[procedure]
    pub async fn list(app: &App, input: After) -> Result<Page<Issue>, Error> {
        let sql = format!("{SELECT} WHERE issues.id < ? ORDER BY issues.id DESC LIMIT ?");
        let rows = sqlx::query_as(&sql).bind(input.after.unwrap_or(i64::MAX)).bind(page::LIMIT);
        Ok(Page::of(rows.fetch_all(&app.db).await?, |issue: &Issue| issue.id))
    }

    /// Returns one issue.
    #[procedure]
    pub async fn find(app: &App, id: i64) -> Result<Issue, IssueError> {
        super::find(&app.db, id).await?.ok_or(IssueError::NoSuchIssue)
    }

    /// Opens an issue.
    #[procedure]
    pub async fn create(app: &App, person: &Person, input: NewIssue) -> Result<Issue, IssueError> {
        let id = sqlx::query_scalar(
            "INSERT INTO issues (title, body, author, created_at) VALUES (?, ?, ?, ?) RETURNING id",
        )
        .bind(&input.title)
        .bind(&input.body)
        .bind(person.id)
        .bind(now())
        .fetch_one(&app.db)
        .await?;
        find(app, id).await
    }

    /// Changes title and body, unless somebody else has changed them meanwhile.
    #[procedure]
    pub async fn edit(app: &App, input: EditIssue) -> Result<Issue, EditError> {
        let edited = sqlx::query(
            "UPDATE issues SET title = ?, body = ?, revision = revision + 1, version = version + 1
             WHERE id = ? AND revision = ?",
        )
        .bind(&input.title)
        .bind(&input.body)
        .bind(input.id)
        .bind(input.revision)
        .execute(&app.db)
        .await?;
        let issue = find(app, input.id).await?;
        if edited.rows_affected() == 0 {
            return Err(EditError::ChangedMeanwhile);
        }
        Ok(issue)
    }

    /// Moves an issue to another column, if that has room.
    #[procedure(name = "move")]
    pub async fn move_to(app: &App, input: MoveIssue) -> Result<Issue, MoveError> {
        // Writes nobody else's change in between, so that the column cannot overflow.
        let mut transaction = app.db.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "UPDATE issues SET status = ?1, version = version + 1 WHERE id = ?2 AND status <> ?1",
        )
        .bind(input.status)
        .bind(input.id)
        .execute(&mut *transaction)
        .await?;
        let doing: u32 = sqlx::query_scalar("SELECT count(*) FROM issues WHERE status = 'doing'")
            .fetch_one(&mut *transaction)
            .await?;
        if doing > DOING_LIMIT {
            return Err(MoveError::ColumnFull { limit: DOING_LIMIT });
        }
        let issue = super::find(&mut *transaction, input.id).await?;
        transaction.commit().await?;
        Ok(issue.ok_or(IssueError::NoSuchIssue)?)
    }

    /// Removes an issue with its comments and attachments.
    #[procedure(with = admin)]
    pub async fn remove(app: &App, id: i64) -> Result<(), IssueError> {
        let files: Vec<String> = sqlx::query_scalar("SELECT file FROM attachments WHERE issue = ?")
            .bind(id)
            .fetch_all(&app.db)
            .await?;
        let removed = sqlx::query("DELETE FROM issues WHERE id = ?").bind(id);
        if removed.execute(&app.db).await?.rows_affected() == 0 {
            return Err(IssueError::NoSuchIssue);
        }
        for file in files {
            crate::attachments::delete(app, &file).await;
        }
        Ok(())
    }
}
