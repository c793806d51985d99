//! Headers of event streams for intermediaries.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use orpc_runtime::prelude::*;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

use crate::support::{post, send};

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn ticks() -> impl Stream<Item = u8> {
        futures::stream::iter([1, 2])
    }

    #[procedure]
    pub fn kept(call: &Call) -> Result<impl Stream<Item = u8>, Error> {
        call.response()
            .insert_header("cache-control", "no-store")?
            .insert_header("x-accel-buffering", "yes")?;
        Ok(futures::stream::iter([1]))
    }

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

fn batch() -> Request<Full<Bytes>> {
    let calls = r#"[{"url":"http://h/ping","body":{}},{"url":"http://h/ping","body":{}}]"#;
    Request::post("/__batch__").header("x-orpc-batch", "streaming").body(Full::from(calls)).unwrap()
}

/// Compresses every body that may be transformed, as some proxies do.
#[derive(Clone, Copy)]
struct WhateverMayBe;

impl Predicate for WhateverMayBe {
    fn should_compress<B: http_body::Body>(&self, response: &http::Response<B>) -> bool {
        let mut controls = response.headers().get_all("cache-control").iter();
        !controls.any(|value| value.to_str().is_ok_and(|text| text.contains("no-transform")))
    }
}

#[tokio::test]
async fn streams_forbid_transformation_and_caching() {
    let service = Rpc::new(api::router()).http(());
    for request in [post("/ticks", "{}"), batch()] {
        let path = request.uri().path().to_owned();
        let answer = send(service.clone(), request).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-cache, no-transform", "{path}");
        assert_eq!(answer.headers["x-accel-buffering"], "no", "{path}");
    }
    let answer = send(service.clone(), post("/ping", "{}")).await;
    assert!(!answer.headers.contains_key("cache-control"));
}

#[tokio::test]
async fn a_handler_may_set_cache_control() {
    let service = Rpc::new(api::router()).http(());
    let answer = send(service.clone(), post("/kept", "{}")).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-accel-buffering"], "yes");
    let headers =
        HeaderMap::from_iter([(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    let answer = send(service.batch_response(StatusCode::MULTI_STATUS, headers), batch()).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn streams_pass_a_compressing_layer_unchanged() {
    let service = Rpc::new(api::router()).http(());
    let layer = CompressionLayer::new().compress_when(WhateverMayBe);
    let layered = ServiceBuilder::new().layer(layer).service(service);
    for (mut request, coding) in
        [(post("/ticks", "{}"), None), (batch(), None), (post("/ping", "{}"), Some("gzip"))]
    {
        let path = request.uri().path().to_owned();
        request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        let response = layered.clone().oneshot(request).await.unwrap();
        let got = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(got, coding, "{path}");
        if coding.is_none() {
            let (parts, body) = response.into_parts();
            let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
            assert!(bytes.starts_with(b": \n\nevent: message\n"), "{path}: {bytes:?} {parts:?}");
        }
    }
}
