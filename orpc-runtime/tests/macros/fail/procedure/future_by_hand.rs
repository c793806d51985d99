use std::pin::Pin;

use orpc_runtime::prelude::*;

#[procedure]
pub fn count() -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async { 1 })
}

#[procedure]
pub fn count_opaque() -> impl Future<Output = u8> + Send {
    async { 1 }
}

fn main() {}
