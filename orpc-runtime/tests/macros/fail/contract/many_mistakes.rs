use orpc_runtime::prelude::*;

#[contract]
pub trait Chat<T> {
    #[procedure(method = PUT)]
    unsafe fn send<T>(self, text: &str, a: String, b: T) -> &str;

    type Other;

    async fn then();
}

fn main() {}
