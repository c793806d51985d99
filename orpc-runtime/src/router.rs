//! The tree of procedures: names, composition, lookup.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::core::Error;
use crate::procedure::{
    Below, Call, Definition, ErasedProcedure, Hooks, LocalError, LocalInput, Mount, MountPoint,
    Mounted, Procedure, RunMiddleware, Target, behind, hooked,
};

/// Characters that `encodeURIComponent` leaves unescaped besides letters and digits (ECMA-262,
/// section 19.2.6.4).
const URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Names that JavaScript finds on every object, so that a client cannot call them.
const RESERVED: &[&str] = &orpc_runtime_macros::reserved_names!();

/// A tree of procedures that share a context of type `C`.
///
/// `#[router]` on a module generates one; [`nest`](Router::nest) composes them across
/// files and crates.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[router]
/// pub mod health {
///     use super::*;
///
///     /// Answers as long as the server runs.
///     #[procedure(method = GET)]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let router: Router<()> = Router::new().nest("health", health::router());
/// assert_eq!(router.call::<health::ping>((), ()).await.unwrap(), "pong");
/// # }
/// ```
pub struct Router<C> {
    nodes: Vec<(String, Node<C>)>,
    conflicts: Vec<RouterIssue>,
    /// Procedures by their types, for calls in the same process. Built by the first one.
    by_type: OnceLock<HashMap<TypeId, Route<C>>>,
}

enum Node<C> {
    Procedure(Box<Mounted<C>>),
    Router(Router<C>),
}

impl<C> Clone for Router<C> {
    fn clone(&self) -> Self {
        Self {
            nodes: self.nodes.clone(),
            conflicts: self.conflicts.clone(),
            by_type: OnceLock::new(),
        }
    }
}

impl<C> Clone for Node<C> {
    fn clone(&self) -> Self {
        match self {
            Node::Procedure(mounted) => Node::Procedure(mounted.clone()),
            Node::Router(router) => Node::Router(router.clone()),
        }
    }
}

impl<C> Default for Router<C> {
    fn default() -> Self {
        Self { nodes: Vec::new(), conflicts: Vec::new(), by_type: OnceLock::new() }
    }
}

/// Error of a router that cannot be served, with every reason.
#[derive(Debug, Clone, thiserror::Error)]
pub struct RouterError {
    issues: Vec<RouterIssue>,
}

impl RouterError {
    /// Returns the reasons, in the order of the procedures.
    pub fn issues(&self) -> &[RouterIssue] {
        &self.issues
    }
}

/// Creates an error with reasons of the caller's, in their order.
impl FromIterator<RouterIssue> for RouterError {
    fn from_iter<I: IntoIterator<Item = RouterIssue>>(issues: I) -> Self {
        Self { issues: issues.into_iter().collect() }
    }
}

impl fmt::Display for RouterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the router cannot be served")?;
        for issue in &self.issues {
            write!(f, "\n  {issue}")?;
        }
        Ok(())
    }
}

/// One reason why a router cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouterIssue {
    /// Two procedures, or a procedure and a router, have the same name.
    #[error("two entries are named `{path}`: rename one, or give it `name = \"…\"`")]
    Duplicate {
        /// The path, its segments joined with `/`.
        path: String,
    },
    /// JavaScript finds the name on every object.
    #[error("`{path}` ends with a name that is reserved in JavaScript: give it `name = \"…\"`")]
    Reserved {
        /// The path, its segments joined with `/`.
        path: String,
    },
    /// URLs remove segments of that name (RFC 3986, section 5.2.4).
    #[error("`{path}` ends with a name that URLs leave out: give it `name = \"…\"`")]
    Dots {
        /// The path, its segments joined with `/`.
        path: String,
    },
    /// A name is empty.
    #[error("an entry of `{path}` has an empty name")]
    Empty {
        /// The path of the router, its segments joined with `/`.
        path: String,
    },
    /// A module with `#[router]` re-exports a function without an attribute.
    #[error(
        "`pub use` of the function `{path}` in a router: write `#[procedure]` in front of it if it is a \
         procedure, otherwise `use` without `pub`: it would not be served"
    )]
    Unserved {
        /// The path, its segments joined with `/`.
        path: String,
    },
    /// The schema of an input or of an error's data cannot be compiled.
    #[error("procedure `{path}`: {reason}")]
    Schema {
        /// The path, its segments joined with `/`.
        path: String,
        /// Reason, with the place in the schema.
        reason: String,
    },
}

