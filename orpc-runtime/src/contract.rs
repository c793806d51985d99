//! A contract without an implementation.

/// Uninhabited context of a contract-only router: there is no implementation to serve.
///
/// `#[contract]` on a trait implements the trait for this type and returns a
/// `Router<Contract>`. The types of clients are generated from it where no
/// implementation is at hand.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::Contract;
///
/// #[contract]
/// pub trait Chat {
///     /// Sends a message to everyone.
///     async fn send(&self, message: String) -> Result<(), Error>;
///
///     /// Every message from now on.
///     fn on_message(&self, last: Option<&LastEventId>) -> impl Stream<Item = Event<String>>;
/// }
///
/// // In the crate of the server:
/// struct App;
///
/// impl Chat for App {
///     async fn send(&self, message: String) -> Result<(), Error> {
///         println!("{message}");
///         Ok(())
///     }
///
///     fn on_message(&self, _: Option<&LastEventId>) -> impl Stream<Item = Event<String>> {
///         orpc_runtime::futures::stream::empty()
///     }
/// }
///
/// # fn main() {
/// let router: Router<App> = chat::router();
/// // In a build script, say: `typescript::client(&chat::contract())`.
/// let described: Router<Contract> = chat::contract();
/// assert_eq!(described.procedures().len(), 2);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contract {}
