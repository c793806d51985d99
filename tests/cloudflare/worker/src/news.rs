//! A publisher whose channels are Durable Objects, for procedures in the Worker and for those of a room.

use std::time::Duration;

use orpc_cloudflare::{Cloudflare, PublisherObjects, RoomRoutes, durable_object, publisher_object};
use orpc_runtime::publish::Publisher;
use orpc_runtime::stateful::{RoomHandle, StatefulRoom};
use test_room::channels::Said;
use worker::{Env, Request, Response, Result};

use crate::{Site, api};

publisher_object!(
    pub struct NewsObject;
);

publisher_object!(
    /// Channels whose events are old soon.
    pub struct OldNewsObject(Publisher::builder().retention(Duration::from_secs(1)));
);

durable_object!(
    pub struct NewsRoomObject(Site);
);

/// The publisher, and its objects.
pub struct News {
    pub(crate) objects: PublisherObjects,
    pub(crate) publisher: Publisher<Said>,
}

impl News {
    pub(crate) fn new(env: &Env, binding: &str) -> Self {
        let objects = PublisherObjects::new(env, binding);
        Self { publisher: Publisher::builder().store(objects.clone()), objects }
    }
}

/// A room with the procedures of the Worker.
impl StatefulRoom for Site {
    type Procedures = api::router;

    fn new(room: RoomHandle) -> Self {
        let env = room.host::<Cloudflare>().expect("it runs on Cloudflare").env();
        Self { news: News::new(env, "NEWS"), limiter: None }
    }
}

/// Requests for rooms, and for readers without the Worker's half.
pub async fn fetch(request: Request, env: &Env) -> Result<Response> {
    let path = request.path();
    let Some(channel) = path.strip_prefix("/news-sockets/") else {
        return RoomRoutes::new("NEWS_ROOMS").under("/news-rooms/").fetch(request, env).await;
    };
    env.durable_object("NEWS")?.id_from_name(channel)?.get_stub()?.fetch_with_request(request).await
}
