//! Sockets: settings, inputs that are streams, channels of your own.

// #region settings
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::websocket::{Rate, WebSocketService};

pub fn service(rpc: &Rpc<()>) -> WebSocketService<()> {
    rpc.websocket(())
        .allow_origin("https://app.example")
        .rate_limit(Rate::new(100, Duration::from_secs(1)))
        .procedure_rate_limit("sum", Rate::new(1, Duration::from_secs(10)))
        .message_limit(256 << 10)
}
// #endregion settings

// #region input
#[router]
pub mod api {
    use super::*;

    /// Adds up what the client's iterator yields.
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
}
// #endregion input

// #region socket
use orpc_runtime::Notice;

#[derive(Serialize)]
struct Welcome {
    welcome: String,
}

#[procedure]
pub async fn introduce(socket: &Socket, name: String) -> Result<(), Error> {
    socket.attach(&name)?;
    // The official client ignores notices; the application reads them itself.
    socket.send(&Notice::new(&Welcome { welcome: name })?)?;
    Ok(())
}

pub fn router() -> Router<()> {
    api::router().procedure::<introduce, _>()
}
// #endregion socket

// #region ports
use orpc_runtime::futures::SinkExt as _;
use orpc_runtime::{Frame, duplex};

#[procedure]
pub async fn ping() -> &'static str {
    "pong"
}

/// Serves a router over a channel in memory.
pub async fn in_memory() -> Option<Frame> {
    let (server, mut client) = duplex(16);
    let rpc = Rpc::new(Router::new().procedure::<ping, _>());
    tokio::spawn(rpc.peer(()).serve(server));
    client.send(Frame::from(r#"{"i":"1","p":{"u":"/ping"}}"#)).await.ok()?;
    client.next().await?.ok()
}
// #endregion ports

// #region proxy
use orpc_runtime::websocket::WebSocketProxy;

pub fn gateway() -> Result<axum::Router, Box<dyn std::error::Error>> {
    let proxy = WebSocketProxy::new("http://127.0.0.1:4000")?;
    Ok(axum::Router::new().route_service("/rooms/{name}", proxy))
}
// #endregion proxy

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_in_memory_answers() {
        crate::check_client(&router(), "websocket");
        assert_eq!(in_memory().await.unwrap(), r#"{"i":"1","p":{"b":{"json":"pong"}}}"#);
        drop(service(&Rpc::new(api::router())));
        drop(gateway().unwrap());
    }
}
