//! Calls over WebSocket: all messages that are there are answered before the socket is flushed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::{SelectAll, Stream};
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::value::RawValue;
use tokio_stream::wrappers::BroadcastStream;

use crate::events::{Events, Framed};
use crate::frame::{Frame, Input};
use crate::work::{self, Invalid, Text, Words};

/// Messages that are answered before a flush.
const TURNS: usize = 256;

/// The buffer that a socket keeps for what it reads. One of 16 KiB makes calls cheaper by 3 % and an idle socket three
/// times as large.
const READ_BUFFER: usize = 4 * 1024;

/// The source of a stream's events.
enum Source {
    Count { n: u32, to: u32 },
    Subscribed(BroadcastStream<Arc<Framed>>),
    Ended,
}

/// An open stream of one call.
struct Open {
    /// The id as JSON.
    id: String,
    events: Source,
}

impl Stream for Open {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let Self { id, events } = self.get_mut();
        match events {
            Source::Ended => Poll::Ready(None),
            Source::Count { n, to } if n == to => {
                let done = format!(r#"{{"i":{id},"t":3,"p":{{"e":"done","d":{{}}}}}}"#);
                *events = Source::Ended;
                Poll::Ready(Some(done))
            }
            Source::Count { n, .. } => {
                let frame = format!(
                    r#"{{"i":{id},"t":3,"p":{{"e":"message","d":{{"json":{{"n":{n}}}}}}}}}"#
                );
                *n += 1;
                Poll::Ready(Some(frame))
            }
            Source::Subscribed(events) => match std::task::ready!(events.poll_next_unpin(cx)) {
                Some(Ok(event)) => {
                    let mut frame = String::with_capacity(5 + id.len() + event.tail.len());
                    frame.push_str(r#"{"i":"#);
                    frame.push_str(id);
                    frame.push_str(&event.tail);
                    Poll::Ready(Some(frame))
                }
                // A reader that is too far behind.
                Some(Err(_)) | None => Poll::Ready(None),
            },
        }
    }
}

/// The state of one socket.
struct Calls {
    events: Events,
    open: SelectAll<Open>,
}

impl Calls {
    /// Answers one message, or opens its stream.
    fn answer<'a, W: Words<'a>>(&mut self, text: &'a str) -> Option<String> {
        let frame = Frame::<W>::read(text)?;
        let id = serde_json::to_string(&frame.i).ok()?;
        if frame.t == 4 {
            for open in self.open.iter_mut().filter(|open| open.id == id) {
                open.events = Source::Ended;
            }
            return None;
        }
        let payload = frame.p?;
        let mut out = Vec::with_capacity(text.len() + 64);
        out.extend_from_slice(br#"{"i":"#);
        out.extend_from_slice(id.as_bytes());
        out.extend_from_slice(br#","p":{"b":"#);
        let head = out.len();
        let result = match (&*payload.u, payload.b) {
            ("/ping", _) => {
                out.extend_from_slice(br#"{"json":"pong"}"#);
                Ok(())
            }
            (_, Input::Echo(input)) => work::echoed(input, &mut out),
            (_, Input::Order(input)) => work::ordered(input, &mut out),
            ("/echo", Input::Text(input)) => work::echo::<W>(bytes(input), &mut out),
            ("/order", Input::Text(input)) => work::order::<W>(bytes(input), &mut out),
            ("/publish", Input::Text(input)) => {
                self.publish(bytes(input)).map(|()| out.extend_from_slice(b"{}"))
            }
            ("/count", Input::Text(input)) => match work::count(bytes(input)) {
                Ok(to) => return Some(self.open(id, Source::Count { n: 0, to })),
                Err(invalid) => Err(invalid),
            },
            ("/subscribe", _) => {
                let events = BroadcastStream::new(self.events.subscribe());
                return Some(self.open(id, Source::Subscribed(events)));
            }
            _ => {
                return Some(format!(r#"{{"i":{id},"p":{{"s":404,"b":"No procedure matched"}}}}"#));
            }
        };
        if let Err(invalid) = result {
            out.truncate(head - br#""b":"#.len());
            out.extend_from_slice(br#""s":400,"b":"#);
            out.extend_from_slice(invalid.envelope().as_bytes());
        }
        out.extend_from_slice(b"}}");
        String::from_utf8(out).ok()
    }

    fn publish(&self, input: &[u8]) -> Result<(), Invalid> {
        Ok(self.events.publish(&work::tick(input)?)?)
    }

    fn open(&mut self, id: String, events: Source) -> String {
        let head = format!(r#"{{"i":{id},"p":{{"h":{{"content-type":"text/event-stream"}}}}}}"#);
        self.open.push(Open { id, events });
        head
    }
}

fn bytes(input: &RawValue) -> &[u8] {
    input.get().as_bytes()
}

/// Something to do for a socket.
enum Turn {
    Read(Message),
    Send(String),
    End,
}

async fn turn(socket: &mut WebSocket, open: &mut SelectAll<Open>) -> Turn {
    tokio::select! {
        biased;
        message = socket.recv() => match message {
            Some(Ok(message)) => Turn::Read(message),
            _ => Turn::End,
        },
        Some(frame) = open.next(), if !open.is_empty() => Turn::Send(frame),
    }
}

async fn serve<F>(mut socket: WebSocket, events: Events, answer: F)
where
    F: Fn(&mut Calls, &str) -> Option<String>,
{
    let mut calls = Calls { events, open: SelectAll::new() };
    loop {
        let mut next = turn(&mut socket, &mut calls.open).await;
        for turns in 1.. {
            let frame = match next {
                Turn::Read(Message::Text(text)) => answer(&mut calls, &text),
                Turn::Read(Message::Close(_)) | Turn::End => return,
                Turn::Read(_) => None,
                Turn::Send(frame) => Some(frame),
            };
            if let Some(frame) = frame
                && socket.feed(Message::Text(frame.into())).await.is_err()
            {
                return;
            }
            if turns == TURNS {
                break;
            }
            let Some(ready) = turn(&mut socket, &mut calls.open).now_or_never() else {
                break;
            };
            next = ready;
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
}

fn limits(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(1024 * 1024)
        .max_write_buffer_size(2 * 1024 * 1024)
}

pub(crate) async fn open(upgrade: WebSocketUpgrade, State(events): State<Events>) -> Response {
    limits(upgrade)
        .on_upgrade(|socket| serve(socket, events, |calls, text| calls.answer::<Text<'_>>(text)))
}

pub(crate) async fn open_plain(
    upgrade: WebSocketUpgrade,
    State(events): State<Events>,
) -> Response {
    limits(upgrade)
        .on_upgrade(|socket| serve(socket, events, |calls, text| calls.answer::<String>(text)))
}
