//! A stream of a publisher, which a client that comes back continues behind the last event it saw.
//!
//! ```text
//! cargo run -p orpc-runtime --example resume
//! curl -N http://127.0.0.1:3000/rpc/ticks -X POST
//! curl -N http://127.0.0.1:3000/rpc/ticks -X POST -H 'last-event-id: <an id of the first answer>'
//! ```

use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{ReadError, SubscribeError};

/// The context of all calls.
pub struct App {
    ticks: Publisher<u64>,
}

/// The procedures of the server.
#[router(context = App)]
pub mod api {
    use super::*;

    /// The ticks from now on, or those behind the last one that the client saw.
    #[procedure]
    pub fn ticks(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<u64>, ReadError>>, SubscribeError> {
        app.ticks.subscribe("ticks", last)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ticks = Publisher::memory();
    let publisher = ticks.clone();
    tokio::spawn(async move {
        for n in 0.. {
            if let Err(error) = publisher.publish("ticks", &n).await {
                return eprintln!("{error}");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let rpc = Rpc::new(api::router());
    let app = axum::Router::new().nest_service("/rpc", rpc.http(App { ticks }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let server = orpc_runtime::serve(listener, app);
    println!("http://{}/rpc", server.local_addr()?);
    server
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            rpc.shutdown();
        })
        .await
}
