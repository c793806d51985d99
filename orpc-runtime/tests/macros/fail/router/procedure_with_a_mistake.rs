use orpc_runtime::prelude::*;

pub struct App;

#[router(context = App)]
pub mod chat {
    use super::*;

    #[procedure]
    pub async fn send(app: &App, text: String, room: String) -> usize {
        drop(app);
        text.len() + room.len()
    }

    #[procedure]
    pub async fn list(app: &App) -> Vec<String> {
        drop(app);
        Vec::new()
    }
}

async fn caller(router: Router<App>) {
    let _: usize = chat::send(&App, String::new(), String::new()).await;
    let _ = router.call::<chat::list>(App, ()).await;
}

fn main() {
    drop(caller(chat::router()));
}
