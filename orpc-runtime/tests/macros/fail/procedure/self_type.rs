use orpc_runtime::prelude::*;

pub struct Room;

impl Room {
    #[procedure]
    pub async fn open() -> Self {
        Room
    }

    #[procedure]
    pub async fn close(room: &Self) {}

    #[middleware]
    pub async fn check() -> Vec<Self> {
        Vec::new()
    }
}

fn main() {}
