//! Parts of a service, for any transport.

use std::ops::Deref;
use std::sync::Arc;

use http::{HeaderMap, Uri};

use super::context::ContextSource;
use super::memory::HEADER;
use crate::rpc::Rpc;

/// A router with a source of contexts and the transport's options, shared by the
/// clones of a service.
pub(super) struct Served<C, O>(Arc<Parts<C, O>>);

/// The parts of a [`Served`].
pub(super) struct Parts<C, O> {
    pub(super) rpc: Rpc<C>,
    pub(super) context: ContextSource<C>,
    pub(super) options: O,
}

/// Number of headers whose memory is part of that of a request or a socket without them.
const FEW_HEADERS: usize = 16;

/// Returns the memory of a request's head beside that of a request without one.
pub(super) fn head_size(headers: &HeaderMap, uri: &Uri) -> usize {
    let texts: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let entries = headers.len().saturating_sub(FEW_HEADERS) * HEADER;
    texts + entries + uri.path().len() + uri.query().map_or(0, str::len)
}

impl<C, O: Clone> Served<C, O> {
    pub(super) fn new(rpc: Rpc<C>, context: ContextSource<C>, options: O) -> Self {
        Self(Arc::new(Parts { rpc, context, options }))
    }

    /// Returns the same state with other options.
    pub(super) fn with(&self, change: impl FnOnce(&mut O)) -> Self {
        let mut options = self.options.clone();
        change(&mut options);
        Self::new(self.rpc.clone(), self.context.clone(), options)
    }
}

impl<C, O> Clone for Served<C, O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C, O> Deref for Served<C, O> {
    type Target = Parts<C, O>;

    fn deref(&self) -> &Parts<C, O> {
        &self.0
    }
}
