//! Entries of every form that a router sees, and items that hold none.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct App;

pub mod other {
    use super::*;

    /// Sends.
    #[procedure]
    pub async fn send(app: &App) {
        let _ = app;
    }

    #[procedure(name = "everything")]
    pub async fn all() {}

    #[router]
    pub mod admin {
        #[orpc_runtime::procedure]
        pub async fn reset() {}
    }

    pub fn helper() -> u8 {
        1
    }

    pub struct Made;

    pub struct Wrapper(pub u8);

    pub trait Shown {}

    pub const LIMIT: u8 = 1;
}

/// An attribute that leaves a function unchanged.
macro_rules! made {
    ($name:ident) => {
        pub fn $name() -> u8 {
            2
        }
    };
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[router]
    pub use super::other::admin;
    #[router(name = "second")]
    #[cfg(not(any()))]
    pub use super::other::admin as again;
    #[procedure]
    pub use super::other::all as list;
    #[cfg(any())]
    #[procedure]
    pub use super::other::nowhere;
    #[procedure]
    pub use super::other::send;

    use super::other::helper;
    pub use super::other::{LIMIT, Made, Shown, Wrapper};

    #[cfg_attr(all(), procedure)]
    pub async fn conditional() -> u8 {
        helper()
    }

    #[cfg_attr(any(), procedure)]
    pub fn never() -> u8 {
        3
    }

    #[cfg_attr(all(), cfg_attr(all(), procedure(name = "twice"), allow(unused)))]
    pub async fn conditional_twice() {}

    #[cfg_attr(all(), router)]
    pub mod conditional_router {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }

    #[procedure]
    #[cfg_attr(all(), cfg(any()))]
    pub async fn left_out(input: ThereIsNoSuchType) {}

    #[cfg_attr(all(), cfg(any()))]
    #[procedure]
    pub async fn left_out_before(input: ThereIsNoSuchType) {}

    #[procedure]
    #[cfg_attr(any(), cfg(any()))]
    pub async fn kept() {}

    /// Adds.
    #[procedure]
    #[cfg_attr(all(), doc = "By a condition.")]
    #[cfg_attr(any(), doc = "Never.")]
    pub async fn arguments(
        #[cfg(any())] missing: &NoSuchType,
        #[cfg(not(any()))] app: &App,
        #[cfg_attr(all(), cfg(any()))] input: NoSuchType,
        #[cfg_attr(all(), cfg(all()))] input: Vec<(u8, u8)>,
    ) -> usize {
        let _ = app;
        input.len()
    }

    thread_local! {
        static COUNT: u8 = const { 1 };
    }

    macro_rules! own {
        ($name:ident) => {
            fn $name() -> u8 {
                COUNT.with(|count| *count)
            }
        };
    }

    own!(count);

    #[procedure]
    pub async fn counted() -> u8 {
        count() + plain::value() + uuid_of() + never() + other_value()
    }

    mod plain {
        pub fn value() -> u8 {
            1
        }
    }

    fn uuid_of() -> u8 {
        uuid::Uuid::nil().as_bytes()[0]
    }

    #[procedure]
    pub async fn uuid() -> uuid::Uuid {
        use uuid::Uuid;
        let _: Uuid = uuid::Uuid::nil();
        Uuid::nil()
    }

    #[must_use]
    fn other_value() -> u8 {
        4
    }
}

made!(outside);

#[contract]
pub trait Chat {
    #[cfg(any())]
    async fn missing(&self, input: NoSuchType);

    #[cfg(not(any()))]
    async fn chosen(&self) -> u8;

    #[cfg(any())]
    async fn chosen(&self) -> u16;

    #[cfg_attr(all(), cfg(any()))]
    async fn left_out(&self, input: NoSuchType);

    async fn arguments(&self, #[cfg(any())] input: NoSuchType, #[cfg(not(any()))] input: u8) -> u8;
}

impl Chat for App {
    async fn chosen(&self) -> u8 {
        outside()
    }

    async fn arguments(&self, input: u8) -> u8 {
        input
    }
}

#[middleware]
pub async fn checked(#[cfg(any())] missing: &NoSuchType, #[cfg(not(any()))] app: &App) {
    let _ = app;
}

pub fn main() {
    let _ = api::Made;
    let router = api::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "admin/reset",
            "second/reset",
            "everything",
            "send",
            "conditional",
            "twice",
            "conditionalRouter/ping",
            "kept",
            "arguments",
            "counted",
            "uuid",
        ]
    );
    let procedures = router.procedures();
    assert_eq!(procedures[3].1.docs, "Sends.");
    assert_eq!(procedures[8].1.docs, "Adds.\nBy a condition.");
    let contract: Router<App> = chat::router();
    let paths: Vec<_> = contract.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["chosen", "arguments"]);
}
