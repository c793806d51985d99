//! Publishers of several processes on one server; `run.mjs` starts it.
//!
//! `bench-nodes publishers URL` measures publishers on the Redis or NATS server; `bench-nodes load URL NODES` publishes to so
//! many nodes, and `bench-nodes wait URL CHANNELS` reads so many channels, for the cost of the server; `bench-nodes serve URL` serves one of
//! them over WebSocket; `bench-nodes sockets SOCKETS EVENTS SHARES ADDRESS …` connects so many sockets to each of the servers
//! and publishes so many events, and then events at each of the shares of that rate. The figures are printed as one line of JSON.

mod publishers;
mod serve;
mod sockets;

use std::error::Error;

use orpc_runtime::publish::{Publisher, StoreError};

/// Returns an event of 100 bytes.
fn text() -> String {
    "x".repeat(100)
}

async fn open(url: &str) -> Result<Publisher<String>, StoreError> {
    let builder = Publisher::builder().max_events(1 << 20).max_bytes(1 << 30);
    if url.starts_with("nats:") { builder.nats(url).await } else { builder.redis(url).await }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["publishers", url] => {
            println!("{}", publishers::measure(url).await.expect("figures of publishers"));
        }
        ["load", url, nodes] => {
            println!("{}", publishers::load(url, nodes.parse()?).await.expect("published"));
        }
        ["wait", url, channels] => {
            publishers::wait(url, channels.parse()?).await.expect("channels");
        }
        ["serve", url] => serve::serve(open(url).await?).await?,
        ["sockets", count, events, shares, addresses @ ..] => {
            let (count, events) = (count.parse()?, events.parse()?);
            println!("{}", sockets::measure(count, events, shares, addresses).await?);
        }
        _ => {
            return Err("see the documentation of the program".into());
        }
    }
    Ok(())
}
