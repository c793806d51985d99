pub struct App;

#[router(contxt = App)]
pub mod chat {
    #[procedure]
    async fn send(app: &App) {}

    #[procedure(name = "send")]
    pub async fn post(app: &App) {}

    #[router(context = App)]
    pub mod admin {
        #[procedure]
        pub async fn reset(app: &App) {}
    }
}
