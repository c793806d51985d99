use std::rc::Rc;

use orpc_runtime::prelude::*;

pub struct App {
    name: Rc<str>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() -> String {
        String::new()
    }

    #[router]
    pub mod nested {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

#[router(context = App)]
pub mod borrows {
    use super::*;

    #[procedure]
    pub async fn name(app: &App) -> String {
        app.name.to_string()
    }
}

fn main() {}
