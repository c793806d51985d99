use orpc_runtime::prelude::*;
use orpc_runtime::HibernatingIterator;

#[derive(Serialize)]
pub struct Message {
    text: String,
}

#[procedure]
pub fn on_message() -> HibernatingIterator<Message> {
    HibernatingIterator::new(|_| Ok(()))
}

#[router]
pub mod chat {
    #[orpc_runtime::procedure]
    pub async fn ping() {}
}

fn main() {}
