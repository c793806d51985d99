use std::cell::Cell;

use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn ping(&self);
}

pub struct App(Cell<u8>);

impl Chat for App {
    async fn ping(&self) {}
}

fn main() {}
