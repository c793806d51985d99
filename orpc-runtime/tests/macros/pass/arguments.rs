//! Arguments in any order, by any pattern.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct App;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    pub message: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn nothing() {}

    #[procedure]
    pub async fn taken_apart(SendMessage { message }: SendMessage, _: &App) -> String {
        message
    }

    #[procedure]
    pub async fn changed(mut input: String) -> String {
        input.push('!');
        input
    }

    #[procedure]
    pub async fn unused(_: u8, _: &Call) {}

    #[procedure]
    pub async fn of_unit(_input: ()) {}

    #[procedure]
    pub async fn of_a_tuple((a, b): (i32, i32)) -> i32 {
        a + b
    }

    #[procedure]
    pub async fn optional(number: Option<u8>) -> Option<u8> {
        number
    }

    #[procedure]
    pub async fn by_full_path(
        last: ::std::option::Option<&orpc_runtime::LastEventId>,
        app: &crate::arguments::App,
        call: &orpc_runtime::Call,
    ) -> bool {
        let _ = (app, call);
        last.is_some()
    }

    #[procedure]
    pub async fn lifetimes<'a, 'b: 'a>(app: &'a App, call: &'b Call) -> usize {
        let _: (&'a App, &'a Call) = (app, call);
        1
    }

    #[procedure]
    pub async fn boxed(text: Box<str>) -> Box<str> {
        text
    }

    #[procedure]
    #[allow(unused_parens)]
    pub async fn parenthesised(text: (String)) -> (Result<(String), (Error)>) {
        Ok(text)
    }
}

pub fn main() {
    let _: Router<App> = api::router();
    // Without a context the router fits every one.
    let _: Router<u8> = anything::router();
    let _: Router<String> = anything::router();
}

#[router]
pub mod anything {
    #[orpc_runtime::procedure]
    pub async fn ping(_call: &orpc_runtime::Call) {}
}
