use orpc_runtime::durable::DurableObject;
use orpc_runtime::prelude::*;

pub struct Room;

impl DurableObject for Room {
    type Event = String;
    type Context = u8;
    type Methods = methods::router;
}

pub struct Hall;

impl DurableObject for Hall {
    type Event = String;
    type Context = String;
    type Methods = methods::say;
}

pub struct Lobby;

impl DurableObject for Lobby {
    type Event = String;
    type Context = String;
    type Methods = methods;
}

#[router(context = String)]
pub mod methods {
    use super::*;

    #[procedure]
    pub async fn say(_text: String) {}
}

fn main() {}
