pub struct App;

#[router(context = App)]
pub mod api {
    #[procedure]
    pub async fn ping() {}

    #[router(name = "administration")]
    pub mod admin {
        #[procedure]
        pub async fn reset(app: &App) {}
    }
}

#[router]
mod r#use {
    #[procedure]
    pub async fn r#type(r#match: u8) {}
}
