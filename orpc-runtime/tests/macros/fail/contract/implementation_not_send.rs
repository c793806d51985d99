use std::rc::Rc;

use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self) -> u8;
}

pub struct App;

impl Chat for App {
    async fn send(&self) -> u8 {
        let shared = Rc::new(1);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
