use std::rc::Rc;

use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn count() -> impl Stream<Item = usize> {
        let shared = Rc::new(1);
        futures::stream::iter(0..3).map(move |n| n + *shared)
    }
}

fn main() {
    let _: Router<()> = api::router();
}
