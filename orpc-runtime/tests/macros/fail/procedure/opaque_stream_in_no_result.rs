use orpc_runtime::prelude::*;

pub struct Feed<T>(T);

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn on_message() -> Feed<impl Stream<Item = u8>> {
        Feed(futures::stream::empty())
    }
}

fn main() {
    let _: Router<()> = api::router();
}
