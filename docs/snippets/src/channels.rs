//! Durable iterators whose channels are rooms with state.

// #region channel
use orpc_runtime::durable::{Channel, DurableChannel, DurableClient, DurableObject};
use orpc_runtime::prelude::*;

/// A kind of channels.
pub struct Lobby;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Said {
    pub from: String,
    pub text: String,
}

impl DurableObject for Lobby {
    type Event = Said;
    type Context = Channel<Lobby>;
    type Methods = methods::router;
}

impl DurableChannel for Lobby {
    /// Names of the secrets that sign tokens.
    const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
}

#[router(context = Channel<Lobby>)]
pub mod methods {
    use super::*;

    /// Says something to the others.
    #[procedure]
    pub async fn say(lobby: &Channel<Lobby>, call: &Call, text: String) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let from = client.attachment()?.unwrap_or_default();
        lobby.publish(&Said { from, text }).exclude([client.id()]).await?;
        Ok(())
    }
}
// #endregion channel
