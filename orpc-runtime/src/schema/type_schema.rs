//! The schema of a type, which schemars generates.

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};

/// The name of a type, with the function that generates its schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeSchema {
    type_name: &'static str,
    generate: fn(&mut SchemaGenerator) -> Schema,
}

impl TypeSchema {
    pub(crate) fn of<T: JsonSchema>() -> Self {
        Self {
            type_name: std::any::type_name::<T>(),
            generate: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// Generates the schema, or a reference to it.
    pub(crate) fn generate(self, generator: &mut SchemaGenerator) -> Schema {
        named(self.type_name, || (self.generate)(generator))
    }
}

/// Generates the schema of a type in a thread that is named after the type.
///
/// With the derive of schemars itself, the schema of a type that is inline in itself has no end. No code of this crate
/// runs inside that recursion, which overflows the stack and ends the process. The standard library then reports the
/// name of the thread, and so of the type.
#[cfg(not(target_family = "wasm"))]
pub(super) fn named<R: Send>(type_name: &str, generate: impl FnOnce() -> R + Send) -> R {
    /// Size of the stack, in bytes: that of a program's first thread on Linux.
    const STACK: usize = 8 << 20;

    let name = format!("JSON Schema of `{type_name}`, endless if the type is inline in itself");
    let thread = std::thread::Builder::new().name(name).stack_size(STACK);
    let mut generate = Some(generate);
    let mut generated = None;
    let ended = std::thread::scope(|scope| {
        let run = || generated = generate.take().map(|generate| generate());
        thread.spawn_scoped(scope, run).map(std::thread::ScopedJoinHandle::join)
    });
    if let Ok(Err(panic)) = ended {
        std::panic::resume_unwind(panic);
    }
    // Without a thread it is generated here.
    match (generated, generate) {
        (Some(generated), _) => generated,
        (None, Some(generate)) => generate(),
        (None, None) => unreachable!("the thread has ended without a panic"),
    }
}

/// Generates the schema of a type.
#[cfg(target_family = "wasm")]
pub(super) fn named<R>(_: &str, generate: impl FnOnce() -> R) -> R {
    generate()
}
