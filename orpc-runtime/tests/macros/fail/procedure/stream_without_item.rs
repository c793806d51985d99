use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn on_message() -> impl Iterator<Item = u8> {
        std::iter::empty()
    }

    #[procedure]
    pub fn on_event() -> impl Stream {
        futures::stream::iter([1])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
