//! The future of the HTTP service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, Either};
use http::Response;

use super::body::RpcBody;

/// The future of an [`HttpService`](super::HttpService).
#[must_use = "a response is created by polling it"]
pub struct HttpFuture(Either<Ready<Response<RpcBody>>, BoxFuture<'static, Response<RpcBody>>>);

impl HttpFuture {
    pub(super) fn ready(response: Response<RpcBody>) -> Self {
        Self(Either::Left(ready(response)))
    }

    pub(super) fn boxed(
        response: impl Future<Output = Response<RpcBody>> + Send + 'static,
    ) -> Self {
        Self(Either::Right(Box::pin(response)))
    }
}

impl Future for HttpFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}

impl fmt::Debug for HttpFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpFuture")
    }
}
