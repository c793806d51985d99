use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn name(&self) -> &str;

    fn names(&self) -> impl Stream<Item = &str>;
}

fn main() {}
