use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {

}

fn main() {}
