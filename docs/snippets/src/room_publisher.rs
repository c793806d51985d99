//! The publisher of a room with state.

// #region publisher
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Publisher, ReadError, SubscribeError};
use orpc_runtime::stateful::{RoomHandle, StatefulRoom};

pub struct News {
    room: RoomHandle,
    headlines: Publisher<String>,
}

impl StatefulRoom for News {
    type Procedures = news::router;

    fn new(room: RoomHandle) -> Self {
        let headlines = room.publisher(Publisher::builder().max_events(100));
        Self { room, headlines }
    }
}

#[router(context = News)]
pub mod news {
    use super::*;

    #[procedure]
    pub async fn tell(news: &News, headline: String) -> Result<(), Error> {
        news.headlines.publish(news.room.name(), &headline).await?;
        Ok(())
    }

    /// Every headline behind the last one that the client saw.
    #[procedure]
    pub fn listen(
        news: &News,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<String>, ReadError>>, SubscribeError> {
        news.headlines.subscribe(news.room.name(), last)
    }
}
// #endregion publisher
