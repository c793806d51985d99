use orpc_runtime::prelude::*;

pub struct Message;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn on_message() -> impl Stream<Item = Message> {
        futures::stream::iter([Message])
    }

    #[procedure]
    pub fn on_result() -> impl Stream<Item = Result<Message, Error>> {
        futures::stream::iter([Ok(Message)])
    }

    #[procedure]
    pub fn on_event() -> impl Stream<Item = Event<Message>> {
        futures::stream::iter([Event::new(Message)])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