/// Error of a call in the same process.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The router does not have the procedure.
    #[error("the procedure `{0}` is not in this router")]
    NotInRouter(&'static str),
    /// The procedure itself failed.
    #[error("the procedure failed")]
    Procedure(E),
    /// The call did not reach the procedure: its context, its input or a middleware
    /// refused it.
    #[error("the call was refused: {0}")]
    Refused(Error),
}

impl<C: Send + Sync + 'static> Router<C> {
    /// Creates a router without procedures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a procedure under its own name. `Marker` is inferred: `procedure::<send, _>()`.
    #[must_use]
    pub fn procedure<P: Mount<C, Marker>, Marker>(mut self) -> Self {
        let mut place = None;
        P::mount(MountPoint(&mut place));
        self.place(place);
        self
    }

    fn place(&mut self, mounted: Option<Mounted<C>>) {
        if let Some(mounted) = mounted {
            let name = mounted.definition.name.to_owned();
            self.insert(name, Node::Procedure(Box::new(mounted)));
        }
    }

    /// Adds the procedures of another router below `name`.
    #[must_use]
    pub fn nest(mut self, name: impl Into<String>, router: Router<C>) -> Self {
        self.insert(name.into(), Node::Router(router));
        self
    }

    /// Adds the procedures of another router beside those of this one.
    #[must_use]
    pub fn merge(mut self, router: Router<C>) -> Self {
        self.conflicts.extend(router.conflicts);
        for (name, node) in router.nodes {
            self.insert(name, node);
        }
        self
    }

    /// Puts a middleware in front of the procedures of a router, whose context extends
    /// this one's. `Marker` is inferred: `Router::<App>::with_middleware::<authenticate,
    /// _>(account)`.
    ///
    /// `#[router(with = …)]` generates the call.
    #[must_use]
    pub fn with_middleware<M, Marker>(router: Router<Below<M, C>>) -> Self
    where
        M: RunMiddleware<C, Marker>,
        Marker: 'static,
    {
        router.map(&|mounted| behind::<M, C, Marker>(mounted))
    }

    /// Registers hooks for every call of the procedures that are in the router now.
    /// Hooks that are added first are the inner ones.
    #[must_use]
    pub fn hooks(self, hooks: impl Hooks<C>) -> Self {
        let hooks: Arc<dyn Hooks<C>> = Arc::new(hooks);
        self.map(&|mounted| hooked(mounted, &hooks))
    }

    /// Checks every output of the procedures that are in the router now, and every
    /// event of their streams, against the JSON Schema of its type: for types whose
    /// schema is stricter than the type. Each check parses the serialised output. A
    /// refused output fails with INTERNAL_SERVER_ERROR, an event ends its stream with
    /// EVENT_ITERATOR_VALIDATION_FAILED; the reasons are logged. Events of [hibernating
    /// iterators](crate::HibernatingIterator) and calls in the same process are not
    /// checked.
    #[must_use]
    pub fn check_outputs(self) -> Self {
        self.map(&|mut mounted| {
            mounted.erased = mounted.erased.and_then(|procedure| procedure.with_checked_outputs());
            mounted
        })
    }

    /// Maps every procedure, with the tree unchanged.
    fn map<D>(self, change: &dyn Fn(Mounted<C>) -> Mounted<D>) -> Router<D>
    where
        D: Send + Sync + 'static,
    {
        let node = |(name, node)| {
            let node = match node {
                Node::Procedure(mounted) => Node::Procedure(Box::new(change(*mounted))),
                Node::Router(router) => Node::Router(router.map(change)),
            };
            (name, node)
        };
        Router {
            nodes: self.nodes.into_iter().map(node).collect(),
            conflicts: self.conflicts,
            by_type: OnceLock::new(),
        }
    }

    fn insert(&mut self, name: String, node: Node<C>) {
        self.by_type = OnceLock::new();
        if name.is_empty() {
            self.conflicts.push(RouterIssue::Empty { path: String::new() });
        } else if RESERVED.contains(&name.as_str()) {
            self.conflicts.push(RouterIssue::Reserved { path: name });
        } else if name == "." || name == ".." {
            self.conflicts.push(RouterIssue::Dots { path: name });
        } else if self.nodes.iter().any(|(taken, _)| *taken == name) {
            self.conflicts.push(RouterIssue::Duplicate { path: name });
        } else {
            self.nodes.push((name, node));
        }
    }

    /// Refuses a function that is re-exported and would not be served.
    pub(crate) fn refuse_unserved(&mut self, name: &str) {
        self.conflicts.push(RouterIssue::Unserved { path: name.to_owned() });
    }

    /// Calls a procedure in the same process, with its own types: no serialisation and
    /// no validation; the middlewares and hooks run, and the result is the function's
    /// own. A stream is returned as a stream. A procedure that is in the router more than
    /// once runs with the middlewares and the path of the first one, in the order of
    /// [`procedures`](Router::procedures).
    ///
    /// The context is a value or an `Arc` of one.
    ///
    /// # Errors
    /// The error of the procedure or of a middleware, or an error if the procedure is
    /// not in this router.
    ///
    /// # Panics
    /// If the function panics.
    pub async fn call<P: Procedure>(
        &self,
        context: impl Into<Arc<C>>,
        input: P::Input,
    ) -> Result<P::Reply, CallError<P::Error>> {
        let route = self.route_of::<P>()?;
        let call = Arc::new(Call::builder().build_for(Arc::clone(&route.target)));
        route.call::<P>(context.into(), call, LocalInput::Typed(Box::new(input))).await
    }

    /// Returns the first route of a procedure.
    pub(crate) fn route_of<P: Procedure>(&self) -> Result<&Route<C>, CallError<P::Error>> {
        let routes = self.by_type.get_or_init(|| self.routes_by_type());
        routes.get(&TypeId::of::<P>()).ok_or(CallError::NotInRouter(P::definition().name))
    }

    /// Returns the paths of all procedures with their definitions, in the order they
    /// were added.
    pub fn procedures(&self) -> Vec<(String, &Definition)> {
        let mut all = Vec::new();
        self.visit(&[], &mut |path, mounted| all.push((path.join("/"), &mounted.definition)));
        all
    }

    /// Returns the names of its entries, procedures and nested routers, in the order they
    /// were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|(name, _)| name.as_str())
    }

    /// Calls `visitor` with every procedure and the segments of its path.
    pub(crate) fn visit<'r>(
        &'r self,
        prefix: &[&'r str],
        visitor: &mut dyn FnMut(&[&'r str], &'r Mounted<C>),
    ) {
        for (name, node) in &self.nodes {
            let path = [prefix, &[name.as_str()]].concat();
            match node {
                Node::Procedure(mounted) => visitor(&path, mounted),
                Node::Router(router) => router.visit(&path, visitor),
            }
        }
    }

    /// Fails with all faults of the tree.
    pub(crate) fn check(&self) -> Result<(), RouterError> {
        let mut issues = Vec::new();
        self.conflicts_below("", &mut issues);
        self.visit(&[], &mut |path, mounted| {
            if let Err(error) = &mounted.erased {
                let (path, reason) = (path.join("/"), error.to_string());
                issues.push(RouterIssue::Schema { path, reason });
            }
        });
        if issues.is_empty() { Ok(()) } else { Err(RouterError { issues }) }
    }

    /// Builds the table of routes; fails with all faults of the tree.
    pub(crate) fn routes(&self) -> Result<Routes<C>, RouterError> {
        self.check()?;
        let mut table = Routes { ids: HashMap::default(), routes: Vec::new() };
        self.visit(&[], &mut |path, mounted| {
            if let Some(route) = Route::of(path, mounted) {
                table.ids.insert(encoded(path), RouteId(table.routes.len()));
                table.routes.push(route);
            }
        });
        Ok(table)
    }

    /// Builds the table of calls in the same process.
    fn routes_by_type(&self) -> HashMap<TypeId, Route<C>> {
        let mut routes = HashMap::new();
        self.visit(&[], &mut |path, mounted| {
            if let Some(route) = Route::of(path, mounted) {
                routes.entry(mounted.type_id).or_insert(route);
            }
        });
        routes
    }

    fn conflicts_below(&self, prefix: &str, issues: &mut Vec<RouterIssue>) {
        issues.extend(self.conflicts.iter().map(|issue| issue.below(prefix)));
        for (name, node) in &self.nodes {
            if let Node::Router(router) = node {
                router.conflicts_below(&join(prefix, name), issues);
            }
        }
    }
}

