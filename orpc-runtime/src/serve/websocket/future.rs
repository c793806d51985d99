//! The future of the services.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, Either};
use http::Response;

use crate::http::RpcBody;

/// The future of a [`WebSocketService`](super::WebSocketService) or a `WebSocketProxy`.
pub struct WebSocketFuture(Either<Ready<Response<RpcBody>>, BoxFuture<'static, Response<RpcBody>>>);

impl WebSocketFuture {
    pub(super) fn ready(response: Response<RpcBody>) -> Self {
        Self(Either::Left(ready(response)))
    }

    pub(super) fn boxed(
        response: impl Future<Output = Response<RpcBody>> + Send + 'static,
    ) -> Self {
        Self(Either::Right(Box::pin(response)))
    }
}

impl Future for WebSocketFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}

impl std::fmt::Debug for WebSocketFuture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebSocketFuture")
    }
}
