//! The calls on the crate `orpc`, over HTTP: it has no WebSocket and checks no inputs.

use axum::serve::ListenerExt as _;
use bench_inputs::{Message, Order, Receipt};
use orpc::{Identity, ORPCError, os, router};

fn invalid() -> ORPCError {
    ORPCError::bad_request("Input validation failed")
}

async fn ping(_: (), _: ()) -> Result<String, ORPCError> {
    Ok("pong".to_owned())
}

async fn echo(_: (), input: Message) -> Result<Message, ORPCError> {
    input.checked().ok_or_else(invalid)
}

async fn order(_: (), input: Order) -> Result<Receipt, ORPCError> {
    input.receipt().ok_or_else(invalid)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let procedures = router! {
        "ping" => os::<()>().handler(ping),
        "echo" => os::<()>().input(Identity::<Message>::new()).handler(echo),
        "order" => os::<()>().input(Identity::<Order>::new()).handler(order),
    };
    let routes = orpc_axum::into_router(procedures, |_| ());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, axum::Router::new().nest("/rpc", routes)).await
}
