use orpc_runtime::prelude::*;

#[contract]
pub trait Chat
where
    Self: Sized,
{
    async fn send(&self);
}

fn main() {}
