/// The chat room.
#[contract]
pub trait Chat: Clone {
    /// Sends a message.
    #[procedure(name = "post", method = GET)]
    #[deprecated]
    async fn send(&self, call: &Call, input: SendMessage) -> Result<(), SendError>;

    #[cfg(unix)]
    fn on_message(&self, last: Option<&LastEventId>) -> impl Stream<Item = Event<String>>;

    async fn ping(&self) {
        helper()
    }
}

#[contract]
trait Wrong<T> {
    async fn generic<U>(&self, input: U);
    const LIMIT: u8 = 1;
    fn no_receiver();
}
