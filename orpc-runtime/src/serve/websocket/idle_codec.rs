//! A WebSocket without buffers while it is idle.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{Error, Limits, Message, ServerBuilder, WebSocketStream};

use super::intake::TooLong;
use super::transport::Transport;
use crate::socket::{Frame, Frames, Part};
use crate::wire::Protocol;

/// Length of the codec's buffer while messages are short.
const BUFFER: usize = 8 * 1024;

/// A message of a client.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message that was whole, in one frame.
    Whole(Frame),
    /// Any other message, of the codec.
    Message(Message),
    /// The first members of a message that is too long.
    TooLong(TooLong),
}

/// A WebSocket whose codec, with its buffer of 8 KiB, exists only while it is needed: for
/// control frames and messages in parts. Between two messages the codec has no state, so
/// that it can be recreated.
#[derive(Debug)]
pub(super) struct RestingSocket<S> {
    /// The connection, while there is no codec.
    resting: Option<Transport<S>>,
    /// Boxed: an idle socket has none.
    awake: Option<Box<WebSocketStream<Transport<S>>>>,
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
            self.resting = self.awake.take().map(|socket| socket.into_inner());
        }
    }

    /// Drops the codec after it has failed, and with it the close frame that it would send
    /// first. Nothing may be read afterwards.
    pub(super) fn renew(&mut self) {
        if let Some(awake) = self.awake.take() {
            self.resting = Some(awake.into_inner());
        }
    }

    fn transport_mut(&mut self) -> Result<&mut Transport<S>, Error> {
        let awake = self.awake.as_deref_mut().map(WebSocketStream::get_mut);
        self.resting.as_mut().or(awake).ok_or(Error::AlreadyClosed)
    }

    fn awake(&mut self) -> Result<&mut WebSocketStream<Transport<S>>, Error> {
        if let Some(mut transport) = self.resting.take() {
            transport.begin();
            let limits = Limits::default().max_payload_len(Some(self.message_limit));
            self.awake = Some(Box::new(ServerBuilder::new().limits(limits).serve(transport)));
        }
        self.awake.as_deref_mut().ok_or(Error::AlreadyClosed)
    }

    /// Polls for the next message. `None` at the end of the connection.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Incoming, Error>>> {
        if self.is_resting() || self.is_drained {
            let transport = self.transport_mut()?;
            if transport.is_between_messages() {
                if !ready!(transport.poll_read_ahead(cx)).map_err(Error::Io)? {
                    return Poll::Ready(None);
                }
                loop {
                    if let Some(message) = transport.take_message() {
                        return Poll::Ready(Some(Ok(Incoming::Whole(message))));
                    }
                    if !transport.read_behind(cx).map_err(Error::Io)? {
                        break;
                    }
                }
            }
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
            self.resting = self.awake.take().map(|socket| socket.into_inner());
        }
        let too_long = self.transport_mut()?.take_too_long();
        too_long.map_or(Poll::Pending, |message| Poll::Ready(Some(Ok(Incoming::TooLong(message)))))
    }

    /// Waits until a message may be sent.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let transport = self.transport_mut()?;
        if transport.has_room() { Poll::Ready(Ok(())) } else { self.poll_flush(cx) }
    }

    /// Sends a message. Wait [until it may be sent](Self::poll_ready) before.
    pub(super) fn send(&mut self, message: &Part<'_>) -> Result<(), Error> {
        self.transport_mut()?.send(message);
        Ok(())
    }

    /// Writes long frames from where they are. Returns `false` if they have to be
    /// [sent](Self::send) instead.
    pub(super) fn write_long(
        &mut self,
        cx: &mut Context<'_>,
        frames: &mut Frames,
    ) -> Result<bool, Error> {
        let written = self.transport_mut()?.write_long(cx, frames).transpose();
        written.map(|written| written.is_some()).map_err(Error::Io)
    }

    /// Sends a ping.
    pub(super) fn ping(&mut self) -> Result<(), Error> {
        self.transport_mut()?.ping();
        Ok(())
    }

    /// Sends a close frame. The codec follows the exchange of them.
    pub(super) fn close(&mut self, close: Message) -> Result<(), Error> {
        let socket = self.awake()?;
        socket.get_mut().close();
        Pin::new(socket).start_send(close)
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &mut self.awake {
            Some(socket) => Pin::new(&mut **socket).poll_flush(cx),
            None => self.transport_mut()?.poll_send(cx).map_err(Error::Io),
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
        self.transport_mut().is_ok_and(Transport::took_bytes)
    }

    /// Returns the connection itself.
    pub(super) fn into_connection(self) -> Option<Transport<S>> {
        self.resting.or_else(|| self.awake.map(|socket| socket.into_inner()))
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
            Incoming::Whole(message) => String::from_utf8(message.as_bytes().to_vec()).unwrap(),
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
        // A part of the second message has arrived as well.
        let frames = [text(b"a"), text(b"b")].concat();
        client.write_all(&frames[..9]).await.unwrap();
        assert_eq!(next_text(&mut socket).await, "a");
        assert!(socket.is_resting(), "a whole message needs no codec");
        assert!(socket.poll_next(&mut cx).is_pending());
        socket.rest();
        assert!(!socket.is_resting(), "a frame is half read");
        client.write_all(&[&frames[9..], &text(b"c")].concat()).await.unwrap();
        for expected in ["b", "c"] {
            assert_eq!(next_text(&mut socket).await, expected);
            socket.rest();
            assert!(!socket.is_resting(), "it is not known that nothing more was read");
        }
        assert!(socket.poll_next(&mut cx).is_pending());
        // The codec exists still, and has no bytes.
        client.write_all(&text(b"d")).await.unwrap();
        let next = poll_fn(|cx| socket.poll_next(cx)).await.unwrap().unwrap();
        assert!(matches!(next, Incoming::Whole(message) if message == "d"));
        drop(client);
        assert!(poll_fn(|cx| socket.poll_next(cx)).await.is_none());
    }

    /// A read ends within a message, and the connection has the rest of it.
    #[tokio::test]
    async fn messages_of_several_reads_need_no_codec() {
        let (server, mut client) = tokio::io::duplex(256 * 1024);
        let mut socket = RestingSocket::new(Protocol::default(), server, 1 << 20);
        let payload = |at: usize| vec![b'a' + at as u8; 5000 + at];
        for at in 0..20 {
            let payload = payload(at);
            let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
            let head = [0x81, 0x80 | 126, length[0], length[1], 0, 0, 0, 0];
            client.write_all(&[&head[..], &payload].concat()).await.unwrap();
        }
        for at in 0..20 {
            match poll_fn(|cx| socket.poll_next(cx)).await.unwrap().unwrap() {
                Incoming::Whole(message) => assert!(message.as_bytes() == payload(at), "{at}"),
                other => panic!("{at}: {other:?}"),
            }
            assert!(socket.is_resting(), "{at}");
        }
        drop(client);
        assert!(poll_fn(|cx| socket.poll_next(cx)).await.is_none());
    }

    #[tokio::test]
    async fn frames_of_both_ways_are_written_in_order() {
        let (server, mut client) = tokio::io::duplex(16);
        let mut socket = RestingSocket::new(Protocol::default(), server, 1024);
        let mut cx = Context::from_waker(Waker::noop());
        socket.send(&(&Frame::Text("0123456789abcdef".into())).into()).unwrap();
        assert!(socket.poll_flush(&mut cx).is_pending(), "2 of 18 bytes are not taken");
        client.write_all(&[0x89, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
        assert!(matches!(socket.poll_next(&mut cx), Poll::Ready(Some(Ok(Incoming::Message(_))))));
        assert!(socket.poll_next(&mut cx).is_pending());
        socket.ping().unwrap();
        socket.close(Message::close(None, "")).unwrap();
        let mut bytes = vec![0; 26];
        let (read, flushed) = tokio::join!(
            tokio::io::AsyncReadExt::read_exact(&mut client, &mut bytes),
            poll_fn(|cx| socket.poll_flush(cx)),
        );
        assert_eq!((read.unwrap(), flushed.is_ok()), (26, true));
        assert_eq!(bytes[..2], [0x81, 16]);
        assert_eq!(bytes[18..], [0x8a, 2, b'h', b'i', 0x89, 0, 0x88, 0]);
    }
}
