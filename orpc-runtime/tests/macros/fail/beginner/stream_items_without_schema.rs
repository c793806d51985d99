use orpc_runtime::prelude::*;

#[derive(Serialize)]
pub struct Message {
    pub text: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn on_message() -> impl Stream<Item = Message> {
        futures::stream::iter([Message { text: String::new() }])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
