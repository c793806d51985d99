//! The admission of sockets of durable iterators in a process.

use std::sync::{Arc, Mutex, OnceLock};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::StatusCode;
use http::request::Parts;

use super::client::DurableClient;
use super::credentials::{Credentials, INVALID, without_token};
use super::ids::TokenHash;
use super::issuer::Issuer;
use super::routing::Routing;
use super::session::Seat;
use super::sessions::Sessions;
use super::shared_ids::Refused;
use super::token::Claims;
use crate::clock;
use crate::publish::Publisher;
use crate::serve::{Admitted, Asking, Blocked, Gate, Refusal};
use crate::socket::Socket;
use crate::value::Value;
use crate::wire::Request;

/// Returns the response to a client whom a registry does not admit.
fn refusal(refused: Refused) -> Refusal {
    match refused {
        Refused::BadId(_) => (StatusCode::UNAUTHORIZED, INVALID),
        Refused::Full => (StatusCode::SERVICE_UNAVAILABLE, "Too many ids"),
        Refused::Unreachable => (StatusCode::SERVICE_UNAVAILABLE, "Clients cannot be admitted"),
    }
}

/// The gate of one endpoint.
pub(super) struct TokenGate {
    pub(super) issuer: Arc<Issuer>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) publisher: Publisher<Value>,
    routing: Routing,
}

impl TokenGate {
    pub(super) fn new(
        issuer: Arc<Issuer>,
        sessions: Arc<Sessions>,
        publisher: Publisher<Value>,
    ) -> Self {
        Self { issuer, sessions, publisher, routing: Routing::new() }
    }
}

impl Gate for TokenGate {
    fn admit(&self, request: &mut Parts) -> Result<Option<Asking>, Refusal> {
        let refused = |text| Err((StatusCode::UNAUTHORIZED, text));
        let Credentials { id, token } = match Credentials::of(&request.uri) {
            Ok(credentials) => credentials,
            Err(missing) => return refused(missing),
        };
        let now = clock::wall();
        let Ok(claims) = Claims::verify(&token, &self.issuer.keys, now) else {
            return refused(INVALID);
        };
        let token = TokenHash::of(&token);
        let Ok(asking) = self.sessions.check(&id, &claims, &token, now) else {
            return refused(INVALID);
        };
        if !self.sessions.has_room(&claims.chn, &id) {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "Too many sockets"));
        }
        // The request may still be refused: only the seat is stored.
        let seat = Seat {
            client: DurableClient::new(&id, claims),
            token,
            held: OnceLock::new(),
            reading: Mutex::default(),
            publisher: self.publisher.clone(),
            issuer: Arc::clone(&self.issuer),
            sessions: Arc::clone(&self.sessions),
        };
        request.extensions.insert(Admitted(Arc::new(seat)));
        // The request that the socket keeps must not show the token in logs.
        request.uri = without_token(&request.uri);
        Ok(asking.map(|asking| asking.map(|asked| asked.map_err(refusal)).boxed()))
    }

    fn open(&self, socket: &Socket) -> Option<BoxFuture<'static, ()>> {
        self.sessions.open(socket)
    }

    fn may_go_on(&self, socket: &Socket) -> bool {
        // Without a seat there is no client, and no valid token.
        Seat::of(socket).is_ok_and(|seat| seat.client.may_go_on(socket, clock::wall()))
    }

    fn route(&self, socket: &Socket, request: &mut Request) -> Result<(), Blocked> {
        let seat = Seat::of(socket).map_err(Blocked::Failed)?;
        self.routing.route(socket, &seat.client, request)
    }
}
