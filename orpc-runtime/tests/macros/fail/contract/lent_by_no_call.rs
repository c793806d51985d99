use orpc_runtime::prelude::*;

pub struct User;

#[contract]
pub trait Chat {
    async fn send(&self, user: &User);

    async fn last(&self, user: Option<&User>);
}

fn main() {}
