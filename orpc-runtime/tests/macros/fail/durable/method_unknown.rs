use orpc_runtime::durable::{Durable, DurableIterator, DurableObject};
use orpc_runtime::prelude::*;

pub struct Room;

impl DurableObject for Room {
    type Event = String;
    type Context = ();
    type Methods = methods::router;
}

#[router]
pub mod methods {
    use super::*;

    #[procedure]
    pub async fn say(_text: String) {}

    #[router]
    pub mod tools {
        use super::*;

        #[procedure]
        pub async fn ping() {}
    }
}

pub fn first(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<methods::sya>()
}

pub fn nested(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<methods::tool::router>()
}

pub fn nested_procedure(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<methods::tools::pign>()
}

fn main() {}
