//! Request and response bodies of the server.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use super::io::Busy;
use crate::serve::patience::{BodyTimeout, Failed, Patience};

/// Body of a request that [`serve`](crate::serve) received. It fails if it does not
/// arrive in time.
#[derive(Debug)]
pub struct RequestBody {
    body: Incoming,
    patience: Patience,
    /// Until its end the connection receives no head, also when the response was sent before.
    receiving: Option<Busy>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, patience: Patience, receiving: Option<Busy>) -> Self {
        Self { body, patience, receiving }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let frame = ready!(this.patience.poll_frame(Pin::new(&mut this.body), cx));
        if this.body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            this.receiving = None;
        }
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|failed| match failed {
                Failed::Late => BodyTimeout.into(),
                Failed::Body(error) => error.into(),
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// Body of a response; its end is the end of the request.
    pub(super) struct ResponseBody<B> {
        // `None` if it is empty.
        #[pin]
        body: Option<B>,
        busy: Busy,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, busy: Busy) -> Self {
        Self { body: Some(body), busy }
    }

    pub(super) fn empty(busy: Busy) -> Self {
        Self { body: None, busy }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.as_pin_mut().map_or(Poll::Ready(None), |body| body.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), B::size_hint)
    }
}
