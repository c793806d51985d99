use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;

pub struct Message {
    pub text: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn last() -> Result<Message, Error> {
        Ok(Message { text: String::new() })
    }

    #[procedure]
    pub async fn all() -> Vec<Message> {
        Vec::new()
    }

    #[procedure]
    pub fn hibernating() -> HibernatingIterator<Message> {
        HibernatingIterator::new(|_| Ok(()))
    }
}

fn main() {
    let _: Router<()> = api::router();
}
