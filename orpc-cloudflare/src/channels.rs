//! Durable iterators whose channels are Durable Objects.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
#[cfg(doc)]
use orpc_runtime::durable::Channel;
use orpc_runtime::durable::{ChannelCommand, DurableChannel, DurableIterator, DurableTokens};
use orpc_runtime::publish::{EventId, NewEvent, Publish, PublishError, PublishSink};
use orpc_runtime::publishing::{PublishEndpoint, PublishKeys};
use orpc_runtime::{Code, Error};
use serde::de::DeserializeOwned;
use worker::send::{SendFuture, SendWrapper};
use worker::{Env, Method, Request, RequestInit, Response, Result, Stub};

use crate::entry::{MAX_NAME, ROOM, is_upgrade, upgrade_required};
use crate::secret;
use crate::serve::serve;

/// The channels of a kind of durable iterators, each of which is a Durable Object: opens iterators,
/// publishes events, passes sockets to the objects. Cheap to clone; put it into the context of the
/// Worker's procedures.
///
/// ```ignore
/// durable_object!(
///     pub struct LobbyObject(Channel<Lobby>);
/// );
///
/// #[event(fetch)]
/// async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
///     let lobbies = Channels::<Lobby>::new(&env, "LOBBIES")?;
///     match request.path().as_str() {
///         "/durable" => lobbies.fetch(request).await,
///         _ => RPC.with(|rpc| serve(rpc.http(App { lobbies }), "/rpc", request)).await,
///     }
/// }
/// ```
///
/// | request | response |
/// |---|---|
/// | no upgrade to a WebSocket | 426 `Expected WebSocket upgrade` |
/// | no `id` | 401 `ID is required` |
/// | no `token` | 401 `Token is required` |
/// | an invalid token, or not valid with this id | 401 `Invalid Token` |
/// | a channel with a name of more than 256 bytes | 404 |
/// | a channel with [too many sockets](DurableChannel::SOCKETS_PER_CHANNEL) | 503 |
pub struct Channels<O> {
    objects: Objects,
    tokens: DurableTokens<O>,
}

/// The objects of a binding.
#[derive(Clone)]
struct Objects {
    env: SendWrapper<Env>,
    binding: Arc<str>,
}

impl Objects {
    fn stub(&self, channel: &str) -> Result<Stub> {
        self.env.durable_object(&self.binding)?.id_from_name(channel)?.get_stub()
    }

    /// Sends a command to the object of a channel, and reads the response.
    async fn send(&self, channel: &str, command: &ChannelCommand) -> Result<Bytes> {
        let body = command.to_body().map_err(|error| error.message().to_owned())?;
        let body = String::from_utf8(body.into()).map_err(|error| error.to_string())?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(body.into()));
        let mut request = Request::new_with_init("https://channel/", &init)?;
        request.headers_mut()?.set(ROOM, &percent(channel))?;
        let mut response = self.stub(channel)?.fetch_with_request(request).await?;
        Ok(response.bytes().await?.into())
    }
}

/// Writes the name of a channel as the value of a header.
pub(crate) fn percent(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl PublishSink for Objects {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let objects = self.clone();
        SendFuture::new(async move {
            if event.channel().len() > MAX_NAME {
                return Err(PublishError::InvalidChannel);
            }
            let channel = event.channel().to_owned();
            let sent = objects.send(&channel, &ChannelCommand::Publish(event)).await;
            let response = sent.map_err(|error| {
                tracing::warn!(%error, channel, "the object of a channel does not answer");
                PublishError::OutcomeUnknown(None)
            });
            ChannelCommand::published(&response?)
        })
        .boxed()
    }
}

