use std::rc::Rc;

use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    fn count(&self) -> impl Stream<Item = u8>;
}

pub struct App;

impl Chat for App {
    fn count(&self) -> impl Stream<Item = u8> {
        let shared = Rc::new(1);
        futures::stream::iter(0..3).map(move |n| n + *shared)
    }
}

fn main() {}
