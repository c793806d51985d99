use orpc_runtime::prelude::*;

#[derive(Debug)]
pub struct Refused;

#[contract]
pub trait Chat {
    async fn send(&self) -> Result<(), Refused>;
}

fn main() {}
