//! Figures of publishers without clients.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use orpc_runtime::Error;
use orpc_runtime::publish::{Publisher, Start, Subscription};
use serde_json::{Value, json};

use crate::{open, text};

/// For how long events are appended.
const SPAN: Duration = Duration::from_secs(2);

/// Number of events of a latency.
const ROUNDS: usize = 2_000;

/// Number of events that a reader catches up with.
const MISSED: usize = 10_000;

pub(crate) async fn measure(url: &str) -> Result<Value, Error> {
    let (near, far) = (open(url).await?, open(url).await?);
    Ok(json!({
        "appends by 1": appends(&near, 1).await?,
        "appends by 64": appends(&near, 64).await?,
        "same node": latency(&near, &near).await?,
        "other node": latency(&near, &far).await?,
        "catch-up": catch_up(&near, url).await?,
    }))
}

/// Returns the number of acknowledged events in a second of publishers that each wait for their last one.
async fn appends(lines: &Publisher<String>, count: usize) -> Result<f64, Error> {
    let (text, start) = (text(), Instant::now());
    let publishers = (0..count).map(|n| {
        let (text, channel) = (&text, format!("appends-{count}-{}", n % 16));
        async move {
            let mut events = 0_u32;
            while start.elapsed() < SPAN {
                lines.publish(&channel, text).await?;
                events += 1;
            }
            Ok::<_, orpc_runtime::publish::PublishError>(events)
        }
    });
    let events: u32 = futures::future::try_join_all(publishers).await?.iter().sum();
    Ok(f64::from(events) / start.elapsed().as_secs_f64())
}

async fn next(reader: &mut Subscription<String>) -> Result<(), Error> {
    reader.next().await.expect("an event")?;
    Ok(())
}

/// Returns the microseconds from the call of `publish` until a reader has the event: the median and the 99th percentile.
async fn latency(from: &Publisher<String>, to: &Publisher<String>) -> Result<Value, Error> {
    let mut reader = to.subscribe("latency", Start::Latest)?;
    reader.opened().await?;
    let (text, mut times) = (text(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let published = from.publish("latency", &text);
        let (published, arrived) =
            futures::future::join(std::future::IntoFuture::into_future(published), async {
                next(&mut reader).await.map(|()| start.elapsed())
            })
            .await;
        published?;
        times.push(arrived?.as_micros() as u64);
    }
    times.sort_unstable();
    Ok(json!([times[ROUNDS / 2], times[ROUNDS * 99 / 100]]))
}

/// Returns the milliseconds until a reader of a new node has all events of a channel: the median of five.
async fn catch_up(lines: &Publisher<String>, url: &str) -> Result<f64, Error> {
    let text = text();
    for _ in 0..MISSED / 100 {
        let some = (0..100).map(|_| lines.publish("missed", &text));
        let some = some.map(std::future::IntoFuture::into_future);
        futures::future::try_join_all(some).await?;
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let node = open(url).await?;
        let start = Instant::now();
        let mut reader = node.subscribe("missed", Start::Earliest)?;
        for _ in 0..MISSED {
            next(&mut reader).await?;
        }
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[2])
}

/// Publishes for a while with so many nodes that follow the channel; returns the number of events.
pub(crate) async fn load(url: &str, nodes: usize) -> Result<u32, Error> {
    let mut readers = Vec::new();
    for _ in 0..nodes {
        let node = open(url).await?;
        let mut reader = node.subscribe("load", Start::Latest)?;
        reader.opened().await?;
        readers.push(tokio::spawn(async move {
            let _node = node;
            while let Some(Ok(_)) = reader.next().await {}
        }));
    }
    let (lines, text, start) = (open(url).await?, text(), Instant::now());
    let publishers = (0..16).map(|_| async {
        let mut events = 0_u32;
        while start.elapsed() < SPAN {
            lines.publish("load", &text).await?;
            events += 1;
        }
        Ok::<_, orpc_runtime::publish::PublishError>(events)
    });
    Ok(futures::future::try_join_all(publishers).await?.iter().sum())
}

/// Reads so many channels of which nothing is published, for five comparisons.
pub(crate) async fn wait(url: &str, channels: usize) -> Result<(), Error> {
    let node = open(url).await?;
    let mut readers = Vec::new();
    for n in 0..channels {
        let mut reader = node.subscribe(&format!("quiet-{n}"), Start::Latest)?;
        reader.opened().await?;
        readers.push(reader);
    }
    println!("reading");
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(())
}