impl RouterIssue {
    fn below(&self, prefix: &str) -> Self {
        let at = |path: &str| if path.is_empty() { prefix.to_owned() } else { join(prefix, path) };
        match self {
            Self::Duplicate { path } => Self::Duplicate { path: at(path) },
            Self::Reserved { path } => Self::Reserved { path: at(path) },
            Self::Dots { path } => Self::Dots { path: at(path) },
            Self::Empty { path } => Self::Empty { path: at(path) },
            Self::Unserved { path } => Self::Unserved { path: at(path) },
            Self::Schema { path, reason } => {
                Self::Schema { path: at(path), reason: reason.clone() }
            }
        }
    }
}

/// Returns the error for a reply or an error of other types than the procedure's: no
/// middleware can create one.
fn foreign<E>() -> CallError<E> {
    CallError::Refused(Error::hidden())
}

/// Encodes a path as it appears in a URL.
pub(crate) fn encoded(path: &[&str]) -> String {
    let segments =
        path.iter().map(|segment| utf8_percent_encode(segment, URI_COMPONENT).to_string());
    segments.collect::<Vec<_>>().join("/")
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

impl<C: Send + Sync + 'static> fmt::Debug for Router<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.procedures().iter().map(|(path, _)| path)).finish()
    }
}

/// Procedures of a router by their encoded URL paths.
pub(crate) struct Routes<C> {
    ids: HashMap<String, RouteId, foldhash::fast::RandomState>,
    routes: Vec<Route<C>>,
}

