//! The issue tracker: the procedures below `/rpc`, the page at `/`, and `/health`.
//!
//! Its settings are variables of the environment: see [`config`].

mod config;
mod log;
mod web;

use std::error::Error;

use config::Config;
use log::CallLog;
use orpc_runtime::Rpc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracker_api::App;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(config.log).init();

    let app = App::open(&config.data).await?;
    let rpc = Rpc::new(tracker_api::router().hooks(CallLog));
    let services = web::app(&rpc, app.clone(), &config);
    let listener = TcpListener::bind(config.address).await?;
    // Registered before the server reports that it is ready.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("issue tracker: http://{}", listener.local_addr()?);

    // Open streams would keep a graceful shutdown waiting, so they are ended first.
    let until_signal = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        rpc.shutdown();
    };
    orpc_runtime::serve(listener, services).with_graceful_shutdown(until_signal).await?;
    app.close().await;
    Ok(())
}
