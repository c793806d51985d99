//! The connection to a server that several processes share: one at a time, which is made again when it is lost.

mod keeper;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use self::keeper::{Keeper, PATIENCE, keep};
use crate::clock::{self, Instant};
use crate::store::{StoreError, StoreErrorKind};

/// Maximum time to connect.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);

/// Maximum time for an answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// Message of an error of TLS, behind the address of the server.
pub(crate) const UNTRUSTED: &str = "has a certificate that is not trusted, or does not speak TLS: \
    SSL_CERT_FILE names a file with further authorities";

/// Returns `true` if a connection failed because of TLS, by its certificate for example: it would fail again.
pub(crate) fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let of_system = match error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
            Some(shared) => shared.downcast_ref::<io::Error>(),
            None => error.downcast_ref::<io::Error>(),
        };
        if of_system.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        next = error.source();
    }
    false
}

/// A connection.
pub(crate) trait Link: Clone + Send + Sync + 'static {
    /// Returns the number of the connection, from 1.
    fn number(&self) -> u64;

    /// Returns the token that is cancelled once the connection is not used any more.
    fn lost(&self) -> &CancellationToken;

    /// Returns the number of answers that have come over the connection.
    fn answers(&self) -> u64;
}

/// The address of a server, and the present connection to it.
pub(crate) struct Contact<L> {
    /// Name of the server's software, for messages.
    product: &'static str,
    /// Host and port, or the path of a socket.
    address: String,
    state: watch::Sender<State<L>>,
}

/// State of the connection.
enum State<L> {
    /// There is none since that time, because of that error.
    Down {
        error: Option<StoreError>,
        since: Instant,
    },
    Up(L),
}

/// Error of a request to the server.
#[derive(Debug, Clone)]
pub(crate) enum CallError {
    /// The connection was lost, or the answer did not come in time: the request may have been
    /// executed.
    Lost(StoreError),
    /// The server refused the request, which was not executed.
    Refused(StoreError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Lost(error) | CallError::Refused(error) => error,
        }
    }
}

impl<L: Link> Contact<L> {
    pub(crate) fn new(product: &'static str, address: String) -> Self {
        let state = watch::Sender::new(State::Down { error: None, since: Instant::now() });
        Self { product, address, state }
    }

    #[cfg(feature = "redis")]
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns an error whose message begins with the server.
    pub(crate) fn fault(&self, kind: StoreErrorKind, message: &str) -> StoreError {
        StoreError::new(kind, format!("{} at {} {message}", self.product, self.address))
    }

    /// Returns an error whose message begins with the server, with the error that caused it.
    #[cfg(feature = "nats")]
    pub(crate) fn fault_by(
        &self,
        kind: StoreErrorKind,
        message: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StoreError {
        StoreError::caused_by(
            kind,
            format!("{} at {} {message}", self.product, self.address),
            source,
        )
    }

    /// Returns the error of a server that does not answer.
    pub(crate) fn silent(&self) -> StoreError {
        self.fault(StoreErrorKind::Unavailable, "does not answer")
    }

    /// Returns the error of an answer that no server of this kind gives.
    pub(crate) fn malformed(&self) -> StoreError {
        self.fault(StoreErrorKind::Damaged, "has malformed data or answers")
    }

    /// Sets the present connection.
    fn up(&self, link: L) {
        self.state.send_replace(State::Up(link));
    }

    /// Notes that there is no connection.
    pub(crate) fn down(&self, error: Option<StoreError>) {
        self.state.send_modify(|state| {
            let since = match state {
                State::Down { since, .. } => *since,
                State::Up(_) => Instant::now(),
            };
            *state = State::Down { error, since };
        });
    }

    /// Returns the error because of which there is no connection.
    pub(crate) fn error(&self) -> StoreError {
        match &*self.state.borrow() {
            State::Down { error: Some(error), .. } => error.clone(),
            State::Down { error: None, .. } | State::Up(_) => self.silent(),
        }
    }

    /// Returns the time since there is no connection.
    #[cfg(any(feature = "redis", all(feature = "durable", feature = "websocket")))]
    pub(crate) fn absence(&self) -> Option<Duration> {
        match &*self.state.borrow() {
            State::Down { since, .. } => Some(since.elapsed()),
            State::Up(_) => None,
        }
    }

    /// Returns the present connection.
    #[cfg(feature = "redis")]
    pub(crate) fn present(&self) -> Option<L> {
        match &*self.state.borrow() {
            State::Up(link) if !link.lost().is_cancelled() => Some(link.clone()),
            State::Up(_) | State::Down { .. } => None,
        }
    }

    /// Waits until there is a connection, or an attempt has failed.
    #[cfg(feature = "redis")]
    pub(crate) async fn tried(&self) {
        let mut state = self.state.subscribe();
        let is_tried = |state: &State<L>| !matches!(state, State::Down { error: None, .. });
        state.wait_for(is_tried).await.ok();
    }

    /// Waits for a connection, or for an error that does not pass.
    pub(crate) async fn started(&self, within: Duration) -> Result<(), StoreError> {
        let mut state = self.state.subscribe();
        let started = state.wait_for(|state| match state {
            State::Up(_) => true,
            State::Down { error, .. } => {
                error.as_ref().is_some_and(|error| error.kind() != StoreErrorKind::Unavailable)
            }
        });
        match clock::timeout(within, started).await {
            Ok(Ok(state)) if matches!(*state, State::Up(_)) => Ok(()),
            _ => Err(self.error()),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn link(&self, within: Duration) -> Result<L, StoreError> {
        let mut state = self.state.subscribe();
        let is_up =
            |state: &State<L>| matches!(state, State::Up(link) if !link.lost().is_cancelled());
        let link = clock::timeout(within, state.wait_for(is_up)).await;
        match link.as_ref().map(Result::as_deref) {
            Ok(Ok(State::Up(link))) => Ok(link.clone()),
            _ => {
                drop(link);
                Err(self.error())
            }
        }
    }
}
