//! In-memory channels of messages.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::mpsc;
use futures::sink::Sink;
use futures::stream::{Stream, StreamExt as _};

use crate::socket::Frame;

/// One end of an in-memory channel, like a `MessagePort`: messages sent on one port
/// arrive at the other. Created by [`duplex`].
#[derive(Debug)]
pub struct Duplex {
    sender: mpsc::Sender<Frame>,
    receiver: mpsc::Receiver<Frame>,
}

/// The other port was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other port is closed")]
pub struct DuplexClosed;

/// Creates two connected ports. `unread` messages may wait at each; a sender waits
/// beyond that.
///
/// ```
/// use futures::SinkExt as _;
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{Frame, duplex};
///
/// #[router]
/// pub mod api {
///     #[orpc_runtime::procedure]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (server, mut client) = duplex(16);
/// tokio::spawn(Rpc::new(api::router()).peer(()).serve(server));
/// client.send(Frame::from(r#"{"i":"1","p":{"u":"/ping"}}"#)).await.unwrap();
/// assert_eq!(client.next().await.unwrap().unwrap(), r#"{"i":"1","p":{"b":{"json":"pong"}}}"#);
/// # }
/// ```
pub fn duplex(unread: usize) -> (Duplex, Duplex) {
    let (there, here) = (mpsc::channel(unread), mpsc::channel(unread));
    let first = Duplex { sender: there.0, receiver: here.1 };
    let second = Duplex { sender: here.0, receiver: there.1 };
    (first, second)
}

/// The messages of the other port, until it is dropped.
impl Stream for Duplex {
    type Item = Result<Frame, DuplexClosed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_next_unpin(cx).map(|frame| frame.map(Ok))
    }
}

impl Sink<Frame> for Duplex {
    type Error = DuplexClosed;

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), DuplexClosed>> {
        self.sender.poll_ready(cx).map_err(|_| DuplexClosed)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), DuplexClosed> {
        self.sender.start_send(frame).map_err(|_| DuplexClosed)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), DuplexClosed>> {
        Pin::new(&mut self.sender).poll_flush(cx).map_err(|_| DuplexClosed)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), DuplexClosed>> {
        Pin::new(&mut self.sender).poll_close(cx).map_err(|_| DuplexClosed)
    }
}
