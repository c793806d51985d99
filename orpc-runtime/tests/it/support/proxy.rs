//! A proxy in front of a server, which fails as networks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// State of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Up,
    /// Connections are closed, and new ones at once.
    Cut,
    /// Connections stay open, and nothing arrives.
    Silent,
    /// Requests arrive, and their answers are lost.
    NoAnswers,
    /// Answers are lost as soon as that many parts of requests have come, by [`Proxy::requests`].
    NoAnswersFrom(u64),
    /// Each part of requests arrives later by that time.
    Slow(Duration),
    /// A connection is closed behind a request with that text.
    CutBehind(&'static str),
    /// The announcements of a NATS server are lost, and nothing else.
    NoAnnouncements,
}

#[derive(Debug, Clone, Copy)]
struct State {
    network: Network,
    server: u16,
    /// Raised to close all connections.
    generation: u64,
}

pub struct Proxy {
    pub port: u16,
    state: watch::Sender<State>,
    attempts: Arc<AtomicU64>,
    requests: Arc<AtomicU64>,
    request_bytes: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = watch::Sender::new(State { network: Network::Up, server, generation: 0 });
        let (attempts, requests) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (seen, count) = (state.subscribe(), Arc::clone(&attempts));
        let request_bytes = Arc::<AtomicU64>::default();
        let counts = [Arc::clone(&requests), Arc::clone(&request_bytes)];
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(pass(client, seen.clone(), counts.clone()));
            }
        });
        Self { port, state, attempts, requests, request_bytes }
    }

    /// Returns the URL with the scheme of the server.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    pub fn set(&self, network: Network) {
        self.state.send_modify(|state| {
            state.network = network;
            state.generation += u64::from(network == Network::Cut);
        });
    }

    /// Leads to another server from now on.
    pub fn turn_to(&self, server: u16) {
        self.state.send_modify(|state| {
            state.server = server;
            state.generation += 1;
        });
    }

    /// Number of connections that were attempted.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::SeqCst)
    }

    /// Number of parts of requests that have come, each as it was read.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Number of bytes of requests that have come.
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes.load(Ordering::SeqCst)
    }
}

async fn pass(
    client: TcpStream,
    mut state: watch::Receiver<State>,
    [parts, all]: [Arc<AtomicU64>; 2],
) {
    let State { network, server, generation } = *state.borrow_and_update();
    if network == Network::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    // While the server is down, a connection may have its port and reach itself (RFC 9293, section 3.5): the server could
    // not have the port again.
    if server.local_addr().ok() == server.peer_addr().ok() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = pump_requests(from_client, to_server, state.clone(), &parts, &all);
    let answers = pump_answers(from_server, to_client, state.clone(), &parts);
    let ended = state.wait_for(|state| state.generation != generation);
    tokio::select! {
        () = requests => {}
        () = answers => {}
        _ = ended => {}
    }
}

/// Passes answers on, without announcements in that state of the network.
async fn pump_answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    parts: &AtomicU64,
) {
    let mut bytes = vec![0; 64 * 1024];
    let mut frames = Frames::default();
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        let network = {
            let is_open = |state: &State| state.network != Network::Silent;
            let Ok(state) = state.wait_for(is_open).await else { return };
            state.network
        };
        let passed = frames.take(&bytes[..count], network == Network::NoAnnouncements);
        let passes = match network {
            Network::Up | Network::NoAnnouncements | Network::Slow(_) | Network::CutBehind(_) => {
                true
            }
            Network::NoAnswersFrom(count) => parts.load(Ordering::SeqCst) < count,
            Network::Cut | Network::Silent | Network::NoAnswers => false,
        };
        if passes && to.write_all(&passed).await.is_err() {
            return;
        }
    }
}

/// The messages of a NATS server, of which some are left out. Other bytes are passed on.
#[derive(Default)]
struct Frames {
    /// Bytes of a line that has not ended.
    line: Vec<u8>,
    /// Bytes of the present message that are to come, and if they are left out.
    rest: usize,
    is_left_out: bool,
    /// Another protocol is spoken.
    is_other: bool,
    is_begun: bool,
}

impl Frames {
    fn take(&mut self, mut bytes: &[u8], drops: bool) -> Vec<u8> {
        let mut passed = Vec::with_capacity(bytes.len());
        if !self.is_begun {
            self.is_begun = true;
            self.is_other = !bytes.starts_with(b"INFO");
        }
        if self.is_other {
            return bytes.to_vec();
        }
        while !bytes.is_empty() {
            if self.rest > 0 {
                let (own, next) = bytes.split_at(self.rest.min(bytes.len()));
                self.rest -= own.len();
                bytes = next;
                if !self.is_left_out {
                    passed.extend_from_slice(own);
                }
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(bytes);
                break;
            };
            self.line.extend_from_slice(&bytes[..=end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            let text = String::from_utf8_lossy(&line);
            let words: Vec<_> = text.split_whitespace().collect();
            let is_message = matches!(words.first(), Some(&("HMSG" | "MSG")));
            if is_message {
                self.rest = words.last().unwrap().parse::<usize>().unwrap() + 2;
            }
            self.is_left_out = is_message && drops && words[1].contains(".r.");
            if !self.is_left_out {
                passed.extend_from_slice(&line);
            }
        }
        passed
    }
}

/// Passes requests on unless the network is silent or cut.
async fn pump_requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    parts: &AtomicU64,
    all: &AtomicU64,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        let network = {
            let is_open = |state: &State| state.network != Network::Silent;
            let Ok(state) = state.wait_for(is_open).await else { return };
            state.network
        };
        // Counted before the server can answer.
        parts.fetch_add(1, Ordering::SeqCst);
        all.fetch_add(count as u64, Ordering::SeqCst);
        if let Network::Slow(time) = network {
            tokio::time::sleep(time).await;
        }
        let bytes = &bytes[..count];
        if network != Network::Cut && to.write_all(bytes).await.is_err() {
            return;
        }
        if let Network::CutBehind(text) = network
            && bytes.windows(text.len()).any(|part| part == text.as_bytes())
        {
            return;
        }
    }
}
