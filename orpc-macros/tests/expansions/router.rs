pub struct App;

/// The chat room.
#[router(context = App)]
pub mod chat {
    //! Documented inside, too.
    use super::*;

    /// A message to send.
    pub struct SendMessage {
        pub message: String,
    }

    #[procedure]
    pub async fn send(app: &App, input: SendMessage) {}

    fn helper() -> Option<String> {
        None
    }

    #[procedure]
    pub fn on_message(app: &App) -> impl Stream<Item = String> {
        app.messages()
    }
}
