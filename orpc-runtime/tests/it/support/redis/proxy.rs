//! A proxy in front of a server, which fails as networks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl Proxy {
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = watch::Sender::new(State { network: Network::Up, server, generation: 0 });
        let attempts = Arc::new(AtomicU64::new(0));
        let (seen, count) = (state.subscribe(), Arc::clone(&attempts));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(pass(client, seen.clone()));
            }
        });
        Self { port, state, attempts }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
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
}

async fn pass(client: TcpStream, mut state: watch::Receiver<State>) {
    let State { network, server, generation } = *state.borrow_and_update();
    if network == Network::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = pump(from_client, to_server, state.clone(), Network::NoAnswers);
    let answers = pump(from_server, to_client, state.clone(), Network::Up);
    let ended = state.wait_for(|state| state.generation != generation);
    tokio::select! {
        () = requests => {}
        () = answers => {}
        _ = ended => {}
    }
}

/// Passes bytes on; in that state of the network as well as in the usual one.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    also: Network,
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
        let passes = network == Network::Up || network == also;
        if passes && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
