/// Only members.
#[middleware]
pub async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    app.user(call)
}

#[middleware]
async fn record(call: &Call) {
    call.record()
}

#[middleware]
pub async fn with_plan(user: &User) -> Plan {
    user.plan()
}

#[middleware]
#[cfg(unix)]
pub async fn timed(last: Option<&LastEventId>, next: Next) -> Result<Done, Error> {
    next.run().await
}

#[middleware]
pub async fn wrong(app: &mut App, text: String) -> &User {
    app.user()
}
