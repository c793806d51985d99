//! One node of the service.

use std::sync::Arc;

use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{ReadError, SubscribeError};

pub struct App {
    lines: Publisher<String>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn publish(app: &App, text: String) -> Result<(), Error> {
        app.lines.publish("room", &text).await?;
        Ok(())
    }

    #[procedure]
    pub fn subscribe(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<HibernatingIterator<String, (), ReadError>, SubscribeError> {
        Ok(app.lines.subscribe("room", last)?.hibernate())
    }
}

pub(crate) async fn serve(lines: Publisher<String>) -> std::io::Result<()> {
    let rpc = Rpc::new(api::router());
    let websocket = rpc.websocket(Arc::new(App { lines })).keep_extensions(false);
    let app = axum::Router::new().route_service("/ws", websocket);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    orpc_runtime::serve(listener, app).await
}
