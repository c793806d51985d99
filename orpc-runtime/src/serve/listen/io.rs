//! Connections with deadlines for the client.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::admission::Admission;
use super::listener::Listener;
use super::options;
use crate::budget::Reservation;
use crate::serve::time::after;

/// Deadlines of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    /// From the first byte of a request to the end of its head, and from the
    /// accepted connection to the end of the first one.
    pub(super) head: Duration,
    /// From a response to the next request.
    pub(super) idle: Duration,
    /// For a client to take sent bytes.
    pub(super) write: Duration,
    /// Silence after which TCP probes the client.
    pub(super) keepalive: Option<Duration>,
}

/// State of a connection's requests, shared with the service.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Number of requests so far.
    requests: AtomicU64,
    /// Number of responses that are being sent and bodies of requests that are being received, not more than one of each;
    /// one for a connection that is no longer HTTP.
    busy: AtomicUsize,
    /// The connection is no longer HTTP.
    is_switched: AtomicBool,
}

/// Guard of a request that is being answered, or whose body is being received.
#[derive(Debug)]
pub(super) struct Busy(Option<Arc<Turn>>);

impl Turn {
    /// Begins a request.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.hold()
    }

    /// Keeps the connection busy while the guard lives.
    pub(super) fn hold(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Some(Arc::clone(self)))
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }
}

