//! Procedures in a Worker.

use std::io;

use http_body_util::BodyExt as _;
use orpc_runtime::http::HttpService;
use tower_service::Service as _;
use worker::{HttpRequest, Request, Response, Result};

/// Serves a request with the procedures of a router, over HTTP with event streams.
///
/// A service under a path answers requests below it: pass the path, such as `/rpc`.
///
/// # Errors
/// If the request cannot be read.
pub async fn serve<C>(mut service: HttpService<C>, path: &str, request: Request) -> Result<Response>
where
    C: Send + Sync + 'static,
{
    let request = HttpRequest::try_from(request)?;
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let below =
        target.strip_prefix(path).filter(|rest| rest.starts_with(['/', '?']) || rest.is_empty());
    let Some(below) = below else { return Response::error("Not found", 404) };
    let below = if below.starts_with('/') { below.to_owned() } else { format!("/{below}") };
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = Some(below.parse().map_err(|_| "the URL of a request is invalid")?);
    parts.uri = http::Uri::from_parts(uri).map_err(|error| error.to_string())?;
    let body = body.map_err(|error| io::Error::other(error.to_string()));
    let response = match service.call(http::Request::from_parts(parts, body)).await {
        Ok(response) => response,
        Err(infallible) => match infallible {},
    };
    Response::try_from(response)
}
