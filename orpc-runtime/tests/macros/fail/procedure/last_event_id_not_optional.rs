use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn follow(last: &LastEventId) -> impl Stream<Item = String> {
        futures::stream::iter([last.to_string()])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
