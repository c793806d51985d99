//! Procedures with types of all the forms that serde and schemars know.
//!
//! Each type has a procedure below `echo` that gives its input back, and one below
//! `samples` that gives values made in Rust.
#![allow(missing_docs, reason = "the types say by their names what they are")]

/// The router of some types: for each a procedure that gives a value back, and one
/// that gives samples.
macro_rules! torture {
    ($($name:ident: $ty:ty = [$($sample:expr),* $(,)?];)*) => {
        #[orpc_runtime::router]
        pub mod echo {
            #[allow(unused_imports, reason = "some types are of no module")]
            use super::*;
            $(
                #[orpc_runtime::procedure]
                pub async fn $name(input: $ty) -> $ty {
                    input
                }
            )*
        }

        #[orpc_runtime::router]
        pub mod samples {
            #[allow(unused_imports, reason = "some types are of no module")]
            use super::*;
            $(
                #[orpc_runtime::procedure]
                pub async fn $name() -> Vec<$ty> {
                    vec![$($sample),*]
                }
            )*
        }

        pub fn router() -> orpc_runtime::Router<()> {
            orpc_runtime::Router::new()
                .nest("echo", echo::router())
                .nest("samples", samples::router())
        }
    };
}

pub mod constraints;
pub mod docs;
pub mod enums;
pub mod flatten;
pub mod foreign;
pub mod generics;
pub mod keywords;
pub mod maps;
pub mod names;
pub mod native;
pub mod numbers;
pub mod options;
pub mod recursion;
pub mod standard;
pub mod structs;

use orpc_runtime::Router;

/// All procedures.
pub fn router() -> Router<()> {
    Router::new()
        .nest("constraints", constraints::router())
        .nest("docs", docs::router())
        .nest("enums", enums::router())
        .nest("flatten", flatten::router())
        .nest("foreign", foreign::router())
        .nest("generics", generics::router())
        .nest("keywords", keywords::router())
        .nest("maps", maps::router())
        .nest("names", names::router())
        .nest("native", native::router())
        .nest("numbers", numbers::router())
        .nest("options", options::router())
        .nest("recursion", recursion::router())
        .nest("standard", standard::router())
        .nest("structs", structs::router())
}
