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
pub struct HttpFuture(State);

enum State {
    /// A response; `None` once it was taken.
    Ready(Option<Box<Response<RpcBody>>>),
    Running(BoxFuture<'static, Response<RpcBody>>),
}

impl HttpFuture {
    pub(super) fn new(response: impl Future<Output = Response<RpcBody>> + Send + 'static) -> Self {
        Self(State::Running(Box::pin(response)))
    }

    pub(super) fn ready(response: Response<RpcBody>) -> Self {
        Self(State::Ready(Some(Box::new(response))))
    }
}

impl Future for HttpFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(response) => match response.take() {
                Some(response) => Poll::Ready(Ok(*response)),
                None => Poll::Pending,
            },
            State::Running(response) => response.as_mut().poll(cx).map(Ok),
        }
    }
}

impl fmt::Debug for HttpFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpFuture")
    }
}
