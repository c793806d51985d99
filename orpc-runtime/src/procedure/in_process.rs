//! A stream procedure called in the same process.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};

use super::handler::{Scope, StreamHandler};
use super::runner::{EndOfCall, Run};

/// Calls the procedure and returns its stream once the function has returned it.
pub(super) async fn open<C, P, Marker>(
    run: Run<C, P>,
) -> Result<BoxStream<'static, P::Item>, P::Error>
where
    C: Send + Sync + 'static,
    P: StreamHandler<C, Marker>,
    Marker: 'static,
{
    let slot = Arc::new(Slot::default());
    let writer = Arc::clone(&slot);
    let Run { context, call, input } = run;
    // The stream borrows from the context and the call, so one future owns all.
    let mut run: BoxFuture<'static, Result<(), P::Error>> = Box::pin(async move {
        let end = EndOfCall(call);
        let stream = P::open(Scope { context: &*context, call: &end.0 }, input).await?;
        let mut stream = pin!(stream);
        writer.open();
        while let Some(item) = stream.next().await {
            writer.put(item).await;
        }
        Ok(())
    });
    let opened = poll_fn(|cx| match run.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(result.map(|()| true)),
        Poll::Pending if slot.is_open() => Poll::Ready(Ok(false)),
        Poll::Pending => Poll::Pending,
    });
    let ended = opened.await?;
    Ok(Items { run: (!ended).then_some(run), slot }.boxed())
}

/// A slot for one item between the run and the reader. The reader polls the run itself
/// and so needs no waker.
struct Slot<T>(Mutex<SlotState<T>>);

struct SlotState<T> {
    open: bool,
    item: Option<T>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(SlotState { open: false, item: None }))
    }
}

impl<T> Slot<T> {
    fn state(&self) -> std::sync::MutexGuard<'_, SlotState<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) {
        self.state().open = true;
    }

    fn is_open(&self) -> bool {
        self.state().open
    }

    fn take(&self) -> Option<T> {
        self.state().item.take()
    }

    /// Puts an item and waits until it is taken.
    async fn put(&self, item: T) {
        self.state().item = Some(item);
        poll_fn(|_| {
            let taken = self.state().item.is_none();
            if taken { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

struct Items<T, E> {
    run: Option<BoxFuture<'static, Result<(), E>>>,
    slot: Arc<Slot<T>>,
}

impl<T, E> Stream for Items<T, E> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(item) = self.slot.take() {
            return Poll::Ready(Some(item));
        }
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        if run.as_mut().poll(cx).is_ready() {
            self.run = None;
        }
        match self.slot.take() {
            Some(item) => Poll::Ready(Some(item)),
            None if self.run.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
