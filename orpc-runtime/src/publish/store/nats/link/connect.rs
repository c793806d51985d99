//! The beginning of a connection.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use async_nats::{ConnectErrorKind, ConnectOptions, Event};
use tokio_util::sync::CancellationToken;

use super::{Inner, Link, WAITING, refused};
use crate::clock::{self, Instant};
use crate::connection::{ANSWER, CONNECT, Contact, UNTRUSTED, is_of_tls};
use crate::publish::error::{StoreError, StoreErrorKind};
use crate::publish::store::copied::Announce;
use crate::publish::store::nats::Nats;
use crate::publish::store::nats::stream::Stream;
use crate::publish::store::nats::target::{Login, Target};

/// Oldest version of the server that reads events in batches.
const VERSION: (i64, i64, i64) = (2, 11, 0);

/// An address at which nobody can listen: a client whose connection is lost gives up there.
const NOWHERE: &str = "nats://127.0.0.1:0";

/// Connects, and looks for the stream of that prefix or makes it, for messages of that age in ns.
pub(in super::super) async fn connect(
    target: &Target,
    contact: &Arc<Contact<Link>>,
    number: u64,
    prefix: &str,
    max_age: u64,
    announce: Announce<Nats>,
) -> Result<Link, StoreError> {
    let is_refused = Arc::new(AtomicBool::new(false));
    let connecting = connect_to(target, contact, number, prefix, max_age, announce, &is_refused);
    match clock::timeout(CONNECT, connecting).await {
        Ok(connected) => connected,
        Err(_) if is_refused.load(Ordering::Acquire) => Err(refused(contact)),
        Err(_) => Err(contact.silent()),
    }
}

async fn connect_to(
    target: &Target,
    contact: &Arc<Contact<Link>>,
    number: u64,
    prefix: &str,
    max_age: u64,
    announce: Announce<Nats>,
    is_refused: &Arc<AtomicBool>,
) -> Result<Link, StoreError> {
    let lost = CancellationToken::new();
    let (ended, refusing) = (lost.clone(), Arc::clone(is_refused));
    let options = ConnectOptions::new()
        .name("orpc")
        .connection_timeout(CONNECT)
        .request_timeout(Some(ANSWER))
        .subscription_capacity(WAITING)
        .ignore_discovered_servers()
        .max_reconnects(1)
        .event_callback(move |event| {
            match event {
                Event::Disconnected | Event::Closed => ended.cancel(),
                Event::ServerError(error) if error.to_string().contains("ermissions") => {
                    refusing.store(true, Ordering::Release);
                }
                _ => {}
            }
            std::future::ready(())
        });
    let options = match &target.login {
        Login::Nobody => options,
        Login::Token(token) => options.token(token.clone()),
        Login::User(user, password) => options.user_and_password(user.clone(), password.clone()),
    };
    let client = async_nats::connect_with_options(&target.server, options).await;
    let client = client.map_err(|error| {
        let (kind, message) = match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => (
                StoreErrorKind::Refused,
                "refuses the user: check the name and password in the URL",
            ),
            _ if is_of_tls(&error) => (StoreErrorKind::Refused, UNTRUSTED),
            ConnectErrorKind::ServerParse | ConnectErrorKind::Tls => {
                (StoreErrorKind::Refused, "cannot be connected to with this URL")
            }
            _ => (StoreErrorKind::Unavailable, "cannot be reached"),
        };
        contact.fault_by(kind, message, error)
    })?;
    // The client would connect again by itself, and send what waits to a server that may have
    // lost events.
    let given_up = client.set_server_pool(NOWHERE).await;
    given_up.map_err(|error| {
        contact.fault_by(StoreErrorKind::Unavailable, "cannot be reached", error)
    })?;
    let info = client.server_info();
    if !client.is_server_compatible(VERSION.0, VERSION.1, VERSION.2) {
        let message = format!("has version {}: 2.11 is needed", info.version);
        return Err(contact.fault(StoreErrorKind::Incompatible, &message));
    }
    if info.cluster.is_some() {
        let message = "is a server of a cluster, which is not supported";
        return Err(contact.fault(StoreErrorKind::Incompatible, message));
    }
    if !info.jetstream {
        let message = "has no JetStream: enable it in the server's configuration";
        return Err(contact.fault(StoreErrorKind::Incompatible, message));
    }
    let mut link = Inner {
        client,
        number,
        lost,
        contact: Arc::clone(contact),
        is_refused: Arc::clone(is_refused),
        stream: Stream::new(prefix, 0),
        run: info.server_id,
        time: Mutex::new((0, Instant::now())),
        places: OnceLock::new(),
        answers: AtomicU64::new(0),
        tasks: Mutex::default(),
        announce,
        #[cfg(all(feature = "durable", feature = "websocket"))]
        prefix: prefix.into(),
        #[cfg(all(feature = "durable", feature = "websocket"))]
        clients: tokio::sync::OnceCell::new(),
    };
    link.stream = link.find_stream(prefix, max_age).await?;
    Ok(Link(Arc::new(link)))
}
