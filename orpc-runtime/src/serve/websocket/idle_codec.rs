//! A WebSocket without buffers while it is idle.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{Error, Limits, Message, ServerBuilder, WebSocketStream};

use super::intake::TooLong;
use super::transport::Transport;
use crate::wire::Protocol;

/// Length of the codec's buffer while messages are short.
const BUFFER: usize = 8 * 1024;

/// A message of a client.
#[derive(Debug)]
pub(super) enum Incoming {
    Message(Message),
    /// The first members of a message that is too long.
    TooLong(TooLong),
}

/// A WebSocket whose codec, with its buffer of 8 KiB, exists only while it is needed.
/// Between two messages the codec has no state, so that it can be recreated.
#[derive(Debug)]
pub(super) struct RestingSocket<S> {
    /// The connection, while there is no codec.
    resting: Option<Transport<S>>,
    awake: Option<WebSocketStream<Transport<S>>>,
    /// The codec has returned all buffered messages.
    is_drained: bool,
    message_limit: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> RestingSocket<S> {
    pub(super) fn new(protocol: Protocol, connection: S, message_limit: usize) -> Self {
        let resting = Some(Transport::new(protocol, connection, message_limit));
        Self { resting, awake: None, is_drained: false, message_limit }
    }

    pub(super) fn is_resting(&self) -> bool {
        self.resting.is_some()
    }

    /// Drops the codec, unless it has messages, or a part of one. Call it when
    /// everything is flushed, and no close frame was exchanged.
    pub(super) fn rest(&mut self) {
        if self.is_drained
            && self.awake.as_ref().is_some_and(|socket| socket.get_ref().is_at_boundary())
        {
            self.resting = self.awake.take().map(WebSocketStream::into_inner);
        }
    }

    /// Replaces the codec after it has failed, and with it the close frame that it
    /// would send first. Returns `false` if frames are being written, which have to be
    /// sent first. Nothing may be read afterwards.
    pub(super) fn renew(&mut self) -> bool {
        let is_free = self.awake.as_ref().is_some_and(|socket| !socket.get_ref().is_blocked());
        if is_free {
            self.resting = self.awake.take().map(WebSocketStream::into_inner);
        }
        is_free
    }

    fn awake(&mut self) -> Result<&mut WebSocketStream<Transport<S>>, Error> {
        if let Some(mut transport) = self.resting.take() {
            transport.begin();
            let limits = Limits::default().max_payload_len(Some(self.message_limit));
            self.awake = Some(ServerBuilder::new().limits(limits).serve(transport));
        }
        self.awake.as_mut().ok_or(Error::AlreadyClosed)
    }

    /// Polls for the next message. `None` at the end of the connection.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Incoming, Error>>> {
        if let Some(transport) = &mut self.resting
            && !ready!(transport.poll_read_ahead(cx)).map_err(Error::Io)?
        {
            return Poll::Ready(None);
        }
        let message = Pin::new(self.awake()?).poll_next(cx);
        self.is_drained = message.is_pending();
        match message {
            Poll::Ready(message) => Poll::Ready(message.map(|read| read.map(Incoming::Message))),
            Poll::Pending => self.poll_too_long(cx),
        }
    }

    /// Polls for a message that the transport has found too long.
    fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming, Error>>> {
        let socket = self.awake()?;
        let Some(too_long) = socket.get_ref().too_long() else { return Poll::Pending };
        if too_long.is_begun {
            // The codec would wait for the rest, so a new one replaces it. Its pending
            // frames are sent first.
            ready!(Pin::new(&mut *socket).poll_flush(cx))?;
            self.resting = self.awake.take().map(WebSocketStream::into_inner);
        }
        let transport = self.resting.as_mut().or(self.awake.as_mut().map(WebSocketStream::get_mut));
        let too_long = transport.and_then(Transport::take_too_long);
        too_long.map_or(Poll::Pending, |message| Poll::Ready(Some(Ok(Incoming::TooLong(message)))))
    }

    /// Waits until a message may be sent.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(self.awake()?).poll_ready(cx)
    }

    pub(super) fn start_send(&mut self, message: Message) -> Result<(), Error> {
        let socket = self.awake()?;
        if message.is_close() {
            socket.get_mut().close();
        }
        Pin::new(socket).start_send(message)
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &mut self.awake {
            Some(socket) => Pin::new(socket).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Returns the number of complete messages before an incomplete one; `None` between
    /// two messages.
    pub(super) fn unfinished(&self) -> Option<u64> {
        self.awake.as_ref()?.get_ref().unfinished()
    }

    /// Returns the number of bytes that the codec keeps.
    pub(super) fn kept(&self) -> usize {
        self.awake.as_ref().map_or(0, |socket| socket.get_ref().kept())
    }

    /// Returns the length of the buffer that messages may be slices of.
    pub(super) fn buffer(&self) -> usize {
        self.awake.as_ref().map_or(0, |socket| socket.get_ref().buffer().max(BUFFER))
    }

    /// Returns `true` if the connection took bytes since the last call.
    pub(super) fn took_bytes(&mut self) -> bool {
        self.awake.as_mut().is_some_and(|socket| socket.get_mut().took_bytes())
    }

    /// Returns the connection itself.
    pub(super) fn into_connection(self) -> Option<Transport<S>> {
        self.resting.or_else(|| self.awake.map(WebSocketStream::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Waker;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Returns a masked text frame.
    fn text(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x81, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
        frame.extend(payload);
        frame
    }

    async fn next_text<S>(socket: &mut RestingSocket<S>) -> String
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match poll_fn(|cx| socket.poll_next(cx)).await.unwrap().unwrap() {
            Incoming::Message(message) => message.as_text().unwrap().to_owned(),
            Incoming::TooLong(message) => panic!("{message:?}"),
        }
    }

    #[tokio::test]
    async fn buffers_are_given_back_between_messages_and_not_within_one() {
        let (server, mut client) = tokio::io::duplex(1024);
        let mut socket = RestingSocket::new(Protocol::default(), server, 1024);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(socket.is_resting());
            let frame = text(b"hello");
            client.write_all(&frame[..4]).await.unwrap();
            assert!(socket.poll_next(&mut cx).is_pending());
            socket.rest();
            assert!(!socket.is_resting(), "a frame is half read");
            client.write_all(&frame[4..]).await.unwrap();
            assert_eq!(next_text(&mut socket).await, "hello");
            assert!(socket.poll_next(&mut cx).is_pending());
            socket.rest();
        }
        // Two messages at once, of which the second one is not read yet.
        client.write_all(&[text(b"a"), text(b"b")].concat()).await.unwrap();
        for expected in ["a", "b"] {
            assert_eq!(next_text(&mut socket).await, expected);
            socket.rest();
            assert!(!socket.is_resting(), "it is not known that nothing more was read");
        }
        drop(client);
        assert!(poll_fn(|cx| socket.poll_next(cx)).await.is_none());
    }
}
