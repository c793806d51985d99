#[procedure]
pub async fn watch(app: &App, socket: &Socket) -> Result<HibernatingIterator<String>, Refused> {
    app.watch(socket)
}
