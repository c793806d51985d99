#[middleware]
pub async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    app.users.of(call.bearer_token()).await
}

/// Only lets pass.
#[middleware]
async fn limit(user: &User) -> Result<(), TooFast> {
    user.count()
}

#[middleware]
async fn timed(call: &Call, next: Next<Started>) -> Result<Completed, Error> {
    next.with(Started::now()).await
}
