use orpc_runtime::prelude::*;

#[derive(Serialize, JsonSchema)]
pub struct Time;

#[contract]
pub trait Chat {
    fn now(&self) -> u64;

    fn ping(&self);

    fn time(&self) -> Time;
}

fn main() {}
