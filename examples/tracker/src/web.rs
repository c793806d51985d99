//! Everything that the server answers: procedures, the page, and its health.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use orpc_runtime::{PeerAddr, Rpc};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tracker_api::App;

use crate::config::Config;

/// The page loads nothing from elsewhere, and stands in no frame of another site.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'");

/// Returns the procedures below `/rpc`, the page, and `/health`.
pub(crate) fn app(rpc: &Rpc<App>, app: Arc<App>, config: &Config) -> Router {
    Router::new()
        .route("/health", get(health).with_state(Arc::clone(&app)))
        .nest_service("/rpc", rpc.http(app))
        .fallback_service(page(&config.page))
        .layer(middleware::from_fn_with_state(config.proxies, client_address))
}

/// Answers 200 while the database does.
async fn health(State(app): State<Arc<App>>) -> Result<&'static str, StatusCode> {
    match app.check().await {
        Ok(()) => Ok("ok"),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

fn page(folder: &Path) -> Router {
    let policy = SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        CONTENT_SECURITY_POLICY,
    );
    Router::new().fallback_service(ServeDir::new(folder)).layer(policy)
}

/// Takes the address of a client from the proxies in front of the server: the limit of sign-ins is by address.
async fn client_address(
    State(proxies): State<usize>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(connection) = request.extensions().get::<PeerAddr>() {
        let client = connection.behind_proxies(request.headers(), proxies);
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}
