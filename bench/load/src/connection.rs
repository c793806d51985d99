//! One connection without blocking: what has been read and not taken, what is to be written.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Poll, Token};

use crate::message::{self, error};
use crate::servers::Address;
use crate::work::Link;

pub struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    written: usize,
}

impl Connection {
    /// Connects and, for a WebSocket, upgrades; events come with the token `index`.
    pub fn open(
        poll: &Poll,
        server: &Address,
        link: Link,
        index: usize,
        buffer: usize,
    ) -> io::Result<Self> {
        // Blocks until it is open, so that no backlog overflows.
        let mut stream = std::net::TcpStream::connect(server.socket)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut input = vec![0; buffer];
        let (mut start, mut end) = (0, 0);
        if link == Link::WebSocket {
            stream.write_all(&message::upgrade(server.wire.websocket_path()))?;
            while start == 0 {
                let read = stream.read(&mut input[end..])?;
                end += read;
                match message::head(&input[..end])? {
                    Some(head) if head.status == 101 => start = head.length,
                    None if read > 0 && end < input.len() => {}
                    _ => return Err(error(String::from_utf8_lossy(&input[..end]))),
                }
            }
        }
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(index), interest)?;
        Ok(Self { stream, input, start, end, output: Vec::new(), written: 0 })
    }

    /// Reads what is there. A read that does not fill the buffer has taken everything.
    pub fn fill(&mut self) -> io::Result<()> {
        loop {
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
            } else if self.end == self.input.len() {
                self.input.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
                if self.end * 2 > self.input.len() {
                    self.input.resize(self.input.len() * 2, 0);
                }
            }
            match self.stream.read(&mut self.input[self.end..]) {
                Ok(0) => return Err(error("the server closed a connection")),
                Ok(read) => {
                    self.end += read;
                    if self.end < self.input.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns what has been read and not taken.
    pub fn read(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    pub fn take(&mut self, bytes: usize) {
        self.start += bytes;
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// Writes what the socket takes.
    pub fn flush(&mut self) -> io::Result<()> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }

    /// Takes the next message of a WebSocket and gives it to `take`; answers pings.
    pub fn message<T>(
        &mut self,
        take: impl FnOnce(&[u8]) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        loop {
            let Some(frame) = message::received(self.read())? else { return Ok(None) };
            let length = frame.length;
            match frame.opcode {
                1 | 2 => {
                    let taken = take(frame.payload)?;
                    self.take(length);
                    return Ok(Some(taken));
                }
                9 => {
                    let pong = message::frame(10, frame.payload);
                    self.send(&pong);
                }
                10 => {}
                opcode => return Err(error(format!("a frame with the opcode {opcode}"))),
            }
            self.take(length);
        }
    }
}
