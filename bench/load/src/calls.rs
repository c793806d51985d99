//! Calls with one result: every connection has the same number of them in flight.

use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use crate::connection::Connection;
use crate::message::{self, Chunks, error};
use crate::servers::{Address, Running};
use crate::work::{Call, Link};

/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// The figures of one measurement.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Seconds of the server's CPU.
    pub cpu: f64,
    pub seconds: f64,
    /// Calls or events.
    pub count: u64,
}

/// The time of one measurement, and that before it.
#[derive(Clone, Copy)]
pub struct Times {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// Counts what a server does in a time, after the warm-up.
pub struct Watch<'a> {
    server: &'a Running,
    times: Times,
    start: Instant,
    first: Option<Sample>,
}

impl<'a> Watch<'a> {
    pub fn start(server: &'a Running, times: Times) -> Self {
        Self { server, times, start: Instant::now(), first: None }
    }

    /// Returns the figures when the time is over.
    pub fn look(&mut self, count: u64) -> io::Result<Option<Sample>> {
        let seconds = self.start.elapsed();
        let now = || -> io::Result<Sample> {
            Ok(Sample { cpu: self.server.cpu()?, seconds: seconds.as_secs_f64(), count })
        };
        match self.first {
            None if seconds >= self.times.warm_up => self.first = Some(now()?),
            Some(first)
                if seconds.as_secs_f64() - first.seconds >= self.times.measured.as_secs_f64() =>
            {
                let last = now()?;
                let sample = Sample {
                    cpu: last.cpu - first.cpu,
                    seconds: last.seconds - first.seconds,
                    count: last.count - first.count,
                };
                // Longer where other programs have the core: CPU time is in units of 10 ms.
                if sample.cpu >= self.times.measured.as_secs_f64() / 4.0 && sample.count > 0 {
                    return Ok(Some(sample));
                }
            }
            _ => {}
        }
        Ok(None)
    }
}

/// The requests of one connection by the id of the call, and the answers as they were when they were checked: each
/// later answer has the same bytes.
pub struct Script<'a> {
    call: &'a Call,
    address: Address,
    link: Link,
    requests: Vec<Vec<u8>>,
    answers: Vec<Option<Vec<u8>>>,
    /// The body of an answer in chunks.
    body: Vec<u8>,
}

impl<'a> Script<'a> {
    pub fn new(call: &'a Call, address: Address, link: Link, in_flight: usize) -> Self {
        // The first id is 1, as in the official client. HTTP has no ids: its answers are of 1.
        let requests: Vec<_> = (0..=in_flight)
            .map(|id| match link {
                Link::Http => call.request(address.wire),
                Link::WebSocket => call.frame(address.wire, id),
            })
            .collect();
        let answers = vec![None; requests.len()];
        Self { call, address, link, requests, answers, body: Vec::new() }
    }

    pub fn request(&self, id: usize) -> &[u8] {
        &self.requests[id]
    }

    /// Checks an answer and returns the id of its call.
    fn check(&mut self, answer: &[u8]) -> io::Result<usize> {
        let is_known = |known: &Option<Vec<u8>>| known.as_deref() == Some(answer);
        if let Some(id) = self.answers.iter().position(is_known) {
            return Ok(id);
        }
        let id = self.call.check(self.address.wire, self.link, answer)?;
        match self.answers.get_mut(id) {
            Some(known @ None) => *known = Some(answer.to_vec()),
            _ => return Err(error(format!("{} has two answers", self.call.name))),
        }
        Ok(id)
    }

    /// Takes the answers that are complete and sends as many requests.
    fn turn(&mut self, connection: &mut Connection) -> io::Result<u64> {
        let mut answered = 0;
        while let Some(id) = self.answer(connection)? {
            connection.send(&self.requests[id]);
            answered += 1;
        }
        connection.flush()?;
        Ok(answered)
    }

    /// Takes the next answer, if it is complete, and returns the id of its call.
    pub fn answer(&mut self, connection: &mut Connection) -> io::Result<Option<usize>> {
        match self.link {
            Link::Http => self.response(connection),
            Link::WebSocket => connection.message(|text| self.check(text)),
        }
    }

    fn response(&mut self, connection: &mut Connection) -> io::Result<Option<usize>> {
        let bytes = connection.read();
        let Some(head) = message::head(bytes)? else { return Ok(None) };
        let (id, length) = match head.body {
            Some(length) => {
                let Some(body) = bytes.get(head.length..head.length + length) else {
                    return Ok(None);
                };
                (self.check(body)?, head.length + length)
            }
            None => {
                let mut body = std::mem::take(&mut self.body);
                body.clear();
                let (taken, is_end) = Chunks::default().decode(&bytes[head.length..], &mut body)?;
                if !is_end {
                    return Ok(None);
                }
                let id = self.check(&body)?;
                self.body = body;
                (id, head.length + taken)
            }
        };
        connection.take(length);
        Ok(Some(id))
    }
}

/// Keeps `in_flight` calls open on each of so many connections.
pub fn measure(
    server: &Running,
    call: &Call,
    link: Link,
    connections: usize,
    in_flight: usize,
    times: Times,
) -> io::Result<Sample> {
    let address = server.address;
    let mut script = Script::new(call, address, link, in_flight);
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut open = (0..connections)
        .map(|index| Connection::open(&poll, &address, link, index, BUFFER))
        .collect::<io::Result<Vec<_>>>()?;
    for connection in &mut open {
        for request in &script.requests[1..] {
            connection.send(request);
        }
        connection.flush()?;
    }
    let mut count = 0;
    let mut watch = Watch::start(server, times);
    loop {
        poll.poll(&mut events, Some(Duration::from_secs(10)))?;
        if events.is_empty() {
            return Err(error(format!("{} is not answered", call.name)));
        }
        for event in &events {
            let connection = &mut open[event.token().0];
            connection.fill()?;
            count += script.turn(connection)?;
        }
        if let Some(sample) = watch.look(count)? {
            return Ok(sample);
        }
    }
}
