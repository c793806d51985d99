#[middleware]
#[cfg(unix)]
pub async fn authenticate(app: &mut App, text: String) -> &User {
    app.user()
}

#[middleware(name = "limit")]
fn limit(call: &Call) {}
