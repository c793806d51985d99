use orpc_runtime::prelude::*;

#[procedure]
pub async fn wait() -> ! {
    loop {}
}

fn main() {}
