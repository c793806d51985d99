/// A chat room.
#[contract]
pub trait ChatRoom: Debug {
    /// Sends a message.
    #[procedure(name = "say")]
    async fn send(&self, call: &Call, input: Message) -> Result<(), SendError>;

    async fn ping(&self) -> &'static str {
        "pong"
    }

    fn on_message(&self, last: Option<&LastEventId>) -> impl Stream<Item = Event<Message>>;

    async fn rooms(&self) -> Result<impl Stream<Item = String>, Error>;
}
