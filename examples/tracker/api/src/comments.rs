//! Comments of issues.

use chrono::{DateTime, Utc};
use orpc_runtime::prelude::*;

use crate::access::signed_in;
use crate::app::{App, now};
use crate::board::announced;
use crate::issues::IssueError;
use crate::page::{self, Page};
use crate::people::{Person, Role};

/// A comment with the name of its author.
const SELECT: &str = "SELECT comments.*, people.name AS author_name
    FROM comments JOIN people ON people.id = comments.author";

/// A comment.
#[derive(Debug, PartialEq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// A `bigint` in TypeScript.
    pub id: i64,
    /// The name of its author.
    #[sqlx(rename = "author_name")]
    pub author: String,
    /// Its text.
    pub text: String,
    /// A `Date` in TypeScript.
    #[serde(with = "orpc_runtime::value::date")]
    pub created_at: DateTime<Utc>,
}

/// A place among the comments of an issue.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CommentsAfter {
    issue: i64,
    /// The `next` of the page before.
    #[serde(default)]
    after: Option<i64>,
}

/// A new comment.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewComment {
    issue: i64,
    #[schemars(length(min = 1, max = 5_000))]
    text: String,
}

/// Error of a comment that cannot be removed.
#[derive(Debug, RpcError)]
pub enum RemoveError {
    /// There is no such comment, or it is somebody else's.
    #[rpc_error(status = 404, message = "You have no such comment")]
    NoSuchComment,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// `comments.*`
#[router(context = App, with = [signed_in, announced])]
pub mod api {
    use super::*;

    /// Lists the comments of an issue, the oldest first.
    #[procedure]
    pub async fn list(app: &App, input: CommentsAfter) -> Result<Page<Comment>, Error> {
        let sql =
            format!("{SELECT} WHERE issue = ? AND comments.id > ? ORDER BY comments.id LIMIT ?");
        let rows =
            sqlx::query_as(&sql).bind(input.issue).bind(input.after.unwrap_or(0)).bind(page::LIMIT);
        Ok(Page::of(rows.fetch_all(&app.db).await?, |comment: &Comment| comment.id))
    }

    /// Adds a comment.
    #[procedure]
    pub async fn add(app: &App, person: &Person, input: NewComment) -> Result<(), IssueError> {
        let mut transaction = app.db.begin_with("BEGIN IMMEDIATE").await?;
        let issue = sqlx::query(
            "UPDATE issues SET comments = comments + 1, version = version + 1 WHERE id = ?",
        )
        .bind(input.issue)
        .execute(&mut *transaction)
        .await?;
        if issue.rows_affected() == 0 {
            return Err(IssueError::NoSuchIssue);
        }
        sqlx::query("INSERT INTO comments (issue, author, text, created_at) VALUES (?, ?, ?, ?)")
            .bind(input.issue)
            .bind(person.id)
            .bind(&input.text)
            .bind(now())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a comment of the caller; an admin may remove everybody's.
    #[procedure]
    pub async fn remove(app: &App, person: &Person, id: i64) -> Result<(), RemoveError> {
        let mut transaction = app.db.begin_with("BEGIN IMMEDIATE").await?;
        let issue: i64 = sqlx::query_scalar(
            "DELETE FROM comments WHERE id = ? AND (author = ? OR ?) RETURNING issue",
        )
        .bind(id)
        .bind(person.id)
        .bind(person.role == Role::Admin)
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(RemoveError::NoSuchComment)?;
        sqlx::query(
            "UPDATE issues SET comments = comments - 1, version = version + 1 WHERE id = ?",
        )
        .bind(issue)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}