/// Place of a procedure in its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteId(usize);

/// One procedure with its path.
pub(crate) struct Route<C> {
    pub(crate) target: Arc<Target>,
    pub(crate) procedure: Arc<dyn ErasedProcedure<C>>,
}

impl<C> Route<C> {
    /// Returns the route of a procedure; `None` if its schemas cannot be compiled.
    fn of(path: &[&str], mounted: &Mounted<C>) -> Option<Self> {
        let procedure = Arc::clone(mounted.erased.as_ref().ok()?);
        let definition = mounted.definition.clone();
        let target = Arc::new(Target { path: path.join("/").into(), definition });
        Some(Self { target, procedure })
    }

    /// Calls the procedure, which is `P`, in the same process.
    pub(crate) async fn call<P: Procedure>(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: LocalInput,
    ) -> Result<P::Reply, CallError<P::Error>> {
        match self.procedure.call(context, call, input).await {
            Ok(reply) => reply.downcast().map(|reply| *reply).map_err(|_| foreign()),
            Err(LocalError::Procedure(error)) => Err(error
                .downcast()
                .map_or_else(|_| foreign(), |error| CallError::Procedure(*error))),
            Err(LocalError::Refused(error)) => Err(CallError::Refused(error)),
        }
    }
}

impl<C> Routes<C> {
    /// Finds the procedure of a URL path. One leading and one trailing `/` are ignored;
    /// otherwise the text must equal the encoded path exactly.
    pub(crate) fn find(&self, path: &str) -> Option<RouteId> {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.ids.get(path.strip_suffix('/').unwrap_or(path)).copied()
    }

    /// Returns a procedure of this table.
    pub(crate) fn route(&self, RouteId(at): RouteId) -> &Route<C> {
        &self.routes[at]
    }
}
