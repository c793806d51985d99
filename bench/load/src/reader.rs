//! One reader of an event iterator: `text/event-stream` in chunks, or the messages of one call.

use std::io;

use memchr::memmem;
use mio::Poll;
use serde_json::Value;

use crate::connection::Connection;
use crate::message::{self, Chunks, error};
use crate::servers::Address;
use crate::work::{Call, Link};

pub struct Reader {
    pub connection: Connection,
    link: Link,
    /// The head of the response has been read.
    pub is_open: bool,
    chunks: Chunks,
    body: Vec<u8>,
}

/// An event as it is read for the first time.
pub enum Event {
    /// A message, with its value.
    Message(Value),
    Done,
}

impl Reader {
    pub fn open(
        poll: &Poll,
        address: &Address,
        link: Link,
        index: usize,
        buffer: usize,
    ) -> io::Result<Self> {
        let connection = Connection::open(poll, address, link, index, buffer)?;
        Ok(Self { connection, link, is_open: false, chunks: Chunks::default(), body: Vec::new() })
    }

    /// Calls the procedure, whose former iterator of this reader is over.
    pub fn call(&mut self, call: &Call, address: &Address) -> io::Result<()> {
        self.connection.send(&match self.link {
            Link::Http => call.request(address.wire),
            Link::WebSocket => call.frame(address.wire, 1),
        });
        self.connection.flush()
    }

    /// Gives the bytes of each event that is complete to `take`. Returns `true` at the end of a response.
    pub fn read(&mut self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<bool> {
        self.connection.fill()?;
        if self.link == Link::WebSocket {
            let is_open = &mut self.is_open;
            while let Some(()) = self.connection.message(|text| match *is_open {
                true => take(text),
                false => {
                    *is_open = is_head(text)?;
                    Ok(())
                }
            })? {}
            self.connection.flush()?;
            return Ok(false);
        }
        if !self.is_open {
            let Some(head) = message::head(self.connection.read())? else { return Ok(false) };
            if head.status != 200 || head.body.is_some() {
                let text = String::from_utf8_lossy(self.connection.read()).into_owned();
                return Err(error(format!("no stream: {text}")));
            }
            self.connection.take(head.length);
            self.is_open = true;
        }
        let (taken, is_end) = self.chunks.decode(self.connection.read(), &mut self.body)?;
        self.connection.take(taken);
        let mut start = 0;
        while let Some(length) = memmem::find(&self.body[start..], b"\n\n") {
            let block = &self.body[start..start + length];
            // Comments alone keep a connection alive.
            if !block.starts_with(b":") {
                take(block)?;
            }
            start += length + 2;
        }
        self.body.drain(..start);
        if is_end {
            self.is_open = false;
        }
        Ok(is_end)
    }
}

/// Checks the first message of a call whose result is an iterator.
fn is_head(text: &[u8]) -> io::Result<bool> {
    let message: Value = serde_json::from_slice(text)?;
    match message["p"]["h"]["content-type"].as_str() {
        Some("text/event-stream") => Ok(true),
        _ => Err(error(format!("no stream: {message}"))),
    }
}

/// Reads the bytes of one event.
pub fn event(link: Link, bytes: &[u8]) -> io::Result<Event> {
    let text = std::str::from_utf8(bytes).map_err(|_| error("an event that is not text"))?;
    let unknown = || error(format!("no event: {text}"));
    let (kind, data): (String, Value) = match link {
        Link::WebSocket => {
            let message: Value = serde_json::from_str(text)?;
            if message["i"] != "1" || message["t"] != 3 {
                return Err(unknown());
            }
            let kind = message["p"]["e"].as_str().ok_or_else(unknown)?;
            (kind.to_owned(), message["p"]["d"].clone())
        }
        Link::Http => {
            let field = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            let data = serde_json::from_str(field("data").ok_or_else(unknown)?)?;
            (field("event").ok_or_else(unknown)?.to_owned(), data)
        }
    };
    match kind.as_str() {
        "message" => Ok(Event::Message(data["json"].clone())),
        "done" => Ok(Event::Done),
        _ => Err(unknown()),
    }
}
