//! Figures of the sockets of several nodes.

use std::error::Error;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::text;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Counter of messages that wakes its reader.
#[derive(Default)]
struct Arrived {
    count: AtomicUsize,
    more: Notify,
}

/// Event that is published until the sockets have had it: a node may answer the call before it follows the channel.
const READY: &str = "ready";

/// Number of times after which a socket that has not had it counts as deaf.
const ATTEMPTS: usize = 10;

fn url(address: &str) -> String {
    format!("{}/ws", address.replace("http", "ws"))
}

/// Opens a socket and calls a procedure; returns when it has answered.
async fn call(address: &str, path: &str, input: Value) -> Result<Socket, Box<dyn Error>> {
    let (mut socket, _) = connect_async(url(address)).await?;
    send(&mut socket, path, input).await?;
    Ok(socket)
}

async fn send(socket: &mut Socket, path: &str, input: Value) -> Result<(), Box<dyn Error>> {
    let request = json!({ "i": "1", "p": { "u": path, "b": { "json": input } } });
    socket.send(Message::text(request.to_string())).await?;
    let answer = socket.next().await.ok_or("no answer")??;
    let answer: Value = serde_json::from_slice(&answer.into_data())?;
    match answer["p"]["s"].as_u64() {
        None | Some(200) => Ok(()),
        Some(_) => Err(answer.to_string().into()),
    }
}

/// For how long events are published at a rate.
const SPAN: Duration = Duration::from_secs(5);

/// Time after which [`READY`] is published again.
const READY_PAUSE: Duration = Duration::from_secs(1);

impl Arrived {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.more.notify_one();
    }

    async fn reach(&self, count: usize) {
        while self.count.load(Ordering::Relaxed) < count {
            self.more.notified().await;
        }
    }
}

/// Returns the milliseconds from publishing at the first node until all sockets of all nodes have the event, as median and
/// 99th percentile: of `events`, one after another, and of events at each of the shares of the rate of those; the number
/// of events delivered in a second; and the number of sockets that have no event at all, which the others do not count.
pub(crate) async fn measure(
    count: usize,
    events: usize,
    shares: &str,
    addresses: &[&str],
) -> Result<Value, Box<dyn Error>> {
    let (ready, arrived) = (Arc::new(Arrived::default()), Arc::new(Arrived::default()));
    for address in addresses {
        for _ in 0..count {
            let mut socket = call(address, "/subscribe", Value::Null).await?;
            let (ready, arrived) = (Arc::clone(&ready), Arc::clone(&arrived));
            tokio::spawn(async move {
                let mut is_ready = false;
                while let Some(Ok(message)) = socket.next().await {
                    // The server asks now and then if the client is there.
                    let Message::Text(message) = message else { continue };
                    if !message.contains(READY) {
                        arrived.add();
                    } else if !mem::replace(&mut is_ready, true) {
                        ready.add();
                    }
                }
            });
        }
    }
    let opened = count * addresses.len();
    let (mut publisher, _) = connect_async(url(addresses[0])).await?;
    for _ in 0..ATTEMPTS {
        send(&mut publisher, "/publish", READY.into()).await?;
        if timeout(READY_PAUSE, ready.reach(opened)).await.is_ok() {
            break;
        }
    }
    let all = ready.count.load(Ordering::Relaxed);
    let (mut times, begun) = (Vec::new(), Instant::now());
    for n in 1..=events {
        let start = Instant::now();
        send(&mut publisher, "/publish", text().into()).await?;
        arrived.reach(all * n).await;
        times.push(start.elapsed());
    }
    let most = events as f64 / begun.elapsed().as_secs_f64();
    let one_by_one = percentiles(times);

    let (mut requests, mut answers) = publisher.split();
    tokio::spawn(async move { while let Some(Ok(_)) = answers.next().await {} });
    let (mut published, mut at_rates) = (events, serde_json::Map::new());
    for share in shares.split(',') {
        let rate = most * share.parse::<f64>()?;
        let (pause, total) =
            (Duration::from_secs(1).div_f64(rate), (SPAN.as_secs_f64() * rate) as usize);
        let start = Instant::now();
        let publishing = async {
            for n in 0..total {
                tokio::time::sleep_until((start + pause * n as u32).into()).await;
                let request = json!({ "i": n.to_string(), "p": { "u": "/publish", "b": { "json": text() } } });
                requests.send(Message::text(request.to_string())).await?;
            }
            Ok::<_, tokio_tungstenite::tungstenite::Error>(())
        };
        let reading = async {
            let mut times = Vec::new();
            for n in 0..total {
                arrived.reach(all * (published + n + 1)).await;
                times.push(start.elapsed().saturating_sub(pause * n as u32));
            }
            times
        };
        let (sent, times) = futures::future::join(publishing, reading).await;
        sent?;
        published += total;
        at_rates.insert(format!("{rate:.1}"), percentiles(times));
    }
    Ok(
        json!({ "deaf": opened - all, "all have it": one_by_one, "delivered": most * all as f64, "at rates": at_rates }),
    )
}

fn percentiles(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1000.0;
    json!([at(50), at(99)])
}
