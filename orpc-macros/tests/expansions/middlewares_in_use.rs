pub struct App;

#[procedure(with = [authenticate, crate::plans::with_plan])]
pub async fn buy(app: &App, user: &User, plan: &Plan, input: Order) -> Result<Receipt, Refused> {
    app.buy(user, plan, input)
}

#[router(context = App, with = authenticate, hooks = App)]
pub mod account {
    #[procedure(with = with_plan)]
    pub fn changes(user: &User) -> impl Stream<Item = Change> {
        user.changes()
    }

    #[router(with = [limited, recorded])]
    pub mod admin {
        #[procedure]
        pub async fn reset(user: &User) {}
    }
}
