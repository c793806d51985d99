use orpc_runtime::prelude::*;

#[contract(context = App)]
pub trait Chat {
    #[procedure(method = GET, nmae = "post")]
    async fn send(&self);
}

fn main() {}
