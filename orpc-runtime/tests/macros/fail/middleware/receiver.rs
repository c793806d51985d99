use orpc_runtime::prelude::*;

pub struct App;

impl App {
    #[middleware]
    pub async fn check(&self) {}
}

fn main() {
    drop(App.check());
}
