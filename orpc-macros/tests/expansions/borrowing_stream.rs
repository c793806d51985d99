/// Every message from now on, or from the last one that the client saw.
#[procedure]
pub async fn on_message<'a>(
    app: &'a App,
    last: Option<&'a LastEventId>,
    call: &'a Call,
) -> Result<impl Stream<Item = Result<Event<String>, Gone>>, SendError> {
    app.subscribe(last, call)
}
