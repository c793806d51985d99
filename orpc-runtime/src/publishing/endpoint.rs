//! The endpoint of publishing.
#![allow(unreachable_pub, reason = "procedures are `pub`")]

use std::fmt;
use std::future::{IntoFuture as _, ready};
use std::sync::Arc;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::{Permission, PublishKeys};
use crate::core::{Code, Error, undecoded_input};
use crate::http::HttpService;
use crate::procedure::Call;
use crate::publish::{Audience, Encoded, EventId, Publish, PublishError, PublishSink};
use crate::router::{RouterError, RouterIssue};
use crate::rpc::Rpc;
use crate::schema::InputDecoder;
use crate::value::{Envelope, Value};

/// An endpoint at which other services publish events, see the [module](super). Cheap to clone.
#[derive(Clone)]
pub struct PublishEndpoint(Arc<Inner>);

struct Inner {
    keys: PublishKeys,
    publish: Box<Publishes>,
    rpc: Rpc<KnownService>,
}

/// Publishes an input to a channel that the key is for.
type Publishes = dyn Fn(&Value, &Permission) -> Result<Publishing, Error> + Send + Sync;

type Publishing = futures::future::BoxFuture<'static, Result<EventId, PublishError>>;

/// The input.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ToPublish<T> {
    #[schemars(length(min = 1))]
    channel: String,
    event: T,
    #[serde(default)]
    tags: Vec<String>,
    targets: Option<Vec<String>>,
    #[serde(default)]
    exclude: Vec<String>,
    idempotency_key: Option<String>,
}

/// The output.
#[derive(Serialize, JsonSchema)]
pub struct PublishedEvent {
    id: EventId,
}

impl PublishEndpoint {
    /// Creates an endpoint for events of type `T`.
    ///
    /// # Panics
    /// If the schema of the events cannot be compiled; see [`try_new`](PublishEndpoint::try_new).
    #[track_caller]
    pub fn new<T>(sink: impl PublishSink, keys: PublishKeys) -> Self
    where
        T: Serialize + DeserializeOwned + JsonSchema + 'static,
    {
        match Self::try_new::<T>(sink, keys) {
            Ok(endpoint) => endpoint,
            Err(error) => panic!("{error}"),
        }
    }

    /// Creates an endpoint for events of type `T`.
    ///
    /// # Errors
    /// If the schema of the events cannot be compiled.
    pub fn try_new<T>(sink: impl PublishSink, keys: PublishKeys) -> Result<Self, RouterError>
    where
        T: Serialize + DeserializeOwned + JsonSchema + 'static,
    {
        let decoder = InputDecoder::<ToPublish<T>>::compile().map_err(|error| {
            let (path, reason) = ("publish".to_owned(), error.to_string());
            RouterError::from_iter([RouterIssue::Schema { path, reason }])
        })?;
        let publish = move |input: &Value, permission: &Permission| {
            let text = Encoded::of(input)?.into_envelope();
            let input = decoder.decode(Envelope::parse(&text).map_err(|_| Code::BadRequest)?);
            let input = input.map_err(undecoded_input)?;
            if !permission.includes(&input.channel) {
                let text = "The key is not for this channel";
                return Err(Error::new(Code::Forbidden).with_message(text));
            }
            let mut audience = Audience::everyone().tags(input.tags).exclude(input.exclude);
            if let Some(targets) = input.targets {
                audience = audience.targets(targets);
            }
            let publish = Publish::to(&sink, &input.channel, &input.event).audience(audience);
            let publish = match &input.idempotency_key {
                Some(key) => publish.idempotency_key(key),
                None => publish,
            };
            Ok(publish.into_future())
        };
        let rpc = Rpc::try_new(procedures::router())?;
        Ok(Self(Arc::new(Inner { keys, publish: Box::new(publish), rpc })))
    }

    /// Serves the endpoint over HTTP, as `publish` below its path.
    pub fn http(&self) -> HttpService<KnownService> {
        let endpoint = self.clone();
        let context = move |call: &Call| ready(endpoint.authorise(call));
        self.0.rpc.http(context)
    }

    /// Finds the key of a call, before its input is read.
    fn authorise(&self, call: &Call) -> Result<KnownService, Error> {
        let permission = call.bearer_token().and_then(|key| self.0.keys.permission(key));
        if let Some(permission) = permission {
            return Ok(KnownService { endpoint: self.clone(), permission });
        }
        let scheme = HeaderValue::from_static("Bearer");
        call.response().insert_header(WWW_AUTHENTICATE, scheme).map_err(Error::internal)?;
        let text = "Send a key for publishing as `Authorization: Bearer …`";
        Err(Error::new(Code::Unauthorized).with_message(text))
    }
}

/// A service that has shown a key: the context of the endpoint's procedure.
#[derive(Debug)]
pub struct KnownService {
    endpoint: PublishEndpoint,
    permission: Permission,
}

#[orpc_runtime_macros::router(crate = "crate", context = KnownService)]
mod procedures {
    use super::*;

    /// Publishes an event to a channel.
    #[orpc_runtime_macros::procedure(crate = "crate")]
    pub async fn publish(service: &KnownService, input: Value) -> Result<PublishedEvent, Error> {
        let publishing = (service.endpoint.0.publish)(&input, &service.permission)?;
        Ok(PublishedEvent { id: publishing.await.map_err(refused)? })
    }
}

/// Converts the error for the service that publishes.
fn refused(error: PublishError) -> Error {
    let message = error.to_string();
    match error {
        PublishError::TooLarge { .. } => Error::new(Code::PayloadTooLarge).with_message(message),
        PublishError::InvalidChannel | PublishError::InvalidIdempotencyKey => {
            Error::new(Code::BadRequest).with_message(message)
        }
        PublishError::OutcomeUnknown(source) => {
            tracing::warn!(?source, "the outcome of publishing is unknown");
            let text = "The event may have been published: repeat it with the same idempotencyKey";
            Error::custom("OUTCOME_UNKNOWN").with_status(503).with_message(text)
        }
        PublishError::Unserialisable(_) => Error::internal(error),
        error => {
            tracing::warn!(%error, "an event is not published");
            Error::new(Code::ServiceUnavailable).with_message("Nothing was published")
        }
    }
}

impl fmt::Debug for PublishEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishEndpoint").field("keys", &self.0.keys).finish_non_exhaustive()
    }
}