impl Busy {
    /// Keeps the connection busy: it was handed over, and no request follows.
    pub(super) fn stay(&mut self) {
        if let Some(turn) = self.0.take() {
            turn.is_switched.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(turn) = &self.0 {
            turn.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The next thing that a connection reads.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    /// Anything, without a deadline.
    Anything,
    /// The first byte of a request, since that time.
    Request(Instant),
    /// The rest of a request's head, since that time.
    Head(Instant),
}

/// Number of bytes of a head that are accepted regardless of memory: enough for most
/// requests, so that a flood of long heads affects no others.
const FEW_BYTES: usize = 4 * 1024;

/// Maximum number of bytes that are read at once while the connection is HTTP. hyper keeps
/// a buffer in which more than it read last fits, for as long as the connection is open.
const MAX_READ: usize = 16 * 1024 - 1;

/// Time in which a client that is gone, or that sends nothing more, may get the answers to
/// requests that it has sent.
const GONE: Duration = Duration::from_secs(1);

/// Interval of looks at a client whose next bytes wait to be read.
const LOOK: Duration = Duration::from_secs(5);

/// A connection with [`Deadlines`]. It fails when one has passed.
pub(super) struct TimedConnection<L: Listener> {
    io: L::Io,
    /// The options of the transport are set.
    is_tuned: bool,
    turn: Arc<Turn>,
    deadlines: Deadlines,
    /// Number of the request that `waiting` is for.
    requests: u64,
    waiting: Waiting,
    /// Time since which the client has taken nothing.
    blocked: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The next read is awaited.
    is_reading: bool,
    /// Time of the next look at a client while nothing is read, and its last outcome.
    watch: Option<(Pin<Box<Sleep>>, bool)>,
    /// Bytes of an incomplete head, and their memory.
    head: usize,
    head_bytes: Reservation,
    /// Counts the connection while it is open.
    _admission: Admission,
}

impl<L: Listener> TimedConnection<L> {
    pub(super) fn new(
        io: L::Io,
        turn: Arc<Turn>,
        deadlines: Deadlines,
        head_bytes: Reservation,
        admission: Admission,
    ) -> Self {
        let mut connection = Self {
            io,
            is_tuned: false,
            turn,
            deadlines,
            requests: 0,
            waiting: Waiting::Head(Instant::now()),
            blocked: None,
            timer: None,
            is_reading: false,
            watch: None,
            head: 0,
            head_bytes,
            _admission: admission,
        };
        connection.tune();
        connection
    }

    /// Sets the options of the transport, once it is known.
    fn tune(&mut self) {
        if self.is_tuned {
            return;
        }
        let Some(transport) = L::transport(&self.io) else { return };
        if let Err(error) = options::set(transport, &self.deadlines) {
            tracing::debug!(%error, "the options of a connection cannot be set");
        }
        self.is_tuned = true;
    }

    /// Follows the state of the service's requests.
    fn follow_turn(&mut self) {
        let requests = self.turn.requests.load(Ordering::Relaxed);
        if self.turn.is_busy() {
            self.waiting = Waiting::Anything;
        } else if requests != self.requests || matches!(self.waiting, Waiting::Anything) {
            self.waiting = Waiting::Request(Instant::now());
        }
        if requests != self.requests {
            // From here on the service counts the head.
            self.head = 0;
            self.head_bytes.cover(0);
        }
        self.requests = requests;
    }

    /// Counts received bytes, if they belong to a head.
    fn count_head(&mut self, bytes: usize) -> io::Result<()> {
        if let Waiting::Anything = self.waiting {
            return Ok(());
        }
        self.head += bytes;
        if self.head > FEW_BYTES && self.head_bytes.resize(self.head).is_err() {
            let error = "the memory for the heads of requests is exhausted";
            return Err(io::Error::new(ErrorKind::QuotaExceeded, error));
        }
        Ok(())
    }

    /// Returns the deadline of the client, if there is one.
    fn due(&self) -> Option<Instant> {
        let read = match self.waiting {
            Waiting::Anything => None,
            Waiting::Request(since) => Some(after(since, self.deadlines.idle)),
            Waiting::Head(since) => Some(after(since, self.deadlines.head)),
        };
        let write = self.blocked.map(|since| after(since, self.deadlines.write));
        read.into_iter().chain(write).min()
    }

    /// Polls the deadline of the client. Ready when it has passed.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(due) = self.due() else {
            // Otherwise the next request needs it again; until then it may wake once.
            if self.turn.is_switched.load(Ordering::Relaxed) {
                self.timer = None;
            }
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        // The timer is reset when it fires, not with every request.
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(self.fail());
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }

    fn fail(&self) -> io::Error {
        let does_not_read = self.blocked.is_some();
        if does_not_read
            && let Some(transport) = L::transport(&self.io)
            && let Err(error) = transport.discard_unsent()
        {
            // Otherwise the kernel keeps the bytes that the client does not read.
            tracing::debug!(%error, "a connection cannot be reset");
        }
        io::Error::new(
            ErrorKind::TimedOut,
            match (does_not_read, self.waiting) {
                (true, _) => "the client does not read the response",
                (false, Waiting::Head(_)) => "the head of a request did not arrive in time",
                (false, _) => "no further request has arrived",
            },
        )
    }

    /// Fails if the client is gone, which nobody sees while nothing is read: hyper does not
    /// read on during a call if it has bytes of the next request.
    fn look_after_client(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let is_read = !self.turn.is_busy()
            || self.is_reading
            || self.turn.is_switched.load(Ordering::Relaxed);
        let Some(transport) = L::transport(&self.io).filter(|_| !is_read) else {
            self.watch = None;
            return Ok(());
        };
        loop {
            match transport.poll_read_ready(cx) {
                // Woken when it is gone.
                Poll::Pending => {
                    self.watch = None;
                    return Ok(());
                }
                Poll::Ready(ready) => ready?,
            }
            let is_gone = transport.is_read_closed()?;
            let watch = match &mut self.watch {
                Some((timer, was_gone)) if *was_gone == is_gone => timer,
                watch => {
                    let time = if is_gone { GONE } else { LOOK };
                    &mut watch.insert((Box::pin(tokio::time::sleep(time)), is_gone)).0
                }
            };
            match watch.as_mut().poll(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(()) if is_gone => {
                    return Err(io::Error::new(ErrorKind::ConnectionAborted, "the client is gone"));
                }
                Poll::Ready(()) => self.watch = None,
            }
        }
    }

    fn note_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked = None;
            return written;
        }
        self.blocked.get_or_insert_with(Instant::now);
        self.poll_late(cx).map(Err)
    }
}

impl<L: Listener> AsyncRead for TimedConnection<L> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.follow_turn();
        let filled = buffer.filled().len();
        let is_limited = buffer.remaining() > MAX_READ;
        let read = if !is_limited || self.turn.is_switched.load(Ordering::Relaxed) {
            Pin::new(&mut self.io).poll_read(cx, buffer)
        } else {
            Pin::new(&mut (&mut self.io).take(MAX_READ as u64)).poll_read(cx, buffer)
        };
        self.is_reading = read.is_pending();
        if read.is_pending() {
            return self.poll_late(cx).map(Err);
        }
        self.watch = None;
        self.tune();
        if let Waiting::Request(_) = self.waiting {
            self.waiting = Waiting::Head(Instant::now());
        }
        self.count_head(buffer.filled().len() - filled)?;
        read
    }
}

impl<L: Listener> AsyncWrite for TimedConnection<L> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.note_write(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.note_write(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look_after_client(cx)?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
