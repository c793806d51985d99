//! Registration of procedures in routers.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use super::definition::Definition;
use super::erased::ErasedProcedure;
use super::handler::Procedure;
use super::input::ProcedureInput;
use super::kind::Kind;
use super::layer;
use super::middleware::{Below, RunMiddleware};
use super::runner::Runner;
use super::signature::Signature;
use crate::core::RpcError;
use crate::schema::SchemaError;

/// A procedure for routers of context `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a procedure of a router with the context `{C}`",
    label = "not a procedure here"
)]
pub trait Mount<C, Marker>: Procedure {
    /// Registers the procedure.
    fn mount(point: MountPoint<'_, C>);
}

/// Position of one procedure in a router.
pub struct MountPoint<'m, C>(pub(crate) &'m mut Option<Mounted<C>>);

impl<C> fmt::Debug for MountPoint<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountPoint").finish_non_exhaustive()
    }
}

/// A registered procedure.
pub(crate) struct Mounted<C> {
    pub(crate) definition: Definition,
    pub(crate) signature: Signature,
    pub(crate) type_id: TypeId,
    pub(crate) erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
}

impl<C> Clone for Mounted<C> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            signature: self.signature.clone(),
            type_id: self.type_id,
            erased: self.erased.clone(),
        }
    }
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure behind a middleware.
    pub fn behind<M, Marker>(self, mount: impl FnOnce(MountPoint<'_, Below<M, C>>))
    where
        M: RunMiddleware<C, Marker>,
        Marker: 'static,
    {
        let mut inner = None;
        mount(MountPoint(&mut inner));
        *self.0 = inner.map(layer::mounted::<M, C, Marker>);
    }

    /// Mounts a procedure of a kind.
    pub(super) fn place<P, K, Marker>(self)
    where
        P: Procedure,
        K: Kind<C, P, Marker>,
        Marker: 'static,
    {
        let mut errors = <P::Error as RpcError>::declarations();
        errors.extend(K::errors());
        let runner = Runner::<P, K, Marker>::compile::<C>(errors.clone());
        *self.0 = Some(Mounted {
            definition: P::definition(),
            signature: Signature {
                input: P::Input::shape(),
                output: K::output(),
                errors,
                middlewares: Vec::new(),
            },
            type_id: TypeId::of::<P>(),
            erased: runner.map(|runner| Arc::new(runner) as _),
        });
    }
}
