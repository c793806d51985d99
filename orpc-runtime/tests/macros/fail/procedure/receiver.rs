use orpc_runtime::procedure;

pub struct Room;

impl Room {
    #[procedure]
    pub async fn send(&self) {}
}

fn main() {
    drop(Room.send());
}
