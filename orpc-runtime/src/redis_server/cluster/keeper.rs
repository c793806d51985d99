//! The connections to the nodes of a cluster, for whoever uses them.

use std::sync::Arc;

use super::Node;
use crate::connection::{Contact, Keeper};
use crate::redis_server::Link;
use crate::store::StoreError;

/// User of the connections to the nodes of a cluster, which are made again when they are lost.
pub(crate) trait NodeUser: Send + Sync + 'static {
    /// Connects to a node, and looks at it before it is used.
    fn connect(
        self: &Arc<Self>,
        node: &Node,
    ) -> impl Future<Output = Result<Link, StoreError>> + Send;

    /// Uses a connection until it is lost.
    fn tend(&self, link: &Link) -> impl Future<Output = ()> + Send;

    /// Acts each time that a connection was lost, or not made.
    fn disconnected(&self) {}
}

/// The connections to a node.
pub(super) struct NodeKeeper<U> {
    pub(super) user: Arc<U>,
    pub(super) node: Arc<Node>,
}

impl<U: NodeUser> Keeper for NodeKeeper<U> {
    type Link = Link;

    fn contact(&self) -> &Contact<Link> {
        &self.node.server.contact
    }

    async fn connect(self: Arc<Self>, _number: u64) -> Result<Link, StoreError> {
        self.user.connect(&self.node).await
    }

    async fn tend(&self, link: &Link) {
        self.user.tend(link).await;
    }

    fn disconnected(&self) {
        self.node.server.look();
        self.user.disconnected();
    }
}
