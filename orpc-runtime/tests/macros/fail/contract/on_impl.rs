use orpc_runtime::prelude::*;

pub struct App;

#[contract]
impl App {
    pub async fn send(&self) {}
}

fn main() {
    drop(App.send());
}
