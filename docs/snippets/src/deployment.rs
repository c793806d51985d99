//! A server behind a proxy.

// #region server
use std::time::Duration;

use orpc_runtime::prelude::*;

#[router]
pub mod api {
    #[orpc_runtime::procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

pub async fn serve(
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let rpc = Rpc::new(api::router());
    let app = axum::Router::new()
        .nest_service("/rpc", rpc.http(()).allow_host("app.example"))
        .route_service("/ws", rpc.websocket(()).allow_host("app.example"));
    orpc_runtime::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.await;
            rpc.shutdown(); // ends streams and sockets, which clients reopen elsewhere
        })
        .shutdown_deadline(Duration::from_secs(20))
        .await
}
// #endregion server

// #region unix
#[cfg(unix)]
pub fn on_a_unix_socket(
    rpc: &Rpc<()>,
) -> std::io::Result<impl IntoFuture<Output = std::io::Result<()>>> {
    let listener = tokio::net::UnixListener::bind("/run/app/rpc.sock")?;
    Ok(orpc_runtime::serve(listener, axum::Router::new().nest_service("/rpc", rpc.http(()))))
}
// #endregion unix

// #region cors
use http::header::HeaderValue;
use tower::Layer as _;
use tower_http::cors::{Any, Cors, CorsLayer};

pub fn cross_origin(rpc: &Rpc<()>) -> Cors<orpc_runtime::http::HttpService<()>> {
    let page = "https://app.example";
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static(page))
        .allow_methods(Any)
        .allow_headers(Any);
    cors.layer(rpc.http(()).allow_origin(page))
}
// #endregion cors

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn serves_until_it_is_told_to_stop() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, async {
            let _ = stopped.await;
        }));
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(cross_origin(&Rpc::new(api::router())));
    }
}
