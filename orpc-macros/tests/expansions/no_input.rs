#[procedure]
async fn ping() {}
