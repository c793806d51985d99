//! The future of a response.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, Either};
use http::Response;

use super::body::RpcBody;

/// The future of the services: of an [`HttpService`](super::HttpService), and of a `WebSocketService` or a
/// `WebSocketProxy`, whose responses end the upgrade.
#[must_use = "a response is created by polling it"]
pub struct ResponseFuture(Either<Ready<Response<RpcBody>>, BoxFuture<'static, Response<RpcBody>>>);

impl ResponseFuture {
    pub(in crate::serve) fn ready(response: Response<RpcBody>) -> Self {
        Self(Either::Left(ready(response)))
    }

    pub(in crate::serve) fn boxed(
        response: impl Future<Output = Response<RpcBody>> + Send + 'static,
    ) -> Self {
        Self(Either::Right(Box::pin(response)))
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