impl<O: DurableChannel> Channels<O> {
    /// Creates the channels of a binding. Tokens are signed with the [keys](DurableChannel::KEYS)
    /// among the secrets and variables of the Worker.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(env: &Env, binding: &str) -> Result<Self> {
        let keys = O::keys(|name| secret(env, name));
        let keys =
            keys.map_err(|error| format!("{error}: set one of the secrets {:?}", O::KEYS))?;
        let objects = Objects { env: SendWrapper(env.clone()), binding: binding.into() };
        Ok(Self { objects, tokens: DurableTokens::new(keys) })
    }

    /// Sets the lifetime of tokens, in whole seconds; 24 hours by default.
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.tokens = self.tokens.ttl(time);
        self
    }

    /// Lets clients choose their ids, as the official plugin needs it.
    #[must_use]
    pub fn ids_by_clients(mut self) -> Self {
        self.tokens = self.tokens.ids_by_clients();
        self
    }

    /// Returns the tokens, which open iterators where there are no channels.
    pub fn tokens(&self) -> &DurableTokens<O> {
        &self.tokens
    }

    /// Returns a durable iterator of a channel, for a procedure to return.
    pub fn iterator(&self, channel: impl Into<String>) -> DurableIterator<O> {
        self.tokens.iterator(channel)
    }

    /// Publishes an event to the clients of a channel when the returned value is awaited; its
    /// audience is set before.
    pub fn publish(&self, channel: &str, event: &O::Event) -> Publish<'_> {
        Publish::to(&self.objects, channel, event)
    }

    /// Revokes a client of a channel, see [`Channel::revoke`].
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if the client is not revoked.
    pub fn revoke(
        &self,
        channel: &str,
        client: &str,
        time: Duration,
    ) -> BoxFuture<'static, Result<usize, Error>> {
        let (objects, channel) = (self.objects.clone(), channel.to_owned());
        let command = ChannelCommand::revoke(client, time);
        SendFuture::new(async move {
            match objects.send(&channel, &command).await {
                Ok(response) => ChannelCommand::revoked(&response),
                Err(error) => {
                    tracing::warn!(%error, channel, "the object of a channel does not answer");
                    Err(Code::ServiceUnavailable.into())
                }
            }
        })
        .boxed()
    }

    /// Passes the request for a socket to the object of its token's channel.
    ///
    /// # Errors
    /// If the binding is missing, or the object cannot be reached.
    pub async fn fetch(&self, request: Request) -> Result<Response> {
        if !is_upgrade(&request)? {
            return upgrade_required();
        }
        let uri = request.inner().url().parse().map_err(|_| "the URL of a request is invalid")?;
        let channel = match self.tokens.channel(&uri) {
            Ok(channel) => channel,
            Err(text) => return Response::error(text, 401),
        };
        if channel.is_empty() || channel.len() > MAX_NAME {
            return Response::error("Not found", 404);
        }
        let mut request = request.clone_mut()?;
        request.headers_mut()?.set(ROOM, &percent(&channel))?;
        self.objects.stub(&channel)?.fetch_with_request(request).await
    }

    /// Creates an endpoint for events that other services publish over HTTP, for
    /// [`serve`](crate::serve()). Compiling the schema of its events takes time: keep it, or use
    /// [`serve_publishing`](Channels::serve_publishing).
    pub fn publish_endpoint(&self, keys: PublishKeys) -> PublishEndpoint
    where
        O::Event: DeserializeOwned,
    {
        PublishEndpoint::new::<O::Event>(self.objects.clone(), keys)
    }

    /// Serves [publishing](orpc_runtime::publishing) by other services, as `publish` below a path,
    /// with keys for all channels: the secrets of these names. The endpoint is prepared once for an
    /// isolate.
    ///
    /// # Errors
    /// If none of the secrets exists, or one is too short; if the request cannot be read.
    pub async fn serve_publishing(
        &self,
        request: Request,
        path: &str,
        keys: &[&str],
    ) -> Result<Response>
    where
        O::Event: DeserializeOwned,
    {
        let id = (TypeId::of::<O>(), format!("{} {keys:?}", self.objects.binding));
        let known = ENDPOINTS.with_borrow(|endpoints| endpoints.get(&id).cloned());
        let endpoint = match known {
            Some(endpoint) => endpoint,
            None => {
                let secrets = keys.iter().filter_map(|name| secret(&self.objects.env, name));
                let keys = PublishKeys::new(secrets)
                    .map_err(|error| format!("{error}: set one of the secrets {keys:?}"))?;
                let endpoint = self.publish_endpoint(keys);
                ENDPOINTS.with_borrow_mut(|known| known.insert(id, endpoint.clone()));
                endpoint
            }
        };
        serve(endpoint.http(), path, request).await
    }
}

thread_local! {
    static ENDPOINTS: RefCell<HashMap<(TypeId, String), PublishEndpoint>> = RefCell::default();
}

impl<O: 'static> PublishSink for Channels<O> {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.objects.publish_event(event)
    }
}

impl<O> Clone for Channels<O> {
    fn clone(&self) -> Self {
        Self { objects: self.objects.clone(), tokens: self.tokens.clone() }
    }
}

impl<O> fmt::Debug for Channels<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").field("binding", &self.objects.binding).finish_non_exhaustive()
    }
}
