use orpc_runtime::prelude::*;

#[derive(Serialize)]
pub struct Message;

#[contract]
pub trait Chat {
    fn messages(&self) -> impl Stream<Item = Message>;
}

fn main() {}
