//! Messages about the clients of durable iterators.

use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::Link;
use crate::connection::CallError;
use crate::publish::error::{StoreError, StoreErrorKind};
use crate::publish::store::nats::clients::{ClientStreams, KeyStream};
use crate::publish::store::nats::stream::Foreign;

impl Link {
    pub(in super::super) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    pub(in super::super) fn client_streams(&self) -> &OnceCell<ClientStreams> {
        &self.0.clients
    }

    pub(in super::super) fn silent(&self) -> StoreError {
        self.0.contact.silent()
    }

    /// Returns the last message of a subject of that stream.
    pub(in super::super) async fn last_of(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<(u64, Bytes)>, CallError> {
        self.get_of(stream, json!({ "last_by_subj": subject })).await
    }

    /// Looks for a stream of clients of at most that number of bytes, and makes it if there is none.
    pub(in super::super) async fn find_key_stream(
        &self,
        prefix: &str,
        kind: &str,
        bytes: usize,
    ) -> Result<KeyStream, CallError> {
        let link = &self.0;
        let name = KeyStream::new(prefix, kind, 0).name;
        let config = |part| KeyStream::new(prefix, kind, part).config(bytes);
        let info = link.find_or_make(&name, config).await?;
        let foreign = |Foreign| CallError::Refused(link.foreign());
        KeyStream::of(&name, &info["config"]).map_err(foreign)
    }

    /// Ends the connection if the server does not have that stream any more: it is looked for, or made anew, over
    /// the next one.
    pub(in super::super) async fn has_key_stream(
        &self,
        stream: &KeyStream,
    ) -> Result<(), CallError> {
        let link = &self.0;
        let found = link.ask("STREAM.INFO", &stream.name, &Value::Null).await?;
        let found = found.ok().and_then(|info| KeyStream::of(&stream.name, &info["config"]).ok());
        if found.as_ref() == Some(stream) {
            return Ok(());
        }
        link.lost.cancel();
        Err(CallError::Lost(link.no_stream()))
    }

    /// Begins to take the announcements that clients are revoked.
    pub(in super::super) async fn watch(&self, subject: String) -> Result<(), CallError> {
        let subscribed = self.0.client.subscribe(subject).await;
        let mut announced = subscribed.map_err(|error| {
            self.0.lost.cancel();
            let kind = StoreErrorKind::Unavailable;
            CallError::Lost(self.0.contact.fault_by(kind, "does not answer", error))
        })?;
        let (lost, announce) = (self.0.lost.clone(), self.0.announce.clone());
        crate::task::Handle::current().spawn(async move {
            while let Some(Some(_)) = lost.run_until_cancelled(announced.next()).await {
                announce.announce_clients();
            }
        });
        Ok(())
    }
}
