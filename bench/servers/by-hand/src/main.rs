//! The measured procedures as a careful engineer writes them on axum, serde and tokio, with the bytes of oRPC.
//!
//! `by-hand` borrows inputs from the request, checks patterns by hand and writes many events at once; `by-hand plain`
//! has `String` in its inputs, `Regex` and axum's `Sse`, as most servers do.

mod events;
mod frame;
mod http;
mod socket;
mod work;

use axum::middleware::from_fn;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use events::Events;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let is_plain = std::env::args().nth(1).is_some_and(|mode| mode == "plain");
    let socket = if is_plain { any(socket::open_plain) } else { any(socket::open) };
    let routes = http::routes(is_plain).route("/ws", socket).layer(from_fn(http::same_origin));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, routes.with_state(Events::new())).await
}
