/// Sends a message to everyone in the room.
#[procedure]
pub async fn send(app: &App, call: &Call, input: SendMessage) -> Receipt {
    app.send(call, input)
}
