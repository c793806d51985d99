//! The calls on jsonrpsee, over HTTP and WebSocket, in JSON-RPC.

use bench_inputs::{Message, Order};
use jsonrpsee::RpcModule;
use jsonrpsee::server::Server;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::INVALID_PARAMS_CODE;

fn invalid() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, "Input validation failed", None::<()>)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut module = RpcModule::new(());
    module.register_method("ping", |_, _, _| "pong")?;
    module.register_method("echo", |params, _, _| {
        params.one::<Message>()?.checked().ok_or_else(invalid)
    })?;
    module.register_method("order", |params, _, _| {
        params.one::<Order>()?.receipt().ok_or_else(invalid)
    })?;
    let server = Server::builder().build("127.0.0.1:0").await?;
    println!("listening on http://{}", server.local_addr()?);
    server.start(module).stopped().await;
    Ok(())
}
