//! Methods by their types.

use orpc_runtime::durable::{Durable, DurableObject, SigningKeys};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::Publisher;
use orpc_runtime::{EntryOf, RouterModule};
use serde_json::json;

use crate::support::durable::{KEY, claims};

/// An object with methods of every form.
struct Forms;

impl DurableObject for Forms {
    type Event = ();
    type Context = u8;
    type Methods = forms::router;
}

#[router(context = u8)]
mod forms {
    use super::*;

    #[procedure]
    pub async fn two_words() {}

    #[procedure(name = "renamed")]
    pub async fn procedure(_context: &u8) {}

    #[cfg(any())]
    #[procedure]
    pub async fn absent() {}

    #[procedure]
    pub async fn r#type() {}

    #[procedure]
    pub use super::elsewhere::send;

    #[router(name = "tools")]
    mod nested {
        #[super::super::procedure]
        pub async fn ping() {}
    }

    #[router(with = super::super::pass)]
    pub mod behind_a_middleware {
        #[super::super::procedure]
        pub async fn ping() {}
    }

    #[router]
    pub use super::elsewhere::generated;

    #[router]
    pub use super::elsewhere::by_hand as renamed_router;

    pub type Nested = nested::router;
}

#[middleware]
pub async fn pass() {}

mod elsewhere {
    use super::*;

    #[procedure]
    pub async fn send() {}

    #[router]
    pub mod generated {
        use super::*;

        #[procedure]
        pub async fn ping() {}
    }

    /// A module with a router and no type for it.
    pub mod by_hand {
        use super::*;

        pub fn router() -> Router<u8> {
            Router::new().procedure::<super::send, _>()
        }
    }
}

fn name<M: EntryOf<forms::router>>() -> &'static str {
    M::name()
}

#[test]
fn entries_have_the_names_that_the_router_gives_them() {
    let names = [
        name::<forms::two_words>(),
        name::<forms::procedure>(),
        name::<forms::r#type>(),
        name::<elsewhere::send>(),
        name::<forms::Nested>(),
        name::<forms::behind_a_middleware::router>(),
        name::<elsewhere::generated::router>(),
    ];
    let expected =
        ["twoWords", "renamed", "type", "send", "tools", "behindAMiddleware", "generated"];
    assert_eq!(names, expected);
    let router = forms::router();
    let served = router.procedures();
    for name in names {
        assert!(served.iter().any(|(path, _)| path.split('/').next() == Some(name)), "{name}");
    }
    let keys = SigningKeys::new([KEY]).unwrap();
    let forms: Durable<Forms> = Durable::new(keys, Publisher::memory());
    let iterator = forms.iterator("room").method::<elsewhere::send>().method::<forms::Nested>();
    assert_eq!(claims(&iterator.token().unwrap())["rpc"], json!(["send", "tools"]));
    let iterator = forms.iterator("room").try_methods(["renamedRouter"]).unwrap();
    assert_eq!(claims(&iterator.token().unwrap())["rpc"], json!(["renamedRouter"]));
}

/// Methods that a trait declares.
#[contract]
pub trait Chat {
    async fn say(&self, text: String) -> String;
}

/// Their implementation, which is the context.
struct Echo;

impl Chat for Echo {
    async fn say(&self, text: String) -> String {
        text
    }
}

struct ByContract;

impl DurableObject for ByContract {
    type Event = ();
    type Context = Echo;
    type Methods = chat::router;
}

#[test]
fn methods_may_be_those_of_a_contract() {
    let keys = SigningKeys::new([KEY]).unwrap();
    let chats: Durable<ByContract> = Durable::new(keys, Publisher::memory());
    let token = chats.iterator("room").method::<chat::say>().token().unwrap();
    assert_eq!(claims(&token)["rpc"], json!(["say"]));
}

/// Methods composed by hand.
struct Composed;

impl RouterModule<u8> for Composed {
    fn router() -> Router<u8> {
        Router::new().nest("forms", forms::router())
    }
}

impl DurableObject for Composed {
    type Event = ();
    type Context = u8;
    type Methods = Self;
}

#[test]
fn methods_may_be_composed_by_hand() {
    let keys = SigningKeys::new([KEY]).unwrap();
    let composed: Durable<Composed> = Durable::new(keys, Publisher::memory());
    let token = composed.iterator("room").try_methods(["forms"]).unwrap().token().unwrap();
    assert_eq!(claims(&token)["rpc"], json!(["forms"]));
    assert!(composed.iterator("room").try_methods(["send"]).is_err());
}
