//! Procedures in a Worker.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt as _;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use orpc_runtime::http::HttpService;
use tower_service::Service as _;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::web_sys::ReadableStream;
use worker::{Headers, HttpRequest, Request, Response, ResponseBody, ResponseBuilder, Result};

/// Serves a request with the procedures of a router, over HTTP with event streams.
///
/// A service under a path answers requests below it: pass the path, such as `/rpc`.
///
/// A stream ends when it is written after its client has left, at the latest with the next comment
/// that [keeps it alive](HttpService::keep_alive), 5 s by default.
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
    let (head, body) = response.into_parts();
    let response = ResponseBuilder::new().with_status(head.status.as_u16());
    let response = response.with_headers(Headers::from(&head.headers));
    let body = match body.size_hint().exact() {
        Some(0) => ResponseBody::Empty,
        Some(_) => {
            let body = body.collect().await.map_err(|error| error.to_string())?;
            ResponseBody::Body(body.to_bytes().into())
        }
        None => ResponseBody::Stream(stream(body)?),
    };
    Ok(response.body(body))
}

/// Writes a body to a stream of Cloudflare, as it is read. Unlike one of JavaScript it tells when
/// its client has left: writing fails, and the body is dropped.
fn stream<B>(body: B) -> Result<ReadableStream>
where
    B: Body<Data = Bytes, Error: ToString> + 'static,
{
    let class = Reflect::get(&js_sys::global(), &"IdentityTransformStream".into())?;
    let class = class.dyn_into::<Function>()?;
    let transform = Reflect::construct(&class, &Array::new())?;
    let writer =
        method(&Reflect::get(&transform, &"writable".into())?, "getWriter", &JsValue::UNDEFINED)?;
    let writing = async move {
        if let Err(error) = write(Box::pin(body), &writer).await {
            tracing::debug!(?error, "a client has left its stream");
        }
    };
    wasm_bindgen_futures::spawn_local(AssertUnwindSafe(writing));
    Ok(Reflect::get(&transform, &"readable".into())?.unchecked_into())
}

async fn write<B>(mut body: Pin<Box<B>>, writer: &JsValue) -> std::result::Result<(), JsValue>
where
    B: Body<Data = Bytes, Error: ToString>,
{
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                let error = js_sys::Error::new(&error.to_string());
                return ended(writer, "abort", &error).await;
            }
        };
        // Trailers are not sent.
        if let Ok(bytes) = frame.into_data() {
            ended(writer, "write", &Uint8Array::from(&bytes[..])).await?;
        }
    }
    ended(writer, "close", &JsValue::UNDEFINED).await
}

/// Calls a method of a writer, and waits until it has ended.
async fn ended(
    writer: &JsValue,
    name: &str,
    argument: &JsValue,
) -> std::result::Result<(), JsValue> {
    let promise = method(writer, name, argument)?.unchecked_into::<Promise>();
    JsFuture::from(promise).await.map(drop)
}

fn method(
    object: &JsValue,
    name: &str,
    argument: &JsValue,
) -> std::result::Result<JsValue, JsValue> {
    let method = Reflect::get(object, &name.into())?.dyn_into::<Function>()?;
    method.call1(object, argument)
}
