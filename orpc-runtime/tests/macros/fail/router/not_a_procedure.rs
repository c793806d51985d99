use orpc_runtime::prelude::*;

pub async fn send() {}

fn main() {
    let _: Router<()> = Router::new().procedure::<send, _>();
}
