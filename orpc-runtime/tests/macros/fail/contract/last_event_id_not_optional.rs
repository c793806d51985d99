use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    fn messages(&self, last: &LastEventId) -> impl Stream<Item = u8>;
}

fn main() {}
