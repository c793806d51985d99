//! The task that keeps the connection.

use std::sync::Arc;
use std::time::Duration;

use redis::PushInfo;

use super::{Info, Link, Server};
use crate::clock::{self, Instant};
use crate::store::StoreError;

/// Maximum time for an answer while a connection is tended, after which it is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Pauses between two attempts to connect.
const PAUSES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(50)..=Duration::from_secs(1);

/// User of a connection that is made again when it is lost.
pub(crate) trait Keeper: Send + Sync + 'static {
    fn server(&self) -> &Server;

    /// Takes an announcement.
    fn announced(&self, _: PushInfo) {}

    /// Looks at the server before a connection is used.
    fn inspect(&self, _: &Link, _: &Info) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Uses the connection until it is lost.
    fn tend(&self, link: &Link) -> impl Future<Output = ()> + Send;

    /// Acts each time that a connection was lost, or not made.
    fn disconnected(&self) {}
}

/// Connects again and again.
pub(crate) async fn keep<K: Keeper>(keeper: Arc<K>) {
    let server = keeper.server();
    let mut pause = *PAUSES.start();
    let mut is_reported = false;
    for number in 1.. {
        let weak = Arc::downgrade(&keeper);
        let announced = move |info| {
            if let Some(keeper) = weak.upgrade() {
                keeper.announced(info);
            }
        };
        let inspecting = Arc::clone(&keeper);
        let inspect = |link, info| async move { inspecting.inspect(&link, &info).await };
        match server.connect(number, announced, inspect).await {
            Ok(link) => {
                let since = Instant::now();
                if is_reported || number > 1 {
                    tracing::info!(address = server.address(), "connected to Redis again");
                }
                is_reported = false;
                server.up(link.clone());
                link.lost.run_until_cancelled(keeper.tend(&link)).await;
                link.lost.cancel();
                server.down(None);
                // A connection that ends at once does not count.
                if since.elapsed() >= *PAUSES.end() {
                    pause = *PAUSES.start();
                }
            }
            Err(error) => {
                if !is_reported {
                    let source = std::error::Error::source(&error);
                    tracing::warn!(%error, source, "Redis cannot be used");
                    is_reported = true;
                }
                server.down(Some(error));
            }
        }
        keeper.disconnected();
        clock::sleep(jitter(pause)).await;
        pause = (pause * 2).min(*PAUSES.end());
    }
}

/// Returns a time between a half and the whole of the pause, so that nodes do not connect at
/// the same time.
fn jitter(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without a random number all wait the whole pause.
    let share = getrandom::fill(&mut byte).map_or(255, |()| byte[0]);
    pause / 2 + pause / 2 * u32::from(share) / 255
}

/// Returns `true` if the server answers.
pub(crate) async fn is_alive(link: &Link) -> bool {
    let ping = link.command::<String>(redis::cmd("PING"));
    matches!(clock::timeout(PATIENCE, ping).await, Ok(Ok(_)))
}
