//! Procedures that answer with event iterators.

use std::time::Duration;

use futures::stream;
use orpc_runtime::prelude::*;

use super::Count;
use super::errors::RateLimit;
use crate::Session;
use crate::interval::interval;

/// After how many events to fail.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FailAfter {
    #[schemars(range(max = 1000))]
    after: u32,
}

/// Id that no client can have: counting to it takes longer than a life, and it is far from 2^53, beyond which numbers of
/// JavaScript are not exact.
const LAST_TICK: u64 = 1 << 52;

/// Interval of ticks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticks {
    #[schemars(range(min = 1, max = 10_000))]
    every_ms: u32,
}

/// `stream.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Some events, then a declared error.
    #[procedure]
    pub fn fail(input: FailAfter) -> impl Stream<Item = Result<Count, RateLimit>> {
        let events = (0..u64::from(input.after)).map(|n| Ok(Count::new(n)));
        stream::iter(events.chain([Err(RateLimit::RateLimited { retry_after: 7 })]))
    }

    /// Counts until the client goes, from where it left off before.
    #[procedure]
    pub fn ticks(
        session: &Session,
        input: Ticks,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Event<Count>>, Error> {
        let first = match last {
            Some(id) => match id.parse::<u64>()? {
                id @ ..LAST_TICK => id + 1,
                _ => {
                    return Err(
                        Error::new(Code::BadRequest).with_message("Malformed last event id")
                    );
                }
            },
            None => 0,
        };
        let alive = session.state.live_ticks.enter();
        let clock = interval(Duration::from_millis(input.every_ms.into()));
        Ok(stream::unfold((first, clock, alive), |(n, mut clock, alive)| async move {
            clock.tick().await;
            Some((Event::new(Count::new(n)).id(n.to_string()), (n + 1, clock, alive)))
        }))
    }

    /// Adds up what the client sends.
    #[procedure]
    pub async fn sum(mut numbers: EventIterator<f64>) -> Result<f64, Error> {
        let mut sum = 0.0;
        while let Some(event) = numbers.next().await {
            if let EventPayload::Message(number) = event?.into_parts().0 {
                sum += number;
            }
        }
        Ok(sum)
    }

    /// Returns the number of live streams of `ticks`.
    #[procedure]
    pub async fn live(session: &Session) -> usize {
        session.state.live_ticks.get()
    }
}
