//! The crate under another name.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

pub mod vendored {
    pub use orpc_runtime as renamed;
}

mod orpc_runtime_is_not_found_here {}

use vendored::renamed;
use vendored::renamed::{JsonSchema, RpcError, procedure, router};

pub struct App;

#[derive(Debug, RpcError)]
#[rpc_error(crate = "crate::renamed_crate::vendored::renamed")]
pub enum Refused {
    TooFast { retry_after: u32 },
    Other(u8),
}

#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
#[json_schema(crate = "crate::renamed_crate::vendored::renamed")]
pub struct Message {
    #[serde(alias = "body")]
    #[schemars(length(min = 1))]
    pub text: String,
}

#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
#[schemars(crate = "vendored::renamed::schemars")]
#[serde(tag = "kind")]
pub enum Shape {
    Circle { radius: u8 },
    Message(Message),
}

#[procedure(crate = "renamed")]
pub async fn takes(input: Message) -> Shape {
    Shape::Message(input)
}

#[procedure(crate = "renamed")]
pub async fn alone() {}

#[router(context = App, crate = "crate::renamed_crate::vendored::renamed")]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn one(app: &App) -> Result<u8, Refused> {
        let _ = app;
        Ok(1)
    }

    #[procedure(crate = "::orpc_runtime")]
    pub async fn other() {}

    #[router]
    pub mod nested {
        use super::*;

        #[procedure]
        pub async fn ping(app: &App) {
            let _ = app;
        }
    }

    #[router(context = crate::renamed_crate::App)]
    pub mod with_own_context {
        use super::*;

        #[procedure]
        pub async fn ping(app: &App) {
            let _ = app;
        }
    }
}

pub fn main() {
    let _: renamed::Router<App> = api::router().procedure::<alone, _>().procedure::<takes, _>();
}
