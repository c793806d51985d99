#[router(context = App, with = [authenticate, limit], hooks = Log)]
pub mod account {
    #[procedure(with = timed)]
    pub async fn rename(app: &App, user: &User, input: Rename) -> Result<(), RenameError> {
        app.rename(user, input).await
    }

    #[router]
    pub mod devices {
        #[procedure]
        pub async fn list(user: &User) -> Vec<Device> {
            user.devices()
        }
    }
}

#[router(with = limit)]
pub mod anywhere {
    #[procedure]
    pub async fn ping() {}
}
