#[procedure]
pub async fn send(app: &App, SendMessage { message }: SendMessage) -> Result<(), SendError> {
    app.send(message)
}
