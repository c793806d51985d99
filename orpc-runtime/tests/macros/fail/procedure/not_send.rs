use std::rc::Rc;

use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send() -> usize {
        let shared = Rc::new(1);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {
    let _: Router<()> = api::router();
}
