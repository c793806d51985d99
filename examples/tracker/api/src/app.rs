//! The context of all procedures.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Durability, StoreError};
use orpc_runtime::ratelimit::RateLimiter;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tokio::sync::{Notify, broadcast};

use crate::attachments;
use crate::board::{self, BoardEvent};
use crate::password::Passwords;

/// The events that the board keeps for pages that come back.
const KEPT_EVENTS: u64 = 10_000;

/// The time for which it keeps them. A page that was away for longer gets the whole board.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Time in which the server that has the file of events may end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends of sessions that a stream may not have seen yet. One that misses some looks its session up.
const ENDED_SESSIONS: usize = 64;

/// The data of the tracker, and what its procedures share.
#[derive(Debug)]
pub struct App {
    pub(crate) db: SqlitePool,
    pub(crate) events: Publisher<BoardEvent>,
    /// Wakes the task that announces changes of the database as events.
    pub(crate) changed: Notify,
    pub(crate) files: PathBuf,
    pub(crate) passwords: Passwords,
    /// Tells open streams which sessions end, by the hashes of their tokens.
    pub(crate) ended_sessions: broadcast::Sender<Vec<u8>>,
    pub(crate) sign_ins: RateLimiter,
}

/// Error of data that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the data cannot be made or read.
    #[error("the folder of the data cannot be made or read")]
    Folder(#[from] std::io::Error),
    /// The database cannot be opened or brought up to date.
    #[error("the database cannot be opened")]
    Database(#[from] sqlx::Error),
    /// The tables are not those of this version or an older one.
    #[error("the database cannot be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The file of the events cannot be opened.
    #[error("the events of the board cannot be opened")]
    Events(#[from] StoreError),
    /// The first password cannot be hashed.
    #[error(transparent)]
    Password(#[from] crate::password::PasswordError),
}

impl App {
    /// Opens the data in a folder, which is made if it does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// If something in the folder cannot be used, or another server has it open.
    pub async fn open(data: &Path) -> Result<Arc<Self>, OpenError> {
        let files = data.join("attachments");
        tokio::fs::create_dir_all(&files).await?;
        let options = SqliteConnectOptions::new()
            .filename(data.join("tracker.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let db = SqlitePool::connect_with(options).await?;
        sqlx::migrate!().run(&db).await?;

        let events = data.join("events");
        let publisher = Publisher::builder()
            .retention(KEPT_FOR)
            .max_events(KEPT_EVENTS)
            .lock_timeout(LOCK_TIMEOUT);
        let events =
            tokio::task::spawn_blocking(move || publisher.open(events, Durability::Commit));
        let app = Arc::new(Self {
            db,
            events: events.await.map_err(std::io::Error::other)??,
            changed: Notify::new(),
            files,
            passwords: Passwords::new()?,
            ended_sessions: broadcast::Sender::new(ENDED_SESSIONS),
            sign_ins: RateLimiter::builder().limit(10).per(Duration::from_secs(60)).memory(),
        });
        attachments::sweep(&app).await?;
        tokio::spawn(board::announce_changes(Arc::clone(&app)));
        Ok(app)
    }

    /// Returns an error if the database does not answer.
    ///
    /// # Errors
    /// That of the database.
    pub async fn check(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.db).await?;
        Ok(())
    }

    /// Closes the files, once the last call has ended.
    pub async fn close(&self) {
        self.db.close().await;
        self.changed.notify_one();
        self.events.close().await;
    }
}

/// Returns the time, to the millisecond as dates of JavaScript have it.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}
