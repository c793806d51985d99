//! A router ready to be served.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::task::TaskTracker;

use crate::budget::MemoryBudget;
use crate::router::{Route, RouteId, Router, RouterError, Routes};
use crate::shutdown::{Begun, Shutdown};

/// A router ready to be served: names checked, schemas compiled.
///
/// Cheap to clone; all clones and all services made from them share one state.
///
/// ```no_run
/// # use orpc_runtime::prelude::*;
/// # #[router]
/// # pub mod health {
/// #     #[orpc_runtime::procedure]
/// #     pub async fn ping() -> &'static str { "pong" }
/// # }
/// # #[cfg(feature = "server")]
/// # async fn serve() -> std::io::Result<()> {
/// let rpc = Rpc::new(health::router());
/// let app = axum::Router::new().nest_service("/rpc", rpc.http(()));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// orpc_runtime::serve(listener, app).await
/// # }
/// ```
pub struct Rpc<C> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    router: Router<C>,
    routes: Routes<C>,
    memory: MemoryBudget,
    live_streams: AtomicUsize,
    shutdown: Shutdown,
    /// The tasks of the sockets.
    sockets: TaskTracker,
    /// The tasks of hooks of the sockets, which may begin when those end.
    hooks: TaskTracker,
}

impl<C> Clone for Rpc<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Prepares a router.
    ///
    /// # Panics
    /// If it cannot be served, with all reasons; see [`try_new`](Rpc::try_new).
    #[track_caller]
    pub fn new(router: Router<C>) -> Self {
        match Self::try_new(router) {
            Ok(rpc) => rpc,
            Err(error) => panic!("{error}"),
        }
    }

    /// Prepares a router.
    ///
    /// # Errors
    /// Names that conflict or cannot be called from JavaScript, and schemas that cannot
    /// be compiled, with the procedure and the place in its schema.
    pub fn try_new(router: Router<C>) -> Result<Self, RouterError> {
        let routes = router.routes()?;
        let shared = Shared {
            router,
            routes,
            memory: MemoryBudget::default(),
            live_streams: AtomicUsize::new(0),
            shutdown: Shutdown::default(),
            sockets: TaskTracker::new(),
            hooks: TaskTracker::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns the router.
    pub fn router(&self) -> &Router<C> {
        &self.shared.router
    }

    /// Returns the budget that its HTTP and WebSocket services share by default: 256
    /// MiB.
    pub fn memory(&self) -> &MemoryBudget {
        &self.shared.memory
    }

    /// Returns the number of event streams that clients read now.
    pub fn live_streams(&self) -> usize {
        self.shared.live_streams.load(Ordering::Relaxed)
    }

    /// Ends all event streams: each closes with SERVICE_UNAVAILABLE, and clients that
    /// resume then reconnect. New streams are refused with the same error. Calls with
    /// one result are left to finish, and then their sockets close with 1001.
    ///
    /// Call it before a graceful shutdown of the HTTP server, which would otherwise
    /// wait for streams without an end. Servers other than `serve` (feature `server`)
    /// do not track sockets: wait for [`closed`](Rpc::closed) after it.
    pub fn shutdown(&self) {
        self.shared.shutdown.begin();
        self.shared.sockets.close();
        self.shared.hooks.close();
    }

    /// Waits, after [`shutdown`](Rpc::shutdown), until all sockets are closed, and the
    /// `user_joined` and `user_left` of [rooms with state](crate::stateful) have ended. HTTP
    /// servers stop tracking sockets at the upgrade, and do not wait for them.
    pub async fn closed(&self) {
        self.shared.sockets.wait().await;
        self.shared.hooks.wait().await;
    }

    /// Returns the number of open sockets.
    pub fn live_sockets(&self) -> usize {
        self.shared.sockets.len()
    }

    /// Runs the task of a socket.
    #[cfg(feature = "websocket")]
    pub(crate) fn spawn(&self, socket: impl Future<Output = ()> + Send + 'static) {
        self.shared.sockets.spawn(socket);
    }

    /// Returns a task of a socket's hooks that [`closed`](Self::closed) waits for.
    #[cfg(feature = "websocket")]
    pub(crate) fn track_hook(
        &self,
        hook: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.shared.hooks.track_future(hook)
    }

    #[cfg(feature = "http")]
    pub(crate) fn find(&self, path: &str) -> Option<&Route<C>> {
        self.find_id(path).map(|id| self.route(id))
    }

    pub(crate) fn find_id(&self, path: &str) -> Option<RouteId> {
        self.shared.routes.find(path)
    }

    /// Returns a procedure that [`find_id`](Self::find_id) has found.
    pub(crate) fn route(&self, id: RouteId) -> &Route<C> {
        self.shared.routes.route(id)
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_shut_down(&self) -> bool {
        self.shared.shutdown.has_begun()
    }

    /// Returns a future that ends at [`Rpc::shutdown`].
    pub(crate) fn on_shutdown(&self) -> Begun {
        self.shared.shutdown.begun()
    }

    /// Counts a stream while the guard lives.
    pub(crate) fn count_stream(&self) -> impl Send + Sync + 'static {
        self.shared.live_streams.fetch_add(1, Ordering::Relaxed);
        StreamGuard(Arc::clone(&self.shared))
    }
}

struct StreamGuard<C>(Arc<Shared<C>>);

impl<C> Drop for StreamGuard<C> {
    fn drop(&mut self) {
        self.0.live_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<C: Send + Sync + 'static> std::fmt::Debug for Rpc<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc")
            .field("router", self.router())
            .field("live_streams", &self.live_streams())
            .finish()
    }
}
