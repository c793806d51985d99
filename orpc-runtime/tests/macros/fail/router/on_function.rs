use orpc_runtime::prelude::*;

#[router]
pub async fn chat() {}

fn main() {
    drop(chat());
}
