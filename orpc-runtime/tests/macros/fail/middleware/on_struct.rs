use orpc_runtime::prelude::*;

#[middleware]
pub struct Check;

fn main() {
    drop(Check);
}
