//! Routers and their entries as types, so that the compiler can check their names.

use crate::procedure::Procedure;
use crate::router::Router;

/// A router of context `C` as a type: `module::router`, which `#[router]` adds beside the
/// function of that name, and `#[contract]` likewise. `()` has no procedures.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no router of the context `{C}`: write `module::router`, of a module with `#[router(context = {C})]`, or `()` for no procedures",
    label = "no router of this context"
)]
pub trait RouterModule<C>: 'static {
    /// Returns the router.
    fn router() -> Router<C>;
}

impl<C: Send + Sync + 'static> RouterModule<C> for () {
    fn router() -> Router<C> {
        Router::new()
    }
}

/// A procedure, or the `router` of a nested module, that the router `R` itself contains:
/// a name that the compiler checks.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no entry of `{R}`: write a procedure that stands in that router itself, as `methods::say`, or a whole router nested in it, as `methods::tools::router`",
    label = "not in this router itself"
)]
pub trait EntryOf<R> {
    /// Returns the name on the wire, below the router.
    fn name() -> &'static str;
}

// Generated code implements a separate trait, so that messages of the compiler do not
// list all entries of all routers.
#[diagnostic::do_not_recommend]
impl<R, E: Entry<R>> EntryOf<R> for E {
    fn name() -> &'static str {
        <E as Entry<R>>::name()
    }
}

/// An entry as generated code declares it.
pub trait Entry<R> {
    /// Returns the name on the wire, below the router.
    fn name() -> &'static str;
}

/// Returns the name of a procedure on the wire.
pub fn procedure_name<P: Procedure>() -> &'static str {
    P::definition().name
}
