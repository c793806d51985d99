//! Event iterators: the events of one stream, those of a publisher for many readers, and readers that wait.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use mio::{Events, Poll};
use serde_json::json;

use crate::calls::{Sample, Script, Times, Watch};
use crate::message::error;
use crate::reader::{Event, Reader, event};
use crate::servers::Running;
use crate::work::{Call, Link};

/// Events of one call of `count`.
const EVENTS: u64 = 100_000;

/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// The buffer of one of many readers.
const SMALL_BUFFER: usize = 4 * 1024;

/// Readers that are open before the memory of others is measured.
const FIRST: usize = 100;

fn wait(poll: &mut Poll, events: &mut Events) -> io::Result<()> {
    poll.poll(events, Some(Duration::from_secs(10)))?;
    if events.is_empty() { Err(error("no event arrives")) } else { Ok(()) }
}

/// The numbers of `count`, each with the bytes around it that the first one had.
#[derive(Default)]
struct Numbers {
    next: u64,
    before: Vec<u8>,
    after: Vec<u8>,
    expected: Vec<u8>,
    is_done: bool,
}

impl Numbers {
    fn take(&mut self, link: Link, bytes: &[u8]) -> io::Result<()> {
        if !self.before.is_empty() {
            self.expected.clear();
            self.expected.extend_from_slice(&self.before);
            self.expected.extend_from_slice(self.next.to_string().as_bytes());
            self.expected.extend_from_slice(&self.after);
            if self.expected == bytes {
                self.next += 1;
                return Ok(());
            }
        }
        match event(link, bytes)? {
            Event::Message(value) if value["n"] == self.next => {
                let member = format!(r#""n":{}"#, self.next);
                if let Some(at) = memchr::memmem::find(bytes, member.as_bytes()) {
                    self.before = bytes[..at + r#""n":"#.len()].to_vec();
                    self.after = bytes[at + member.len()..].to_vec();
                }
                self.next += 1;
                Ok(())
            }
            Event::Done if self.next == EVENTS => {
                self.is_done = true;
                Ok(())
            }
            _ => Err(error(format!("not event {}: {}", self.next, String::from_utf8_lossy(bytes)))),
        }
    }
}

/// Reads the events of one stream after the other.
pub fn count(server: &Running, link: Link, times: Times) -> io::Result<Sample> {
    let call = Call {
        name: "count".to_owned(),
        input: Some(json!({ "to": EVENTS })),
        result: json!(null),
    };
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let mut reader = Reader::open(&poll, &server.address, link, 0, BUFFER)?;
    reader.call(&call, &server.address)?;
    let mut numbers = Numbers::default();
    let mut before = 0;
    let mut watch = Watch::start(server, times);
    loop {
        wait(&mut poll, &mut events)?;
        let is_end = reader.read(|bytes| numbers.take(link, bytes))?;
        if let Some(sample) = watch.look(before + numbers.next)? {
            return Ok(sample);
        }
        if numbers.is_done && (is_end || link == Link::WebSocket) {
            before += numbers.next;
            (numbers.next, numbers.is_done, reader.is_open) = (0, false, false);
            reader.call(&call, &server.address)?;
        }
    }
}

/// Opens readers of an iterator until all of their responses have begun.
fn subscribe(
    poll: &mut Poll,
    server: &Running,
    procedure: &str,
    link: Link,
    tokens: std::ops::Range<usize>,
) -> io::Result<Vec<Reader>> {
    let call = Call { name: procedure.to_owned(), input: None, result: json!(null) };
    let first = tokens.start;
    let mut events = Events::with_capacity(1024);
    let mut readers = Vec::with_capacity(tokens.len());
    for index in tokens {
        let mut reader = Reader::open(poll, &server.address, link, index, SMALL_BUFFER)?;
        reader.call(&call, &server.address)?;
        readers.push(reader);
    }
    while readers.iter().any(|reader| !reader.is_open) {
        wait(poll, &mut events)?;
        for token in events.iter().filter_map(|event| event.token().0.checked_sub(first)) {
            readers[token].read(|bytes| {
                Err(error(format!("an early event: {}", String::from_utf8_lossy(bytes))))
            })?;
        }
    }
    Ok(readers)
}

/// Publishes an event when all readers have the one before, and counts what they receive.
pub fn fan_out(
    server: &Running,
    procedure: &str,
    link: Link,
    readers: usize,
    times: Times,
) -> io::Result<Sample> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut open = subscribe(&mut poll, server, procedure, link, 0..readers)?;
    let mut publisher =
        crate::connection::Connection::open(&poll, &server.address, Link::Http, readers, BUFFER)?;
    let mut received = 0;
    let mut watch = Watch::start(server, times);
    for n in 1_u64.. {
        let text = "The build is green again. ".repeat(4);
        let tick = json!({ "n": n, "text": text });
        let call =
            Call { name: "publish".to_owned(), input: Some(tick.clone()), result: json!(null) };
        let mut script = Script::new(&call, server.address, Link::Http, 1);
        publisher.send(script.request(1));
        publisher.flush()?;
        // The bytes of the event, as the first reader has them; all others have the same.
        let mut known: Option<Vec<u8>> = None;
        let (mut missing, mut is_published) = (readers, false);
        while missing > 0 || !is_published {
            wait(&mut poll, &mut events)?;
            for token in events.iter().map(|event| event.token().0) {
                if token == readers {
                    publisher.fill()?;
                    is_published |= script.answer(&mut publisher)?.is_some();
                    continue;
                }
                open[token].read(|bytes| {
                    match &known {
                        Some(known) if known == bytes => {}
                        None => match event(link, bytes)? {
                            Event::Message(value) if value == tick => known = Some(bytes.to_vec()),
                            _ => {
                                let text = String::from_utf8_lossy(bytes);
                                return Err(error(format!("not the event {tick}: {text}")));
                            }
                        },
                        Some(_) => return Err(error("readers have different events")),
                    }
                    missing = missing.checked_sub(1).ok_or_else(|| error("an event came twice"))?;
                    Ok(())
                })?;
            }
        }
        received += readers as u64;
        if let Some(sample) = watch.look(received)? {
            return Ok(sample);
        }
    }
    Err(error("too many events"))
}

/// Returns the KiB of resident memory for each of so many sockets with an open iterator.
pub fn idle(server: &Running, procedure: &str, sockets: usize) -> io::Result<f64> {
    // Longer than a server keeps the buffers of a socket that is in use.
    let settle = Duration::from_millis(2500);
    let mut poll = Poll::new()?;
    let first = subscribe(&mut poll, server, procedure, Link::WebSocket, 0..FIRST)?;
    sleep(settle);
    let before = server.resident()?;
    let others = subscribe(&mut poll, server, procedure, Link::WebSocket, FIRST..FIRST + sockets)?;
    sleep(settle);
    let after = server.resident()?;
    drop((first, others));
    Ok((after - before) / sockets as f64)
}
