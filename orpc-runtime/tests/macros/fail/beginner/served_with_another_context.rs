use orpc_runtime::prelude::*;

pub struct App;

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let rpc = Rpc::new(api::router());
    let _ = rpc.http(());
}
