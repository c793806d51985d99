//! The future of the HTTP service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::Response;

use super::body::RpcBody;

/// The future of an [`HttpService`](super::HttpService).
#[must_use = "a response is created by polling it"]
pub struct HttpFuture(BoxFuture<'static, Response<RpcBody>>);

impl HttpFuture {
    pub(super) fn new(response: impl Future<Output = Response<RpcBody>> + Send + 'static) -> Self {
        Self(Box::pin(response))
    }
}

impl Future for HttpFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for HttpFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpFuture")
    }
}
