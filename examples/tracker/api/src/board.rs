//! The live board: all issues at first, then each change.

use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, PublishError, ReadError};
use tokio::sync::Notify;

use crate::access::{signed_in, while_signed_in};
use crate::app::App;
use crate::issues::{self, Issue};

/// The channel of the publisher.
const CHANNEL: &str = "board";

/// The issues that the board shows: the newest ones.
const SHOWN: u32 = 500;

/// Pause after which a failed announcement is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A state of the board, or a change of it. A page may apply a change twice, and skips one that is older than what
/// it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum BoardEvent {
    /// The whole board: the first event, and again if a page has missed some.
    Board {
        /// Its issues, the newest first.
        issues: Vec<Issue>,
    },
    /// A new issue, or a new state of one.
    Changed {
        /// The issue.
        issue: Issue,
    },
    /// An issue that is gone.
    Removed {
        /// Its id.
        id: i64,
    },
}

// #region watch
/// `board.*`
#[router(context = App, with = signed_in)]
pub mod api {
    use super::*;

    /// The board and its changes. A page that comes back gets those that it has missed.
    #[procedure(with = while_signed_in)]
    pub async fn watch(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<BoardEvent>, ReadError>>, Error> {
        // The position is fixed before the board is read, so that no change is between them.
        let mut changes = app.events.subscribe(CHANNEL, last)?;
        let first = match last {
            Some(_) => None,
            None => Some(Ok(board(app, changes.opened().await?).await?)),
        };
        let changes = changes.then(async move |change| match change {
            Err(ReadError::Gap(gap)) => match board(app, gap.resume()).await {
                Ok(board) => Ok(board),
                Err(error) => {
                    tracing::error!(%error, "the board cannot be read");
                    Err(ReadError::Gap(gap))
                }
            },
            change => change,
        });
        Ok(stream::iter(first).chain(changes))
    }
}

/// Returns an event with the whole board, behind which a page continues at that position.
async fn board(app: &App, position: EventId) -> Result<Published<BoardEvent>, Error> {
    let sql = format!("{} ORDER BY issues.id DESC LIMIT ?", issues::SELECT);
    let issues = sqlx::query_as(&sql).bind(SHOWN).fetch_all(&app.db).await?;
    Ok(Published::new(&BoardEvent::Board { issues })?.with_id(position))
}

// #endregion watch

/// Wakes the announcer when it is dropped, so also after a call whose client has left.
struct Wake<'a>(&'a Notify);

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Announces what a call has changed, once it has ended.
#[middleware]
pub async fn announced(app: &App, next: Next) -> Result<Completed, Error> {
    let _wake = Wake(&app.changed);
    next.run().await
}

/// Announces changes until the database is closed.
pub(crate) async fn announce_changes(app: Arc<App>) {
    while !app.db.is_closed() {
        match announce(&app).await {
            Ok(()) => app.changed.notified().await,
            Err(error) => {
                tracing::error!(%error, "the board is not told of changes");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Error of an announcement.
#[derive(Debug, thiserror::Error)]
enum AnnounceError {
    #[error("the changes cannot be read")]
    Database(#[from] sqlx::Error),
    #[error("a change cannot be published")]
    Publish(#[from] PublishError),
}

/// Publishes the changes that triggers of the database have noted, each as the newest state of its issue. One that
/// is published when the server is killed is published again, which pages do not notice.
async fn announce(app: &App) -> Result<(), AnnounceError> {
    let changes: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, issue FROM changes ORDER BY id").fetch_all(&app.db).await?;
    for (change, id) in changes {
        let event = match issues::find(&app.db, id).await? {
            Some(issue) => BoardEvent::Changed { issue },
            None => BoardEvent::Removed { id },
        };
        app.events.publish(CHANNEL, &event).await?;
        sqlx::query("DELETE FROM changes WHERE id = ?").bind(change).execute(&app.db).await?;
    }
    Ok(())
}
