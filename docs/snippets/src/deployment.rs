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
    let sockets = rpc.websocket(()).allow_host("app.example");
    let app = axum::Router::new()
        .nest_service("/rpc", rpc.http(()).allow_host("app.example"))
        .route_service("/ws", sockets.shutdown_deadline(Duration::from_secs(20)));
    orpc_runtime::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.await;
            rpc.shutdown(); // ends streams and sockets, which clients reopen elsewhere
        })
        // Longer than that of the sockets, which send their close frames in between.
        .shutdown_deadline(Duration::from_secs(25))
        .await
}
// #endregion server

// #region main
#[cfg(unix)]
#[tokio::main]
pub async fn main() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    // Registered before the server listens, so that no signal is missed.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    serve(listener, async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await
}
// #endregion main

// #region unix
#[cfg(unix)]
pub fn on_a_unix_socket(
    rpc: &Rpc<()>,
) -> std::io::Result<impl IntoFuture<Output = std::io::Result<()>>> {
    let listener = tokio::net::UnixListener::bind("/run/app/rpc.sock")?;
    Ok(orpc_runtime::serve(listener, axum::Router::new().nest_service("/rpc", rpc.http(()))))
}
// #endregion unix

// #region layers
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::timeout::TimeoutLayer;

/// Procedures below `/rpc`, and a page whose paths are all those of its own router.
pub fn with_a_page(rpc: &Rpc<()>) -> axum::Router {
    // A relative path is one of the folder in which the server is started.
    let folder = std::env::var("PAGE").unwrap_or_else(|_| "web/dist".to_owned());
    let page = ServeDir::new(&folder).fallback(ServeFile::new(format!("{folder}/index.html")));
    let timeout =
        TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(30));
    axum::Router::new()
        .nest_service("/rpc", rpc.http(()))
        .layer(timeout)
        .fallback_service(page)
        .layer(CompressionLayer::new())
}
// #endregion layers

// #region cors
use http::header::{HeaderName, HeaderValue};
use tower::Layer as _;
use tower_http::cors::{AllowHeaders, AllowMethods, Cors, CorsLayer};

/// Response headers that pages read, beside those that every page may.
const EXPOSED: [&str; 6] = [
    "content-disposition",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-orpc-durable-iterator",
];

pub fn cross_origin(rpc: &Rpc<()>) -> Cors<orpc_runtime::http::HttpService<()>> {
    let page = "https://app.example";
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static(page))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static));
    cors.layer(rpc.http(()).allow_origin(page))
}
// #endregion cors

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

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
    }

    #[tokio::test]
    async fn a_page_of_another_origin_may_send_credentials_and_read_the_headers_of_clients() {
        crate::check_client(&api::router::<()>(), "deployment");
        let service = || cross_origin(&Rpc::new(api::router()));
        let request = |method| {
            let request = http::Request::builder().method(method).uri("/ping");
            request.header("origin", "https://app.example").header("sec-fetch-site", "cross-site")
        };
        let wanted = "authorization,content-type,x-orpc-batch";
        let preflight = request("OPTIONS")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", wanted);
        let allowed = service().oneshot(preflight.body(String::new()).unwrap()).await.unwrap();
        assert_eq!(allowed.headers()["access-control-allow-headers"], wanted);
        assert_eq!(allowed.headers()["access-control-allow-methods"], "POST");

        let call = request("POST").header("content-type", "application/json");
        let response = service().oneshot(call.body("{}".to_owned()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], "https://app.example");
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert_eq!(headers["access-control-expose-headers"], EXPOSED.join(","));
    }

    #[tokio::test]
    async fn a_page_stands_beside_the_procedures() {
        let app = with_a_page(&Rpc::new(api::router()));
        let request = http::Request::get("/rpc/ping").header("accept-encoding", "gzip");
        let response =
            app.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        let page = http::Request::get("/any/path").body(axum::body::Body::empty()).unwrap();
        // The tests have no folder with a page.
        assert_eq!(app.oneshot(page).await.unwrap().status(), 404);
    }
}
