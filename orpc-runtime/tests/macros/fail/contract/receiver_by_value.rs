use std::sync::Arc;

use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(self);

    async fn post(self: Arc<Self>);
}

fn main() {}
