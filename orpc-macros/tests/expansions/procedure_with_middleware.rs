#[procedure(with = [authenticate, crate::plans::with_plan])]
pub async fn buy(app: &App, user: &User, plan: &Plan, input: Order) -> Result<Receipt, Refused> {
    app.buy(user, plan, input)
}

#[procedure(with = authenticate)]
pub fn changes(user: &User) -> impl Stream<Item = Change> {
    user.changes()
}
