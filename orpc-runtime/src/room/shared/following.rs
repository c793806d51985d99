//! The reader of a room's messages, for its sockets in this process.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::watch;

use super::message::Message;
use super::rooms::OnGap;
use crate::clock;
use crate::core::Error;
use crate::publish::{Publisher, ReadError, Start, SubscribeError};
use crate::room::node::NodeId;
use crate::room::rooms::WeakRoom;
use crate::room::unreadable::Unreadable;
use crate::task::{AbortHandle, Handle};

/// Pause before a room is read again that could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// The task that delivers the messages of a room to its sockets. It ends when this is dropped.
pub(in crate::room) struct Following {
    state: watch::Receiver<State>,
    task: AbortHandle,
}

/// State of a reader.
#[derive(Clone)]
enum State {
    Opening,
    /// No further message is missed.
    Open,
    /// The room could not be read; it is tried again.
    Failed(Unreadable),
}

/// The task of a room.
struct Reader {
    room: WeakRoom,
    publisher: Publisher<Message>,
    channel: String,
    node: NodeId,
    on_gap: Arc<OnGap>,
    state: watch::Sender<State>,
}

impl Following {
    pub(super) fn start(
        room: WeakRoom,
        publisher: &Publisher<Message>,
        channel: String,
        node: NodeId,
        on_gap: Arc<OnGap>,
        runtime: &Handle,
    ) -> Self {
        let (state, seen) = watch::channel(State::Opening);
        let reader = Reader { room, publisher: publisher.clone(), channel, node, on_gap, state };
        Self { state: seen, task: runtime.spawn(reader.run()).abort_handle() }
    }

    /// Waits until the sockets of the room miss no further message.
    pub(super) async fn opened(&self) -> Result<(), Error> {
        let mut state = self.state.clone();
        if matches!(*state.borrow_and_update(), State::Failed(_)) {
            // The next attempt tells.
            state.changed().await.ok();
        }
        let settled = state.wait_for(|state| !matches!(state, State::Opening)).await;
        match settled.as_deref() {
            Ok(State::Failed(failure)) => Err(failure.clone().into()),
            Ok(_) => Ok(()),
            // The task has ended.
            Err(_) => Err(SubscribeError::Closed.into()),
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reader {
    async fn run(self) {
        let mut start = Start::Latest;
        loop {
            let failure = self.follow(&mut start).await;
            if failure.is_final() {
                self.state.send_replace(State::Failed(failure));
                return;
            }
            tracing::warn!(channel = self.channel, error = %failure, "a room cannot be read");
            // Once it was open nothing is missed: it goes on from its position.
            if matches!(start, Start::Latest) {
                self.state.send_replace(State::Failed(failure));
            }
            clock::sleep(PAUSE).await;
        }
    }

    /// Delivers messages until they cannot be read.
    async fn follow(&self, start: &mut Start) -> Unreadable {
        let mut messages = match self.publisher.subscribe(&self.channel, *start) {
            Ok(messages) => messages,
            Err(error) => return error.into(),
        };
        match messages.opened().await {
            Ok(position) => *start = Start::After(position),
            Err(error) => return error.into(),
        }
        self.state.send_replace(State::Open);
        while let Some(next) = messages.next().await {
            // The task ends with the room.
            let Some(room) = self.room.upgrade() else { break };
            match next {
                Ok(message) => match message.value() {
                    Ok(message) => message.deliver(&room, self.node),
                    Err(error) => error.log("a message to a room"),
                },
                Err(ReadError::Gap(gap)) => (self.on_gap)(&room, gap),
                Err(error) => return error.into(),
            }
            if let Some(position) = messages.position() {
                *start = Start::After(position);
            }
            // Of many messages at once sockets write some before the next ones.
            tokio::task::yield_now().await;
        }
        ReadError::Closed.into()
    }
}
