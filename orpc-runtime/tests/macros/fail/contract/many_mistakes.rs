use orpc_runtime::prelude::*;

#[contract]
pub trait Chat<T> {
    #[procedure(method = PUT)]
    unsafe fn send<U>(self, text: &str, a: String, b: U) -> &str;

    type Other;

    async fn then();
}

fn main() {}
