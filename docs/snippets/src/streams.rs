//! Procedures with many results.

// #region simple
use orpc_runtime::futures::stream;
use orpc_runtime::prelude::*;

/// Counts, one event at a time.
#[procedure]
pub fn count(to: u32) -> impl Stream<Item = u32> {
    stream::iter(0..to)
}

pub fn router() -> Router<()> {
    Router::new()
        .procedure::<count, _>()
        .procedure::<ticks, _>()
        .procedure::<sums, _>()
        .procedure::<progress, _>()
}
// #endregion simple

// #region resume
#[derive(Serialize, JsonSchema)]
pub struct Tick {
    n: u32,
}

/// Events with ids: a client that comes back gets those that it has not seen.
#[procedure]
pub fn ticks(last: Option<&LastEventId>) -> Result<impl Stream<Item = Event<Tick>>, Error> {
    let first = match last {
        Some(id) => id.parse::<u32>()?.saturating_add(1), // the id is the client's
        None => 0,
    };
    Ok(stream::iter((first..10).map(|n| Event::new(Tick { n }).id(n.to_string()))))
}
// #endregion resume

// #region errors
#[derive(Debug, RpcError)]
pub enum SumError {
    #[rpc_error(status = 422)]
    TooLarge { limit: u32 },
}

/// Yields sums, ends with an error or with a return value.
#[procedure]
pub fn sums(to: u32) -> impl Stream<Item = Result<Event<u32, String>, SumError>> {
    let sums = (0..to).scan(0, |sum, n| {
        *sum += n;
        Some(if *sum > 100 { Err(SumError::TooLarge { limit: 100 }) } else { Ok(Event::new(*sum)) })
    });
    stream::iter(sums).chain(stream::iter([Ok(Event::done("complete".to_owned()))]))
}
// #endregion errors

// #region channel
/// Items from a task of your own. The channel is bounded, so the task waits for a slow reader.
#[procedure]
pub fn progress() -> impl Stream<Item = u8> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        for percent in [0, 50, 100] {
            if sender.send(percent).await.is_err() {
                return; // the client is gone
            }
        }
    });
    stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)))
}
// #endregion channel

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn streams_yield_resume_and_end() {
        crate::check_client(&router(), "streams");
        assert_eq!(count(3).collect::<Vec<_>>().await, [0, 1, 2]);
        assert_eq!(progress().collect::<Vec<_>>().await, [0, 50, 100]);
        let last = LastEventId::new("7");
        assert_eq!(ticks(Some(&last)).unwrap().count().await, 2);
        assert!(ticks(Some(&LastEventId::new("x"))).is_err());
        let sums: Vec<_> = sums(100).take(15).collect().await;
        assert!(sums[13].is_ok() && sums[14].is_err());
    }
}
