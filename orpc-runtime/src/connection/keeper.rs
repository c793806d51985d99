//! The task that keeps the connection.

use std::sync::Arc;
use std::time::Duration;

use super::{Contact, Link};
use crate::clock::{self, Instant};
use crate::store::StoreError;

/// Maximum time for an answer while a connection is tended, after which it is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Pauses between two attempts to connect.
const PAUSES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(50)..=Duration::from_secs(1);

/// User of a connection that is made again when it is lost.
pub(crate) trait Keeper: Send + Sync + 'static {
    type Link: Link;

    fn contact(&self) -> &Contact<Self::Link>;

    /// Makes the connection of that number, and looks at the server before it is used.
    fn connect(
        self: Arc<Self>,
        number: u64,
    ) -> impl Future<Output = Result<Self::Link, StoreError>> + Send;

    /// Uses the connection until it is lost.
    fn tend(&self, link: &Self::Link) -> impl Future<Output = ()> + Send;

    /// Acts each time that a connection was lost, or not made.
    fn disconnected(&self) {}
}

/// Connects again and again.
pub(crate) async fn keep<K: Keeper>(keeper: Arc<K>) {
    let contact = keeper.contact();
    let mut pause = *PAUSES.start();
    let mut is_reported = false;
    for number in 1.. {
        match Arc::clone(&keeper).connect(number).await {
            Ok(link) => {
                let since = Instant::now();
                if is_reported || number > 1 {
                    tracing::info!(
                        address = contact.address,
                        "connected to {} again",
                        contact.product
                    );
                }
                is_reported = false;
                contact.up(link.clone());
                link.lost().run_until_cancelled(keeper.tend(&link)).await;
                link.lost().cancel();
                contact.down(None);
                // A connection that ends at once does not count.
                if since.elapsed() >= *PAUSES.end() {
                    pause = *PAUSES.start();
                }
            }
            Err(error) => {
                if !is_reported {
                    let source = std::error::Error::source(&error);
                    tracing::warn!(%error, source, "{} cannot be used", contact.product);
                    is_reported = true;
                }
                contact.down(Some(error));
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
