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

#[router]
pub mod other {
    use super::*;

    #[procedure]
    pub async fn say(_text: String) {}
}

pub fn elsewhere(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<other::say>()
}

pub fn one_level_down(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<methods::tools::ping>()
}

pub fn the_router_itself(rooms: &Durable<Room>) -> DurableIterator<Room> {
    rooms.iterator("lobby").method::<methods::router>()
}

fn main() {}
