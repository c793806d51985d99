use orpc_runtime::prelude::*;

#[contract]
pub struct Chat;

fn main() {
    drop(Chat);
}
